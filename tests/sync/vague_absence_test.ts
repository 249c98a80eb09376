/** What is missing in an epoch that began because the journal may have lost its end: whether it is deleted, or comes again (R10, R24). */
import assert from "node:assert/strict";
import { ancestorsOf } from "../../src/core/path.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { heldBy, resume } from "../../src/sync/resume.ts";
import { deviceOf, dot, entryOf, pathOf, rowOf } from "../support/entries.ts";
import { type Side, type TwoFolders, twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

/** What the disk of `b` refuses. */
interface Refusing {
  readonly listings: Set<string>;
  syncs: boolean;
}

/** Files that both have; on `b` a new epoch begins with the next look. */
async function scene(
  paths: readonly string[],
  test: (both: TwoFolders, b: Side, refusing: Refusing) => Promise<void>,
): Promise<void> {
  const refusing: Refusing = { listings: new Set(), syncs: false };
  const disk = (fs: Fs): Fs => ({
    ...fs,
    pin(root, directory) {
      const isRefused = [directory, ...ancestorsOf(directory)].some((one) => refusing.listings.has(one));
      if (isRefused) throw new FsError("permission", directory);
      return fs.pin(root, directory);
    },
    syncDirectory(path) {
      return refusing.syncs ? Promise.reject(new FsError("read-only", path)) : fs.syncDirectory(path);
    },
  });
  await using both = await twoFolders(disk);
  const { b } = both;
  for (const path of paths) await b.write(path, `text of ${path}`);
  await b.look();
  await both.settle();
  await test(both, b, refusing);
}

/** The journal may have lost something: all is looked at anew. */
async function newEpoch(b: Side): Promise<void> {
  await b.ledger.newEpoch(b.ledger.epoch);
  await b.look();
}

/** What is given up comes again from the other side. */
function standing({ replica }: Side, path: string): "deleted" | "lives" {
  return replica.own(pathOf(path))!.row.entry.kind === "deleted" ? "deleted" : "lives";
}

/** What the journal says of where was looked. */
function noted({ ledger, replica }: Side): unknown {
  return ledger.catalogue.values.local(`scanned/${replica.folder}`);
}

Deno.test("what was missing when an epoch began comes again, and what goes after all was looked at is deleted", () =>
  scene(["x", "y"], async (both, b) => {
    b.remove("x");
    await newEpoch(b);
    assert.equal(standing(b, "x"), "lives");
    assert.equal(noted(b), 2);
    await both.settle();
    assert.deepEqual(b.list(), ["x=text of x", "y=text of y"]);
    b.remove("x");
    await b.look();
    assert.equal(standing(b, "x"), "deleted");
  }));

Deno.test("a directory that nobody may list makes no delete elsewhere vague, and all in it until it was listed", () =>
  scene(["d/e/x", "d/e/y", "f/x"], async (both, b, refusing) => {
    refusing.listings.add("d");
    await newEpoch(b);
    assert.deepEqual(noted(b), { epoch: 2, unlisted: ["d", "d/e"] });
    b.remove("f/x");
    b.fs.unlink(`${b.root}/d/e/x`);
    await b.look();
    assert.deepEqual([standing(b, "f/x"), standing(b, "d/e/x")], ["deleted", "lives"]);
    refusing.listings.clear();
    await b.lookAt("d");
    await waitFor("that to be noted", () => noted(b) === 2);
    await both.settle();
    assert.deepEqual(b.list(), ["d/", "d/e/", "d/e/x=text of d/e/x", "d/e/y=text of d/e/y", "f/"]);
    // One that could be listed once in this epoch is as ever, also when it cannot be for a while.
    refusing.listings.add("d");
    await b.look();
    assert.equal(noted(b), 2);
    b.fs.unlink(`${b.root}/d/e/y`);
    refusing.listings.clear();
    await b.look();
    assert.equal(standing(b, "d/e/y"), "deleted");
  }));

Deno.test("what is missing while the disk does not keep that it is gone is vague until it was recorded", () =>
  scene(["x", "y", "z"], async (both, b, refusing) => {
    b.remove("x");
    refusing.syncs = true;
    await newEpoch(b);
    assert.deepEqual([standing(b, "x"), noted(b)], ["lives", { epoch: 2, unlisted: ["x"] }]);
    refusing.syncs = false;
    b.remove("y");
    await b.look();
    assert.deepEqual([standing(b, "y"), noted(b)], ["deleted", 2]);
    await both.settle();
    assert.deepEqual(b.list(), ["x=text of x", "z=text of z"]);
  }));

Deno.test("a disk inside the folder that has gone with its mount point is vague, and nothing else", () =>
  scene(["media/usb/x", "f/x", "f/y"], async (_, b) => {
    b.replica.catalogue.mounts.set(b.replica.number, pathOf("media/usb"), 7);
    b.rename("media", "../media");
    await newEpoch(b);
    assert.deepEqual(noted(b), { epoch: 2, unlisted: ["media"] });
    b.remove("f/x");
    await b.look();
    assert.deepEqual([standing(b, "f/x"), standing(b, "media/usb/x")], ["deleted", "lives"]);
  }));

Deno.test("what a scan finds gone in its second round is as vague as what it finds in its first", () =>
  scene(["p/x", "q"], async (_, b) => {
    b.remove("p");
    // Nothing of ours says that there is such a directory: only the files below it do.
    const own = b.replica.own(pathOf("p"))!.row.entry;
    const gone = entryOf({
      kind: "deleted",
      dots: [dot(2, 99)],
      seen: own.version.dots,
      stamp: own.stamp + 1,
    });
    const row = rowOf("p", { ...gone, writer: deviceOf(2) }, { held: false });
    await b.replica.exclusive(() => b.replica.record("local", [{ row, print: null, isFresh: false }]));
    await newEpoch(b);
    assert.deepEqual([standing(b, "p/x"), noted(b)], ["lives", 2]);
  }));

Deno.test("who moves a file while nobody looks has moved it: its former path does not come again", () =>
  scene(["x", "d/y"], async (both, b) => {
    b.rename("x", "moved");
    b.rename("d/y", "d/moved");
    await newEpoch(b);
    assert.deepEqual([standing(b, "x"), standing(b, "d/y")], ["deleted", "deleted"]);
    await both.settle();
    const all = ["d/", "d/moved=text of d/y", "moved=text of x"];
    assert.deepEqual([both.a.list(), b.list()], [all, all]);
  }));

Deno.test("while an emptied root waits for a word nothing counts as looked at, and who says that all was deleted is believed", () =>
  scene(["x", "y"], async (_, b) => {
    for (const path of ["x", "y"]) b.remove(path);
    await newEpoch(b);
    assert.equal(b.replica.brake.halt?.kind, "emptied");
    assert.equal(noted(b), null);
    await resume(b.sync, b.stager, (await heldBy(b.sync))!, "accept");
    await b.look();
    assert.deepEqual([standing(b, "x"), standing(b, "y"), noted(b)], ["deleted", "deleted", 2]);
  }));

Deno.test("a value that no program has written says that nothing was looked at", () =>
  scene(["x", "y"], async (_, b) => {
    await b.ledger.newEpoch(1);
    b.ledger.catalogue.values.putLocal(`scanned/${b.replica.folder}`, { epoch: 2, unlisted: [5] });
    b.remove("x");
    await b.look();
    assert.equal(standing(b, "x"), "lives");
  }));
