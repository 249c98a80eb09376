import assert from "node:assert/strict";
import fc from "fast-check";
import { sha256 } from "../../src/core/content.ts";
import { FsError, type Piece } from "../../src/platform/ports.ts";
import { checkPieces, copyPieces, writePieces } from "../../src/platform/real/piece_work.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

function piecesOf(bytes: Uint8Array, lengths: readonly number[]): Piece[] {
  let at = 0;
  return lengths.map((length) => {
    const piece = { offset: at, length, digest: sha256(bytes.subarray(at, at + length)) };
    at += length;
    return piece;
  });
}

function sampleFile(dir: TempDir, name: string, seed: number, length: number) {
  const bytes = sampleBytes(seed, length);
  Deno.writeFileSync(dir.at(name), bytes);
  return bytes;
}

Deno.test("writePieces() writes the good pieces at their offsets and no bad one (R22)", () => {
  using dir = tempDir();
  const bytes = sampleBytes(5, 9_000);
  const pieces = piecesOf(bytes, [3_000, 3_000, 3_000]);
  Deno.writeFileSync(dir.at("f"), new Uint8Array(9_000));
  const sent = bytes.slice();
  sent[4_000]! ^= 1;
  assert.deepEqual(writePieces(dir.at("f"), pieces, sent), [true, false, true]);
  const expected = bytes.slice();
  expected.fill(0, 3_000, 6_000);
  assert.deepEqual(Deno.readFileSync(dir.at("f")), expected);
});

Deno.test("writePieces() says of a piece whose bytes are missing that it is bad", () => {
  using dir = tempDir();
  const bytes = sampleBytes(5, 2_000);
  Deno.writeFileSync(dir.at("f"), new Uint8Array(0));
  assert.deepEqual(writePieces(dir.at("f"), piecesOf(bytes, [1_000, 1_000]), bytes.slice(0, 1_999)), [
    true,
    false,
  ]);
});

Deno.test("writePieces() follows no symlink and creates nothing", () => {
  using dir = tempDir();
  const bytes = sampleBytes(5, 100);
  Deno.writeFileSync(dir.at("f"), new Uint8Array(100));
  Deno.symlinkSync("f", dir.at("l"));
  assert.throws(() => writePieces(dir.at("l"), piecesOf(bytes, [100]), bytes), FsError);
  assert.throws(() => writePieces(dir.at("missing"), piecesOf(bytes, [100]), bytes), FsError);
  assert.deepEqual(Deno.readFileSync(dir.at("f")), new Uint8Array(100));
});

Deno.test("copyPieces() copies what still has its digest, from where it stands in the source", () => {
  using dir = tempDir();
  const bytes = sampleFile(dir, "from", 6, 9_000);
  Deno.writeFileSync(dir.at("to"), new Uint8Array(9_000));
  const [a, b, c] = piecesOf(bytes, [3_000, 3_000, 3_000]);
  const answer = copyPieces(dir.at("from"), dir.at("to"), [
    { ...a!, offset: 6_000, sourceOffset: 0 },
    { ...b!, offset: 0, sourceOffset: 3_001 },
    { ...c!, offset: 0, sourceOffset: 6_000 },
    { ...c!, offset: 3_000, sourceOffset: 8_000 },
  ]);
  assert.deepEqual(answer, [true, false, true, false]);
  const expected = new Uint8Array(9_000);
  expected.set(bytes.subarray(6_000), 0);
  expected.set(bytes.subarray(0, 3_000), 6_000);
  assert.deepEqual(Deno.readFileSync(dir.at("to")), expected);
});

Deno.test("copyPieces() from a file that is gone copies nothing; to one that is gone it fails", () => {
  using dir = tempDir();
  const bytes = sampleFile(dir, "f", 6, 100);
  const pieces = piecesOf(bytes, [100]).map((piece) => ({ ...piece, sourceOffset: 0 }));
  assert.deepEqual(copyPieces(dir.at("missing"), dir.at("f"), pieces), [false]);
  assert.throws(() => copyPieces(dir.at("f"), dir.at("missing"), pieces), FsError);
});

Deno.test("checkPieces() tells which pieces a resumed stage holds (R22)", () => {
  using dir = tempDir();
  const bytes = sampleBytes(7, 9_000);
  const pieces = piecesOf(bytes, [3_000, 3_000, 3_000]);
  Deno.writeFileSync(dir.at("f"), bytes.subarray(0, 5_000));
  assert.deepEqual(checkPieces(dir.at("f"), pieces), [true, false, false]);
  assert.deepEqual(checkPieces(dir.at("missing"), pieces), [false, false, false]);
});

Deno.test("copyPieces() and writePieces() leave each good piece in its place and touch nothing else, however pieces lie", () => {
  using dir = tempDir();
  const size = 40_000;
  const source = sampleFile(dir, "from", 11, size);
  const cell = fc.record({
    length: fc.integer({ min: 1, max: 2_000 }),
    gap: fc.constantFrom(0, 0, 0, 1, 500),
    sourceGap: fc.constantFrom(0, 0, 0, 7),
    isGood: fc.constantFrom(true, true, true, false),
  });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 12 }), (cells) => {
      const pieces: (Piece & { sourceOffset: number })[] = [];
      const expected = new Uint8Array(size);
      let offset = 0;
      let sourceOffset = 0;
      for (const { length, gap, sourceGap, isGood } of cells) {
        offset += gap;
        sourceOffset += sourceGap;
        const bytes = source.slice(sourceOffset, sourceOffset + length);
        if (isGood) expected.set(bytes, offset);
        const digest = isGood ? sha256(bytes) : sha256(new Uint8Array(1));
        pieces.push({ offset, length, digest, sourceOffset });
        offset += length;
        sourceOffset += length;
      }
      const good = cells.map(({ isGood }) => isGood);
      Deno.writeFileSync(dir.at("copied"), new Uint8Array(size));
      assert.deepEqual(copyPieces(dir.at("from"), dir.at("copied"), pieces), good);
      assert.deepEqual(Deno.readFileSync(dir.at("copied")), expected);
      const sent = pieces.map(({ sourceOffset, length }) =>
        source.slice(sourceOffset, sourceOffset + length)
      );
      Deno.writeFileSync(dir.at("sent"), new Uint8Array(size));
      assert.deepEqual(
        writePieces(dir.at("sent"), pieces, new Uint8Array(sent.flatMap((bytes) => [...bytes]))),
        good,
      );
      assert.deepEqual(Deno.readFileSync(dir.at("sent")), expected);
    }),
    { numRuns: 60 },
  );
});

Deno.test("copyPieces() copies more than fits into one reading, and a piece that is longer than that", () => {
  using dir = tempDir();
  const bytes = sampleFile(dir, "from", 12, 3_000_000);
  Deno.writeFileSync(dir.at("to"), new Uint8Array(3_000_000));
  const pieces = piecesOf(bytes, [100_000, 400_000, 200_000, 1_300_000, 999_999, 1])
    .map((piece) => ({ ...piece, sourceOffset: piece.offset }));
  assert.deepEqual(copyPieces(dir.at("from"), dir.at("to"), pieces), pieces.map(() => true));
  assert.deepEqual(Deno.readFileSync(dir.at("to")), bytes);
});

Deno.test("copyPieces() from a file that is shorter by now takes nothing from a reading before", () => {
  using dir = tempDir();
  const bytes = sampleFile(dir, "from", 13, 2_000);
  const [a, b] = piecesOf(bytes, [1_000, 1_000]).map((piece) => ({ ...piece, sourceOffset: piece.offset }));
  Deno.writeFileSync(dir.at("to"), new Uint8Array(4_000));
  assert.deepEqual(copyPieces(dir.at("from"), dir.at("to"), [a!, b!]), [true, true]);
  Deno.truncateSync(dir.at("from"), 1_000);
  assert.deepEqual(copyPieces(dir.at("from"), dir.at("to"), [a!, b!]), [true, false]);
});

Deno.test("writePieces() leaves every byte readable behind what was given back of a file that is longer than the trail", () => {
  using dir = tempDir();
  const bytes = sampleBytes(8, 40 * 2 ** 20 + 17);
  Deno.writeFileSync(dir.at("f"), new Uint8Array(0));
  // Runs that begin and end within pages, and a hole that is filled at the end.
  const run = 1_000_001;
  const runs = Array.from({ length: Math.ceil(bytes.length / run) }, (_, i) => i * run);
  for (const from of [...runs.filter((at) => at !== run), run]) {
    const stretch = bytes.slice(from, from + run);
    const piece = { offset: from, length: stretch.length, digest: sha256(stretch) };
    assert.deepEqual(writePieces(dir.at("f"), [piece], stretch), [true]);
  }
  assert.ok(Deno.readFileSync(dir.at("f")).every((byte, i) => byte === bytes[i]));
});
