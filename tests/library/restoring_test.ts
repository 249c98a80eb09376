/** Whose word is taken for what a device said before it was lost (R26). */
import assert from "node:assert/strict";
import { type FormerOffer, whoKnowsBest } from "../../src/library/restoring.ts";

const offer = (epoch: number, lsn: number, whole = true): FormerOffer => ({ epoch, lsn, whole });
const best = (offers: Record<string, FormerOffer>, ...others: string[]) =>
  whoKnowsBest(new Map(Object.entries(offers)), others);

Deno.test("whoKnowsBest() takes who goes furthest, and waits for nobody where somebody has all", () => {
  assert.equal(best({ a: offer(1, 9), b: offer(1, 7) }, "a", "b", "c"), "a");
  assert.equal(
    best({ a: offer(1, 9), b: offer(2, 7) }, "a", "b"),
    "b",
    "a later epoch goes further than any lsn",
  );
});

Deno.test("whoKnowsBest() takes a part of it only where nobody else is left to be asked", () => {
  assert.equal(best({ a: offer(2, 9, false) }, "a", "b"), null);
  assert.equal(
    best({ a: offer(2, 9, false), b: offer(1, 1) }, "a", "b"),
    "b",
    "all of less is better than a part",
  );
  assert.equal(best({ a: offer(2, 9, false), b: offer(0, 0) }, "a", "b"), "a");
});

Deno.test("whoKnowsBest() says nobody only when all have been asked", () => {
  assert.equal(best({}, "a"), null);
  assert.equal(best({ a: offer(0, 0) }, "a", "b"), null);
  assert.equal(best({ a: offer(0, 0), b: offer(0, 0) }, "a", "b"), "nobody");
  assert.equal(best({}), "nobody", "who is alone");
});
