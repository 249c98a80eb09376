import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorId } from "../../src/core/ids.ts";
import {
  compareDots,
  type Context,
  covers,
  coversAny,
  type Dot,
  isWithin,
  nextCounter,
  sameDots,
  sameVersion,
  shareDot,
  uniteContexts,
  uniteDots,
  withDot,
} from "../../src/core/version.ts";
import { actorOf, contextOf, dot, entryOf } from "../support/entries.ts";

const anyDot = fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 6 })).map(([actor, counter]) =>
  dot(actor, counter)
);
const anyContext: fc.Arbitrary<Context> = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 6 })))
  .map((pairs) => new Map(pairs.map(([actor, counter]) => [actorOf(actor), counter])));
const anyDots = fc.uniqueArray(anyDot, {
  selector: ({ actor, counter }) => `${actor} ${counter}`,
  maxLength: 4,
})
  .map((dots) => dots.sort(compareDots));

/** What a context says, in a form that can be compared. */
const said = (context: Context) => [...context].filter(([, counter]) => counter > 0).sort();

Deno.test("nextCounter() is later than the last one and not earlier than the wall clock (R1)", () => {
  fc.assert(fc.property(fc.nat(2 ** 48), fc.double({ min: 0, max: 2 ** 48, noNaN: true }), (last, nowMs) => {
    const next = nextCounter(last, nowMs);
    assert.ok(Number.isSafeInteger(next) && next > last && next >= Math.floor(nowMs));
  }));
  assert.equal(nextCounter(10, 5), 11);
  assert.equal(nextCounter(10, 5_000.7), 5_000);
});

Deno.test("a context covers the dots of an actor up to the highest that it has seen, and no other actor's", () => {
  const context = contextOf(dot(1, 5));
  assert.ok(covers(context, dot(1, 5)) && covers(context, dot(1, 1)));
  assert.ok(!covers(context, dot(1, 6)) && !covers(context, dot(2, 1)));
  assert.ok(coversAny(context, [dot(2, 1), dot(1, 2)]));
  assert.ok(!coversAny(context, [dot(2, 1), dot(1, 6)]) && !coversAny(context, []));
});

Deno.test("uniting contexts is commutative, associative and idempotent, and covers what either covers", () => {
  fc.assert(fc.property(anyContext, anyContext, anyContext, anyDot, (a, b, c, seen) => {
    assert.deepEqual(said(uniteContexts(a, b)), said(uniteContexts(b, a)));
    assert.deepEqual(
      said(uniteContexts(a, uniteContexts(b, c))),
      said(uniteContexts(uniteContexts(a, b), c)),
    );
    assert.deepEqual(said(uniteContexts(a, a)), said(a));
    assert.equal(covers(uniteContexts(a, b), seen), covers(a, seen) || covers(b, seen));
  }));
});

Deno.test("isWithin() is true exactly when every dot of the inner is covered by the outer", () => {
  fc.assert(fc.property(anyContext, anyContext, (inner, outer) => {
    const dots = [...inner].map(([actor, counter]): Dot => ({ actor, counter }));
    assert.equal(isWithin(inner, outer), dots.every((one) => covers(outer, one)));
    assert.ok(isWithin(inner, uniteContexts(inner, outer)));
  }));
});

Deno.test("withDot() covers the dot, keeps the rest and leaves its argument alone", () => {
  fc.assert(fc.property(anyContext, anyDot, anyDot, (context, added, other) => {
    const before = said(context);
    const after = withDot(context, added);
    assert.ok(covers(after, added));
    const sameActor = other.actor === added.actor && other.counter <= added.counter;
    assert.equal(covers(after, other), covers(context, other) || sameActor);
    assert.deepEqual(said(context), before);
  }));
});

Deno.test("uniting dots gives each once, in one order, whatever came first", () => {
  fc.assert(fc.property(anyDots, anyDots, (a, b) => {
    const united = uniteDots(a, b);
    assert.ok(sameDots(united, uniteDots(b, a)));
    assert.deepEqual(united, [...united].sort(compareDots));
    assert.equal(new Set(united.map(({ actor, counter }) => `${actor} ${counter}`)).size, united.length);
    assert.ok([...a, ...b].every((one) => shareDot([one], united)));
    assert.equal(united.length, a.length + b.filter((one) => !shareDot([one], a)).length);
  }));
});

Deno.test("dots are ordered by actor, then by counter", () => {
  const sorted = [dot(1, 2), dot(1, 10), dot(2, 1)];
  assert.deepEqual([...sorted].reverse().sort(compareDots), sorted);
});

Deno.test("two versions are the same when no part differs, and not when any part does", () => {
  const version =
    entryOf({ dots: [dot(1, 1), dot(2, 2)], meta: dot(1, 3), seen: [dot(3, 1)], stamp: 9 }).version;
  const copy = { ...version, dots: [...version.dots], context: new Map([...version.context].reverse()) };
  assert.ok(sameVersion(version, copy));
  const others = [
    { ...version, dots: version.dots.slice(1) },
    { ...version, meta: dot(1, 2) },
    { ...version, metaStamp: (version.metaStamp + 1) as typeof version.metaStamp },
    { ...version, context: new Map(version.context).set("f".repeat(16) as ActorId, 1) },
    { ...version, context: new Map([...version.context].slice(1)) },
    { ...version, context: new Map([...version.context].map(([actor, counter]) => [actor, counter + 1])) },
  ];
  for (const other of others) {
    assert.ok(!sameVersion(version, other) && !sameVersion(other, version), JSON.stringify(other));
  }
});
