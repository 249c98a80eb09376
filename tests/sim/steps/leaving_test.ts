/** A device leaves a folder (R11): what it said is withdrawn, and nothing is deleted anywhere. */
import assert from "node:assert/strict";
import { saysNothing } from "../../../src/core/entry.ts";
import { leavingOf, replicasOf } from "../../../src/library/folders.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { FOLDER_ID } from "../world/fixture.ts";
import { onStage, remove, textAt, treeOf, write } from "./stage.ts";

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
