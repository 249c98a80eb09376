import assert from "node:assert/strict";
import { Bases } from "../../src/folder/bases.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { contentOf, contextOf, dot, pathOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

const A = pathOf("docs/a.txt");
const bytes = (text: string) => new TextEncoder().encode(text);

/** Puts version `counter` of a path, later than those before. */
async function put(bases: Bases, path: typeof A, counter: number): Promise<void> {
  const text = `version ${counter}`;
  await bases.put(path, dot(1, counter), contentOf(text), bytes(text));
  for (const { at, dot: { counter } } of bases.of(path)) Deno.utimeSync(at, counter, counter);
}

const counters = (bases: Bases, path = A) => bases.of(path).map(({ dot }) => dot.counter);

Deno.test("bases of a path are found again, the newest first, with their dot and content", async () => {
  using dir = tempDir();
  const bases = new Bases(realFs(), dir.at("bases"));
  assert.deepEqual(bases.of(A), []);
  for (const counter of [1, 2, 3]) await put(bases, A, counter);
  await put(bases, pathOf("b"), 9);
  assert.deepEqual(counters(bases), [3, 2, 1]);
  const [newest] = bases.of(A);
  assert.equal(newest!.content, contentOf("version 3"));
  assert.equal(Deno.readTextFileSync(newest!.at), "version 3");
  assert.ok(bases.has(A, dot(1, 2), contentOf("version 2")));
  assert.ok(!bases.has(A, dot(1, 2), contentOf("another")));
  assert.deepEqual(counters(new Bases(realFs(), dir.at("bases"))), [3, 2, 1], "over a restart");
});

Deno.test("thinning keeps the last two, and for each other device the last that it has seen", async () => {
  using dir = tempDir();
  const bases = new Bases(realFs(), dir.at("bases"));
  for (let counter = 1; counter <= 8; counter++) await put(bases, A, counter);
  bases.thin(A, [contextOf(dot(1, 3)), contextOf(dot(1, 5)), contextOf(dot(2, 99))]);
  assert.deepEqual(counters(bases), [8, 7, 5, 3]);
});

Deno.test("a path's bases go with it, and all with the strategy", async () => {
  using dir = tempDir();
  const bases = new Bases(realFs(), dir.at("bases"));
  await put(bases, A, 1);
  await put(bases, pathOf("b"), 2);
  bases.forget(A);
  assert.deepEqual([counters(bases), counters(bases, pathOf("b"))], [[], [2]]);
  bases.clear();
  assert.deepEqual([...Deno.readDirSync(dir.at("bases"))], []);
  await put(bases, A, 3);
  assert.deepEqual(counters(bases), [3]);
});

Deno.test("a base that was begun and not finished is made anew", async () => {
  using dir = tempDir();
  const bases = new Bases(realFs(), dir.at("bases"));
  await put(bases, A, 1);
  Deno.truncateSync(bases.of(A)[0]!.at, 2);
  await put(bases, A, 1);
  assert.equal(Deno.readTextFileSync(bases.of(A)[0]!.at), "version 1");
});
