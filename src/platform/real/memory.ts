/**
 * Keeps the memory of a device low. V8 lets garbage pile up in proportion to the memory of the machine, some hundred MB on a large
 * one, before it looks: a peer that sends a lot fills the memory with what nobody needs any more (invariant 10). So
 * garbage is collected as soon as the process is larger than it should be, and has grown since the last time.
 *
 * Each time stops everything for some ten milliseconds, and V8 begins again with little room for what is new: not more often than need be.
 *
 * glibc keeps what is given back to it in its heap, some hundred MB after a storm of connections; `malloc_trim` hands it to the system. And
 * it takes large blocks from there as soon as one of them was ever given back: `mallopt` has it map each by itself, as in the beginning.
 *
 * As measured with Deno 2.9.6: 420 MB go down to 52 MB within 200 ms; with 50 MB of live data it takes 30 ms. Without the `gc` function,
 * which V8 gives only on request, nothing happens.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { libc } from "./libc.ts";

const LOOK_MS = 250;
/** The same while the process is large: much can come within a moment. */
const CLOSE_LOOK_MS = 50;
/** An honest day stays below this. */
const LARGE_BYTES = 190 * 2 ** 20;
/** Below this it waits between two collections: each stops everything for some ten milliseconds. */
const HIGH_BYTES = 230 * 2 ** 20;
const PAUSE_MS = 4_000;
/** While it is large, what the C library holds of free memory is given back this often. */
const TRIM_MS = 1_000;
/** What must have come since the last collection: else it would be in vain. */
const GROWN_BYTES = 24 * 2 ** 20;

/** Of malloc.h: the size from which on a block is mapped by itself, as frames are and pieces of files are not. */
const M_MMAP_THRESHOLD = [-3, 2 ** 21] as const;
/** And how much may be free at the heap's end; with the one said, the other has to be. */
const M_TRIM_THRESHOLD = [-1, 2 ** 23] as const;

/** Looks after the memory of this process until the returned function is called. */
export function keepMemoryLow(): () => void {
  for (const [option, value] of [M_MMAP_THRESHOLD, M_TRIM_THRESHOLD]) libc()?.mallopt?.(option, value);
  const collect = collector();
  if (collect === null) return () => {};
  let leastBytes = 0;
  let collectedMs = -Infinity;
  let trimmedMs = -Infinity;
  const trim = () => {
    trimmedMs = performance.now();
    void libc()?.malloc_trim?.(0n);
  };
  const look = () => {
    const { rss } = Deno.memoryUsage();
    leastBytes = Math.min(leastBytes, rss);
    timer = setTimeout(look, rss < LARGE_BYTES ? LOOK_MS : CLOSE_LOOK_MS);
    if (rss < LARGE_BYTES) return;
    if (performance.now() - trimmedMs > TRIM_MS) trim();
    if (rss - leastBytes < GROWN_BYTES) return;
    if (rss < HIGH_BYTES && performance.now() - collectedMs < PAUSE_MS) return;
    collectedMs = performance.now();
    collect();
    trim();
    leastBytes = Deno.memoryUsage().rss;
  };
  let timer = setTimeout(look, LOOK_MS);
  return () => clearTimeout(timer);
}

function collector(): (() => void) | null {
  try {
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    return typeof gc === "function" ? () => void gc() : null;
  } catch {
    return null;
  }
}
