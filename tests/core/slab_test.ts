import assert from "node:assert/strict";
import fc from "fast-check";
import { toHex } from "../../src/core/ids.ts";
import { shortCopy, shortFromHex } from "../../src/core/slab.ts";

Deno.test("every byte string stays what it was, whatever comes after it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 600, size: "max" }), { maxLength: 200, size: "max" }),
      (all) => {
        const made = all.flatMap((bytes) => [shortCopy(bytes), shortFromHex(toHex(bytes))]);
        made.forEach((bytes, i) => assert.deepEqual([...bytes], [...all[i >> 1]!]));
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("what is long has a buffer of its own", () => {
  assert.equal(shortCopy(new Uint8Array(4096)).buffer.byteLength, 4096);
});
