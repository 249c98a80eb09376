/** The content workers, and how work is divided among them so that nothing small waits behind something long. */
import type { BigFile, KeptFile } from "./content_hash.ts";
import { FsError, type HashedFile, type HashPool, type Piece } from "../ports.ts";
import { hashBig } from "./hash_big.ts";
import { HashQueue, IDLE_MS, type Priority } from "./hash_queue.ts";
import { RecentContents } from "./recent_contents.ts";

/** Paths in one message: hides its cost of some 50 µs behind files of 20 µs each. */
const PATHS_PER_JOB = 64;
/** Bytes after which a job of many files hands back what is left: a tenth of a second at most behind it. */
const JOB_BYTES = 8 * 2 ** 20;
/** So few files are someone's edit; more are a scan, which can wait. */
const URGENT_PATHS = 8;

export interface RealHashPool extends HashPool {
  /** Starts the workers before the first job comes. */
  warm(): void;
}

export function realHashPool(
  workers = 2,
  spawn: () => Worker = spawnHashWorker,
  idleMs = IDLE_MS,
): RealHashPool {
  const queue = new HashQueue(workers, spawn, idleMs);
  const recent = new RecentContents();
  let isKeeping = false;
  return {
    hash: (paths) => hashAll(queue, paths, isKeeping ? recent : null),
    keepRecent(wanted) {
      isKeeping = wanted;
      if (!wanted) recent.clear();
    },
    recent: (content) => recent.of(content),
    readStretch: (path, offset, length) => queue.run("readStretch", [path, offset, length], "urgent"),
    readSmall: (files, isCold = false) =>
      queue.run("readSmall", [files, isCold], isCold ? "background" : "urgent"),
    writePieces: (path, pieces, bytes) =>
      queue.run("writePieces", [path, pieces.map(own), bytes], "urgent", [bytes.buffer]),
    writeSmall: (files, bytes) => queue.run("writeSmall", [files, bytes], "urgent", [bytes.buffer]),
    copyPieces: (from, to, pieces) => queue.run("copyPieces", [from, to, pieces.map(own)], "urgent"),
    checkPieces: (path, pieces, isCold = false) =>
      queue.run("checkPieces", [path, pieces.map(own), isCold], "background"),
    pack: (bytes) => queue.run("pack", [bytes], "urgent"),
    unpack: (packed, length) => queue.run("unpack", [packed, length], "urgent"),
    warm: () => queue.warm(),
    rest: () => queue.rest(),
    close() {
      queue.close();
      isKeeping = false;
      recent.clear();
    },
  };
}

/** A digest is often a view into a chunk list, and a view takes its whole buffer along to the worker. */
function own<P extends Piece>(piece: P): P {
  return { ...piece, digest: new Uint8Array(piece.digest) };
}

/** Written out where it is used, so that `deno compile` finds the worker's module. */
function spawnHashWorker(): Worker {
  return new Worker(new URL("./hash_worker.ts", import.meta.url), { type: "module" });
}

async function hashAll(
  queue: HashQueue,
  paths: readonly string[],
  recent: RecentContents | null,
): Promise<(HashedFile | FsError)[]> {
  const answers = new Array<HashedFile | FsError>(paths.length);
  const perJob = Math.max(1, Math.min(PATHS_PER_JOB, Math.ceil(paths.length / queue.workers)));
  const slices = [];
  for (let at = 0; at < paths.length; at += perJob) {
    slices.push(hashSlice(queue, paths, at, perJob, answers, recent));
  }
  await Promise.all(slices);
  return answers;
}

/** Hashes `count` paths from `from` on, in as many jobs as their bytes ask for. */
async function hashSlice(
  queue: HashQueue,
  paths: readonly string[],
  from: number,
  count: number,
  answers: (HashedFile | FsError)[],
  recent: RecentContents | null,
): Promise<void> {
  const end = Math.min(paths.length, from + count);
  const big: Promise<void>[] = [];
  let priority: Priority = paths.length <= URGENT_PATHS ? "urgent" : "background";
  for (let at = from; at < end;) {
    const some = await queue.run("hashSome", [paths.slice(at, end), JOB_BYTES, recent !== null], priority);
    priority = "background";
    recent?.add(some.filter(isHashed));
    for (const answer of some) {
      if (answer instanceof FsError || isHashed(answer)) answers[at] = answer;
      else big.push(handled(hashOneBig(queue, answer, answers, at)));
      at++;
    }
  }
  await Promise.all(big);
}

function isHashed(answer: KeptFile | BigFile | FsError): answer is KeptFile {
  return "content" in answer;
}

/** A promise that is awaited later, whose failure is nobody's fault until then. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

async function hashOneBig(
  queue: HashQueue,
  file: BigFile,
  answers: (HashedFile | FsError)[],
  index: number,
): Promise<void> {
  try {
    const cut = (from: number, until: number) => queue.run("cutBig", [file, from, until], "background");
    answers[index] = await hashBig(file.size, queue.workers, cut);
  } catch (error) {
    if (!(error instanceof FsError)) throw error; // a dead worker or a closed pool is no fact about the file
    answers[index] = error;
  }
}
