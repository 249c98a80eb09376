/** The simulated watcher: hints, and how they fail. */
import assert from "node:assert/strict";
import type { RelPath } from "../../../src/core/ids.ts";
import { bytesOf, testDisk } from "./disk_for_tests.ts";

function watched(seed = 1) {
  const { disk, world } = testDisk(seed);
  const ports = disk.boot();
  const hints: string[] = [];
  const gone: string[] = [];
  const stop = ports.watcher.watch("/d", ".cairn", {
    hint: (path) => void hints.push(path),
    gone: (reason) => void gone.push(reason),
  });
  return { disk, world, hints, gone, stop, ...ports };
}

Deno.test("hints come later, once for a burst, relative to the root", () => {
  const { disk, world, hints } = watched();
  disk.user.writeFile("/d/a", bytesOf("x"));
  disk.user.append("/d/a", bytesOf("y"));
  disk.user.mkdir("/d/e");
  disk.user.rename("/d/a", "/d/e/b");
  disk.user.mkdir("/elsewhere");
  assert.deepEqual(hints, []);
  world.pass(100);
  assert.deepEqual(hints.sort(), ["a", "e", "e/b"]);
});

Deno.test("below ignoreTop only the canary is told, also when it is only closed", () => {
  const { disk, world, hints, fs } = watched();
  disk.user.mkdir("/d/.cairn/stage");
  disk.user.writeFile("/d/.cairn/canary", bytesOf(""));
  world.pass(100);
  fs.open("/d/.cairn/canary", "write").close();
  world.pass(100);
  assert.deepEqual(hints, [".cairn/canary", ".cairn/canary"]);
});

Deno.test("what is written through a held directory is told by its real path", () => {
  const { disk, world, hints, fs } = watched();
  disk.user.mkdir("/d/e");
  const pin = fs.pin("/d", "e" as RelPath);
  disk.user.rename("/d/e", "/d/f");
  world.pass(100);
  hints.length = 0;
  fs.open(pin.at("x"), "create").close();
  world.pass(100);
  assert.deepEqual(hints, ["f/x"]);
});

Deno.test("hints are lost, told twice, told of the parent and of nothing, as it is asked for", () => {
  const run = (behaviour: object) => {
    const { disk, world, hints } = watched();
    Object.assign(disk.watches, behaviour);
    disk.user.mkdir("/d/e");
    disk.user.writeFile("/d/e/a", bytesOf("x"));
    world.pass(1_000);
    return hints.sort();
  };
  assert.deepEqual(run({ loss: 1 }), []);
  assert.deepEqual(run({ duplicate: 1 }), ["e", "e", "e/a", "e/a"]);
  assert.deepEqual(run({ toParent: 1 }), ["", "e"]);
  assert.deepEqual(run({ bogus: 1 }), ["e", "e.not-there", "e/a", "e/a.not-there"]);
});

Deno.test("a root that is removed, moved, unmounted or whose parent moves ends the watch", () => {
  const { disk, world, gone, hints } = watched();
  disk.user.rename("/d", "/moved");
  world.pass(100);
  disk.user.writeFile("/moved/a", bytesOf("x"));
  world.pass(100);
  assert.deepEqual([gone, hints], [["/d was removed, moved or unmounted"], []]);
});

Deno.test("watches that run out end with their reason; one that was stopped says nothing more", () => {
  const one = watched();
  one.disk.failWatches("no more watches");
  one.world.pass(100);
  assert.deepEqual(one.gone, ["no more watches"]);
  const two = watched();
  two.disk.user.writeFile("/d/a", bytesOf("x"));
  two.stop();
  two.disk.failWatches("no more watches");
  two.world.pass(100);
  assert.deepEqual([two.gone, two.hints], [[], []]);
});

Deno.test("a killed process hears nothing more", () => {
  const { disk, world, hints } = watched();
  disk.user.writeFile("/d/a", bytesOf("x"));
  disk.kill();
  disk.user.writeFile("/d/b", bytesOf("x"));
  world.pass(100);
  assert.deepEqual(hints, []);
});

Deno.test("watching what is not there is not-found", () => {
  const { watcher } = testDisk(1).disk.boot();
  assert.throws(() => watcher.watch("/none", "", { hint() {}, gone() {} }), { code: "not-found" });
});
