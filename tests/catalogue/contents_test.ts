import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { contentId, digestsOf } from "../../src/core/content.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";
import { sampleBytes } from "../support/sample_bytes.ts";

function sample(seed: number, bytes: number) {
  const data = sampleBytes(seed, bytes);
  return { data, ...listOf(data) };
}

function listOf(data: Uint8Array<ArrayBuffer>) {
  const chunks = chunkListOf(data);
  return { chunks, content: contentId(data.length, digestsOf(chunks)), size: data.length };
}

Deno.test("a chunk list is kept with its content, once", () => {
  using it = memoryCatalogue();
  const { contents, db } = it.catalogue;
  const { content, chunks, size } = sample(1, 300_000);
  assert.equal(contents.chunks(content), null);
  contents.put(content, size, chunks);
  contents.put(content, size, chunks);
  assert.deepEqual(contents.chunks(content), chunks);
  assert.deepEqual(db.get("SELECT count(*) FROM contents"), [1]);
});

Deno.test("a content that shares most chunks is found, one that shares none is not", () => {
  using it = memoryCatalogue();
  const { contents } = it.catalogue;
  const base = sample(3, 2_000_000);
  const stranger = sample(4, 2_000_000);
  for (const { content, size, chunks } of [base, stranger]) contents.put(content, size, chunks);
  const edited = base.data.slice();
  edited[1_000_000]! ^= 0xff;
  assert.deepEqual(contents.similarTo(listOf(edited).chunks), [base.content]);
  assert.deepEqual(contents.similarTo(sample(5, 2_000_000).chunks), []);
});

Deno.test("lists of contents that nobody names any more are swept, with their sketches", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const [named, forgotten] = [sample(6, 300_000), sample(7, 300_000)];
  for (const { content, size, chunks } of [named, forgotten]) catalogue.contents.put(content, size, chunks);
  const entry = { ...entryOf({ dots: [dot(1, 1)] }), content: named.content };
  catalogue.rows.put(SELF, folder, rowOf("a", entry), lsnOf(1));
  catalogue.contents.sweep();
  assert.deepEqual(catalogue.contents.chunks(named.content), named.chunks);
  assert.equal(catalogue.contents.chunks(forgotten.content), null);
  assert.deepEqual(catalogue.contents.similarTo(forgotten.chunks), []);
  assert.deepEqual(catalogue.contents.similarTo(named.chunks), [named.content]);
});
