/** How much is asked of a peer ahead of its answers, over wires that bring so many bytes a millisecond, so much later. */
import assert from "node:assert/strict";
import { Ahead, type Asked } from "../../src/sync/ahead.ts";

const KIB = 1024;
const RUN_BYTES = 128 * KIB;

interface Wire {
  readonly bytesPerMs: number;
  readonly delayMs: number;
}

/** Asks for runs for as long as there is room, for some time. What came, and how long the last answers took. */
function play({ bytesPerMs, delayMs }: Wire, forMs: number) {
  const ahead = new Ahead();
  const underWay: { asked: Asked; doneMs: number }[] = [];
  let [freeMs, bytes, tookMs] = [0, 0, 0];
  for (let nowMs = 0; nowMs < forMs; nowMs++) {
    while (underWay.length > 0 && underWay[0]!.doneMs <= nowMs) {
      const { asked } = underWay.shift()!;
      ahead.answered(asked, nowMs, asked.bytes);
      bytes += asked.bytes;
      tookMs = nowMs - asked.sinceMs;
    }
    while (ahead.hasRoom) {
      const size = Math.max(32 * KIB, Math.min(RUN_BYTES, ahead.share));
      freeMs = Math.max(freeMs, nowMs + delayMs) + size / bytesPerMs;
      underWay.push({ asked: ahead.ask(size, nowMs), doneMs: freeMs + delayMs });
    }
  }
  return { bytesPerMs: bytes / forMs, tookMs, isSlow: ahead.isSlow };
}

Deno.test("a slow wire is kept busy, and what is asked next waits a part of a second", () => {
  const { bytesPerMs, tookMs, isSlow } = play({ bytesPerMs: 1250, delayMs: 50 }, 60_000);
  assert.ok(bytesPerMs > 0.95 * 1250, `${bytesPerMs} bytes/ms of 1250`);
  assert.ok(tookMs < 600, `${tookMs} ms`);
  assert.ok(isSlow);
});

Deno.test("a fast wire gets all that may be asked for", () => {
  const { bytesPerMs, isSlow } = play({ bytesPerMs: 100_000, delayMs: 0.2 }, 10_000);
  assert.ok(bytesPerMs > 50_000, `${bytesPerMs} bytes/ms of 100,000`);
  assert.ok(!isSlow);
});

Deno.test("a fast wire to the other side of the world gets what it holds", () => {
  const { bytesPerMs, isSlow } = play({ bytesPerMs: 10_000, delayMs: 150 }, 60_000);
  assert.ok(bytesPerMs > 0.9 * 10_000, `${bytesPerMs} bytes/ms of 10,000`);
  assert.ok(!isSlow);
});

Deno.test("one request is under way at any time, however slow its answers are", () => {
  const ahead = new Ahead();
  for (let i = 0; i < 50; i++) {
    assert.ok(ahead.hasRoom);
    ahead.answered(ahead.ask(10, i * 100_000), i * 100_000 + 10 * i * i, 10);
  }
});

Deno.test("what is dropped is owed no more", () => {
  const ahead = new Ahead();
  const asked = ahead.ask(10 * 2 ** 20, 0);
  assert.ok(!ahead.hasRoom);
  ahead.dropped(asked);
  assert.ok(ahead.hasRoom);
});
