/** A root that was put back from a backup while the home stayed: what came since is neither deleted nor undone without a word (invariant 8). */
import assert from "node:assert/strict";
import { resumeFolder } from "../../../src/daemon/halts.ts";
import { statusKind } from "../oracle/quiet.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { keptBy, onStage, remove, type Stage, textAt, treeOf, write } from "./stage.ts";

const REST_MS = 300_000;
const BACKUP = "/backup";

function copyTree({ disk }: SimDevice, from: string, to: string): void {
  disk.user.mkdir(to);
  const marker = ".cairn/marker.json";
  disk.walk(from, (path, { kind }) => {
    if (path.startsWith(".cairn/") || path === ".cairn") return;
    if (kind === "directory") disk.user.mkdir(`${to}/${path}`);
    else disk.user.copy(`${from}/${path}`, `${to}/${path}`);
  });
  if (disk.peek(`${from}/${marker}`) === null) return;
  disk.user.mkdir(`${to}/.cairn`);
  disk.user.copy(`${from}/${marker}`, `${to}/${marker}`);
}

/** A backup of `b`'s root as it is now, when all has rested. */
function backUp(stage: Stage): void {
  stage.settle();
  stage.go(REST_MS);
  copyTree(stage.b, ROOT, BACKUP);
}

/** The backup takes the root's place, with `b` off, and `b` halts. */
function putBack(stage: Stage, isMarked = true): void {
  const { b } = stage;
  stage.settle();
  stage.go(REST_MS);
  b.kill();
  b.disk.user.rename(ROOT, "/dead");
  copyTree(b, BACKUP, ROOT);
  if (!isMarked) b.disk.user.rmTree(`${ROOT}/.cairn`);
  b.start();
  if (isMarked) stage.until("it is halted", () => isHalted(b));
  stage.go(REST_MS);
}

function isHalted({ folder }: SimDevice): boolean {
  return folder?.replica.brake.halt?.kind === "older";
}

function say(stage: Stage, verdict: "accept" | "reject"): void {
  let isSaid = false;
  resumeFolder(stage.b.device!, { folder: "Sync", verdict }).then(() => isSaid = true);
  stage.until("it is said", () => isSaid);
  stage.settle();
}

/** What was put aside. */
function asideIn(device: SimDevice): Record<string, string> {
  const out: Record<string, string> = {};
  device.disk.walk(`${ROOT}/.cairn`, (path, { kind, bytes }) => {
    const [directory, ...below] = path.split("/");
    if (kind !== "file" || !directory!.startsWith("put-back-")) return;
    out[below.join("/")] = new TextDecoder().decode(bytes);
  });
  return out;
}

const OLD = { f0: "first 0", f1: "first 1", f2: "first 2", f3: "first 3" };
const NEW = { f0: "edited here", f1: "edited there", f3: "first 3", "new here": "new", "new there": "new" };

/** A day's work, here and there, behind a backup. */
function aDay(stage: Stage): void {
  const { a, b } = stage;
  for (const [name, text] of Object.entries(OLD)) write(b, name, text);
  backUp(stage);
  write(b, "f0", "edited here");
  write(a, "f1", "edited there");
  remove(a, "f2");
  write(a, "new there", "new");
  write(b, "new here", "new");
}

Deno.test("(stage) a root that was put back from a backup halts: nothing is deleted or undone anywhere", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    aDay(stage);
    putBack(stage);
    assert.equal(statusKind(b), "stopped");
    assert.deepEqual(treeOf(a), NEW);
    assert.deepEqual(treeOf(b), OLD);
    // Neither does another start, nor an edit.
    write(b, "f3", "edited in what was put back");
    b.kill();
    b.start();
    stage.go(REST_MS);
    assert.deepEqual(treeOf(a), NEW);
  }));

Deno.test("(stage) a root that is put back while Cairn runs halts too", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    aDay(stage);
    stage.settle();
    stage.go(REST_MS);
    b.disk.user.rename(ROOT, "/dead");
    stage.until("it is missed", () => b.folder!.replica.stopped !== null);
    copyTree(b, BACKUP, ROOT);
    stage.until("it is halted", () => isHalted(b));
    stage.go(REST_MS);
    assert.deepEqual(treeOf(a), NEW);
    say(stage, "reject");
    assert.deepEqual(treeOf(b), NEW);
    // The version store that was put back with it is one.
    write(a, "f3", "edited after all that");
    stage.settle();
    assert.ok(keptBy(b).has("first 3"));
  }));

Deno.test("(stage) --reject: the others' files come to a root that was put back, and what was in it is put aside", () =>
  onStage({}, (stage) => {
    aDay(stage);
    putBack(stage);
    say(stage, "reject");
    for (const device of [stage.a, stage.b]) assert.deepEqual(treeOf(device), NEW);
    assert.deepEqual(asideIn(stage.b), OLD);
    // It is not asked again.
    stage.go(REST_MS);
    stage.b.kill();
    stage.b.start();
    stage.settle();
  }));

Deno.test("(stage) --accept: a root that was put back is what is wanted, everywhere", () =>
  onStage({}, (stage) => {
    aDay(stage);
    putBack(stage);
    say(stage, "accept");
    for (const device of [stage.a, stage.b]) assert.deepEqual(treeOf(device), OLD);
    for (const text of ["edited here", "edited there"]) assert.ok(keptBy(stage.a).has(text), text);
  }));

Deno.test("(stage) --reject: what no other device has is put aside with the rest", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, "shared", "first");
    stage.settle();
    a.kill();
    write(b, "alone", "first, alone");
    stage.go(REST_MS);
    copyTree(b, ROOT, BACKUP);
    write(b, "shared", "second, which was lost with the disk");
    write(b, "alone", "second, alone, which was lost with the disk");
    stage.go(REST_MS);
    b.kill();
    b.disk.user.rename(ROOT, "/dead");
    copyTree(b, BACKUP, ROOT);
    b.start();
    stage.until("it is halted", () => isHalted(b));
    a.start();
    say(stage, "reject");
    for (const device of [a, b]) assert.deepEqual(treeOf(device), { shared: "first" });
    assert.deepEqual(asideIn(b), { shared: "first", alone: "first, alone" });
  }));

Deno.test("(stage) --reject: what was ignored on the day of the backup, and is not any more, is not deleted", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, ".cairnignore", "*.log\n");
    backUp(stage);
    b.disk.user.writeFile(`${BACKUP}/x.log`, new TextEncoder().encode("old, and nobody's business"));
    remove(b, ".cairnignore");
    stage.settle();
    for (const name of ["x.log", "y.log"]) write(b, name, `${name}, shared since`);
    putBack(stage);
    say(stage, "reject");
    const shared = { "x.log": "x.log, shared since", "y.log": "y.log, shared since" };
    for (const device of [a, b]) assert.deepEqual(treeOf(device), shared);
  }));

Deno.test("(stage) --reject: what was a directory on the day of the backup, and was deleted since, takes nobody's place", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, "p/below", "first");
    b.disk.user.mkdir(`${ROOT}/empty`);
    backUp(stage);
    remove(a, "p");
    write(a, "p", "a file now");
    remove(a, "empty");
    putBack(stage);
    say(stage, "reject");
    for (const device of [a, b]) {
      assert.deepEqual(treeOf(device), { p: "a file now" });
      assert.equal(device.disk.peek(`${ROOT}/empty`), null);
    }
  }));

Deno.test("(stage) a root that is halted stays so over a crash of the machine, though the marks of its last minutes are not believed", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    aDay(stage);
    putBack(stage);
    b.disk.writeBack();
    b.powerCut("ordered", 0);
    b.start();
    stage.until("it runs", () => b.folder !== null && b.device!.ledger.crashed);
    stage.go(REST_MS);
    assert.equal(statusKind(b), "stopped");
    assert.deepEqual(treeOf(a), NEW);
  }));

Deno.test("(stage) --reject that the disk refuses half-way leaves all where it was, and may be said again", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    aDay(stage);
    putBack(stage);
    const mend = b.disk.faults.add({
      code: "read-only",
      calls: ["rename"],
      path: (path) => path.endsWith("/f2"),
    });
    let words = "";
    resumeFolder(b.device!, { folder: "Sync", verdict: "reject" }).catch((error) => words = error.message);
    stage.until("it is refused", () => words !== "");
    mend();
    assert.match(words, /f2 cannot be put aside \(read-only\), so nothing was/);
    assert.deepEqual(treeOf(b), OLD);
    assert.equal(statusKind(b), "stopped");
    say(stage, "reject");
    for (const device of [a, b]) assert.deepEqual(treeOf(device), NEW);
  }));

Deno.test("(stage) a word that was said is not asked for again after a kill in the next moment", () =>
  onStage({}, (stage) => {
    aDay(stage);
    putBack(stage);
    say(stage, "accept");
    stage.b.kill();
    stage.b.start();
    stage.settle();
  }));

Deno.test("(stage) --reject in a root that has lost its marker, and is not empty: nothing in it is news", () =>
  onStage({}, (stage) => {
    aDay(stage);
    putBack(stage, false);
    assert.equal(statusKind(stage.b), "stopped");
    say(stage, "reject");
    for (const device of [stage.a, stage.b]) assert.deepEqual(treeOf(device), NEW);
    assert.deepEqual(asideIn(stage.b), OLD);
  }));

Deno.test("(stage) when the right root comes back, it goes on by itself, and what was edited in it is an edit", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    aDay(stage);
    putBack(stage);
    b.kill();
    b.disk.user.rename(ROOT, "/wrong");
    b.disk.user.rename("/dead", ROOT);
    write(b, "f3", "edited in the right one");
    b.start();
    stage.settle();
    assert.equal(textAt(a, "f3"), "edited in the right one");
  }));
