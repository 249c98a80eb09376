/** A root that was put back from a backup while the home stayed: what came since is neither deleted nor undone without a word (invariant 8). */
import assert from "node:assert/strict";
import { resumeFolder } from "../../../src/daemon/halts.ts";
import { statusKind } from "../oracle/quiet.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { keptBy, onStage, type Stage, treeOf, write } from "./stage.ts";

const FILES = 5;
const REST_MS = 300_000;

/** A backup of `b`'s root, a day's work here and there, and the root as it was in the backup. */
function putBack(stage: Stage): void {
  const { a, b } = stage;
  const { user } = b.disk;
  for (let i = 0; i < FILES; i++) write(b, `f${i}`, `first ${i}`);
  stage.settle();
  stage.go(REST_MS);
  copyRoot(b, ROOT, "/backup");
  write(b, "f0", "edited here");
  write(a, "f1", "edited there");
  a.disk.user.rm(`${ROOT}/f2`);
  write(a, "new there", "new");
  write(b, "new here", "new");
  stage.settle();
  stage.go(REST_MS);
  b.kill();
  user.rename(ROOT, "/dead");
  copyRoot(b, "/backup", ROOT);
  b.start();
  stage.until("it is halted", () => b.folder?.replica.brake.halt?.kind === "older");
  stage.go(REST_MS);
}

function copyRoot({ disk: { user } }: SimDevice, from: string, to: string): void {
  user.mkdir(`${to}/.cairn`);
  for (let i = 0; i < FILES; i++) user.copy(`${from}/f${i}`, `${to}/f${i}`);
  user.copy(`${from}/.cairn/marker.json`, `${to}/.cairn/marker.json`);
}

const NEW = {
  "f0": "edited here",
  "f1": "edited there",
  "f3": "first 3",
  "f4": "first 4",
  "new here": "new",
  "new there": "new",
};
const OLD = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`f${i}`, `first ${i}`]));

function say(stage: Stage, verdict: "accept" | "reject"): void {
  let isSaid = false;
  resumeFolder(stage.b.device!, { folder: "Sync", verdict }).then(() => isSaid = true);
  stage.until("it is said", () => isSaid);
  stage.settle();
}

Deno.test("(stage) a root that was put back from a backup halts: nothing is deleted or undone anywhere", () =>
  onStage({}, (stage) => {
    putBack(stage);
    assert.equal(statusKind(stage.b), "stopped");
    assert.deepEqual(treeOf(stage.a), NEW);
    assert.deepEqual(treeOf(stage.b), OLD);
    // Neither does another start, nor an edit.
    write(stage.b, "f3", "edited in what was put back");
    stage.b.kill();
    stage.b.start();
    stage.go(REST_MS);
    assert.deepEqual(treeOf(stage.a), NEW);
  }));

Deno.test("(stage) --reject: the others' files come to a root that was put back, and what differed is in the version store", () =>
  onStage({}, (stage) => {
    putBack(stage);
    say(stage, "reject");
    for (const device of [stage.a, stage.b]) assert.deepEqual(treeOf(device), NEW);
    for (const text of ["first 0", "first 1", "first 2"]) assert.ok(keptBy(stage.b).has(text), text);
    // It is not asked again.
    stage.go(REST_MS);
    stage.b.kill();
    stage.b.start();
    stage.settle();
  }));

Deno.test("(stage) --accept: a root that was put back is what is wanted, everywhere", () =>
  onStage({}, (stage) => {
    putBack(stage);
    say(stage, "accept");
    for (const device of [stage.a, stage.b]) assert.deepEqual(treeOf(device), OLD);
    for (const text of ["edited here", "edited there"]) assert.ok(keptBy(stage.a).has(text), text);
  }));

Deno.test("(stage) --reject: what no other device has stays as the backup has it", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, "shared", "first");
    stage.settle();
    a.kill();
    write(b, "alone", "first, alone");
    stage.go(REST_MS);
    b.disk.user.mkdir("/backup/.cairn");
    for (const name of ["shared", "alone", ".cairn/marker.json"]) {
      b.disk.user.copy(`${ROOT}/${name}`, `/backup/${name}`);
    }
    write(b, "shared", "second, which was lost with the disk");
    write(b, "alone", "second, alone, which was lost with the disk");
    stage.go(REST_MS);
    b.kill();
    b.disk.user.rename(ROOT, "/dead");
    b.disk.user.rename("/backup", ROOT);
    b.start();
    stage.until("it is halted", () => b.folder?.replica.brake.halt?.kind === "older");
    a.start();
    say(stage, "reject");
    assert.deepEqual(treeOf(a), { shared: "first", alone: "first, alone" });
  }));
