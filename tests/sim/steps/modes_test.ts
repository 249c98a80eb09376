/**
 * How a device takes part in a folder (R9): what is given and taken in each mode, and what becomes of it when the mode changes. A
 * device that does not give mints nothing, whatever is done on it.
 */
import assert from "node:assert/strict";
import { conflictsIn } from "../../../src/sync/conflicts.ts";
import { revert } from "../../../src/sync/revert.ts";
import { statusKind } from "../oracle/quiet.ts";
import type { SimDevice } from "../world/device.ts";
import { change, doRevert, minted, preview, sayResume } from "./apart.ts";
import { keptBy, move, onStage, remove, textAt, treeOf, write } from "./stage.ts";

// ------------------------------------------------------------------------------------ index

Deno.test("in index mode a tree is listed, nothing of it is taken, and nothing of others", () =>
  onStage({ devices: 3, modes: ["sync", "sync", "index"] }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    write(a, "ours.txt", "ours");
    write(c, "theirs/x.txt", "listed");
    write(c, "ours.txt", "another");
    stage.rest();
    assert.deepEqual(treeOf(a), { "ours.txt": "ours" });
    assert.deepEqual(treeOf(b), { "ours.txt": "ours" });
    assert.deepEqual(treeOf(c), { "ours.txt": "another", "theirs/x.txt": "listed" });
    const { catalogue, number } = b.folder!.replica;
    const [row] = catalogue.rows.at(number, "theirs/x.txt" as never);
    assert.equal(row!.row.held, true);
    assert.equal(row!.row.offered, false);
    assert.equal(minted(c, stage), 0);
    assert.equal(statusKind(c), "up-to-date");
    // What is changed and deleted there is told, and is nobody's edit.
    write(c, "ours.txt", "another, later");
    remove(c, "theirs/x.txt");
    move(c, "theirs", "moved");
    stage.rest();
    assert.equal(catalogue.rows.at(number, "theirs/x.txt" as never)[0]!.row.entry.kind, "deleted");
    assert.equal(textAt(a, "ours.txt"), "ours");
    assert.equal(minted(c, stage), 0);
  }));

Deno.test("what a device lists is a source of its bytes for those who want them", () =>
  onStage({ devices: 3, modes: ["sync", "sync", "index"] }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    stage.done(b.stop());
    write(a, "x.txt", "the same bytes");
    write(c, "x.txt", "the same bytes");
    stage.go(3_000);
    // A alone has offered it, and is off when B wants it: B knows of it by C, and has the bytes from there.
    stage.done(a.stop());
    b.start();
    stage.until("B has what A offered and C lists", () => textAt(b, "x.txt") === "the same bytes");
    a.start();
    stage.rest();
    assert.equal(minted(c, stage), 0);
  }));

Deno.test("from index to sync equal contents become one, and different ones are both kept", () =>
  onStage({ modes: ["sync", "index"] }, (stage) => {
    const { a, b } = stage;
    write(a, "same.txt", "equal");
    write(a, "other.txt", "of a");
    write(a, "taken.txt", "only a");
    write(b, "same.txt", "equal");
    write(b, "other.txt", "of b");
    write(b, "given.txt", "only b");
    stage.rest();
    assert.deepEqual(preview(stage, b, "sync"), {
      taken: 1,
      takenBytes: 6,
      deleted: 0,
      conflicts: 0,
      given: 2,
      withdrawn: 0,
      differing: 0,
    });
    change(stage, b, "sync");
    stage.settle();
    const texts = Object.values(treeOf(a)).sort();
    assert.deepEqual(texts, ["equal", "of a", "of b", "only a", "only b"]);
    assert.equal(conflictsIn(a.folder!.replica).length, 1);
  }));

Deno.test("from sync to index and back nothing is deleted anywhere, and what others did meanwhile is done then", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    for (const name of ["edited", "deleted", "kept", "freed", "mine"]) write(a, name, name);
    stage.settle();
    assert.equal(preview(stage, b, "index").withdrawn, 5);
    change(stage, b, "index");
    assert.equal(Object.keys(treeOf(a)).length, 5);
    const before = minted(b, stage);
    write(a, "edited", "edited by a");
    remove(a, "deleted");
    // Who makes room on a device that only lists wants nothing deleted elsewhere.
    remove(b, "freed");
    write(b, "mine", "edited by b");
    stage.rest();
    assert.equal(minted(b, stage), before);
    assert.equal(textAt(a, "freed"), "freed");
    assert.deepEqual(treeOf(b), { deleted: "deleted", edited: "edited", kept: "kept", mine: "edited by b" });
    const { taken, deleted, given, conflicts } = preview(stage, b, "sync");
    assert.deepEqual({ taken, deleted, given, conflicts }, { taken: 2, deleted: 1, given: 1, conflicts: 0 });
    change(stage, b, "sync");
    stage.settle();
    const both = { edited: "edited by a", freed: "freed", kept: "kept", mine: "edited by b" };
    assert.deepEqual(treeOf(a), both);
    assert.ok(keptBy(b).has("edited") && keptBy(b).has("deleted"));
  }));

Deno.test("a listed tree whose root was emptied waits for a word, and either word ends that", async () => {
  for (const verdict of ["accept", "reject"] as const) {
    await onStage({ modes: ["sync", "index"] }, (stage) => {
      const { a, b } = stage;
      for (let i = 0; i < 8; i++) write(b, `f${i}`, `file ${i}`);
      stage.rest();
      for (let i = 0; i < 8; i++) remove(b, `f${i}`);
      stage.until("b halts", () => b.folder!.replica.brake.halt?.kind === "emptied");
      stage.done(sayResume(b, verdict));
      stage.rest();
      assert.equal(b.folder!.replica.brake.halt, null);
      assert.equal(minted(b, stage), 0);
      assert.deepEqual(treeOf(a), {});
      write(b, "f1", "again");
      stage.rest();
      assert.deepEqual(treeOf(a), {});
      change(stage, b, "sync");
      stage.settle();
      assert.deepEqual(treeOf(a), { f1: "again" });
    });
  }
});

// ------------------------------------------------------------------------------------ receive

Deno.test("in receive mode what is done here stays here, and others' changes of other paths go on", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    for (const name of ["x", "y", "z", "d/in"]) write(a, name, name);
    stage.settle();
    write(b, "x", "edited here");
    remove(b, "y");
    write(b, "new", "made here");
    move(b, "d", "d-renamed");
    stage.rest();
    assert.equal(minted(b, stage), 0);
    assert.deepEqual(treeOf(a), { "d/in": "d/in", x: "x", y: "y", z: "z" });
    // The three, and of the renamed directory: both names of it and of the file in it.
    assert.equal(b.folder!.modes.localChanges, 7);
    assert.equal(statusKind(b), "waiting");
    write(a, "z", "z later");
    write(a, "x", "x later");
    write(a, "y", "y later");
    write(a, "more", "more");
    stage.rest();
    const here = { "d-renamed/in": "d/in", more: "more", new: "made here", x: "edited here", z: "z later" };
    assert.deepEqual(treeOf(b), here);
    const told = stage.done(revert(b.folder!.replica, false));
    assert.deepEqual(told, { changed: 1, added: 2, deleted: 3, left: 0 });
    assert.deepEqual(treeOf(b), here);
    doRevert(stage, b);
    stage.settle();
    assert.deepEqual(treeOf(b), treeOf(a));
    assert.equal(b.folder!.modes.localChanges, 0);
    for (const text of ["edited here", "made here"]) assert.ok(keptBy(b).has(text), text);
    assert.equal(minted(b, stage), 0);
  }));

Deno.test("what others come to by themselves is no change of this device any more", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    for (const name of ["x", "gone"]) write(a, name, name);
    stage.settle();
    write(b, "x", "the same idea");
    write(b, "both", "made twice");
    remove(b, "gone");
    stage.rest();
    assert.equal(b.folder!.modes.localChanges, 3);
    write(a, "x", "the same idea");
    write(a, "both", "made twice");
    remove(a, "gone");
    stage.settle();
    assert.equal(b.folder!.modes.localChanges, 0);
    assert.equal(minted(b, stage), 0);
    // And from then on what others do to it is done here.
    write(a, "x", "and on");
    stage.settle();
    assert.equal(textAt(b, "x"), "and on");
  }));

Deno.test("a directory that others deleted stays here with what was made in it, and blocks nothing", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    write(a, "d/x", "x");
    write(a, "e/x", "x");
    stage.settle();
    write(b, "d/mine", "mine");
    remove(b, "e");
    stage.rest();
    remove(a, "d");
    stage.rest();
    assert.deepEqual(treeOf(b), { "d/mine": "mine" });
    // What comes into a directory that was deleted here waits, and says why.
    write(a, "e/y", "y");
    stage.go(20_000);
    const { catalogue, number } = b.folder!.replica;
    const [blocked] = catalogue.needs.blocked(number, 10);
    assert.match(blocked?.cause ?? "", /^e was changed on this device/);
    assert.equal(textAt(b, "e/y"), null);
    doRevert(stage, b);
    stage.settle();
    assert.deepEqual(treeOf(b), { "e/x": "x", "e/y": "y" });
    assert.ok(keptBy(b).has("mine"));
    assert.equal(minted(b, stage), 0);
  }));

Deno.test("a file made here stands in the way of others' directory until it is reverted", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    write(b, "p", "a file of b");
    stage.rest();
    write(a, "p/in", "in a directory");
    stage.go(10_000);
    assert.equal(textAt(b, "p"), "a file of b");
    doRevert(stage, b);
    stage.settle();
    assert.deepEqual(treeOf(b), { "p/in": "in a directory" });
    assert.ok(keptBy(b).has("a file of b"));
    assert.equal(minted(b, stage), 0);
  }));

Deno.test("from receive to sync local changes are edits of what was known, and conflicts where others went on", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    for (const name of ["x", "y", "both"]) write(a, name, name);
    stage.settle();
    write(b, "x", "edited here");
    remove(b, "y");
    write(b, "new", "made here");
    write(b, "both", "both, here");
    stage.rest();
    write(a, "both", "both, there");
    stage.rest();
    const { given, withdrawn } = preview(stage, b, "sync");
    assert.deepEqual({ given, withdrawn }, { given: 4, withdrawn: 0 });
    change(stage, b, "sync");
    stage.settle();
    const tree = treeOf(a);
    assert.equal(tree.x, "edited here");
    assert.equal(tree.y, undefined);
    assert.equal(tree.new, "made here");
    assert.deepEqual(
      Object.entries(tree).filter(([path]) => path.startsWith("both")).map(([, text]) => text).sort(),
      ["both, here", "both, there"],
    );
  }));

Deno.test("too many deletes of others halt a device that only receives, and its no gives nothing", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    for (let i = 0; i < 150; i++) write(a, `many/${i}`, `file ${i}`);
    write(a, "stays", "stays");
    stage.settle();
    remove(a, "many");
    stage.until("b halts", () => b.folder!.replica.brake.halt !== null);
    stage.done(sayResume(b, "reject"));
    stage.rest();
    assert.equal(Object.keys(treeOf(b)).length, 151);
    assert.equal(Object.keys(treeOf(a)).length, 1);
    assert.equal(minted(b, stage), 0);
    doRevert(stage, b);
    stage.settle();
    assert.equal(keptBy(b).size, 150);
  }));
