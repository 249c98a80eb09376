/**
 * How a device takes part in a folder (R9): what is given and taken in each mode, and what becomes of it when the mode changes. A
 * device that does not give mints nothing, whatever is done on it.
 */
import assert from "node:assert/strict";
import { saysNothing } from "../../../src/core/entry.ts";
import type { Mode } from "../../../src/core/mode.ts";
import { leavingOf, replicasOf } from "../../../src/library/folders.ts";
import { conflictsIn } from "../../../src/sync/conflicts.ts";
import { type ModePreview, previewMode } from "../../../src/sync/mode_preview.ts";
import { override } from "../../../src/sync/override.ts";
import { heldBy, resume } from "../../../src/sync/resume.ts";
import { revert } from "../../../src/sync/revert.ts";
import { statusKind } from "../oracle/quiet.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { FOLDER_ID } from "../world/fixture.ts";
import { keptBy, move, onStage, ownRow, remove, type Stage, textAt, treeOf, write } from "./stage.ts";

/** Dots in the name of a device that any device's rows have, or know of. */
function minted(of: SimDevice, stage: Stage): number {
  const { actor } = of.device!.ledger;
  let count = 0;
  for (const device of stage.world.devices) {
    const { catalogue, number } = device.folder!.replica;
    for (const rows of catalogue.everyPath.of(number)) {
      for (const { row: { entry: { version } } } of rows) {
        if (version.context.has(actor) || version.dots.some((dot) => dot.actor === actor)) count++;
      }
    }
  }
  return count;
}

function change(stage: Stage, device: SimDevice, mode: Mode): void {
  stage.done(device.folder!.modes.change(mode));
  stage.rest();
}

function preview(stage: Stage, device: SimDevice, mode: Mode): ModePreview {
  return stage.done(previewMode(device.folder!.replica, mode));
}

function doRevert(stage: Stage, device: SimDevice) {
  const done = stage.done(revert(device.folder!.replica, true));
  device.folder!.inbound.evaluate();
  stage.rest();
  return done;
}

async function sayResume(device: SimDevice, verdict: "accept" | "reject"): Promise<void> {
  const held = await heldBy(device.folder!);
  await resume(device.folder!, device.device!.stager, held!, verdict);
}

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

// ------------------------------------------------------------------------------------ send

Deno.test("a device that only sends gives its own, takes nothing, and says how much differs", () =>
  onStage({ modes: ["send", "sync"] }, (stage) => {
    const { a, b } = stage;
    write(a, "x", "x");
    write(a, "y", "y");
    stage.settle();
    write(b, "x", "edited by b");
    write(b, "new", "made by b");
    remove(b, "y");
    stage.rest();
    assert.deepEqual(treeOf(a), { x: "x", y: "y" });
    assert.equal(a.folder!.differs, 3);
    assert.equal(statusKind(a), "waiting");
    write(a, "z", "z");
    stage.rest();
    assert.equal(textAt(b, "z"), "z");
    const told = stage.done(override(a.folder!.replica, false));
    assert.deepEqual(told, { replaced: 1, restored: 1, deleted: 1 });
    assert.equal(textAt(b, "x"), "edited by b");
    stage.done(override(a.folder!.replica, true));
    stage.settle();
    assert.deepEqual(treeOf(b), { x: "x", y: "y", z: "z" });
    assert.ok(keptBy(b).has("edited by b") && keptBy(b).has("made by b"));
  }));

Deno.test("equal files of a device that only sends and of others are one, and differ in nothing", () =>
  onStage({ modes: ["send", "sync"] }, (stage) => {
    const { a, b } = stage;
    b.kill();
    write(a, "x", "the same");
    a.disk.user.touch(`${ROOT}/x`, 1_700_000_000_000);
    stage.go(2_000);
    a.kill();
    write(b, "x", "the same");
    b.disk.user.touch(`${ROOT}/x`, 1_700_000_000_000);
    b.start();
    stage.go(2_000);
    a.start();
    stage.rest();
    assert.equal(a.folder!.differs, 0);
    write(a, "x", "and then another");
    stage.settle();
    assert.equal(textAt(b, "x"), "and then another");
    assert.deepEqual(conflictsIn(b.folder!.replica), []);
  }));

Deno.test("an edit of a device that only sends meets one that it did not take: both are kept elsewhere, and an override ends it", () =>
  onStage({ devices: 3, modes: ["send", "sync", "sync"] }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    write(a, "x", "first");
    stage.settle();
    write(b, "x", "by b");
    stage.rest();
    write(a, "x", "by a");
    stage.rest();
    for (const device of [b, c]) {
      const texts = Object.values(treeOf(device));
      assert.ok(texts.includes("by b"), `${device.name}: ${texts}`);
    }
    assert.deepEqual(treeOf(b), treeOf(c));
    stage.done(override(a.folder!.replica, true));
    stage.settle();
    assert.deepEqual(treeOf(c), { x: "by a" });
    assert.ok(keptBy(b).has("by b"));
  }));

Deno.test("from send to sync what others did is taken, and from sync to send what was under way is not", () =>
  onStage({ modes: ["send", "sync"] }, (stage) => {
    const { a, b } = stage;
    write(b, "x", "by b");
    stage.rest();
    assert.equal(preview(stage, a, "sync").taken, 1);
    change(stage, a, "sync");
    stage.settle();
    assert.equal(textAt(a, "x"), "by b");
    for (let i = 0; i < 40; i++) write(b, `many/${i}`, `file ${i}`);
    stage.until(
      "something is needed",
      () => !a.folder!.replica.catalogue.needs.isEmpty(a.folder!.replica.number),
    );
    const changing = a.folder!.modes.change("send");
    stage.done(changing);
    const at = Object.keys(treeOf(a)).length;
    stage.rest();
    assert.equal(Object.keys(treeOf(a)).length, at);
    assert.ok(a.folder!.differs > 0);
    change(stage, a, "sync");
    stage.settle();
    assert.equal(Object.keys(treeOf(a)).length, 41);
  }));

// ------------------------------------------------------------------------------------ crashes

const CHANGES: readonly (readonly [Mode, Mode])[] = [
  ["index", "sync"],
  ["sync", "index"],
  ["receive", "sync"],
  ["index", "receive"],
  ["receive", "index"],
];

for (const [from, to] of CHANGES) {
  Deno.test(`stopped at any step of the change from ${from} to ${to}, a device goes on by one of the two`, async () => {
    const story = (stage: Stage, end: ((device: SimDevice) => void) | null): void => {
      const { a, b } = stage;
      for (const name of ["x", "y", "z"]) write(a, name, name);
      stage.rest();
      write(b, "x", "edited here");
      write(b, "new", "made here");
      if (from !== "index" && from !== "sync") remove(b, "y");
      stage.rest();
      end?.(b);
      void b.folder!.modes.change(to).catch(() => {});
      stage.go(5_000);
      if (!b.isRunning) b.start();
      stage.until("b runs", () => b.folder !== null);
      stage.rest();
      const { mode } = b.folder!.replica;
      assert.ok(mode === from || mode === to, mode);
      assert.ok(b.folder!.modes.isSettled);
      const gave = from === "sync" || (to === "sync" && mode === to);
      if (!gave) assert.equal(minted(b, stage), 0);
      assert.equal(textAt(a, "z"), "z");
      assert.equal(textAt(a, "x"), gave ? "edited here" : "x");
      assert.equal(textAt(b, "x"), "edited here");
      // In whichever it is, back to sync all that anyone has is everywhere.
      change(stage, b, "sync");
      stage.settle();
      assert.equal(textAt(a, "new"), "made here");
    };
    let steps = 0;
    await onStage({ modes: ["sync", from] }, (stage) =>
      story(stage, (b) => {
        stage.watchSteps(b, () => steps++);
      }));
    assert.ok(steps > 20);
    const most = Math.min(steps, 60);
    for (let step = 1; step <= most; step += 3) {
      for (const how of ["kill", "power"] as const) {
        await onStage({ modes: ["sync", from], seed: step }, (stage) =>
          story(stage, (b) => {
            stage.endAt(b, step, () => how === "kill" ? b.kill() : b.powerCut("ordered", 0));
          }));
      }
    }
  });
}

Deno.test("stopped at any step of a revert nothing is lost, and said again it is done", async () => {
  const story = (stage: Stage, end: ((device: SimDevice) => void) | null): void => {
    const { a, b } = stage;
    for (const name of ["x", "y", "z"]) write(a, name, name);
    stage.rest();
    write(b, "x", "edited here");
    write(b, "d/new", "made here");
    remove(b, "y");
    stage.rest();
    end?.(b);
    void revert(b.folder!.replica, true).catch(() => {});
    stage.go(5_000);
    if (!b.isRunning) b.start();
    stage.until("b runs", () => b.folder !== null);
    stage.rest();
    doRevert(stage, b);
    stage.settle();
    assert.deepEqual(treeOf(b), { x: "x", y: "y", z: "z" });
    for (const text of ["edited here", "made here"]) assert.ok(keptBy(b).has(text), text);
    assert.equal(minted(b, stage), 0);
  };
  for (let step = 1; step <= 60; step += 3) {
    await onStage({ modes: ["sync", "receive"], seed: step }, (stage) =>
      story(stage, (b) => {
        stage.endAt(b, step, () => b.kill());
      }));
  }
});

Deno.test("a catalogue that is made anew from the journal knows what was withheld (R26)", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    write(a, "x", "x");
    stage.settle();
    write(b, "x", "edited here");
    write(b, "new", "made here");
    stage.rest();
    stage.done(b.device!.ledger.snapshot());
    write(b, "later", "made later");
    stage.rest();
    const before = ownRow(b, "x");
    stage.done(b.stop());
    b.catalogue.restore(null);
    b.start();
    stage.until("b runs", () => b.folder !== null);
    stage.rest();
    assert.deepEqual(ownRow(b, "x")!.row, before!.row);
    assert.equal(b.folder!.modes.localChanges, 3);
    assert.equal(minted(b, stage), 0);
    assert.deepEqual(treeOf(a), { x: "x" });
  }));

// ------------------------------------------------------------------------------------ leaving (R11)

function leave(device: SimDevice): Promise<void> {
  const { folders, ledger } = device.device!;
  return folders.remove(replicasOf(ledger.catalogue)[0]!, false);
}

/** What others know of a device's rows that says anything. */
function saidBy(of: SimDevice, to: SimDevice): string[] {
  const { catalogue, number } = to.folder!.replica;
  const device = catalogue.ids.device(of.identity.id);
  return [...catalogue.everyPath.of(number)].flatMap((rows) =>
    rows.filter((row) => row.device === device && !saysNothing(row.row)).map(({ row }) => row.path)
  );
}

Deno.test("who leaves a folder keeps its files, withdraws what it said, and deletes nothing", () =>
  onStage({ devices: 3 }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    write(a, "x", "x");
    write(b, "d/y", "y");
    stage.settle();
    write(b, "x", "x of b");
    stage.settle();
    remove(c, "d/y");
    stage.settle();
    stage.done(leave(b));
    stage.until("nothing is said of it any more", () => saidBy(b, a).length + saidBy(b, c).length === 0);
    assert.deepEqual(treeOf(a), { x: "x of b" });
    assert.equal(textAt(b, "x"), "x of b");
    assert.equal(b.disk.peek(`${ROOT}/.cairn/marker.json`), null);
    // What it does with its files is nobody's business, and the others go on.
    write(b, "x", "of b alone");
    write(a, "x", "and on");
    stage.until("c has it", () => textAt(c, "x") === "and on");
    assert.equal(textAt(b, "x"), "of b alone");
    // It comes back as if it were new: what is in both places is kept.
    stage.done(b.device!.folders.add(FOLDER_ID, "Sync", ROOT));
    stage.rest();
    stage.settle();
    assert.deepEqual(Object.values(treeOf(a)).sort(), ["and on", "of b alone"]);
  }));

Deno.test("stopped at any step of leaving, a device has left or not, and nothing is deleted anywhere", async () => {
  for (let step = 1; step <= 40; step += 2) {
    await onStage({ seed: step }, (stage) => {
      const { a, b } = stage;
      for (const name of ["x", "d/y"]) write(a, name, name);
      stage.settle();
      stage.endAt(b, step, () => b.kill());
      void leave(b).catch(() => {});
      stage.go(5_000);
      if (!b.isRunning) b.start();
      stage.until("b runs", () => b.device !== null);
      stage.go(15_000);
      assert.deepEqual(treeOf(a), { "d/y": "d/y", x: "x" });
      assert.deepEqual(treeOf(b), { "d/y": "d/y", x: "x" });
      const { catalogue } = b.device!.ledger;
      assert.equal(leavingOf(catalogue).length, 0);
      const isIn = replicasOf(catalogue).length > 0;
      assert.equal(b.folder !== null, isIn);
      if (!isIn) stage.until("it is withdrawn", () => saidBy(b, a).length === 0);
      write(a, "x", "later");
      stage.go(5_000);
      assert.equal(textAt(b, "x"), isIn ? "later" : "x");
    });
  }
});
