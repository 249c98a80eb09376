/** A disk inside a folder that is not mounted: a directory that the catalogue knows as one on another disk, and that lies on the root's. */
import assert from "node:assert/strict";
import { printOf } from "../../src/core/fingerprint.ts";
import { relativeStat } from "../../src/folder/scan.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { dot, entryOf, pathOf, rowOf } from "../support/entries.ts";
import { heard, place, tell } from "../support/placing.ts";
import { type KeeperScene, withKeeper } from "../support/replicas.ts";

const MOUNT = pathOf("mnt");

/** A directory of ours at the mount point. */
async function directory({ replica, root }: KeeperScene): Promise<void> {
  Deno.mkdirSync(root.at(MOUNT));
  const row = rowOf(MOUNT, entryOf({ kind: "directory", mode: 0o755, dots: [dot(1, 1)] }));
  const print = printOf(relativeStat(realFs().lstat(root.at(MOUNT))!, root.rootDev), 0);
  await replica.exclusive(() => replica.record("local", [{ row, print, isFresh: true }]));
}

Deno.test("nothing is placed where a disk was mounted and is not; when it is, or the directory is another one, it comes (R13)", () =>
  withKeeper(async (scene) => {
    const { replica, root } = scene;
    const { mounts } = replica.catalogue;
    await directory(scene);
    mounts.set(replica.number, MOUNT, 7);
    const batch = [await heard(scene, "mnt/x", "for the disk"), await heard(scene, "mnt/d/y", "deeper")];
    const outcomes = await place(scene, ...batch);
    for (const { path } of batch) {
      const outcome = outcomes.get(path)!;
      assert.match(
        outcome.kind === "blocked" ? outcome.cause : "",
        /the disk that was mounted at "mnt" is not/,
      );
      assert.equal(replica.own(path), null);
    }
    assert.deepEqual([...Deno.readDirSync(root.at(MOUNT))], []);
    // Its person does without the disk, deletes the mount point, and another device makes the directory anew.
    Deno.removeSync(root.at(MOUNT));
    const own = replica.own(MOUNT)!.row.entry;
    const gone = entryOf({
      kind: "deleted",
      dots: [dot(1, 2)],
      seen: own.version.dots,
      stamp: own.stamp + 1,
    });
    await replica.exclusive(() =>
      replica.record("local", [{ row: rowOf(MOUNT, gone, { held: false }), print: null, isFresh: false }])
    );
    const seen = [...own.version.dots, ...gone.version.dots];
    tell(
      scene,
      MOUNT,
      entryOf({ kind: "directory", mode: 0o755, dots: [dot(8, 1)], seen, stamp: 4096, writer: 2 }),
    );
    const again = await place(scene, { path: MOUNT, staged: null, movedFrom: null }, batch[0]!);
    assert.deepEqual([...again.values()].map(({ kind }) => kind), ["done", "done"]);
    assert.equal(root.read("mnt/x"), "for the disk");
    assert.equal(mounts.diskAt(replica.number, MOUNT), 0);
  }));

Deno.test("a directory is not deleted while the disk that was mounted there is not: its mount point looks empty", () =>
  withKeeper(async (scene) => {
    const { replica, root } = scene;
    await directory(scene);
    replica.catalogue.mounts.set(replica.number, MOUNT, 7);
    const outcomes = await place(scene, await heard(scene, "mnt", null));
    assert.equal(outcomes.get(MOUNT)?.kind, "blocked");
    assert.ok(Deno.statSync(root.at(MOUNT)).isDirectory);
  }));
