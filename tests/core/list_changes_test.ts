/** A chunk list told as changes of another: what is made of them is the list, and nothing that is wrong becomes one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CHUNK_RECORD_BYTES, type ChunkList } from "../../src/core/content.ts";
import { changesOf, withChanges } from "../../src/core/list_changes.ts";

/** A list whose chunks are named by numbers. */
function listOf(chunks: readonly number[]): ChunkList {
  const list = new Uint8Array(chunks.length * CHUNK_RECORD_BYTES);
  chunks.forEach((chunk, i) => new DataView(list.buffer).setUint32(i * CHUNK_RECORD_BYTES, chunk));
  return list;
}

const edit = fc.record({ at: fc.nat(400), gone: fc.nat(20), fresh: fc.array(fc.nat(500), { maxLength: 5 }) });

Deno.test("changes of a list make the list, and are told only where they are short", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.array(edit, { maxLength: 4 }), (count, edits) => {
      const before = Array.from({ length: count }, (_, i) => i);
      const after = [...before];
      for (const { at, gone, fresh } of edits) after.splice(at % (after.length + 1), gone, ...fresh);
      const [base, list] = [listOf(before), listOf(after)];
      const changes = changesOf(base, list);
      assert.ok(changes !== null || after.length < 200);
      if (changes === null) return;
      assert.ok(changes.length <= list.length / 2);
      assert.deepEqual(withChanges(base, changes, after.length), list);
    }),
  );
});

Deno.test("one chunk among a thousand that changed, moved behind new ones, or went, takes some dozen bytes", () => {
  const before = Array.from({ length: 1_000 }, (_, i) => i);
  const cases = {
    changed: before.with(500, 5_000),
    "put before": [5_000, ...before],
    "put behind": [...before, 5_000],
    gone: before.toSpliced(500, 1),
    "swapped halves": [...before.slice(500), ...before.slice(0, 500)],
    "of equal chunks": Array.from({ length: 1_000 }, () => 7),
  };
  for (const [name, after] of Object.entries(cases)) {
    const base = listOf(name === "of equal chunks" ? after.slice(1) : before);
    const changes = changesOf(base, listOf(after));
    assert.ok(
      changes !== null && changes.length <= 2 * 12 + CHUNK_RECORD_BYTES,
      `${name}: ${changes?.length}`,
    );
    assert.deepEqual(withChanges(base, changes, after.length), listOf(after), name);
  }
  assert.equal(changesOf(listOf(before), listOf(before.map((i) => i + 2_000))), null);
});

Deno.test("what a peer makes up becomes a list of the said length or none, and takes no longer than its bytes (invariant 10)", () => {
  const base = listOf([1, 2, 3]);
  const words = fc.array(fc.oneof(fc.nat(4), fc.constantFrom(2 ** 31, 2 ** 32 - 1)), { maxLength: 12 });
  fc.assert(
    fc.property(words, fc.nat(5), fc.nat(6), (numbers, odd, count) => {
      const bytes = new Uint8Array([
        ...new Uint8Array(Uint32Array.from(numbers).buffer),
        ...Array(odd).fill(0),
      ]);
      const list = withChanges(base, bytes, count);
      assert.ok(list === null || list.length === count * CHUNK_RECORD_BYTES);
    }),
  );
  // Heads that say nothing could go on without end.
  assert.equal(withChanges(base, new Uint8Array(12), 0), null);
});
