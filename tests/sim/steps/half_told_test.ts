/** An announcement of which half has come when the link breaks (R29): nothing that moved is taken for deleted. */
import assert from "node:assert/strict";
import { sha256 } from "../../../src/core/content.ts";
import { type RelPath, toHex } from "../../../src/core/ids.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { LAST_LOOKS_MS, move, onStage, treeOf, write } from "./stage.ts";

/** More than a page has. */
const FILES = 2_000;
/** So slow that the announcement takes many seconds. */
const BYTES_PER_MS = 20;

/** Names that no compression makes short: the announcement is many pieces on the wire. */
const names = Array.from(
  { length: FILES },
  (_, i) => `${i}-${toHex(sha256(new TextEncoder().encode(`name ${i}`)))}`,
);

/** How many of the moved files a device has heard of under their new names. */
function heardBy({ folder }: SimDevice): number {
  return names.filter((name) => folder!.replica.othersAt(`new/${name}` as RelPath).length > 0).length;
}

Deno.test("a renamed directory of 2,000 files of which half is told when the link is cut: each file is under its old or its new name, and all come (R29)", async () => {
  await onStage({}, (stage) => {
    const { a, b, world: { net } } = stage;
    for (const name of names) write(a, `old/${name}`, `text of ${name}`);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    const inodes = new Map(names.map((name) => [name, b.disk.peek(`${ROOT}/old/${name}`)!.ino]));
    // One that is young keeps the directory from being told as one.
    write(a, "old/young", "young");
    stage.settle();
    const { bytesPerMs } = net.wire;
    net.wire.bytesPerMs = BYTES_PER_MS;
    move(a, "old", "new");
    let heard = 0;
    while (heard === 0) {
      stage.go(20);
      heard = heardBy(b);
    }
    net.partition([0, 1]);
    stage.go(5 * 60_000);
    heard = heardBy(b);
    assert.ok(heard > 0 && heard < FILES, `${heard} of ${FILES} were told`);
    const half = treeOf(b);
    for (const name of names) {
      const found = [half[`old/${name}`], half[`new/${name}`]].filter((text) => text !== undefined);
      assert.deepEqual(found, [`text of ${name}`]);
    }
    assert.equal(b.folder!.replica.brake.halt, null);
    net.wire.bytesPerMs = bytesPerMs;
    net.heal();
    stage.settle();
    assert.equal(Object.keys(treeOf(b)).length, FILES + 1);
    for (const name of names) {
      assert.equal(b.disk.peek(`${ROOT}/new/${name}`)?.ino, inodes.get(name), "it was moved, not fetched");
    }
  });
});
