/** Disks mounted inside a folder, in the simulated world: real mounts and events, other device numbers, power cuts (R13, R16). */
import assert from "node:assert/strict";
import { ROOT } from "../world/device.ts";
import { move, onStage, type Stage, textAt, treeOf, write } from "./stage.ts";

/** Gives `b` a disk at `m` with two files, known to both. */
function begin(stage: Stage): void {
  const { b } = stage;
  b.disk.mount(`${ROOT}/m`);
  write(b, "m/one", "one");
  write(b, "m/two", "two");
  write(b, "plain", "plain");
  stage.settle();
  stage.go(120_000);
}

Deno.test("another disk at the mount point of the first: nothing of the first is deleted elsewhere", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    begin(stage);
    b.disk.unmount(`${ROOT}/m`);
    b.disk.mount(`${ROOT}/m`); // within one moment; the same with the program off
    write(b, "m/other", "of the second disk");
    stage.go(2 * 3_600_000);
    assert.equal(textAt(a, "m/one"), "one");
  });
});

Deno.test("what is written where a disk is still to be mounted is not taken for what is on it", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    begin(stage);
    b.kill();
    b.disk.unmount(`${ROOT}/m`);
    b.start(); // at login, before the disk is there
    stage.go(5_000);
    write(b, "m/notes", "an hour of work", "in-place");
    stage.go(60_000);
    assert.equal(textAt(a, "m/notes"), null);
    assert.ok(!b.folder!.isUpToDate);
    b.disk.remount(`${ROOT}/m`);
    stage.go(60_000);
    assert.equal(textAt(a, "m/one"), "one");
    assert.ok(b.folder!.isUpToDate);
  });
});

Deno.test("a disk that goes with its mount point deletes nothing elsewhere", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    begin(stage);
    b.disk.unmount(`${ROOT}/m`);
    b.disk.user.rmTree(`${ROOT}/m`); // as udisks and autofs do
    stage.go(60_000);
    assert.equal(textAt(a, "m/one"), "one");
  });
});

Deno.test("a file that is moved elsewhere out of a directory that is a disk here comes by copy", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    b.disk.mount(`${ROOT}/m`);
    write(b, "m/one", "one");
    write(b, "top/other", "other");
    stage.settle();
    stage.go(120_000);
    move(a, "m/one", "top/one");
    stage.go(2 * 3_600_000);
    assert.equal(textAt(b, "top/one"), "one", "top is on the root's disk: it can be received");
  });
});

Deno.test("what others have of an inner disk outlives a power cut, also where it came with many files (R16)", async () => {
  await onStage({ disk: { persistence: "ordered" } }, (stage) => {
    const { a, b } = stage;
    b.disk.mount(`${ROOT}/m`);
    write(b, "m/f", "before");
    stage.settle();
    stage.go(120_000);
    b.catalogue.mark();
    for (let i = 0; i < 60; i++) write(b, `many/${i}`, `${i}`);
    write(b, "m/f", "an hour of work", "save");
    write(b, "m/g", "new");
    stage.until("a has it", () => textAt(a, "m/f") === "an hour of work" && textAt(a, "m/g") === "new");
    b.powerCut("ordered", 1);
    b.start();
    stage.settle();
    assert.equal(textAt(a, "m/f"), "an hour of work", "a cut takes nothing that others have");
  });
});

Deno.test("a catalogue that lost its last moments, or was rebuilt, knows the disk inside the folder still", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    b.catalogue.mark(); // what SQLite has not synced yet a power cut takes; the journal brings the rows back, and nothing else
    b.disk.mount(`${ROOT}/m`);
    write(b, "m/one", "one");
    write(b, "m/two", "two");
    write(b, "plain", "plain");
    stage.settle();
    stage.go(120_000);
    b.powerCut("ordered", 1);
    b.start();
    stage.go(120_000);
    write(b, "m/three", "three");
    stage.go(60_000);
    b.disk.unmount(`${ROOT}/m`);
    stage.go(120_000);
    assert.equal(Object.keys(treeOf(a)).filter((path) => path.startsWith("m/")).length, 3);
  });
});
