/**
 * The one owner of time and of what comes next. Everything asynchronous in the simulated world is an event here: timers, turns
 * of disks, bytes on the wire, users, faults. Between two events all promise jobs run out, so nothing else decides the order.
 *
 * The same seed gives the same events in the same order, and a trace of them, byte for byte.
 */
import { setImmediate } from "node:timers";
import { ProcessDied } from "../disk/process.ts";
import type { Rng } from "../disk/rng.ts";

interface Event {
  readonly atMs: number;
  /** Of events at the same time, chance decides. */
  readonly tie: number;
  readonly number: number;
  run: (() => void) | null;
}

/** Events of one run: a world that comes to more has lost its way. */
const MOST_EVENTS = 3_000_000;

/**
 * Runs all promise jobs to their end. Deno's own form: `setImmediate` for each event would do the same and take ten times as long.
 * Works from a macrotask alone: see `inMacrotask`.
 */
const drain = (Deno as unknown as Record<symbol, { core: { runMicrotasks(): void } }>)[
  (Deno as unknown as { internal: symbol }).internal
]!.core.runMicrotasks;

/** Runs synchronous work from a macrotask of its own, as `Scheduler.run…` needs it. */
export function inMacrotask<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    // A timer would idle for milliseconds.
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}

export class Runaway extends Error {}

export class Scheduler {
  /** Milliseconds since the world began. */
  nowMs = 0;
  /** Which event runs. */
  number = 0;
  readonly #rng: Rng;
  readonly #heap: Event[] = [];
  #numbers = 0;
  #hashA = 0x811c9dc5;
  #hashB = 0x9747b28c;
  /** The trace's lines, where they are wanted. */
  readonly lines: string[] | null;
  /** Told each line as it is written. */
  onLine: ((line: string) => void) | null = null;

  constructor(rng: Rng, keepLines = false) {
    this.#rng = rng;
    this.lines = keepLines ? [] : null;
    let isDrained = false;
    void Promise.resolve().then(() => isDrained = true);
    drain();
    if (!isDrained) throw new Error("a world runs within `inMacrotask` alone");
  }

  /** Runs `run` after a time. The answer cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const event: Event = {
      atMs: this.nowMs + (delayMs > 0 ? delayMs : 0),
      tie: this.#rng.uint32(),
      number: ++this.#numbers,
      run,
    };
    this.#push(event);
    return () => event.run = null;
  }

  /** Runs the next event; false when there is none until `untilMs`. */
  #step(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) return false;
      this.#pop();
      const { run } = next;
      if (run === null) continue;
      next.run = null;
      this.nowMs = next.atMs;
      if (++this.number > MOST_EVENTS) throw new Runaway(`more than ${MOST_EVENTS} events`);
      try {
        run();
      } catch (error) {
        // Its process died in the middle of it, and nobody is left to mind.
        if (!(error instanceof ProcessDied)) throw error;
      }
      drain();
      return true;
    }
  }

  /** Runs all events of the next `ms`. */
  runFor(ms: number): void {
    drain();
    const untilMs = this.nowMs + ms;
    while (this.#step(untilMs));
    this.nowMs = untilMs;
  }

  /** Runs until `isDone`, which is asked after every event; false when that takes longer than `mostMs`. */
  runUntil(isDone: () => boolean, mostMs: number): boolean {
    drain();
    const untilMs = this.nowMs + mostMs;
    while (!isDone()) if (!this.#step(untilMs)) return false;
    return true;
  }

  /** Runs until a promise is settled. Throws what it was rejected with, or when it takes longer than `mostMs`. */
  wait<T>(promise: Promise<T>, mostMs: number): T {
    let outcome: { value: T } | { error: unknown } | null = null;
    promise.then((value) => outcome = { value }, (error) => outcome = { error });
    const isSettled = this.runUntil(() => outcome !== null, mostMs);
    if (!isSettled) throw new Error(`nothing came of it in ${mostMs} ms`);
    const settled = outcome as unknown as { value: T } | { error: unknown };
    if ("error" in settled) throw settled.error;
    return settled.value;
  }

  /** Notes what happened. */
  trace(text: string): void {
    const line = `${this.nowMs.toFixed(3)} ${text}`;
    let a = this.#hashA;
    let b = this.#hashB;
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
    }
    this.#hashA = a;
    this.#hashB = b;
    this.lines?.push(line);
    this.onLine?.(line);
  }

  /** Stands for all that was traced so far. */
  get traceHash(): string {
    const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
    return `${hex(this.#hashA)}${hex(this.#hashB)}-${this.number}`;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.tie !== b.tie ? a.tie < b.tie : a.number < b.number;
}
