/** The brake over a ledger and a clock by hand: what it waits for, when it halts, and what ends it (R38). */
import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { MARK } from "../../src/catalogue/needs.ts";
import type { Row } from "../../src/core/entry.ts";
import { BRAKE_WINDOW_MS } from "../../src/core/limits.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { Brake } from "../../src/sync/brake.ts";
import { haltOf, settledRecord } from "../../src/sync/halt.ts";
import { type ManualClock, manualClock } from "../support/clock.ts";
import { pageOf } from "../support/catalogues.ts";
import { deviceOf, dot, entryOf, pathOf, rowOf } from "../support/entries.ts";
import { FOLDER, type Home, homeAt, ownRow, rowsRecord } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

const LIMITS = { share: 0.5, files: 10 };

interface Scene {
  readonly home: Home;
  readonly clock: ManualClock;
  readonly told: { changed: number };
  ledger: Ledger;
  brake: Brake;
  number: number;
  /** Own files `0`, `1` …, each with a text of its own. */
  readonly files: Row[];
  /** Others delete these. */
  deleted(rows: readonly Row[]): void;
  /** What another device has at a path. */
  theirs(row: Row): void;
  /** Lets the moment pass in which news may still come, and what is found be written. */
  judged(): Promise<void>;
  restart(): Promise<void>;
}

async function withBrake(count: number, test: (scene: Scene) => Promise<void>): Promise<void> {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const clock = manualClock();
  const told = { changed: 0 };
  let lsn = 0;
  let counter = 0;
  const brakeOn = (ledger: Ledger) => {
    ledger.catalogue.setWanted(FOLDER, true);
    const number = ledger.catalogue.ids.folder(FOLDER);
    const deps = {
      ledger,
      clock,
      folder: FOLDER,
      number,
      isTaking: () => true,
      limits: () => LIMITS,
      changed: () => told.changed++,
    };
    return { ledger, number, brake: new Brake(deps) };
  };
  const scene: Scene = {
    home,
    clock,
    told,
    ...brakeOn(await home.open()),
    files: [],
    deleted(rows) {
      for (const { path, entry } of rows) {
        const version = { dots: [dot(9, ++counter)], seen: entry.version.dots };
        scene.theirs(
          rowOf(path, entryOf({ kind: "deleted", ...version, stamp: entry.stamp + 1, writer: 2 })),
        );
      }
    },
    theirs(row) {
      scene.ledger.catalogue.applyPage(pageOf({ device: 2, from: lsn, to: ++lsn, rows: [[lsn, row]] }));
    },
    async judged() {
      const before = told.changed;
      await clock.advance(1_000);
      await waitFor("it to be judged", async () => {
        await clock.advance(0);
        return told.changed > before;
      });
    },
    async restart() {
      scene.brake.stop();
      await scene.ledger.close();
      Object.assign(scene, brakeOn(await home.open()));
    },
  };
  for (let i = 0; i < count; i++) scene.files.push(ownRow(scene.ledger, String(i), `text ${i}`));
  if (count > 0) await scene.ledger.commit(rowsRecord(scene.files));
  try {
    await test(scene);
  } finally {
    scene.brake.stop();
    await scene.ledger.close();
  }
}

Deno.test("a plan within the limits is taken at once; one past them waits, and halts when no more news comes", async () => {
  await withBrake(30, async (scene) => {
    const { brake, files } = scene;
    scene.deleted(files.slice(0, 15));
    brake.look();
    assert.equal(brake.isHolding, false);
    scene.deleted(files.slice(15, 16));
    brake.look();
    assert.ok(brake.isHolding && brake.halt === null);
    assert.equal(brake.loses(files[0]!.path, files[0]!.entry, files[0]!.entry), "wait");
    await scene.judged();
    const { kind, deletes, replaces, taken, files: before } = brake.halt!;
    assert.deepEqual([kind, deletes, replaces, taken, before], ["changes", 16, 0, 0, 30]);
  });
});

Deno.test("rows that come to count all at once are counted before anything of them is taken (R38)", async () => {
  await withBrake(1_200, async (scene) => {
    const { brake, files, ledger: { catalogue }, clock, number } = scene;
    const device = catalogue.ids.device(deviceOf(2));
    // Of a catalogue that was lost, a device's rows do not count before as much is known of it as before.
    catalogue.rows.ignored = new Set([device]);
    scene.deleted(files);
    brake.look();
    assert.equal(brake.isHolding, false);
    catalogue.rows.ignored = new Set();
    catalogue.leftovers.needAllOf(device);
    const { path, entry } = files.at(-1)!;
    for (let turns = 0; turns < 4; turns++) {
      brake.look();
      assert.ok(brake.isHolding);
      assert.equal(brake.loses(path, entry, entry), "wait");
      await clock.advance(0);
    }
    await scene.judged();
    assert.equal(brake.halt!.deletes, 1_200);
    assert.equal(catalogue.needs.due(number, false, clock.now(), 10).length, 0, "deletes are deletes");
  });
});

Deno.test("with both limits to pass, a small folder may lose everything, and a large one many", async () => {
  await withBrake(10, async (scene) => {
    scene.deleted(scene.files);
    scene.brake.look();
    assert.equal(scene.brake.isHolding, false);
    await Promise.resolve();
  });
});

Deno.test("a halt is told to all, outlives a restart, and keeps up with what else is held back", async () => {
  await withBrake(30, async (scene) => {
    scene.deleted(scene.files.slice(0, 20));
    scene.brake.look();
    await scene.judged();
    await scene.restart();
    const { brake, ledger, number } = scene;
    assert.equal(brake.halt!.deletes, 20);
    assert.deepEqual(haltOf(ledger.catalogue, SELF, FOLDER), brake.halt);
    scene.deleted(scene.files.slice(20, 25));
    brake.heard();
    await scene.judged();
    assert.equal(brake.halt!.deletes, 25);
    assert.equal(haltOf(ledger.catalogue, SELF, FOLDER)!.deletes, 25);
    // As a person's accept does it.
    ledger.catalogue.needs.agree(number);
    await brake.release();
    brake.look();
    assert.equal(brake.isHolding, false);
    assert.equal(brake.loses(scene.files[0]!.path, scene.files[0]!.entry, scene.files[0]!.entry), "no");
    await scene.restart();
    assert.equal(scene.brake.halt, null);
  });
});

Deno.test("news of where the files went, come in time or late, end what would have been a halt", async () => {
  for (const isLate of [false, true]) {
    await withBrake(30, async (scene) => {
      const { brake, files } = scene;
      scene.deleted(files);
      brake.look();
      if (isLate) {
        await scene.judged();
        assert.equal(brake.halt!.deletes, 30);
      }
      for (const [i, { path, entry }] of files.entries()) {
        const moved = entryOf({
          text: `text ${i}`,
          dots: [dot(9, 1_000 + i)],
          stamp: entry.stamp + 1,
          writer: 2,
        });
        scene.theirs(rowOf(`moved/${path}`, { ...moved, content: entry.content }));
      }
      brake.heard();
      await scene.judged();
      assert.equal(brake.halt, null);
      assert.equal(brake.isHolding, false);
      assert.equal(scene.ledger.catalogue.needs.markOf(scene.number, files[0]!.path), MARK.moved);
      assert.equal(brake.loses(files[0]!.path, files[0]!.entry, files[0]!.entry), "no");
    });
  }
});

Deno.test("what moved and was then deleted where it went is a loss after all", async () => {
  await withBrake(30, async (scene) => {
    const { brake, files, ledger, number } = scene;
    scene.deleted(files);
    const there = files.map(({ path, entry }, i) => {
      const moved = entryOf({ dots: [dot(9, 1_000 + i)], stamp: entry.stamp + 1, writer: 2 });
      return rowOf(`moved/${path}`, { ...moved, content: entry.content });
    });
    for (const row of there) scene.theirs(row);
    brake.look();
    await scene.judged();
    assert.equal(brake.isHolding, false);
    scene.deleted(there);
    // Each is looked at again right before it is taken: nothing goes unasked.
    const answers = files.map(({ path, entry }) => brake.loses(path, entry, entry));
    assert.ok(answers.filter((answer) => answer === "yes").length <= 15, answers.join(" "));
    assert.equal(answers.at(-1), "wait");
    assert.equal(ledger.catalogue.needs.markOf(number, files[0]!.path), MARK.loses);
    await scene.judged();
    assert.equal(brake.halt!.deletes, 30);
  });
});

Deno.test("a trickle is counted over the hour against the size before it, also over a restart", async () => {
  await withBrake(30, async (scene) => {
    for (let i = 0; i < 15; i++) {
      const row = scene.files[i]!;
      scene.deleted([row]);
      scene.brake.look();
      assert.equal(scene.brake.isHolding, false, `file ${i}`);
      assert.equal(scene.brake.loses(row.path, row.entry, row.entry), "yes");
      const gone = scene.ledger.catalogue.rows.at(scene.number, row.path).find(({ device }) =>
        device !== SELF
      )!;
      await scene.ledger.commit(rowsRecord([gone.row], { cause: "received" }));
      scene.brake.look(); // whoever hears of the record may
      scene.brake.note([{ path: row.path, isDeleted: true }], 30 - i);
      await scene.clock.advance(60_000);
      if (i === 7) await scene.restart();
    }
    scene.deleted([scene.files[15]!]);
    scene.brake.look();
    assert.ok(scene.brake.isHolding);
    await scene.judged();
    const { deletes, taken, files } = scene.brake.halt!;
    assert.deepEqual([deletes, taken, files], [1, 15, 30]);
  });
});

Deno.test("what was taken more than an hour ago does not count", async () => {
  await withBrake(30, async (scene) => {
    const { brake, files, clock } = scene;
    brake.look();
    brake.note(files.slice(0, 14).map(({ path }) => ({ path, isDeleted: false })), 30);
    await clock.advance(BRAKE_WINDOW_MS + 120_000);
    scene.deleted(files.slice(14, 29));
    brake.look();
    assert.equal(brake.isHolding, false);
    scene.deleted(files.slice(29));
    brake.look();
    assert.equal(brake.isHolding, true);
  });
});

Deno.test("when others take back what was held back, there is nothing to ask any more", async () => {
  await withBrake(30, async (scene) => {
    const { brake, files, ledger } = scene;
    scene.deleted(files);
    brake.look();
    await scene.judged();
    assert.notEqual(brake.halt, null);
    for (const [i, { path, entry }] of files.entries()) {
      const back = entryOf({
        dots: [dot(9, 2_000 + i)],
        seen: [...entry.version.dots, dot(9, 1_999)],
        writer: 2,
      });
      scene.theirs(rowOf(path, { ...back, content: entry.content, size: entry.size, stamp: entry.stamp }));
    }
    brake.look();
    await waitFor("the halt to end", () => brake.halt === null);
    assert.equal(haltOf(ledger.catalogue, SELF, FOLDER), null);
  });
});

Deno.test("another device's rejection is as many replacements here, and nobody is asked again (R38)", async () => {
  await withBrake(30, async (scene) => {
    const { brake, files, ledger } = scene;
    const rejection = (path: string, i: number, seen: Row) =>
      rowOf(path, {
        ...entryOf({
          text: `theirs ${i}`,
          dots: [dot(9, 3_000 + i)],
          seen: seen.entry.version.dots,
          writer: 2,
        }),
        stamp: seen.entry.stamp,
      });
    files.forEach((row, i) => scene.theirs(rejection(row.path, i, row)));
    const { key, value } = settledRecord(FOLDER, [{
      actor: dot(9, 1).actor,
      from: 3_000,
      to: 3_019,
    }]) as Extract<ReturnType<typeof settledRecord>, { type: "fact" }>;
    ledger.catalogue.values.putFact(ledger.catalogue.ids.device(deviceOf(2)), key, value, 1 as never);
    brake.look();
    brake.heard();
    await scene.judged();
    // Twenty are settled, and ten are within the limits.
    assert.equal(brake.isHolding, false);
    const marks = files.map(({ path }) => ledger.catalogue.needs.markOf(scene.number, path));
    assert.deepEqual(marks.filter((mark) => mark === MARK.agreed).length, 20);
    const theirs = ledger.catalogue.rows.at(scene.number, pathOf("25")).find(({ device }) =>
      device !== SELF
    )!;
    assert.equal(brake.loses(pathOf("25"), files[25]!.entry, theirs.row.entry), "yes");
  });
});
