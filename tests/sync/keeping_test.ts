/** What placing puts into the version store, and what waits when that is full (R21). */
import assert from "node:assert/strict";
import { decodeKept } from "../../src/core/kept.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { libc } from "../../src/platform/real/libc.ts";
import type { Ready } from "../../src/sync/step.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { deviceOf, pathOf } from "../support/entries.ts";
import { heard, ours, place } from "../support/placing.ts";
import { type KeeperScene, withKeeper } from "../support/replicas.ts";
import { waitFor } from "../support/wait.ts";

async function told(scene: KeeperScene): Promise<string[]> {
  await scene.replica.exclusive(() => scene.keeper.takeInAll());
  const { catalogue, number } = scene.replica;
  return catalogue.kept.below(number, "" as never, 100)
    .map(({ kept: { path, why, by, size, lost } }) =>
      `${path} ${why} ${size} ${by === deviceOf(2)} ${lost === null}`
    )
    .sort();
}

Deno.test("what a batch replaces and deletes is named in the index, with why and by whom", () =>
  withKeeper(async (scene) => {
    await ours(scene, "replaced", "old");
    await ours(scene, "deleted", "gone");
    await ours(scene, "lost", "mine");
    const batch = [
      await heard(scene, "replaced", "new"),
      await heard(scene, "deleted", null),
      await heard(scene, "lost", "theirs", false),
      await heard(scene, "fresh", "nothing was here"),
    ];
    const outcomes = await place(scene, ...batch);
    assert.deepEqual([...outcomes.values()].map(({ kind }) => kind), ["done", "done", "done", "done"]);
    assert.deepEqual(await told(scene), [
      "deleted deleted 4 true true",
      "lost conflict 4 true true",
      "replaced replaced 3 true true",
    ]);
  }));

Deno.test("the line is on disk before the file is in the store: a crash leaves no nameless file", () =>
  withKeeper(async (scene) => {
    const { replica, root } = scene;
    await ours(scene, "a", "old");
    const ready = await heard(scene, "a", "new");
    const fs = replica.deps.fs as { link: (from: string, to: string) => void };
    const real = fs.link;
    let lines: string[] = [];
    fs.link = (from, to) => {
      const index = root.at(".cairn/versions/index/00000001.jsonl");
      if (to.includes("/versions/")) lines = Deno.readTextFileSync(index).trim().split("\n");
      real(from, to);
    };
    try {
      await place(scene, ready);
    } finally {
      fs.link = real;
    }
    assert.deepEqual(lines.map((line) => decodeKept(line)?.path), ["a"]);
  }));

Deno.test("an index that cannot be written places nothing (invariant 4)", () =>
  withKeeper(async (scene) => {
    const { replica, root } = scene;
    await ours(scene, "a", "old");
    const ready = await heard(scene, "a", "new");
    Deno.removeSync(root.at(".cairn/versions/index"));
    Deno.writeTextFileSync(root.at(".cairn/versions/index"), "in the way");
    await assert.rejects(place(scene, ready));
    assert.equal(root.read("a"), "old");
    assert.equal(replica.versions.fresh.bytes, 0);
  }));

Deno.test("a full store leaves what it would have to keep, names the cause, and lets the rest go on (R21)", () =>
  withKeeper(async (scene) => {
    const { root, settings } = scene;
    settings.versionsBytes = 1;
    await scene.keep("before", "fills it");
    await ours(scene, "a", "old");
    const batch = [await heard(scene, "a", "new"), await heard(scene, "b", "fresh")];
    const outcomes = await place(scene, ...batch);
    const blocked = outcomes.get(pathOf("a"))!;
    assert.equal(blocked.kind, "blocked");
    assert.match(blocked.kind === "blocked" ? blocked.cause : "", /version store is full/);
    assert.match(blocked.kind === "blocked" ? blocked.remedy : "", /versions-size/);
    assert.deepEqual([root.read("a"), root.read("b")], ["old", "fresh"]);
    settings.versionsBytes = 2 ** 30;
    await scene.clock.advance(2_000);
    const again = await place(scene, { ...batch[0]!, staged: { ...batch[0]!.staged! } });
    assert.equal(again.get(pathOf("a"))!.kind, "done");
    assert.equal(root.read("a"), "new");
  }));

Deno.test("a batch plans no more than one version beyond the limit", () =>
  withKeeper(async (scene) => {
    scene.settings.versionsBytes = 2 * 4096;
    const batch: Ready[] = [];
    for (const path of ["a", "b", "c", "d"]) {
      await ours(scene, path, "old");
      batch.push(await heard(scene, path, "new"));
    }
    const outcomes = await place(scene, ...batch);
    assert.deepEqual([...outcomes.values()].map(({ kind }) => kind).sort(), [
      "blocked",
      "blocked",
      "done",
      "done",
    ]);
  }));

Deno.test("what goes while a write may hide in the clock's grain is read before it is believed to be what our row says (R14)", () =>
  withKeeper(async (scene) => {
    const { replica, root, told } = scene;
    await ours(scene, "a", "one");
    const { state } = replica.own(pathOf("a"))!;
    // Saved within the grain of a coarse clock, and as long as before: the print says nothing of it.
    root.write("a", "two");
    replica.catalogue.prints.put(state, { ...root.print("a"), settled: false });
    const outcomes = await place(scene, await heard(scene, "a", "new"));
    assert.equal(outcomes.get(pathOf("a"))!.kind, "done");
    await waitFor("it to be brought back", async () => {
      await scene.pass(5_000);
      return told.lookedAgain.length > 0;
    });
    assert.equal(root.read(told.lookedAgain[0]!), "two");
  }));

Deno.test("a save that is taken out, and that the disk refuses to put back, comes back beside the file", async () => {
  if (libc() === null) return;
  let exchanges = 0;
  let root = "";
  const fs = watchedFs(realFs(), (call) => {
    if (call !== "exchange") return;
    if (++exchanges === 2) throw new FsError("io", "the disk");
    Deno.writeTextFileSync(`${root}/a~`, "saved");
    Deno.renameSync(`${root}/a~`, `${root}/a`);
  });
  await withKeeper(async (scene) => {
    root = scene.root.root;
    await ours(scene, "a", "old");
    const outcomes = await place(scene, await heard(scene, "a", "new"));
    assert.equal(outcomes.get(pathOf("a"))!.kind, "blocked");
    await waitFor("it to be brought back", async () => {
      await scene.pass(5_000);
      return scene.told.lookedAgain.length > 0;
    });
    assert.equal(scene.root.read(scene.told.lookedAgain[0]!), "saved");
  }, fs);
});
