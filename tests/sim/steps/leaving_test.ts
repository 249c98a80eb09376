/** A device leaves a folder (R11): what it said is withdrawn, and nothing is deleted anywhere. */
import assert from "node:assert/strict";
import { saysNothing } from "../../../src/core/entry.ts";
import { DAMAGED } from "../../../src/core/damaged.ts";
import type { RelPath } from "../../../src/core/ids.ts";
import { SCRUB } from "../../../src/library/disks.ts";
import { leavingOf, replicasOf } from "../../../src/library/folders.ts";
import { DAMAGE } from "../../../src/sync/damages.ts";
import { NEVER } from "../../../src/sync/scrub_pass.ts";
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

/** A device has read its files again, and one of them is damaged: it keeps that, and tells of it. */
async function scrub({ folder, device }: SimDevice, path: string): Promise<void> {
  const { replica, scrub: { damages } } = folder!;
  const { row } = replica.own(path as RelPath)!;
  const [content, { size, mtimeMs }] = [row.entry.content!, row.entry];
  const { ledger } = device!;
  const key = SCRUB + FOLDER_ID;
  await damages.put({
    path: row.path,
    content,
    found: content,
    size,
    mtimeMs,
    foundMs: 1,
    healed: null,
    cause: "",
    remedy: "",
  });
  await ledger.commit({
    type: "fact",
    key,
    value: { passed_ms: 1, files: 1, bytes: size, at_risk: 1 },
  });
  await ledger.commit({ type: "local", key, value: { ...NEVER, startedMs: 1 } });
}

/** What others know of it. */
function scrubbedBy(of: SimDevice, to: SimDevice): unknown[] {
  const { values, ids } = to.device!.ledger.catalogue;
  const number = ids.device(of.identity.id);
  return [SCRUB, DAMAGED].map((one) => values.fact(number, one + FOLDER_ID)).filter((fact) => fact !== null);
}

/** What it keeps of it. */
function scrubKept({ device }: SimDevice): string[] {
  const { values } = device!.ledger.catalogue;
  return [SCRUB, DAMAGE].flatMap((one) => values.localWithPrefix(one + FOLDER_ID)).map(({ key }) => key);
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
    stage.done(scrub(b, "x"));
    stage.until("others know of what is damaged", () => scrubbedBy(b, c).length === 2);
    assert.equal(scrubKept(b).length, 2);
    stage.done(leave(b));
    assert.deepEqual(scrubKept(b), []);
    stage.until(
      "nothing is said of what was damaged",
      () => [a, b, c].every((one) => scrubbedBy(b, one).length === 0),
    );
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
      stage.done(scrub(b, "x"));
      stage.until("others know of what is damaged", () => scrubbedBy(b, a).length === 2);
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
      if (!isIn) {
        stage.until("it is withdrawn", () => saidBy(b, a).length + scrubbedBy(b, a).length === 0);
        assert.deepEqual(scrubKept(b), []);
      }
      write(a, "x", "later");
      stage.go(5_000);
      assert.equal(textAt(b, "x"), isIn ? "later" : "x");
    });
  }
});
