/**
 * The disk under the catalogue refuses: from one call of SQLite on, each time another one, every call fails for a while. Meanwhile ten changes
 * of every kind come in or go out, or the other device comes anew. The daemon lives, nothing is lost, and all is equal in the end
 * (invariants 1, 4 and 11).
 */
import assert from "node:assert/strict";
import type { SimDevice } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, type Stage, treeOf } from "./stage.ts";
import { afterTen, beforeTen, doTen } from "./ten_changes.ts";

/** Rounds in one world: more would make each scan of it long. */
const ROUNDS = 12;
/** How far apart two calls are that fail; 1 (`CAIRN_SIM_STEPS=all`): each is the first that fails. */
const APART = Deno.env.get("CAIRN_SIM_STEPS") === "all" ? 1 : 37;
/** What is done is done within this. */
const BUSY_MS = 6_000;

interface Failure {
  readonly words: string;
  /** For how long; 0: one call alone. */
  readonly lastsMs: number;
  readonly what: RegExp;
}

const FAILURES: readonly Failure[] = [
  { words: "database or disk is full", lastsMs: 25_000, what: /^(INSERT|UPDATE|DELETE|BEGIN|COMMIT)/ },
  { words: "disk I/O error", lastsMs: 25_000, what: /^/ },
  { words: "disk I/O error", lastsMs: 0, what: /^/ },
];

type Way = "received" | "made" | "told anew";

/** Lets calls fail from number `from` on, and from others behind it, each in a round of its own. The answer: there were no more calls. */
function rounds(stage: Stage, failure: Failure, from: number, way: Way): boolean {
  const { a, b } = stage;
  const maker = way === "made" ? b : a;
  for (let failing = from; failing < from + ROUNDS * APART; failing += APART) {
    const at = `r${failing}`;
    beforeTen(maker, at);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    if (way === "told anew") a.kill();
    const end = failAt(stage, b, failure, failing);
    doTen(maker, at);
    if (way === "told anew") a.start();
    let failed = "";
    try {
      // Nobody looks at it meanwhile: who asks the catalogue is refused too.
      stage.go(BUSY_MS + failure.lastsMs);
      failed = end();
      stage.settle();
    } catch (error) {
      throw new Error(`${failure.words} for ${failure.lastsMs} ms from call ${failing} (${end()})`, {
        cause: error,
      });
    }
    for (const device of [a, b]) {
      const tree = Object.entries(treeOf(device)).filter(([path]) => path.startsWith(`${at}/`));
      assert.deepEqual(
        Object.fromEntries(tree),
        afterTen(at),
        `${device.name} after call ${failing} (${failed})`,
      );
    }
    if (failed === "") return true;
  }
  return false;
}

/** From a device's `count`-th call on, those that are meant fail for a while. The answer ends it, and tells which was the first. */
function failAt(
  stage: Stage,
  device: SimDevice,
  { words, lastsMs, what }: Failure,
  count: number,
): () => string {
  const { scheduler } = stage.world;
  let number = 0;
  let untilMs = Infinity;
  let first = "";
  device.catalogue.beforeStatement = (sql) => {
    if (!what.test(sql)) return;
    if (++number < count || scheduler.nowMs > untilMs || (lastsMs === 0 && first !== "")) return;
    if (first === "") [first, untilMs] = [sql, scheduler.nowMs + lastsMs];
    throw new Error(words);
  };
  return () => {
    device.catalogue.beforeStatement = null;
    return first;
  };
}

for (const failure of FAILURES) {
  const which = failure.lastsMs === 0 ? "one call" : "all calls for a while";
  for (const way of ["received", "made", "told anew"] as const) {
    Deno.test(`ten mixed changes are ${way} while SQLite says "${failure.words}" to ${which}: the daemon lives, and all is equal in the end`, async () => {
      for (let from = 1;; from += ROUNDS * APART) {
        if (await onStage({}, (stage) => rounds(stage, failure, from, way))) break;
      }
    });
  }
}
