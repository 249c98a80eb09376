/** Which chunks are asked of whom: each once, all in the end, and what is rare first. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkCount, chunkOffsets } from "../../src/core/content.ts";
import { Held, Missing, type Run } from "../../src/sync/missing.ts";

const MIB = 2 ** 20;
const CHUNK = 64 * 1024;

/** A list of equal chunks; their digests do not matter here. */
function listOf(count: number) {
  const list = new Uint8Array(count * 36);
  const view = new DataView(list.buffer);
  for (let i = 0; i < count; i++) view.setUint32(i * 36 + 32, CHUNK, true);
  return list;
}

function missingOf(count: number, order: number | null = null, have = new Uint8Array(count)) {
  const chunks = listOf(count);
  assert.equal(chunkCount(chunks), count);
  return { missing: new Missing(chunks, chunkOffsets(chunks), have, order), have };
}

const numbers = ({ first, count }: Run) => Array.from({ length: count }, (_, i) => first + i);

Deno.test("whoever has all is asked for the file from front to back, in runs of at most so many bytes", () => {
  const { missing } = missingOf(40, null, Uint8Array.from({ length: 40 }, (_, i) => Number(i === 3)));
  const runs: Run[] = [];
  for (let run = missing.next(4 * CHUNK, null); run !== null; run = missing.next(4 * CHUNK, null)) {
    runs.push(run);
  }
  assert.deepEqual(runs.slice(0, 2), [
    { first: 0, count: 3, bytes: 3 * CHUNK },
    { first: 4, count: 4, bytes: 4 * CHUNK },
  ]);
  assert.deepEqual(runs.flatMap(numbers), [...Array(40).keys()].filter((i) => i !== 3));
  assert.equal(missing.unasked, 0);
  assert.equal(missing.left, 39);
  assert.equal(missingOf(2).missing.next(1, null)!.count, 1, "a chunk at least");
});

Deno.test("what came in vain is asked for first", () => {
  const { missing } = missingOf(64);
  const run = missing.next(MIB, null)!;
  missing.next(MIB, null);
  missing.got(run.first);
  missing.giveBack(run);
  assert.deepEqual(missing.next(MIB, null), {
    first: run.first + 1,
    count: run.count - 1,
    bytes: 15 * CHUNK,
  });
});

Deno.test("devices with orders of their own begin in different places", () => {
  const firsts = [1, 2, 3, 4].map((order) => missingOf(1000, order).missing.next(MIB, null)!.first);
  assert.equal(new Set(firsts).size, 4);
});

Deno.test("who has some of it is asked for that alone; who has all, for what nobody else has first", () => {
  const { missing } = missingOf(32);
  const held = new Held(32);
  assert.equal(missing.told(held, 0, 4), true);
  assert.equal(missing.told(held, 0, 4), false, "no news");
  assert.deepEqual(numbers(missing.next(2 * CHUNK, null)!), [4, 5]);
  assert.deepEqual(numbers(missing.next(2 * CHUNK, held)!), [0, 1]);
  assert.deepEqual(numbers(missing.next(8 * CHUNK, held)!), [2, 3]);
  assert.equal(missing.next(MIB, held), null);
});

Deno.test("what somebody had who is gone is asked of who is there", () => {
  const { missing } = missingOf(8);
  const held = new Held(8);
  missing.told(held, 0, 8);
  missing.forget(held);
  assert.equal(missing.next(MIB, held), null);
  assert.equal(missing.next(MIB, null)!.count, 8);
});

Deno.test("whoever tells, gives and fails: no chunk is asked for twice at a time, and all are asked for in the end", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("ask" as const), peer: fc.nat(2), runs: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant("tell" as const), peer: fc.nat(1), first: fc.nat(99), count: fc.nat(40) }),
    fc.record({ kind: fc.constant("end" as const), which: fc.nat(9), good: fc.boolean() }),
    fc.record({ kind: fc.constant("forget" as const), peer: fc.nat(1) }),
  );
  fc.assert(fc.property(fc.option(fc.integer()), fc.array(step, { maxLength: 80 }), (order, steps) => {
    const count = 100;
    const { missing, have } = missingOf(count, order);
    const helds = [new Held(count), new Held(count)];
    const open: Run[] = [];
    const isAsked = (chunk: number) => open.some((run) => numbers(run).includes(chunk));
    const end = (run: Run, good: boolean) => {
      open.splice(open.indexOf(run), 1);
      if (good) { for (const chunk of numbers(run)) missing.got(chunk); }
      missing.giveBack(run);
    };
    for (const one of steps) {
      if (one.kind === "ask") {
        const held = helds[one.peer] ?? null;
        const run = missing.next(one.runs * CHUNK, held);
        if (run === null) continue;
        for (const chunk of numbers(run)) {
          assert.ok(!have[chunk] && !isAsked(chunk) && (held === null || held.chunks[chunk] === 1));
        }
        open.push(run);
      } else if (one.kind === "tell") {
        missing.told(helds[one.peer]!, one.first, Math.min(one.count, count - one.first));
      } else if (one.kind === "forget") missing.forget(helds[one.peer]!);
      else if (open.length > 0) end(open[one.which % open.length]!, one.good);
    }
    for (const held of helds) {
      for (let run = missing.next(MIB, held); run !== null; run = missing.next(MIB, held)) open.push(run);
      for (let i = 0; i < count; i++) {
        assert.ok(have[i] || isAsked(i) || !held.chunks[i], `${i} is not asked for`);
      }
    }
    for (let run = missing.next(MIB, null); run !== null; run = missing.next(MIB, null)) open.push(run);
    while (open.length > 0) end(open[0]!, true);
    assert.equal(missing.left, 0);
    assert.equal(missing.unasked, 0);
    assert.ok(have.every(Boolean));
  }));
});
