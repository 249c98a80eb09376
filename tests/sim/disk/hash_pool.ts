/**
 * The content work of a process. Every step of a file (opening, each half of its reading, each write) has a turn of its own, so that
 * other work comes between: a file may change while it is hashed. What the answers promise is what the real pool promises.
 */
import { pack, unpack } from "../../../src/platform/real/packing.ts";
import { sha256 } from "../../../src/core/content.ts";
import type { ContentId } from "../../../src/core/ids.ts";
import { SMALL_FILE_BYTES } from "../../../src/core/limits.ts";
import {
  type FsCode,
  FsError,
  type HashedFile,
  type HashPool,
  type Piece,
  type SmallFile,
} from "../../../src/platform/ports.ts";
import { identify, sameBytes } from "./content.ts";
import type { Bytes, Inode } from "./inode.ts";
import { checkHeld, type Process } from "./process.ts";
import type { Opened } from "./tree.ts";

/** As many workers as the real pool has. */
const LANES = 2;
/** Files that take their steps together. */
const TOGETHER = 8;
const FILE_MODE = 0o644;
/** Contents that are kept once they were hashed. */
const RECENT = 16;

/** What is there but is no regular file any more is a source that changed, not an error. */
const GONE: ReadonlySet<FsCode> = new Set(
  ["not-found", "not-directory", "is-directory", "symlink-loop", "unsupported"] as const,
);

export function simHashPool(process: Process): HashPool {
  const pool = new Pool(process);
  return {
    hash: (paths) => pool.run(() => pool.hash(paths)),
    keepRecent: (wanted) => pool.keepRecent(wanted),
    recent: (content) => pool.recent(content),
    readStretch: (path, offset, length) => pool.run(() => pool.readStretch(path, offset, length)),
    readSmall: (files) => pool.run(() => pool.readSmall(files)),
    writePieces: (path, pieces, bytes) => pool.run(() => pool.writePieces(path, pieces, bytes)),
    writeSmall: (files, bytes) => pool.run(() => pool.writeSmall(files, bytes)),
    copyPieces: (from, to, pieces) => pool.run(() => pool.copyPieces(from, to, pieces)),
    checkPieces: (path, pieces) => pool.run(() => pool.checkPieces(path, pieces)),
    pack: (bytes) => pool.run(() => Promise.resolve(pack(bytes))),
    unpack: (packed, length) => pool.run(() => Promise.resolve(unpack(packed, length))),
    rest: () => {},
    close: () => pool.close(),
  };
}

/** A file that a worker has open. */
interface Worked {
  readonly path: string;
  readonly file: Opened;
  readonly held: ReturnType<Process["hold"]>;
}

/** A file that is being hashed: its size when it was opened, and where and when its first part was read. */
interface Reading extends Worked {
  readonly index: number;
  readonly size: number;
  readonly version: number;
  readonly half: number;
  first: Bytes;
}

class Pool {
  readonly #process: Process;
  readonly #recent = new Map<ContentId, Uint8Array>();
  #isKeeping = false;
  #closed = false;

  constructor(process: Process) {
    this.#process = process;
  }

  /** Work that fails when the pool is closed, and never ends when the process does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#process.work(async () => {
      if (this.#closed) throw closedError();
      return await work();
    });
  }

  close(): void {
    this.#closed = true;
  }

  keepRecent(wanted: boolean): void {
    this.#isKeeping = wanted;
    if (!wanted) this.#recent.clear();
  }

  recent(content: ContentId): Uint8Array | null {
    return this.#recent.get(content) ?? null;
  }

  /** Keeps the bytes of the latest few. */
  #keep({ content }: HashedFile, bytes: Bytes): void {
    if (!this.#isKeeping || bytes.length === 0 || bytes.length > SMALL_FILE_BYTES) return;
    this.#recent.set(content, bytes.slice());
    if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.keys().next().value!);
  }

  // ------------------------------------------------------------------------------------ hashing

  async hash(paths: readonly string[]): Promise<(HashedFile | FsError)[]> {
    const answers = new Array<HashedFile | FsError>(paths.length);
    let next = 0;
    const lane = async () => {
      while (next < paths.length) {
        const from = next;
        next = Math.min(paths.length, from + 1 + this.#process.machine.rng.below(TOGETHER));
        await this.#hashSome(paths, from, next, answers);
      }
    };
    if (paths.length < LANES) await lane();
    else await Promise.all(Array.from({ length: LANES }, lane));
    return answers;
  }

  async #hashSome(
    paths: readonly string[],
    from: number,
    to: number,
    answers: (HashedFile | FsError)[],
  ): Promise<void> {
    let readings: Reading[] = [];
    try {
      await this.#turn();
      for (let index = from; index < to; index++) {
        answered(answers, index, () => readings.push(this.#startReading(paths[index]!, index)));
      }
      await this.#turn();
      readings = readings.filter((reading) =>
        answered(answers, reading.index, () => this.#readFirst(reading)) || this.#close(reading)
      );
      await this.#turn();
      for (const reading of readings) {
        answered(answers, reading.index, () => answers[reading.index] = this.#readSecond(reading));
      }
    } finally {
      readings.forEach((reading) => this.#close(reading));
    }
  }

  #startReading(path: string, index: number): Reading {
    const worked = this.#open(path, "read");
    const { size, version } = worked.file.inode;
    const half = this.#process.machine.rng.below(size + 1);
    return { ...worked, index, size, version, half, first: worked.file.inode.bytes };
  }

  #readFirst(reading: Reading): void {
    this.#look(reading);
    reading.first = reading.file.inode.snapshot();
    if (reading.first.length < reading.half) throw changed(reading.path);
  }

  #readSecond(reading: Reading): HashedFile {
    this.#look(reading);
    const { file: { inode }, size, half, first } = reading;
    if (inode.version === reading.version) {
      this.#keep(inode.identity(), inode.bytes);
      return inode.identity();
    }
    if (size > half && inode.size < size) throw changed(reading.path);
    const bytes = new Uint8Array(size);
    bytes.set(first.subarray(0, half));
    bytes.set(inode.bytes.subarray(half, size), half);
    return identify(bytes);
  }

  // ------------------------------------------------------------------------------------ reading

  async readStretch(path: string, offset: number, length: number): Promise<Bytes | null> {
    return await this.#withFile(path, (worked) => {
      const out = new Uint8Array(length);
      return worked.file.inode.read(out, offset) === length ? out : null;
    });
  }

  async readSmall(
    files: readonly { path: string; content: ContentId }[],
  ): Promise<(Bytes | null)[]> {
    const answers: (Bytes | null)[] = [];
    for (const { path, content } of files) {
      try {
        answers.push(
          await this.#withFile(path, ({ file: { inode } }) => {
            return inode.identity().content === content ? inode.bytes.slice() : null;
          }),
        );
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        answers.push(null); // one that cannot be read fails alone
      }
    }
    return answers;
  }

  async checkPieces(path: string, pieces: readonly Piece[]): Promise<boolean[]> {
    const checked = await this.#withFile(path, ({ file: { inode } }) => {
      return pieces.map((piece) => holds(inode, piece.offset, piece));
    });
    return checked ?? pieces.map(() => false);
  }

  // ------------------------------------------------------------------------------------ writing

  async writePieces(path: string, pieces: readonly Piece[], bytes: Uint8Array): Promise<boolean[]> {
    await this.#turn();
    const target = this.#open(path, "write");
    try {
      const answers: boolean[] = [];
      let at = 0;
      for (const piece of pieces) {
        const part = bytes.subarray(at, at += piece.length);
        const good = part.length === piece.length && sameBytes(sha256(part), piece.digest);
        if (good) await this.#write(target, part, piece.offset);
        answers.push(good);
      }
      return answers;
    } finally {
      this.#close(target, true);
    }
  }

  async copyPieces(
    from: string,
    to: string,
    pieces: readonly (Piece & { readonly sourceOffset: number })[],
  ): Promise<boolean[]> {
    await this.#turn();
    const target = this.#open(to, "write");
    try {
      let source: Worked;
      try {
        source = this.#open(from, "read");
      } catch (error) {
        if (isGone(error)) return pieces.map(() => false);
        throw error;
      }
      try {
        const answers: boolean[] = [];
        for (const piece of pieces) {
          await this.#turn();
          this.#look(source);
          const { inode } = source.file;
          const good = holds(inode, piece.sourceOffset, piece);
          const part = inode.snapshot().subarray(piece.sourceOffset, piece.sourceOffset + piece.length);
          if (good) await this.#write(target, part, piece.offset);
          answers.push(good);
        }
        return answers;
      } finally {
        this.#close(source);
      }
    } finally {
      this.#close(target, true);
    }
  }

  async writeSmall(files: readonly SmallFile[], bytes: Uint8Array): Promise<(boolean | FsError)[]> {
    const answers: (boolean | FsError)[] = [];
    for (const file of files) {
      await this.#turn();
      const part = bytes.subarray(file.offset, file.offset + file.length);
      if (part.length !== file.length || identify(part).content !== file.content) {
        answers.push(false);
        continue;
      }
      try {
        await this.#createSmall(file, part);
        answers.push(true);
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        answers.push(error);
      }
    }
    return answers;
  }

  async #createSmall(file: SmallFile, bytes: Uint8Array): Promise<void> {
    const process = this.#process;
    const { tree } = process;
    const { path } = file;
    process.enter("create", path);
    process.hasRoom(path);
    // A leftover at the place, from before a crash, makes room.
    if (tree.lstat(path, process) !== null) tree.unlink(path, process);
    const opened = tree.make("file", path, FILE_MODE, process);
    const target = { path, file: opened, held: process.hold(opened) };
    try {
      try {
        if (bytes.length > 0) await this.#write(target, bytes, 0);
        process.enter("chmod", path);
        tree.chmod(path, file.mode, process);
      } finally {
        this.#close(target, true);
      }
      process.enter("setMtime", path);
      tree.setMtime(path, file.mtimeMs, process);
    } catch (error) {
      // Half a file is not left in a staging place.
      if (process.alive && tree.lstat(path, process) !== null) tree.unlink(path, process);
      throw error;
    }
  }

  // ------------------------------------------------------------------------------------ inner parts

  async #turn(): Promise<void> {
    await this.#process.turn();
    if (this.#closed) throw closedError();
  }

  #open(path: string, how: "read" | "write"): Worked {
    const process = this.#process;
    process.enter("open", path);
    process.hasRoom(path);
    const file = process.tree.open(path, how, process);
    return { path, file, held: process.hold(file) };
  }

  /** Answers false, so that it may end a filter. */
  #close({ file, held }: Worked, wrote = false): boolean {
    if (wrote && this.#process.alive) this.#process.tree.closed(file);
    this.#process.release(held);
    return false;
  }

  /** Before each reading. */
  #look({ path, held }: Worked): void {
    this.#process.enter("read", path);
    checkHeld(held, path);
  }

  async #write({ path, file, held }: Worked, bytes: Uint8Array, position: number): Promise<void> {
    const process = this.#process;
    process.enter("write", path);
    checkHeld(held, path);
    process.tree.write(file, bytes, position, process, path);
    await this.#turn();
  }

  /** Opens, has a turn, and works; null when there is no such regular file. */
  async #withFile<T>(path: string, work: (worked: Worked) => T): Promise<T | null> {
    await this.#turn();
    let worked: Worked;
    try {
      worked = this.#open(path, "read");
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
    try {
      await this.#turn();
      this.#look(worked);
      return work(worked);
    } finally {
      this.#close(worked);
    }
  }
}

/** Runs a step of one file; an error of the disk is its answer. */
function answered(answers: (HashedFile | FsError)[], index: number, step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    answers[index] = error;
    return false;
  }
}

/** Reckoned once for each state of the bytes. */
function holds(inode: Inode, offset: number, { length, digest }: Piece): boolean {
  const part = inode.bytes.subarray(offset, offset + length);
  return part.length === length && sameBytes(sha256(part), digest);
}

function isGone(error: unknown): boolean {
  return error instanceof FsError && GONE.has(error.code);
}

function changed(path: string): FsError {
  return new FsError("io", path, new Error("The file changed while it was read"));
}

function closedError(): Error {
  return new Error("The hash pool is closed");
}
