/**
 * Writes tests/fixtures/chunker.json: `deno run -A tests/support/make_chunker_fixture.ts`. Run it only to add cases: the
 * vectors that stand there freeze the format (R31).
 */
import { createHash } from "node:crypto";
import { chunkParams, GEAR } from "../../src/core/chunker.ts";
import { chunkLengths } from "./chunk_lengths.ts";
import { sampleBytes } from "./sample_bytes.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const CASES = [
  { seed: 1, bytes: 4 * MIB, fileSize: 4 * MIB },
  { seed: 2, bytes: 4 * MIB + 1, fileSize: 512 * MIB - 1 },
  { seed: 2, bytes: 8 * MIB, fileSize: 512 * MIB },
  { seed: 3, bytes: 16 * MIB, fileSize: 8 * GIB },
  { seed: 4, bytes: 32 * MIB, fileSize: 64 * GIB },
];

const fixture = {
  generator: "tests/support/sample_bytes.ts: xorshift32 from the seed, little endian",
  gearSha256: createHash("sha256").update(new Uint8Array(GEAR.buffer)).digest("hex"),
  cases: CASES.map((one) => ({
    ...one,
    lengths: chunkLengths(chunkParams(one.fileSize), sampleBytes(one.seed, one.bytes)),
  })),
};
const file = new URL("../fixtures/chunker.json", import.meta.url);
Deno.writeTextFileSync(
  file,
  JSON.stringify(fixture, null, 1).replace(/\n {4,}/g, " ").replace(/\n {3}\]/g, " ]") + "\n",
);
