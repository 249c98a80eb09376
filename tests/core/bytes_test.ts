import assert from "node:assert/strict";
import { sizeInWords } from "../../src/core/bytes.ts";

Deno.test("sizeInWords() takes the largest unit of which there is a tenth", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0.0 KiB"],
    [1, "0.0 KiB"],
    [1024, "1.0 KiB"],
    [0.3 * 2 ** 30, "0.3 GiB"],
    [2 ** 30, "1.0 GiB"],
    [0.09 * 2 ** 30, "92.2 MiB"],
    [250 * 2 ** 30, "250.0 GiB"],
  ];
  for (const [bytes, words] of cases) assert.equal(sizeInWords(bytes), words);
});
