import assert from "node:assert/strict";
import { EMPTY_CONTENT } from "../../src/core/content.ts";
import type { Kept } from "../../src/core/kept.ts";
import type { Observation } from "../../src/folder/observe.ts";
import { CrashGuard } from "../../src/sync/crash_guard.ts";
import type { HashedFile } from "../../src/platform/ports.ts";
import type { FolderSync } from "../../src/sync/folder_sync.ts";
import { restore } from "../../src/sync/restore.ts";
import { planRestore, type Which } from "../../src/sync/restore_plan.ts";
import type { Stager } from "../../src/sync/stager.ts";
import { pathOf } from "../support/entries.ts";
import { type KeeperScene, withKeeper } from "../support/replicas.ts";

const LATEST: Which = { kind: "latest" };
/** Nothing here comes from peers. */
const NOBODY = {
  stage: () =>
    Promise.resolve({ ok: false, cause: "no connected device has it", remedy: "wait", isPassing: false }),
} as unknown as Stager;

function syncOf(scene: KeeperScene, crashed = false) {
  const { replica, keeper } = scene;
  const guard = new CrashGuard(replica, crashed);
  const lookedAgain: string[] = [];
  const outbound = { guard, isReady: true, lookAgain: (paths: string[]) => lookedAgain.push(...paths) };
  return { sync: { replica, keeper, outbound } as unknown as FolderSync, guard, lookedAgain };
}

/** Plans and does it; the causes of what failed, null for what did not. */
async function run(
  { replica, keeper }: KeeperScene,
  sync: FolderSync,
  path: string,
  which: Which = LATEST,
): Promise<(string | null)[]> {
  await replica.exclusive(() => keeper.takeInAll());
  const { items } = planRestore(sync, path as never, which);
  const restoring = items.map((item) => ({ item, to: { inside: item.path } }));
  return (await restore(sync, NOBODY, restoring)).map((failure) => failure?.cause ?? null);
}

function storedPath({ root }: KeeperScene, { file }: Kept): string {
  return root.at(`.cairn/versions/${file.slice(0, 2)}/${file}`);
}

Deno.test("what is restored is a file of its own: writing into it leaves the kept version alone", () =>
  withKeeper(async (scene) => {
    const { root } = scene;
    const { sync, lookedAgain } = syncOf(scene);
    const kept = await scene.keep("gone/deep/a.txt", "text", { why: "deleted", mode: 0o600 });
    assert.deepEqual(await run(scene, sync, "gone/deep/a.txt"), [null]);
    assert.deepEqual(lookedAgain, ["gone/deep/a.txt"], "it is observed like any edit");
    Deno.writeTextFileSync(root.at("gone/deep/a.txt"), "edited");
    assert.equal(Deno.readTextFileSync(storedPath(scene, kept)), "text");
    assert.equal(Deno.lstatSync(root.at("gone/deep/a.txt")).mode! & 0o777, 0o600);
    assert.deepEqual([...Deno.readDirSync(root.at(".cairn/stage"))], [], "no stage is left");
  }));

Deno.test("a large file is restored whole", () =>
  withKeeper(async (scene) => {
    const { sync } = syncOf(scene);
    const text = Array.from({ length: 200_000 }, (_, i) => i % 977).join(",");
    const aside = scene.root.at("large");
    Deno.writeTextFileSync(aside, text);
    const [hashed] = await scene.replica.deps.pool.hash([aside]);
    Deno.removeSync(aside);
    await scene.keep("large", text, { content: (hashed as HashedFile).content });
    assert.deepEqual(await run(scene, sync, "large"), [null]);
    assert.equal(scene.root.read("large"), text);
  }));

Deno.test("what stands there now is kept in its turn, and restoring again undoes it", () =>
  withKeeper(async (scene) => {
    const { root } = scene;
    const { sync } = syncOf(scene);
    await scene.keep("a", "before");
    root.write("a", "now");
    await scene.record("a");
    await scene.clock.advance(5);
    assert.deepEqual(await run(scene, sync, "a"), [null]);
    assert.equal(root.read("a"), "before");
    assert.deepEqual(scene.known(), ["before"]);
    await scene.record("a");
    await scene.clock.advance(5);
    assert.deepEqual(await run(scene, sync, "a"), [null]);
    assert.equal(root.read("a"), "now");
  }));

Deno.test("a damaged version is not restored (R21)", () =>
  withKeeper(async (scene) => {
    const { sync } = syncOf(scene);
    const kept = await scene.keep("a", "text");
    Deno.writeTextFileSync(storedPath(scene, kept), "tExt");
    assert.match((await run(scene, sync, "a"))[0]!, /damaged/);
    assert.equal(scene.root.read("a"), null);
  }));

Deno.test("an edit that nobody has read yet is not replaced (invariant 3)", () =>
  withKeeper(async (scene) => {
    const { root } = scene;
    const { sync, lookedAgain } = syncOf(scene);
    await scene.keep("a", "before");
    root.write("a", "now");
    await scene.record("a");
    root.write("a", "not read yet");
    assert.match((await run(scene, sync, "a"))[0]!, /not read yet/);
    assert.equal(root.read("a"), "not read yet");
    assert.deepEqual(lookedAgain, ["a"], "it is looked at, so that the next try can do it");
  }));

Deno.test("a directory that stands there now stays, and the cause is told", () =>
  withKeeper(async (scene) => {
    const { sync } = syncOf(scene);
    await scene.keep("a", "text");
    scene.root.write("a/inside", "here");
    assert.match((await run(scene, sync, "a"))[0]!, /a directory stands there/);
    assert.equal(scene.root.read("a/inside"), "here");
  }));

Deno.test("a full store replaces nothing for a restore either, and creates all the same", () =>
  withKeeper(async (scene) => {
    const { root } = scene;
    const { sync } = syncOf(scene);
    await scene.keep("a", "before");
    await scene.keep("b", "deleted");
    root.write("a", "now");
    await scene.record("a");
    scene.settings.versionsBytes = 1;
    await scene.clock.advance(2_000);
    assert.match((await run(scene, sync, "a"))[0]!, /version store is full/);
    assert.deepEqual(await run(scene, sync, "b"), [null]);
    assert.deepEqual([root.read("a"), root.read("b")], ["now", "deleted"]);
  }));

Deno.test("a directory gets the state of a moment: what was made since stays, what had no state then is told", () =>
  withKeeper(async (scene) => {
    const { root, clock } = scene;
    const { sync } = syncOf(scene);
    const then = clock.now();
    await clock.advance(10);
    await scene.keep("d/replaced", "then", { sinceMs: then - 5 });
    await scene.keep("d/deleted", "there", { sinceMs: then - 5, why: "deleted" });
    await scene.keep("d/made and deleted", "since", { sinceMs: then + 5, why: "deleted" });
    await scene.keep("elsewhere", "not asked for", { sinceMs: then - 5 });
    for (const path of ["d/replaced", "d/made since"]) {
      root.write(path, "now");
      await scene.record(path);
    }
    await scene.replica.exclusive(() => scene.keeper.takeInAll());
    const plan = planRestore(sync, pathOf("d"), { kind: "at", atMs: then });
    assert.deepEqual(plan.items.map(({ path }) => path), ["d/deleted", "d/replaced"]);
    assert.deepEqual(plan.unknown, ["d/made and deleted"]);
    assert.deepEqual(await run(scene, sync, "d", { kind: "at", atMs: then }), [null, null]);
    assert.deepEqual(
      ["d/replaced", "d/deleted", "d/made since", "d/made and deleted", "elsewhere"].map(root.read),
      ["then", "there", "now", null, null],
    );
  }));

Deno.test("a directory without a time, and a file of which nothing is kept, are refused with what to do", () =>
  withKeeper(async (scene) => {
    const { sync } = syncOf(scene);
    await scene.keep("d/a", "text");
    await scene.replica.exclusive(() => scene.keeper.takeInAll());
    for (const path of ["d", ""]) {
      assert.throws(() => planRestore(sync, path as never, LATEST), { code: "usage", hint: /--at/ });
    }
    assert.throws(() => planRestore(sync, pathOf("never"), LATEST), { code: "version-unknown", hint: /\S/ });
    assert.throws(() => planRestore(sync, pathOf("d/a"), { kind: "version", id: "x-1" }), {
      code: "version-unknown",
    });
    assert.throws(() => planRestore(sync, pathOf("d/a"), { kind: "at", atMs: scene.clock.now() + 1 }), {
      code: "version-unknown",
      message: /older/,
    });
  }));

// ------------------------------------------------------------------------------------ held back

Deno.test("a file held back after a crash gets its recorded content back, where a version has it (R16)", () =>
  withKeeper(async (scene) => {
    const { root, replica } = scene;
    root.write("f", "what was written");
    const { entry } = await scene.record("f");
    await scene.keep("f", "older");
    await scene.keep("f", "what was written");
    root.write("f", "");
    const { sync, guard, lookedAgain } = syncOf(scene, true);
    const print = root.print("f");
    const seen: Observation = {
      path: pathOf("f"),
      basedOn: replica.own(pathOf("f"))!.state,
      kind: "file",
      size: 0,
      mtimeMs: Math.floor(print.mtimeMs),
      writtenMs: Math.floor(print.mtimeMs),
      mode: print.mode,
      content: EMPTY_CONTENT,
      target: null,
      print,
      hasLinks: false,
      movedState: null,
    };
    assert.deepEqual(await guard.sift([seen]), []);
    await scene.clock.advance(5);
    assert.deepEqual(await run(scene, sync, "f"), [null]);
    assert.equal(root.read("f"), "what was written");
    assert.equal(Math.floor(root.print("f").mtimeMs), entry.mtimeMs);
    assert.equal(guard.isHeld(pathOf("f")), false);
    assert.equal(replica.troubles.has(pathOf("f")), false);
    assert.deepEqual(lookedAgain, ["f"]);
    assert.equal((await guard.sift([{ ...seen, ...root.print("f") }])).length, 1, "it may be recorded again");
    assert.ok(root.kept().includes(""), "what the crash left is kept too");
  }));

Deno.test("where nobody has the recorded content, the file stays held back and the cause is told (R16)", () =>
  withKeeper(async (scene) => {
    const { root, replica } = scene;
    root.write("f", "what was written");
    await scene.record("f");
    root.write("f", "");
    const { sync, guard } = syncOf(scene, true);
    const print = root.print("f");
    const base = {
      path: pathOf("f"),
      basedOn: replica.own(pathOf("f"))!.state,
      kind: "file",
      size: 0,
    } as const;
    const times = {
      mtimeMs: Math.floor(print.mtimeMs),
      writtenMs: Math.floor(print.mtimeMs),
      mode: print.mode,
    };
    await guard.sift([{
      ...base,
      ...times,
      content: EMPTY_CONTENT,
      target: null,
      print,
      hasLinks: false,
      movedState: null,
    }]);
    assert.deepEqual(await run(scene, sync, "f"), ["no connected device has it"]);
    assert.equal(guard.isHeld(pathOf("f")), true);
    assert.equal(root.read("f"), "");
  }));
