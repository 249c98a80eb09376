/**
 * Changes that nothing but a good look shows (R14), and looks that come too late (R12): exact interleavings of the rules.
 */
import assert from "node:assert/strict";
import type { RelPath } from "../../../src/core/ids.ts";
import { FULL_SCAN_MS } from "../../../src/core/limits.ts";
import { ROOT } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, ownRow, type Stage, textAt, treeOf, write } from "./stage.ts";

/** Nobody tells of what `work` does on `b`. */
function unheard({ b }: Stage, work: () => void): void {
  b.disk.watches.loss = 1;
  work();
  b.disk.watches.loss = 0;
}

/** Files that differ in their bytes alone, as far as a careless look goes. */
const KINDS = [
  { name: "with birth times", disk: {} },
  { name: "without birth times", disk: { birthTimes: false } },
  { name: "on a disk that stores whole seconds", disk: { grainMs: 1_000 } },
] as const;

for (const { name, disk } of KINDS) {
  Deno.test(`rm and create with equal size, mtime and inode, its event lost: the next scan reads it (R14), ${name}`, async () => {
    await onStage({ disk }, (stage) => {
      const { a, b } = stage;
      write(b, "f", "one!", "in-place");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      const before = b.disk.peek(`${ROOT}/f`)!;
      unheard(stage, () => {
        b.disk.user.rm(`${ROOT}/f`);
        write(b, "f", "two!", "in-place");
        b.disk.user.touch(`${ROOT}/f`, before.mtimeMs);
      });
      const { size, mtimeMs, ino } = b.disk.peek(`${ROOT}/f`)!;
      assert.deepEqual([size, mtimeMs, ino], [before.size, before.mtimeMs, before.ino]);
      stage.until("the hourly scan has come", () => textAt(a, "f") === "two!", FULL_SCAN_MS + 60_000);
      stage.settle();
      assert.deepEqual(treeOf(a), { f: "two!" });
    });
  });

  Deno.test(`rm and create within the grain of the clock, looked at in between: it is read once more (R14), ${name}`, async () => {
    await onStage({ disk }, (stage) => {
      const { a, b } = stage;
      for (let afterMs = 0; afterMs <= 1_500; afterMs += 100) {
        const at = `f${afterMs}`;
        write(b, at, "one!", "in-place");
        const before = b.disk.peek(`${ROOT}/${at}`)!;
        stage.go(afterMs);
        unheard(stage, () => {
          b.disk.user.rm(`${ROOT}/${at}`);
          write(b, at, "two!", "in-place");
          b.disk.user.touch(`${ROOT}/${at}`, before.mtimeMs);
        });
        stage.until(`a has ${at}`, () => textAt(a, at) === "two!", LAST_LOOKS_MS + 1_000);
      }
    });
  });

  Deno.test(`a removed file's inode is given out again under another name: no rename is believed (R14), ${name}`, async () => {
    await onStage({ disk }, (stage) => {
      const { a, b } = stage;
      write(b, "old", "one!", "in-place");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      const before = b.disk.peek(`${ROOT}/old`)!;
      b.disk.user.rm(`${ROOT}/old`);
      write(b, "new", "two!", "in-place");
      b.disk.user.touch(`${ROOT}/new`, before.mtimeMs);
      assert.equal(b.disk.peek(`${ROOT}/new`)!.ino, before.ino);
      stage.settle();
      assert.deepEqual(treeOf(a), { new: "two!" });
    });
  });
}

Deno.test("tar and cp -p set old mtimes over files of equal size, their events lost: the next scan reads them (R14)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    const olderMs = Math.floor(b.wallNow()) - 86_400_000;
    write(b, "unpacked", "one!", "in-place");
    write(b, "copied", "one!", "in-place");
    write(b, "source", "two!", "in-place");
    for (const path of ["unpacked", "copied", "source"]) b.disk.user.touch(`${ROOT}/${path}`, olderMs);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    unheard(stage, () => {
      write(b, "unpacked", "two!", "in-place");
      b.disk.user.touch(`${ROOT}/unpacked`, olderMs);
      b.disk.user.copy(`${ROOT}/source`, `${ROOT}/copied`);
    });
    assert.equal(b.disk.peek(`${ROOT}/copied`)!.mtimeMs, olderMs);
    stage.until(
      "both are read",
      () => textAt(a, "unpacked") === "two!" && textAt(a, "copied") === "two!",
      FULL_SCAN_MS + 60_000,
    );
  });
});

Deno.test("a hash of old bytes, finished after a placement, does not supersede the new bytes (R12)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    // What has just been written by b's own clock is read once more.
    b.wallOffsetMs = 0;
    stage.go(70_000);
    let met = 0;
    for (let round = 0; round < 60; round++) {
      const at = `f${round}`;
      write(a, at, "old bytes");
      stage.until("b has it", () => ownRow(b, at) !== null);
      // B reads it once more, since it was young when it was placed: this long after, and slowly.
      b.slowness = 60;
      stage.go(1_800 + round * 13);
      let isReading = false;
      let isPlaced = false;
      const end = stage.watchSteps(b, (_, step, path) => {
        if (path !== `${ROOT}/${at}`) return;
        if (step === "open" || step === "read") {
          if (isPlaced && isReading) met++;
          isReading = !isPlaced;
        }
        if (step === "rename") isPlaced = true;
      });
      write(a, at, `new bytes ${round}`);
      stage.settle();
      end();
      b.slowness = 0.3;
      stage.go(LAST_LOOKS_MS);
      stage.settle();
      for (const device of [a, b]) assert.equal(textAt(device, at), `new bytes ${round}`, device.name);
      assert.equal(ownRow(b, at)!.row.entry.writer, a.identity.id, "b has minted nothing");
      assert.ok(!Object.keys(treeOf(a)).some((path) => path.includes(".conflict-")), "no copy is made");
    }
    assert.ok(met > 0, "a placement came between a hash's first reading and its last");
  });
});

Deno.test("files that are looked at again together are read once, and not again for each later hint (R14)", async () => {
  await onStage({}, (stage) => {
    const { b } = stage;
    const paths = ["one", "two", "three"] as RelPath[];
    for (const path of paths) write(b, path, path);
    stage.go(500);
    const read: string[] = [];
    const end = stage.watchSteps(b, (_, step, path) => {
      if (step === "open" && paths.some((one) => path === `${ROOT}/${one}`)) read.push(path);
    });
    const { outbound } = b.folder!;
    outbound.lookAgain(paths);
    stage.go(200);
    for (let time = 0; time < 3; time++) {
      for (const path of paths) outbound.hint(path);
      stage.go(200);
    }
    end();
    assert.deepEqual(read.sort(), paths.map((path) => `${ROOT}/${path}`).sort());
  });
});
