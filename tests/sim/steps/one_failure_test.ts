/**
 * Every call of a device's disk fails once, each time another one, while ten changes of every kind come in or go out: all comes to be
 * equal, nothing is lost, no conflict copy is made, and nobody claims to be up to date before it is so (invariant 11).
 */
import assert from "node:assert/strict";
import type { FsCode } from "../../../src/platform/ports.ts";
import type { SimDevice } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, type Stage, treeOf } from "./stage.ts";
import { afterTen, beforeTen, doTen } from "./ten_changes.ts";

/** Rounds in one world: more would make each scan of it long. */
const ROUNDS = 12;
const CODES: readonly FsCode[] = ["io", "no-space", "too-many-files", "permission"];
/** How far apart two calls are that fail in the same way; 1 (`CAIRN_SIM_STEPS=all`): each fails in every way. */
const APART = Deno.env.get("CAIRN_SIM_STEPS") === "all" ? 1 : CODES.length;

/** Lets calls number `from` and the next ones fail, each in a round of its own. The answer: there were no more calls. */
function rounds(stage: Stage, code: FsCode, from: number, maker: SimDevice): boolean {
  const { b } = stage;
  for (let failing = from; failing < from + ROUNDS * APART; failing += APART) {
    const at = `r${failing}`;
    beforeTen(maker, at);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    let failed = "";
    const end = stage.watchSteps(b, (number, step, path) => {
      if (number !== failing) return;
      if (step !== "commit") b.disk.faults.add({ code, times: 1 });
      failed = `${step} ${path}`;
    });
    const when = () => `${code} at call ${failing} (${failed})`;
    doTen(maker, at);
    try {
      stage.settle();
    } catch (error) {
      throw new Error(`${when()}: ${(error as Error).message}`);
    }
    end();
    b.disk.faults.clear();
    for (const device of [stage.a, b]) {
      const tree = Object.entries(treeOf(device)).filter(([path]) => path.startsWith(`${at}/`));
      assert.deepEqual(Object.fromEntries(tree), afterTen(at), `${device.name} after ${when()}`);
    }
    // The journal has its segment.
    assert.ok(b.disk.openDescriptors <= 1, `nothing is left open after ${when()}`);
    if (failed === "") return true;
  }
  return false;
}

for (const [index, code] of CODES.entries()) {
  for (const way of ["received", "made"] as const) {
    Deno.test(`ten mixed changes are ${way} while any one call of the disk fails with "${code}": all is equal in the end`, async () => {
      for (let from = 1 + index % APART;; from += ROUNDS * APART) {
        const isOver = await onStage(
          {},
          (stage) => rounds(stage, code, from, way === "received" ? stage.a : stage.b),
        );
        if (isOver) break;
      }
    });
  }
}
