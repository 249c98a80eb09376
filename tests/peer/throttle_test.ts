import assert from "node:assert/strict";
import { openSession, type Session } from "../../src/peer/session.ts";
import { type Direction, INDEX_AHEAD_BYTES, type Limits, Throttle } from "../../src/peer/throttle.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import { type ManualClock, manualClock, settle } from "../support/clock.ts";
import { linkPair } from "../support/links.ts";
import { dialler, greeting, listener, sessionOf } from "../support/sessions.ts";

const KIB = 1024;
const RATE = 256 * KIB;
const FRAME = 32 * KIB;

class Set implements Limits {
  rates: { [key: string]: number } = {};
  sparesLan = false;
  rate(direction: Direction, device: DeviceId | null): number | null {
    return this.rates[`${direction}${device === null ? "" : " own"}`] ?? null;
  }
  isExempt(): boolean {
    return this.sparesLan;
  }
}

interface Pair {
  readonly a: Session;
  /** Bytes of raw content that have come at the other end, by lane. */
  readonly got: Record<string, number>;
}

/** A session whose side `a`, or the other one, is under the limits. The other one takes all at once. */
async function pair(clock: ManualClock, throttle: Throttle, limited: "a" | "b" = "a"): Promise<Pair> {
  const links = linkPair({ certificates: [dialler, listener] });
  const paces = (device: DeviceId) => throttle.paces(device, "192.168.1.7:22411");
  const [a, b] = (await Promise.all([
    openSession(links[0], "dialled", greeting(), clock, limited === "a" ? paces : undefined),
    openSession(links[1], "accepted", greeting(), clock, limited === "b" ? paces : undefined),
  ])).map(sessionOf) as [Session, Session];
  const got: Record<string, number> = { control: 0, index: 0, bulk: 0 };
  b.onMessage(({ lane, raw, size }) => {
    got[lane]! += raw.length;
    b.consumed(lane, size);
  });
  a.onMessage(() => {});
  await settle();
  return { a, got };
}

function give({ a }: Pair, lane: "control" | "index" | "bulk", frames: number, bytes = FRAME): void {
  for (let i = 0; i < frames; i++) a.send(lane, 16, i, new Uint8Array(bytes));
}

/** After so many seconds, what has come is what the limit lets go in that time, give or take what rule 2 says. */
function assertPaced(bytes: number, seconds: number, rate = RATE, slack = 2 * FRAME): void {
  assert.ok(bytes <= rate * (seconds + 1) + slack, `${bytes} bytes are more than goes in ${seconds} s`);
  assert.ok(bytes >= rate * seconds - slack, `${bytes} bytes are less than goes in ${seconds} s`);
}

for (const limited of ["a", "b"] as const) {
  const direction = limited === "a" ? "up" : "down";
  Deno.test(`no more goes ${direction} than the limit says, and no less`, async () => {
    const clock = manualClock();
    const limits = new Set();
    limits.rates[direction] = RATE;
    const it = await pair(clock, new Throttle(clock, limits), limited);
    give(it, "bulk", 200);
    for (const seconds of [2, 4, 8]) {
      await clock.advance(clock.monotonic() === 0 ? 2_000 : clock.monotonic());
      assert.equal(clock.monotonic(), seconds * 1000);
      assertPaced(it.got.bulk!, seconds, RATE, RATE + 2 * FRAME);
    }
  });

  Deno.test(`a limit ${direction} that is taken away lets go what waits, one that changes by the hour within a second`, async () => {
    const clock = manualClock();
    const limits = new Set();
    limits.rates[direction] = RATE;
    const throttle = new Throttle(clock, limits);
    const it = await pair(clock, throttle, limited);
    give(it, "bulk", 100);
    await clock.advance(1_000);
    assert.ok(it.got.bulk! < 100 * FRAME);
    delete limits.rates[direction];
    throttle.changed();
    await settle();
    assert.equal(it.got.bulk, 100 * FRAME);
    limits.rates[direction] = RATE;
    // What was granted without a limit comes, and is made up for.
    give(it, "bulk", 400);
    await clock.advance(2_000);
    assert.ok(it.got.bulk! < 400 * FRAME);
    delete limits.rates[direction];
    await clock.advance(1_000);
    assert.equal(it.got.bulk, 500 * FRAME);
  });
}

Deno.test("control goes at once whatever waits, and index goes before bulk, which makes up for both", async () => {
  const clock = manualClock();
  const limits = new Set();
  limits.rates.up = RATE;
  const it = await pair(clock, new Throttle(clock, limits));
  give(it, "bulk", 60);
  await clock.advance(1_000);
  const bulk = it.got.bulk!;
  give(it, "control", 2);
  give(it, "index", 10);
  await settle();
  assert.deepEqual([it.got.control, it.got.index], [2 * FRAME, 10 * FRAME]);
  await clock.advance(1_000);
  assert.equal(it.got.bulk, bulk, "what they took is made up for first");
  await clock.advance(60_000);
  assert.equal(it.got.bulk, 60 * FRAME);
});

Deno.test("index by itself keeps to the limit, too", async () => {
  const clock = manualClock();
  const limits = new Set();
  limits.rates.up = RATE;
  const it = await pair(clock, new Throttle(clock, limits));
  give(it, "index", 200);
  await clock.advance(10_000);
  assertPaced(it.got.index!, 10, RATE, INDEX_AHEAD_BYTES + 2 * FRAME);
  assert.ok(it.got.index! < 200 * FRAME);
});

for (const limited of ["a", "b"] as const) {
  const direction = limited === "a" ? "up" : "down";
  Deno.test(`sessions share a limit ${direction} in equal parts, and what one does not use the others have`, async () => {
    const clock = manualClock();
    const limits = new Set();
    limits.rates[direction] = RATE;
    const throttle = new Throttle(clock, limits);
    const all = [];
    for (let i = 0; i < 3; i++) all.push(await pair(clock, throttle, limited));
    const [first, second, idle] = all as [Pair, Pair, Pair];
    give(first, "bulk", 300);
    give(second, "bulk", 300);
    await clock.advance(20_000);
    assertPaced(first.got.bulk! + second.got.bulk!, 20, RATE, RATE * 4);
    const parts = [first, second].map(({ got }) => got.bulk! / (RATE * 10));
    for (const part of parts) assert.ok(part > 0.7 && part < 1.3, `parts of ${parts}`);
    give(idle, "bulk", 1);
    await clock.advance(2_000);
    assert.equal(idle.got.bulk, FRAME, "who comes late has its turn");
  });
}

Deno.test("a device has a limit of its own beside that of all; in the same network only that, where it is asked for", async () => {
  const clock = manualClock();
  const limits = new Set();
  limits.rates = { up: 2 * RATE, "up own": RATE } as never;
  const throttle = new Throttle(clock, limits);
  const it = await pair(clock, throttle);
  give(it, "bulk", 300);
  await clock.advance(5_000);
  assertPaced(it.got.bulk!, 5);
  limits.sparesLan = true;
  delete limits.rates.up;
  throttle.changed();
  await clock.advance(5_000);
  assertPaced(it.got.bulk!, 10);
  limits.rates = { up: RATE } as never;
  throttle.changed();
  await settle();
  assert.equal(it.got.bulk, 300 * FRAME, "nothing is left of it");
});
