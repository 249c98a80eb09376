/**
 * Keeps the memory of a device low. V8 lets garbage pile up in proportion to the memory of the machine, some hundred MB on a large
 * one, before it looks: a peer that sends a lot fills the memory with what nobody needs any more (invariant 10). So
 * garbage is collected as soon as the process is larger than it should be, and has grown since the last time.
 *
 * Each time stops everything for some ten milliseconds, and V8 begins again with little room for what is new: not more often than need be.
 * When nothing has happened for a moment, what a burst has left is collected as well.
 *
 * glibc keeps what is given back to it in its heap, some hundred MB after a storm of connections; `malloc_trim` hands it to the system. And
 * it takes large blocks from there as soon as one of them was ever given back: `mallopt` has it map each by itself, as in the beginning.
 *
 * As measured with Deno 2.9.6: 420 MB go down to 52 MB within 200 ms; with 50 MB of live data it takes 30 ms. Without the `gc` function,
 * which V8 gives only on request, nothing happens.
 */
import { collector } from "./collector.ts";
import { libc } from "./libc.ts";

const LOOK_MS = 250;
/** The same while the process is large: much can come within a moment. */
const CLOSE_LOOK_MS = 50;
/** And while nothing happens: a look wakes the process, which costs more than the look. */
const RARE_LOOK_MS = 1_000;
/** Nothing happens where memory grows by less than this between two looks. */
const STILL_BYTES = 2 ** 20;
/** What a burst has left is given back once nothing has happened for this long, if it is worth a collection. */
const REST_MS = 2_500;
const REST_BYTES = 110 * 2 ** 20;
/** An honest day stays below this, but for bursts of thousands of files. */
const LARGE_BYTES = 215 * 2 ** 20;
/** Below this it waits between two collections: each stops everything for some ten milliseconds. */
const HIGH_BYTES = 240 * 2 ** 20;
const PAUSE_MS = 4_000;
/** While it is large, what the C library holds of free memory is given back this often. */
const TRIM_MS = 1_000;
/** What must have come since the last collection: else it would be in vain. */
const GROWN_BYTES = 24 * 2 ** 20;

/** Of malloc.h: the size from which on a block is mapped by itself, as frames are and pieces of files are not. */
const M_MMAP_THRESHOLD = [-3, 2 ** 21] as const;
/** And how much may be free at the heap's end; with the one said, the other has to be. */
const M_TRIM_THRESHOLD = [-1, 2 ** 23] as const;

export interface MemoryKeeper {
  /** Called before a collection at rest: what is kept to be fast can go. */
  atRest(giveBack: () => void): void;
  stop(): void;
}

/** Looks after the memory of this process until it is stopped. */
export function keepMemoryLow(): MemoryKeeper {
  for (const [option, value] of [M_MMAP_THRESHOLD, M_TRIM_THRESHOLD]) libc()?.mallopt?.(option, value);
  const collect = collector();
  if (collect === null) return { atRest: () => {}, stop: () => {} };
  let giveBack = () => {};
  let leastBytes = 0;
  let lastBytes = 0;
  /** What it had after the last collection at rest: those in a burst leave what the burst still needs. */
  let restBytes = 0;
  let busyMs = performance.now();
  let collectedMs = -Infinity;
  let trimmedMs = -Infinity;
  /**
   * The collection at rest has a second one behind it: the first only finds what is to be closed and given back, here and by others of this process
   * (some 5 to 10 MB more on a device that got 10,000 files).
   */
  let isSecondDue = false;
  const trim = () => {
    trimmedMs = performance.now();
    void libc()?.malloc_trim?.(0n);
  };
  const free = () => {
    collectedMs = performance.now();
    collect();
    trim();
    leastBytes = lastBytes = Deno.memoryUsage().rss;
  };
  const look = () => {
    const { rss } = Deno.memoryUsage();
    const nowMs = performance.now();
    if (rss - lastBytes > STILL_BYTES) busyMs = nowMs;
    lastBytes = rss;
    leastBytes = Math.min(leastBytes, rss);
    const isResting = nowMs - busyMs >= REST_MS;
    const hasGrown = rss - leastBytes >= GROWN_BYTES;
    timer = setTimeout(look, rss >= LARGE_BYTES ? CLOSE_LOOK_MS : isResting ? RARE_LOOK_MS : LOOK_MS);
    if (isSecondDue) {
      if (isResting) collect();
      trim();
    }
    isSecondDue = false;
    if (isResting && rss >= REST_BYTES && rss - restBytes >= GROWN_BYTES) {
      giveBack();
      free();
      restBytes = lastBytes;
      isSecondDue = true;
      return;
    }
    if (rss < LARGE_BYTES) return;
    if (nowMs - trimmedMs > TRIM_MS) trim();
    if (hasGrown && (rss >= HIGH_BYTES || nowMs - collectedMs >= PAUSE_MS)) free();
  };
  let timer = setTimeout(look, LOOK_MS);
  return { atRest: (handler) => giveBack = handler, stop: () => clearTimeout(timer) };
}
