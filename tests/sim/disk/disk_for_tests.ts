/** A disk with a world around it that is just enough for the disk's own tests. */
import type { Fs } from "../../../src/platform/ports.ts";
import { Rng } from "./rng.ts";
import { SimDisk, type SimDiskOptions } from "./sim_disk.ts";

export interface TestDisk {
  readonly disk: SimDisk;
  readonly world: TestWorld;
}

/** Time stands still until `pass` is called, which runs what is due on the way. */
export class TestWorld {
  nowMs = 1_700_000_000_000;
  #timers: { at: number; run: () => void }[] = [];

  readonly now = () => this.nowMs;
  readonly turn = () => Promise.resolve();
  readonly after = (delayMs: number, run: () => void): () => void => {
    const timer = { at: this.nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  pass(ms: number): void {
    const until = this.nowMs + ms;
    while (true) {
      const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.nowMs = Math.max(this.nowMs, due.at);
      due.run();
    }
    this.nowMs = until;
  }
}

/** A disk with the empty, durable directory `/d`. */
export function testDisk(seed: number | string, options: Partial<SimDiskOptions> = {}): TestDisk {
  const world = new TestWorld();
  const { now, turn, after } = world;
  const disk = new SimDisk({ rng: new Rng(seed), now, turn, after, ...options });
  disk.user.mkdir("/d");
  disk.settle();
  return { disk, world };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of a file as it is now; null when nothing is there. */
export function textAt(disk: SimDisk, path: string): string | null {
  const found = disk.peek(path);
  return found === null ? null : decoder.decode(found.bytes);
}

/** Runs `work` with a disk for each of many seeds. */
export async function forSeeds(
  count: number,
  options: Partial<SimDiskOptions>,
  work: (test: TestDisk, seed: number) => Promise<void> | void,
): Promise<void> {
  for (let seed = 0; seed < count; seed++) await work(testDisk(seed, options), seed);
}

/** Writes text into the file at the path, which is made when missing. */
export async function writeText(fs: Fs, path: string, text: string, sync: boolean): Promise<void> {
  const file = fs.open(path, fs.lstat(path) === null ? "create" : "write");
  await file.write(bytesOf(text), 0);
  if (sync) await file.syncData();
  file.close();
}

export function namesIn(disk: SimDisk, path: string): string {
  return disk.user.list(path).join(" ");
}

/** Each outcome that turned up, so that a test sees that it tried them all. */
export function outcomes(): { add(outcome: string): void; readonly all: string[] } {
  const seen = new Set<string>();
  return {
    add: (outcome) => seen.add(outcome),
    get all() {
      return [...seen].sort();
    },
  };
}
