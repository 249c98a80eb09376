/** Whom to ask for a content: who answers soonest, and never one who is silent when there is another. */
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
    void sources.ask([1], new Set(), () => {
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
    void sources.ask([1], new Set(), never);
    void sources.ask([2], new Set(), () => new Promise<string>((resolve) => finish.push(resolve)));
  }
  await settle();
  void sources.ask([1], new Set(), never); // waits, first in line
  const second = sources.ask([2], new Set(), () => Promise.resolve("done"));
  finish[0]!("one is free");
  await settle();
  assert.equal(await Promise.race([second, settle().then(() => "waits")]), "done");
});

Deno.test("a silent peer is passed over for one that answers, also when it comes back with a clean slate", async () => {
  const { clock, sources, a, never } = bench();
  const asked: Session[] = [];
  const slow = sources.ask([1], new Set(), async (session) => {
    asked.push(session);
    await new Promise<void>((resolve) => clock.after(9_000, resolve));
    return "late";
  });
  await clock.advance(9_000);
  await slow;
  a.end();
  const again = fakeSession();
  sources.add(1, again.session);
  const { session: other } = { session: sources.among([2])[0]! };
  for (let i = 0; i < REQUESTS_AT_ONCE; i++) {
    void sources.ask([1, 2], new Set(), (session) => {
      asked.push(session);
      return never();
    });
  }
  await settle();
  assert.deepEqual(asked.slice(1), Array(REQUESTS_AT_ONCE).fill(other));
});

Deno.test("devices are stuck when all that are connected are asked and none answers", async () => {
  const { clock, sources, b, never } = bench();
  assert.ok(!sources.areStuck([1, 2]), "nobody was asked");
  void sources.ask([1], new Set(), never);
  await clock.advance(11_000);
  assert.ok(sources.areStuck([1]));
  assert.ok(!sources.areStuck([1, 2]), "the other could be asked");
  b.end();
  assert.ok(sources.areStuck([1, 2]));
  assert.ok(!sources.areStuck([7]), "nobody is there");
});

Deno.test("a request is told to be short of patience only where somebody else could be asked", async () => {
  const { sources } = bench();
  assert.equal(await sources.ask([1], new Set(), (_, stallMs) => Promise.resolve(stallMs ?? null)), null);
  const stallMs = await sources.ask([1, 2], new Set(), (_, stallMs) => Promise.resolve(stallMs ?? null));
  assert.ok(stallMs !== null && stallMs <= 10_000);
});
