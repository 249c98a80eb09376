/**
 * What the machine can do at best, measured in the same run: one TCP connection between two hosts, writing and syncing, hashing. No scenario
 * can be faster than what it cannot do without.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Cleanup } from "./cleanup.ts";
import { makeSmallFiles, MIB, RandomBytes } from "./content.ts";
import { removeLarge } from "./disk.ts";
import type { Figures } from "./figures.ts";
import { openHosts } from "./hosts.ts";
import { outputOf, Program } from "./process.ts";
import { sleep } from "./wait.ts";

const WIRE_PROGRAM = fileURLToPath(new URL("./wire_floor.ts", import.meta.url));
const PORT = 7701;
const SMALL_FILES = 10_000;
const SEED = 23;
const BLOCK_BYTES = MIB;
const HASH_BLOCKS = 256;
const TRIES = 50;
const REST_MS = 200;

/** `work` is an empty directory. Small files stay in it (see `removeLarge`). */
export async function measureFloors(work: string, bytes: number, parent: Cleanup): Promise<Figures> {
  const cleanup = new Cleanup();
  const close = parent.add(() => cleanup.run());
  cleanup.add(() => removeLarge(work));
  try {
    const diskS = await diskSeconds(work, bytes);
    const smallS = await smallFilesSeconds(work);
    return {
      wire_mb_per_s: bytes / 1e6 / await wireSeconds(work, bytes, cleanup),
      disk_mb_per_s: bytes / 1e6 / diskS,
      small_files_per_s: SMALL_FILES / smallS,
      hash_mb_per_s: await hashRate(1),
      hash_all_cores_mb_per_s: await hashRate(navigator.hardwareConcurrency),
    };
  } finally {
    await close();
  }
}

/** Seconds from the first byte to the word that the last has come. */
async function wireSeconds(work: string, bytes: number, cleanup: Cleanup): Promise<number> {
  const hosts = await openHosts([["A", "B"]], cleanup);
  const program = (...args: string[]) => [Deno.execPath(), "run", "-A", "--no-config", WIRE_PROGRAM, ...args];
  const receiver = Program.start(
    program("receive", String(PORT)),
    `${work}/receiver.log`,
    (argv) => hosts.wrap("B", argv),
  );
  cleanup.add(() => receiver.stop());
  for (let tries = 1;; tries++) {
    try {
      const send = program("send", `${hosts.address("B")}:${PORT}`, String(bytes));
      return Number(await outputOf(hosts.wrap("A", send)));
    } catch (error) {
      // It does not listen yet.
      if (tries === TRIES) throw error;
      await sleep(REST_MS);
    }
  }
}

/** Writes blocks that are at hand, and waits until the disk has them. */
async function diskSeconds(work: string, bytes: number): Promise<number> {
  const block = new Uint8Array(new RandomBytes(SEED).next(BLOCK_BYTES));
  using file = await Deno.open(`${work}/large`, { create: true, write: true });
  const startMs = performance.now();
  for (let left = bytes; left > 0;) left -= await file.write(block.subarray(0, Math.min(left, block.length)));
  await file.syncData();
  return (performance.now() - startMs) / 1000;
}

async function smallFilesSeconds(work: string): Promise<number> {
  const startMs = performance.now();
  makeSmallFiles(`${work}/small`, SMALL_FILES, SEED);
  await outputOf(["sync", "-f", work]);
  return (performance.now() - startMs) / 1000;
}

/** SHA-256 by as many threads, in MB/s. They start before the clock does. */
async function hashRate(threads: number): Promise<number> {
  const workers = await Promise.all(Array.from({ length: threads }, () => readyWorker()));
  const startMs = performance.now();
  await Promise.all(workers.map((worker) => answerOf(worker, HASH_BLOCKS)));
  const s = (performance.now() - startMs) / 1000;
  for (const worker of workers) worker.terminate();
  return threads * HASH_BLOCKS * BLOCK_BYTES / 1e6 / s;
}

/** Hashes so many blocks of zeros; exported for the worker. */
export function hashBlocks(blocks: number): void {
  const hash = createHash("sha256");
  const block = new Uint8Array(BLOCK_BYTES);
  for (let i = 0; i < blocks; i++) hash.update(block);
  hash.digest();
}

async function readyWorker(): Promise<Worker> {
  const worker = new Worker(new URL("./hash_floor_worker.ts", import.meta.url), { type: "module" });
  await answerOf(worker, 1);
  return worker;
}

function answerOf(worker: Worker, blocks: number): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(blocks);
  });
}
