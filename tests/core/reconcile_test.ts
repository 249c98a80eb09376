/** The rules of deciding, one by one (R2, R3, R4, R24). That they converge under everything is tests/core/convergence_test.ts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { conflictCopy } from "../../src/core/conflict_name.ts";
import { type Entry, sameContent } from "../../src/core/entry.ts";
import { compareForWin, decide, saysTheSame, supersedes } from "../../src/core/reconcile.ts";
import { covers } from "../../src/core/version.ts";
import { anyEntry, contentOf, contextOf, dot, entryOf, pathOf, stampOf } from "../support/entries.ts";
import { gossipDevices, START_MS, untilQuiet } from "../support/gossip.ts";

const PATH = pathOf("notes.txt");
const A = entryOf({ text: "from a", dots: [dot(1, 10)], stamp: 1000, writer: 1 });
const B = entryOf({ text: "from b", dots: [dot(2, 20)], stamp: 2000, writer: 2 });

function taken(decision: ReturnType<typeof decide>): { entry: Entry; copy: Entry | null } {
  assert.equal(decision.kind, "take");
  return decision as { entry: Entry; copy: Entry | null };
}

/** Two devices with the same file, which both then change without hearing of each other. */
function apart() {
  const devices = gossipDevices(2);
  const [a, b] = devices as [typeof devices[0], typeof devices[0]];
  a!.see(PATH, { text: "first" });
  untilQuiet(devices);
  return { a: a!, b: b!, devices, later: (ms: number) => devices.forEach((device) => device.nowMs += ms) };
}

// ------------------------------------------------------------------------------------ totality and order

Deno.test("decide() answers for any entries, forged ones too, and what it answers settles the path", () => {
  fc.assert(fc.property(fc.option(anyEntry), fc.array(anyEntry, { maxLength: 4 }), (own, others) => {
    const decision = decide(own, others);
    if (decision.kind === "none") return;
    assert.equal(decision.kind === "adopt", own !== null && sameContent(own, decision.entry));
    if (decision.kind === "take" && decision.copy !== null) assert.equal(decision.copy, own);
    // Nothing comes from nowhere: the winner's content is one that somebody has.
    assert.ok([...others, ...own === null ? [] : [own]].some((entry) => sameContent(entry, decision.entry)));
  }));
});

Deno.test("the order in which others are listed changes nothing that can be seen (invariant 5)", () => {
  fc.assert(fc.property(fc.option(anyEntry), fc.array(anyEntry, { maxLength: 4 }), (own, others) => {
    const one = decide(own, others);
    const two = decide(own, [...others].reverse());
    assert.equal(one.kind, two.kind);
    if (one.kind === "none" || two.kind === "none") return;
    assert.ok(sameContent(one.entry, two.entry));
    assert.equal(one.entry.stamp, two.entry.stamp);
  }));
});

Deno.test("compareForWin() is antisymmetric, and zero between equal contents of one write alone", () => {
  fc.assert(fc.property(anyEntry, anyEntry, (a, b) => {
    assert.equal(Math.sign(compareForWin(a, b)), -Math.sign(compareForWin(b, a)) + 0);
    if (compareForWin(a, b) === 0) {
      assert.ok(sameContent(a, b) && a.stamp === b.stamp && a.writer === b.writer);
    }
  }));
});

Deno.test("nobody else, or nobody who says anything else: nothing to do", () => {
  assert.deepEqual(decide(A, []), { kind: "none" });
  assert.deepEqual(decide(null, []), { kind: "none" });
  assert.deepEqual(decide(A, [A, { ...A }]), { kind: "none" });
});

// ------------------------------------------------------------------------------------ R4

Deno.test("of two concurrent contents the later stamp wins, and the loser's holder keeps a copy (R4)", () => {
  const { entry, copy } = taken(decide(A, [B]));
  assert.ok(sameContent(entry, B));
  assert.equal(copy, A);
  assert.deepEqual(entry.version.dots, B.version.dots);
  assert.ok(covers(entry.version.context, dot(1, 10)) && covers(entry.version.context, dot(2, 20)));
});

Deno.test("the winner's holder does nothing until the loser's holder has kept its copy (R4)", () => {
  assert.deepEqual(decide(B, [A]), { kind: "none" });
});

Deno.test("whoever has neither takes the winner, without the loser's context (R4)", () => {
  const { entry, copy } = taken(decide(null, [A, B]));
  assert.ok(sameContent(entry, B) && copy === null);
  assert.ok(!covers(entry.version.context, dot(1, 10)));
});

Deno.test("of equal stamps the greater device wins (R4)", () => {
  const sameTime = { ...A, stamp: B.stamp };
  assert.ok(sameContent(taken(decide(sameTime, [B])).entry, B));
  assert.deepEqual(decide(B, [sameTime]), { kind: "none" });
});

Deno.test("an edit beats a delete, however late the delete is (R4)", () => {
  const deleted = entryOf({ kind: "deleted", dots: [dot(2, 99)], stamp: 999_999, writer: 9 });
  assert.deepEqual(decide(A, [deleted]), { kind: "none" });
  const { entry, copy } = taken(decide(deleted, [A]));
  assert.ok(sameContent(entry, A) && copy === null, "a delete leaves no copy");
});

Deno.test("a delete that has seen the content deletes it, and leaves no copy", () => {
  const deleted = entryOf({ kind: "deleted", dots: [dot(2, 99)], seen: [dot(1, 10)], stamp: 1, writer: 2 });
  const { entry, copy } = taken(decide(A, [deleted]));
  assert.deepEqual([entry.kind, copy], ["deleted", null]);
});

Deno.test("what we deleted does not come back because something concurrent to it lives (pinned: seed 984971599)", () => {
  const deletedB = entryOf({
    kind: "deleted",
    dots: [dot(3, 30)],
    seen: [dot(2, 20)],
    stamp: 3000,
    writer: 3,
  });
  const { entry, copy } = taken(decide(deletedB, [A, B]));
  assert.ok(sameContent(entry, A) && copy === null);
  assert.ok(covers(entry.version.context, dot(2, 20)));
  assert.deepEqual(decide(entry, [A, B]), { kind: "none" });
});

Deno.test("a tombstone of what we never had is nothing to us", () => {
  assert.deepEqual(decide(null, [entryOf({ kind: "deleted", dots: [dot(2, 99)] })]), { kind: "none" });
});

Deno.test("a directory beats a file, which is kept beside it; it never goes aside itself (R6)", () => {
  const directory = entryOf({ kind: "directory", dots: [dot(2, 1)], stamp: 1 });
  const { entry, copy } = taken(decide(A, [directory]));
  assert.deepEqual([entry.kind, copy], ["directory", A]);
  assert.deepEqual(decide(directory, [A]), { kind: "none" });
});

// ------------------------------------------------------------------------------------ R2

Deno.test("equal contents met concurrently unite dots and contexts; no copy, no new dot (R2)", () => {
  const twin = entryOf({ text: "from a", dots: [dot(2, 20)], stamp: 3000, writer: 2 });
  const decision = decide(A, [twin]);
  assert.equal(decision.kind, "adopt");
  const { entry } = decision as { entry: Entry };
  assert.deepEqual(entry.version.dots, [dot(1, 10), dot(2, 20)]);
  assert.deepEqual(entry.version.context, contextOf(dot(1, 10), dot(2, 20)));
  const other = decide(twin, [A]) as { entry: Entry };
  assert.ok(saysTheSame(entry, other.entry) && entry.stamp === other.entry.stamp);
});

Deno.test("an edit that has seen one of several dots supersedes the content (R2)", () => {
  const both = entryOf({ text: "same", dots: [dot(1, 10), dot(2, 20)] });
  const edit = entryOf({ text: "new", dots: [dot(3, 30)], seen: [dot(2, 20)] });
  assert.ok(supersedes(edit, both) && !supersedes(both, edit));
  assert.equal(taken(decide(both, [edit])).copy, null);
});

Deno.test("the same dot with different content is concurrent: a cloned disk loses nothing (R24)", () => {
  const clone = entryOf({ text: "from the clone", dots: [dot(1, 10)], stamp: 3000, writer: 2 });
  assert.ok(!supersedes(A, clone) && !supersedes(clone, A));
  assert.equal(taken(decide(A, [clone])).copy, A);
});

Deno.test("two that claim to supersede each other are concurrent (R24)", () => {
  const one = { ...A, version: { ...A.version, context: B.version.context } };
  const two = { ...B, version: { ...B.version, context: A.version.context } };
  assert.ok(!supersedes(one, two) && !supersedes(two, one));
  assert.equal(taken(decide(one, [two])).copy, one);
});

Deno.test("a true conflict gives exactly one copy, the same on both devices (R4, R5)", () => {
  const { a, b, devices, later } = apart();
  later(5_000);
  a.see(PATH, { text: "by a" });
  b.nowMs += 1_000;
  b.see(PATH, { text: "by b" });
  untilQuiet(devices);
  assert.deepEqual([...a.tree], [...b.tree]);
  assert.deepEqual([a.copies, b.copies, a.tree.size], [1, 0, 2]);
  assert.ok(sameContent(a.entry(PATH)!, b.entry(PATH)!));
});

Deno.test("a resolved conflict stays resolved when the winner is edited on (R2)", () => {
  const { a, b, devices, later } = apart();
  later(5_000);
  a.see(PATH, { text: "by a" });
  b.nowMs += 1_000;
  b.see(PATH, { text: "by b" });
  untilQuiet(devices);
  for (let i = 0; i < 4; i++) {
    later(5_000);
    (i % 2 === 0 ? b : a).see(PATH, { text: `edit ${i}` });
    untilQuiet(devices);
  }
  assert.equal(a.copies + b.copies, 1);
  assert.equal(a.tree.size, 2);
});

Deno.test("the winner may be edited on while the conflict is not resolved: still one copy, and the last edit (R2)", () => {
  const { a, b, devices, later } = apart();
  later(5_000);
  a.see(PATH, { text: "by a" });
  for (let i = 0; i < 3; i++) {
    later(5_000);
    b.see(PATH, { text: `by b, ${i}` });
    a.hear(b);
  }
  untilQuiet(devices);
  assert.equal(a.copies + b.copies, 1);
  assert.equal(b.entry(PATH)!.size, "by b, 2".length);
  assert.deepEqual([...a.tree], [...b.tree]);
});

Deno.test("equal edits on both sides are one edit: no copy, and no dot but the two (R2)", () => {
  const { a, b, devices, later } = apart();
  later(5_000);
  for (const device of devices) device.see(PATH, { text: "the same" });
  const minted = a.minted + b.minted;
  untilQuiet(devices);
  assert.deepEqual([a.copies + b.copies, a.minted + b.minted, a.tree.size], [0, minted, 1]);
});

// ------------------------------------------------------------------------------------ R3

for (const chmodIsLater of [true, false]) {
  Deno.test(`chmod against an edit, the ${chmodIsLater ? "chmod" : "edit"} later: the edit's bytes, no copy (R3)`, () => {
    const { a, b, devices, later } = apart();
    later(5_000);
    (chmodIsLater ? a : b).nowMs += 1_000;
    a.see(PATH, { mode: 0o600, mtimeMs: a.entry(PATH)!.mtimeMs });
    b.see(PATH, { text: "edited", mode: 0o644 });
    const [edited] = b.tree.values();
    untilQuiet(devices);
    assert.deepEqual([...a.tree], [...b.tree]);
    assert.equal(a.copies + b.copies, 0);
    assert.equal([...a.tree.values()][0]!.split(" ")[1], edited!.split(" ")[1]);
    assert.equal(a.entry(PATH)!.mode, chmodIsLater ? 0o600 : 0o644);
  });
}

Deno.test("touch against touch: one content, the later time, no copy (R3)", () => {
  const { a, b, devices, later } = apart();
  later(5_000);
  a.see(PATH, { mtimeMs: 111_000 });
  b.nowMs += 1_000;
  b.see(PATH, { mtimeMs: 222_000 });
  untilQuiet(devices);
  assert.deepEqual(devices.map((device) => device.entry(PATH)!.mtimeMs), [222_000, 222_000]);
  assert.equal(a.copies + b.copies, 0);
});

Deno.test("whoever hears first, a later chmod stays (pinned: seed -1379071569)", () => {
  for (const first of [0, 1]) {
    const { a, b, devices, later } = apart();
    later(5_000);
    b.nowMs += 7_200_000;
    b.see(PATH, { mode: 0o600, mtimeMs: b.entry(PATH)!.mtimeMs });
    a.see(PATH, { text: "edited" });
    untilQuiet(first === 0 ? [a, b] : [b, a]);
    assert.deepEqual(devices.map((device) => device.entry(PATH)!.mode), [0o600, 0o600]);
  }
});

// ------------------------------------------------------------------------------------ conflict copies

Deno.test("a deleted conflict copy stays deleted when a late device shows up with the loser (R4)", () => {
  const [a, b, late] = gossipDevices(3) as [
    ReturnType<typeof gossipDevices>[0],
    ...ReturnType<typeof gossipDevices>,
  ];
  a!.see(PATH, { text: "lost" });
  late!.hear(a!);
  late!.step(PATH);
  b!.nowMs += 5_000;
  b!.see(PATH, { text: "won" });
  // The late device hears of the winner alone, so it makes the copy as well.
  late!.hear(b!);
  untilQuiet([a!, b!]);
  const copy = a!.paths.find((path) => path !== PATH)!;
  b!.nowMs += 60_000;
  b!.remove(copy);
  untilQuiet([a!, b!]);
  late!.step(PATH);
  assert.ok(late!.tree.has(copy), "the late device keeps its loser");
  untilQuiet([a!, b!, late!]);
  for (const device of [a!, b!, late!]) assert.deepEqual([...device.tree.keys()], [PATH]);
});

Deno.test("making a copy twice is making it once, and a later edit of it dominates (R4)", () => {
  const one = conflictCopy(PATH, A);
  const two = conflictCopy(PATH, { ...A });
  assert.ok(saysTheSame(one.entry, two.entry) && one.path === two.path);
  const edited = entryOf({ text: "better", dots: [dot(2, 99)], seen: [...one.entry.version.dots] });
  assert.ok(supersedes(edited, one.entry) && !supersedes(one.entry, edited));
  assert.deepEqual(decide(edited, [two.entry]), { kind: "none" });
});

Deno.test("a copy supersedes no other write of its writer to the copy's path (pinned: seed -66650138)", () => {
  // One counter for all paths (R1): the loser's context, and its very dot, cover every earlier write of those actors anywhere.
  const loser = entryOf({
    text: "lost",
    dots: [dot(1, 50)],
    seen: [dot(2, 50)],
    stamp: stampOf(START_MS * 1024),
  });
  const copy = conflictCopy(PATH, loser);
  for (const actor of [1, 2]) {
    const there = entryOf({
      text: "an edit of an earlier copy",
      dots: [dot(actor, 40)],
      stamp: 1,
      writer: actor,
    });
    assert.ok(!supersedes(copy.entry, there));
    assert.equal(taken(decide(there, [copy.entry])).copy, there);
  }
});

Deno.test("an edit kept against one delete is gone by another whose writer saw it, though the deletes have united (R2, R4)", () => {
  const devices = gossipDevices(3);
  const [a, b, c] = devices as [typeof devices[0], typeof devices[0], typeof devices[0]];
  a!.see(PATH, { text: "first" });
  untilQuiet(devices);
  for (const device of devices) device.nowMs += 1_000;
  a!.see(PATH, { text: "second" });
  c!.remove(PATH);
  b!.hear(a!);
  b!.step(PATH);
  c!.hear(a!);
  a!.hear(c!);
  // The edit lives on for everybody, and its writer deletes it; the deletes are one then.
  a!.step(PATH);
  a!.remove(PATH);
  a!.step(PATH);
  // Who has not heard of that takes the edit, and knows of its own delete that it was overruled.
  c!.step(PATH);
  untilQuiet(devices);
  for (const { tree } of devices) assert.deepEqual([...tree], []);
});

Deno.test("who deleted the winner of a conflict that is settled elsewhere meanwhile does not get it back (R2, R4)", () => {
  const { a, b, devices, later } = apart();
  later(1_000);
  a.see(PATH, { text: "from a" });
  later(1_000);
  b.see(PATH, { text: "from b" });
  a.hear(b);
  b.remove(PATH);
  b.hear(a);
  // The edit of a lives on in the place of what b has deleted; a, who has not heard of that, makes way for b's.
  b.step(PATH);
  a.step(PATH);
  assert.equal(a.entry(PATH)?.content, contentOf("from b"));
  untilQuiet(devices);
  for (const device of devices) assert.equal(device.entry(PATH)?.content, contentOf("from a"));
});

Deno.test("what is taken as it is, is the same entry: of thousands there are not two of each", () => {
  const file = entryOf({ text: "new", dots: [dot(2, 1)] });
  const decision = decide(null, [file]);
  assert.ok(decision.kind === "take" && decision.entry === file);
  const older = entryOf({ text: "old", dots: [dot(1, 1)] });
  const newer = entryOf({ text: "new", dots: [dot(2, 2)], seen: [dot(1, 1)] });
  const replaced = decide(older, [newer]);
  assert.ok(replaced.kind === "take" && replaced.entry === newer);
});
