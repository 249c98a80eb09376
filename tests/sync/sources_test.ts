/** Whom to ask for a content: many wait for some, and nobody for one who is silent. */
import assert from "node:assert/strict";
import type { Session } from "../../src/peer/session.ts";
import { REQUESTS_AT_ONCE, Sources } from "../../src/sync/sources.ts";
import { manualClock, settle } from "../support/clock.ts";

/** A session as far as sources know one. */
function fakeSession(): { session: Session; end(): void } {
  const closers: (() => void)[] = [];
  const session = { onClose: (run: () => void) => closers.push(run) } as unknown as Session;
  return { session, end: () => closers.forEach((run) => run()) };
}

function bench() {
  const clock = manualClock();
  const sources = new Sources(clock);
  const [a, b] = [fakeSession(), fakeSession()];
  sources.add(1, a.session);
  sources.add(2, b.session);
  const never = () => new Promise<string>(() => {});
  return { clock, sources, a, b, never };
}

Deno.test("a peer has so many requests at once and no more; the others wait their turn", async () => {
  const { sources, never } = bench();
  let asked = 0;
  for (let i = 0; i < REQUESTS_AT_ONCE + 3; i++) {
    void sources.ask([1], new Set(), 0, () => {
      asked++;
      return never();
    });
  }
  await settle();
  assert.equal(asked, REQUESTS_AT_ONCE);
});

Deno.test("who waits for a busy peer does not take the turn of one for whom there is work", async () => {
  const { sources, never } = bench();
  const finish: ((value: string) => void)[] = [];
  for (let i = 0; i < REQUESTS_AT_ONCE; i++) {
    void sources.ask([1], new Set(), 0, never);
    void sources.ask([2], new Set(), 0, () => new Promise<string>((resolve) => finish.push(resolve)));
  }
  await settle();
  void sources.ask([1], new Set(), 0, never); // waits, first in line
  const second = sources.ask([2], new Set(), 0, () => Promise.resolve("done"));
  finish[0]!("one is free");
  await settle();
  assert.equal(await Promise.race([second, settle().then(() => "waits")]), "done");
});

Deno.test("devices are stuck when all that are connected are asked and none answers", async () => {
  const { clock, sources, b, never } = bench();
  assert.ok(!sources.areStuck([1, 2]), "nobody was asked");
  void sources.ask([1], new Set(), 0, never);
  await clock.advance(11_000);
  assert.ok(sources.areStuck([1]));
  assert.ok(!sources.areStuck([1, 2]), "the other could be asked");
  b.end();
  assert.ok(sources.areStuck([1, 2]));
  assert.ok(!sources.areStuck([7]), "nobody is there");
});
