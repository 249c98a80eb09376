import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { DAY_MS, HOUR_MS } from "../../src/core/thinning.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { dot } from "../support/entries.ts";
import { type KeeperScene, withKeeper } from "../support/replicas.ts";
import { waitFor } from "../support/wait.ts";

/** Turns of upkeep, until a condition holds. */
async function turns({ pass }: KeeperScene, what: string, condition: () => boolean): Promise<void> {
  await waitFor(what, async () => {
    if (!condition()) await pass(60_000);
    return condition();
  });
}

/** Enough turns that whatever was due in them has been done. */
async function someTurns({ pass }: KeeperScene): Promise<void> {
  for (let i = 0; i < 10; i++) await pass(60_000);
}

Deno.test("what is kept is taken into the catalogue some seconds later, and not by placing", () =>
  withKeeper(async (scene) => {
    await scene.keep("a", "one");
    assert.deepEqual(scene.known(), []);
    await turns(scene, "the table to know it", () => scene.known().length === 1);
    await turns(scene, "it to be counted once", () => scene.replica.versions.fresh.bytes === 0);
  }));

Deno.test("versions are thinned as they age, and go after the folder's days (R21)", () =>
  withKeeper(async (scene) => {
    scene.settings.versionsDays = 3;
    const quarter = HOUR_MS / 4;
    for (let i = 0; i < 8; i++) {
      await scene.keep("a", `${i}`);
      await scene.pass(quarter);
    }
    await someTurns(scene);
    assert.equal(scene.known().length, 8, "nothing goes on the first day");
    await scene.pass(DAY_MS);
    await turns(scene, "one an hour to stay", () => scene.known().length === 2);
    assert.deepEqual(scene.known(), ["3", "7"]);
    await scene.pass(DAY_MS);
    await turns(scene, "one a day to stay", () => scene.known().length === 1);
    await scene.pass(2 * DAY_MS);
    await turns(scene, "none to stay", () => scene.known().length === 0);
    assert.deepEqual(scene.root.kept().filter((text) => text.length === 1), [], "nor on the disk");
  }));

Deno.test("a store full of what is young has no room, makes none, and says when it has (R21)", () =>
  withKeeper(async (scene) => {
    const { keeper, settings, told } = scene;
    settings.versionsBytes = 3 * 4096;
    for (const text of ["1", "2"]) await scene.keep(`f${text}`, text);
    assert.equal(keeper.hasRoom(0), true);
    assert.equal(keeper.hasRoom(4096), false, "the batch has planned the rest already");
    await scene.keep("f3", "3");
    await scene.pass(5_000);
    assert.equal(keeper.hasRoom(0), false);
    assert.equal(keeper.isFull, true);
    await someTurns(scene);
    assert.deepEqual(scene.known(), ["1", "2", "3"], "nothing young made room");
    assert.equal(told.roomCame, 0);
    settings.versionsBytes = 4 * 4096;
    await turns(scene, "the new limit to be noticed", () => told.roomCame === 1);
    assert.equal(keeper.hasRoom(0), true);
  }));

Deno.test("where the oldest may go, they make room at once", () =>
  withKeeper(async (scene) => {
    scene.settings.versionsBytes = 2 * 4096;
    await scene.keep("old", "old");
    await scene.pass(60_000);
    await scene.keep("older path", "second");
    await scene.pass(25 * HOUR_MS);
    await turns(scene, "both to be known", () => scene.known().length === 2);
    // As placing asks: with no turn of the keeper's under way.
    await scene.replica.exclusive(() => Promise.resolve(assert.equal(scene.keeper.hasRoom(0), true)));
    assert.deepEqual(scene.known(), ["second"]);
  }));

Deno.test("a clock that is set ahead makes nothing old", () =>
  withKeeper(async (scene) => {
    const { clock } = scene;
    await scene.keep("a", "1");
    await scene.keep("a", "2");
    const now = clock.now.bind(clock);
    clock.now = () => now() + 40 * 365 * DAY_MS;
    await someTurns(scene);
    await scene.pass(2 * HOUR_MS);
    await someTurns(scene);
    assert.deepEqual(scene.known(), ["1", "2"]);
  }));

Deno.test("a store that is not there is no reason to forget what was in it (invariant 8)", () =>
  withKeeper(async (scene) => {
    const store = scene.root.at(".cairn/versions");
    await scene.keep("a", "1");
    await turns(scene, "it to be known", () => scene.known().length === 1);
    Deno.renameSync(store, `${store}-away`);
    await scene.pass(HOUR_MS);
    await someTurns(scene);
    Deno.renameSync(`${store}-away`, store);
    await someTurns(scene);
    assert.deepEqual(scene.known(), ["1"]);
  }));

Deno.test("a loser that is kept nowhere else stays, until someone has overruled it (R21)", () =>
  withKeeper(async (scene) => {
    const { root, ledger, replica } = scene;
    root.write("a", "the winner");
    const { entry } = await scene.record("a");
    const lost = { dots: [dot(2, 5)], winner: entry.version.dots };
    await scene.keep("a", "the loser", { why: "conflict", lost });
    scene.settings.versionsBytes = 0;
    await scene.pass(100 * DAY_MS);
    await someTurns(scene);
    assert.deepEqual(scene.known(), ["the loser"]);
    const next = ledger.mintDot();
    const version = {
      ...entry.version,
      dots: [next],
      context: new Map([...entry.version.context, [next.actor, next.counter], [lost.dots[0]!.actor, 5]]),
    };
    const row = { path: "a", entry: { ...entry, version }, offered: true, held: true } as never;
    await replica.exclusive(() => replica.record("local", [{ row, print: null, isFresh: false }]));
    await scene.pass(HOUR_MS);
    await turns(scene, "the loser to go", () => scene.known().length === 0);
  }));

Deno.test("the catalogue lost, the index tells all that is kept", () =>
  withKeeper(async (scene) => {
    const { replica, keeper } = scene;
    for (const text of ["1", "2", "3"]) await scene.keep(`f${text}`, text);
    replica.catalogue.kept.forget(replica.number);
    await replica.exclusive(() => keeper.takeInAll());
    assert.deepEqual(scene.known().sort(), ["1", "2", "3"]);
  }));

Deno.test("what was announced and never kept stands for nothing", () =>
  withKeeper(async (scene) => {
    const { replica, keeper, root } = scene;
    const kept = await scene.keep("a", "1");
    Deno.removeSync(root.at(`.cairn/versions/${kept.file.slice(0, 2)}/${kept.file}`));
    await replica.exclusive(() => keeper.takeInAll());
    assert.deepEqual(scene.known(), []);
  }));

// ------------------------------------------------------------------------------------ what the disk refuses

Deno.test("one version that cannot be removed stays, and the next oldest makes the room", async () => {
  let stuck = "";
  const fs = watchedFs(realFs(), (call, path) => {
    if (call === "unlink" && stuck !== "" && String(path).endsWith(stuck)) {
      throw new FsError("permission", stuck);
    }
  });
  await withKeeper(async (scene) => {
    scene.settings.versionsBytes = 2 * 4096;
    stuck = (await scene.keep("stuck", "stuck")).file;
    await scene.pass(60_000);
    await scene.keep("other", "other");
    await scene.pass(25 * HOUR_MS);
    await turns(scene, "both to be known", () => scene.known().length === 2);
    const hasRoom = () => scene.replica.exclusive(() => Promise.resolve(scene.keeper.hasRoom(4096)));
    await hasRoom();
    await scene.pass(5_000);
    await hasRoom();
    assert.deepEqual(scene.known(), ["stuck"]);
  }, fs);
});

Deno.test("one version that the disk refuses to bring back keeps no other from it", async () => {
  let stuck = "";
  const fs = watchedFs(realFs(), (call, path) => {
    if (["renameNew", "link", "rename"].includes(call) && stuck !== "" && String(path).endsWith(stuck)) {
      throw new FsError("io", stuck);
    }
  });
  await withKeeper(async (scene) => {
    const { root, told } = scene;
    const kept = [await scene.keep("one", "one"), await scene.keep("two", "two")];
    await turns(scene, "both to be known", () => scene.known().length === 2);
    stuck = kept[0]!.file;
    for (const { file } of kept) {
      Deno.writeTextFileSync(root.at(`.cairn/versions/${file.slice(0, 2)}/${file}`), "written on since");
    }
    await turns(scene, "the other to be back", () => told.lookedAgain.length > 0);
    assert.match(told.lookedAgain[0]!, /^two\.conflict-/);
    stuck = "";
    await turns(scene, "the first to be back", () => told.lookedAgain.some((path) => path.startsWith("one")));
  }, fs);
});

Deno.test("a catalogue that refuses in a turn of upkeep ends nothing: it goes on when it does not", () =>
  withKeeper(async (scene) => {
    const { kept: table } = scene.replica.catalogue;
    const put = table.put;
    let refused = 0;
    table.put = () => {
      refused++;
      throw new CairnError("catalogue-broken", "the disk of the home is full");
    };
    await scene.keep("a", "one");
    await turns(scene, "it to be refused", () => refused > 0);
    table.put = put;
    await turns(scene, "it to be known", () => scene.known().length === 1);
  }));

// ------------------------------------------------------------------------------------ written on

Deno.test("what a program writes into a kept file comes back beside it, the very file it has open (R21)", () =>
  withKeeper(async (scene) => {
    const { root, told } = scene;
    const kept = await scene.keep("d/log.txt", "begun");
    using open = Deno.openSync(root.at(`.cairn/versions/${kept.file.slice(0, 2)}/${kept.file}`), {
      append: true,
    });
    const say = (text: string) => open.writeSync(new TextEncoder().encode(text));
    say(" and on");
    await turns(scene, "the copy to be brought back", () => told.lookedAgain.length > 0);
    const [copy] = told.lookedAgain;
    assert.match(copy!, /^d\/log\.conflict-\d{8}-[0-9a-f]{8}\.txt$/);
    assert.equal(root.read(copy!), "begun and on");
    say(" and on");
    assert.equal(root.read(copy!), "begun and on and on");
    assert.deepEqual(scene.known(), [], "what was kept is not there any more to be kept");
  }));

Deno.test("a kept file that was only touched stays what it is", () =>
  withKeeper(async (scene) => {
    const { root, told } = scene;
    const kept = await scene.keep("a", "text");
    Deno.utimeSync(root.at(`.cairn/versions/${kept.file.slice(0, 2)}/${kept.file}`), 1_000, 1_000);
    await someTurns(scene);
    assert.deepEqual([scene.known(), told.lookedAgain], [["text"], []]);
  }));

Deno.test("a kept file that is also a file of the folder has been written there: no second copy", () =>
  withKeeper(async (scene) => {
    const { root, told } = scene;
    const kept = await scene.keep("a", "text");
    Deno.linkSync(root.at(`.cairn/versions/${kept.file.slice(0, 2)}/${kept.file}`), root.at("other"));
    await scene.record("other");
    Deno.writeTextFileSync(root.at("other"), "edited in place");
    await turns(scene, "it to be noticed", () => told.lookedAgain.length > 0);
    assert.deepEqual(told.lookedAgain, ["other"]);
    assert.deepEqual([...Deno.readDirSync(root.root)].map(({ name }) => name).sort(), [".cairn", "other"]);
  }));

Deno.test("nothing goes unlooked at: an old version that was written into comes back instead (invariant 4)", () =>
  withKeeper(async (scene) => {
    const { root, told } = scene;
    const kept = await scene.keep("a", "text");
    await scene.pass(26 * HOUR_MS);
    await someTurns(scene);
    Deno.writeTextFileSync(
      root.at(`.cairn/versions/${kept.file.slice(0, 2)}/${kept.file}`),
      "written days later",
    );
    await scene.pass(31 * DAY_MS);
    await turns(scene, "it to be brought back", () => told.lookedAgain.length > 0);
    assert.equal(root.read(told.lookedAgain[0]!), "written days later");
  }));

// ------------------------------------------------------------------------------------ the index

Deno.test("a segment that mostly stands for nothing is rewritten, and what lives in it lives on", () =>
  withKeeper(async (scene) => {
    const { replica, root } = scene;
    const { index } = replica.versions;
    await scene.keep("stays", "stays", { why: "conflict", lost: { dots: [dot(2, 5)], winner: [dot(3, 1)] } });
    for (let i = 0; i < 9; i++) await scene.keep(`goes${i}`, "goes");
    index.distrust();
    await scene.keep("next", "of the next segment");
    assert.deepEqual(index.segments().map(({ number }) => number), [1, 2]);
    await scene.pass(31 * DAY_MS);
    await turns(scene, "the first to go", () => index.segments().every(({ number }) => number > 1));
    assert.deepEqual(scene.known(), ["stays"]);
    replica.catalogue.kept.forget(replica.number);
    await replica.exclusive(() => scene.keeper.takeInAll());
    assert.deepEqual(scene.known(), ["stays"]);
    assert.deepEqual(root.kept().filter((text) => text === "goes"), []);
  }));

Deno.test("what is written while a touched version is read is not taken for what was read", () =>
  withKeeper(async (scene) => {
    const { root, told, replica: { deps: { pool } } } = scene;
    const { file } = await scene.keep("a", "one");
    await turns(scene, "it to be known", () => scene.known().length === 1);
    const at = root.at(`.cairn/versions/${file.slice(0, 2)}/${file}`);
    const hash = pool.hash.bind(pool);
    pool.hash = async (paths) => {
      const hashed = await hash(paths);
      pool.hash = hash;
      Deno.writeTextFileSync(at, "two");
      return hashed;
    };
    Deno.utimeSync(at, 1, 1);
    await turns(scene, "it to be back", () => told.lookedAgain.length > 0);
    assert.equal(root.read(told.lookedAgain[0]!), "two");
  }));
