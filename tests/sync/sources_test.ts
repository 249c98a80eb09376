/** Whom to ask for a content: many wait for some, and nobody for one who is silent. */
import assert from "node:assert/strict";
import type { Session } from "../../src/peer/session.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import { type Arrived, BULK_AT_ONCE, BULK_BYTES, REQUESTS_AT_ONCE, Sources } from "../../src/sync/sources.ts";
import { manualClock, settle } from "../support/clock.ts";

/** A session as far as sources know one, and what is said in it. */
function fakeSession(): { session: Session; said: unknown[][]; end(): void } {
  const closers: (() => void)[] = [];
  const said: unknown[][] = [];
  const session = {
    onClose: (run: () => void) => closers.push(run),
    send: (...words: unknown[]) => said.push(words),
  } as unknown as Session;
  return { session, said, end: () => closers.forEach((run) => run()) };
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

Deno.test("what brings much leaves room for what brings little", async () => {
  const { sources, never } = bench();
  let [bulk, small] = [0, 0];
  for (let i = 0; i < REQUESTS_AT_ONCE; i++) {
    void sources.ask([1], new Set(), BULK_BYTES, () => {
      bulk++;
      return never();
    });
  }
  await settle();
  assert.ok(bulk > 0 && bulk <= BULK_AT_ONCE, `${bulk}`);
  void sources.ask([1], new Set(), BULK_BYTES - 1, () => {
    small++;
    return never();
  });
  await settle();
  assert.equal(small, 1);
});

Deno.test("a peer whose answers wait in line is asked for less at a time, told when its wire is slow, and when it is not any more", async () => {
  const { clock, sources, a } = bench();
  const share = sources.shareOf(a.session);
  /** So many answers of this size, asked for together, one after the other so much later. */
  const answers = async (count: number, bytes: number, eachMs: number) => {
    const arrived: Arrived[] = [];
    const done: (() => void)[] = [];
    for (let i = 0; i < count; i++) {
      void sources.run(a.session, bytes, (tell) => {
        arrived.push(tell);
        return new Promise<void>((resolve) => done.push(resolve));
      });
    }
    for (const [i, tell] of arrived.entries()) {
      await clock.advance(eachMs);
      tell(bytes);
      done[i]!();
    }
    await settle();
  };
  await answers(1, 2 ** 20, 10);
  assert.ok(sources.shareOf(a.session) > share);
  await answers(4, 200_000, 200);
  assert.ok(sources.shareOf(a.session) < share);
  await answers(8, 2 ** 20, 10);
  assert.deepEqual(a.said, [["control", MESSAGE.slow, [true]], ["control", MESSAGE.slow, [false]]]);
});

Deno.test("who waits for bytes asks the device that brings them soonest: by its rate for many, by how soon it answers for few", async () => {
  const { clock, sources, a, b } = bench();
  assert.deepEqual(
    sources.quickest([1, 2, 3], 1),
    [a.session, b.session],
    "of the unknown the best is hoped",
  );
  const measure = async (session: Session, bytes: number, ms: number) => {
    await sources.run(session, bytes, async (arrived: Arrived) => {
      await clock.advance(ms);
      arrived(bytes);
    });
  };
  await measure(a.session, 100_000, 300); // some 300 bytes a millisecond, after 300 ms
  await measure(b.session, 2_000, 20); // 100 bytes a millisecond, after 20 ms
  assert.equal(sources.latencyOf(a.session), 300);
  assert.equal(sources.latencyOf(b.session), 20);
  assert.deepEqual(sources.quickest([1, 2], 1_000), [b.session, a.session]);
  assert.deepEqual(sources.quickest([1, 2], 1_000_000), [a.session, b.session]);
  a.end();
  assert.equal(sources.with(1), null);
  assert.deepEqual(sources.quickest([1, 2], 1_000_000), [b.session]);
});
