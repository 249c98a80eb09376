import assert from "node:assert/strict";
import type { Kept } from "../../src/core/kept.ts";
import { stateAt } from "../../src/core/state_at.ts";
import { keptOf } from "../support/kept.ts";

/** A content that stood at its path from the first to the second moment. */
function stood(sinceMs: number, keptMs: number, why: Kept["why"] = "replaced"): Kept {
  return keptOf({ sinceMs, keptMs, why });
}

const HISTORY = [stood(10, 20), stood(20, 40), stood(41, 60, "deleted")];

for (
  const [atMs, sinceMs] of [[10, 10], [15, 10], [20, 20], [39, 20], [41, 41], [59, 41]] as const
) {
  Deno.test(`stateAt() of ${atMs} is the content written at ${sinceMs}`, () => {
    for (const versions of [HISTORY, HISTORY.toReversed()]) {
      assert.deepEqual(stateAt(versions, atMs), {
        kind: "version",
        version: HISTORY.find((one) => one.sinceMs === sinceMs),
        isExact: true,
      });
    }
  });
}

Deno.test("what was taken away last, or never, stands as now", () => {
  assert.deepEqual(stateAt(HISTORY, 60), { kind: "as-now" });
  assert.deepEqual(stateAt([], 5), { kind: "as-now" });
});

Deno.test("before its first content nothing is known of a path: it may not have been there", () => {
  assert.deepEqual(stateAt(HISTORY, 9), { kind: "unknown" });
});

Deno.test("between a delete and the next content it was not there", () => {
  assert.deepEqual(stateAt([stood(10, 20, "deleted"), stood(50, 60)], 30), { kind: "unknown" });
});

Deno.test("where the moment's own version was thinned out, the next that is left is the nearest", () => {
  const versions = [stood(10, 20), stood(50, 60)];
  assert.deepEqual(stateAt(versions, 30), { kind: "version", version: versions[1], isExact: false });
});
