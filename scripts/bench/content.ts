/** The files of the scenarios: the same bytes in every run, and none that compress or repeat. */
import { createCipheriv } from "node:crypto";
import { Buffer } from "node:buffer";

export const KIB = 1024;
export const MIB = 1024 * KIB;
/** The size of a small file. */
export const SMALL_BYTES = 4 * KIB;

const BLOCK_BYTES = 4 * MIB;
const DIRECTORIES = 100;

/** An endless sequence of random bytes, the same for the same seed: AES in counter mode, as fast as memory. */
export class RandomBytes {
  readonly #cipher;
  readonly #zeros = new Uint8Array(BLOCK_BYTES);
  #block: Uint8Array = new Uint8Array(0);

  constructor(seed: number) {
    const key = Buffer.alloc(16);
    key.writeUInt32LE(seed >>> 0);
    this.#cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  }

  /** The next bytes, `length` of at most 4 MiB; good until the next call. */
  next(length: number): Uint8Array {
    if (this.#block.length < length) this.#block = this.#cipher.update(this.#zeros);
    const part = this.#block.subarray(0, length);
    this.#block = this.#block.subarray(length);
    return part;
  }
}

/** The path of the i-th small file below its root: 100 directories. */
export function smallPath(index: number): string {
  return `d${index % DIRECTORIES}/f${index}.dat`;
}

/** Makes `count` files of 4 KiB below `root`; their paths from there. */
export function makeSmallFiles(root: string, count: number, seed: number): string[] {
  return makeFiles(root, Array.from({ length: count }, (_, i) => smallPath(i)), () => SMALL_BYTES, seed);
}

/** Makes files at the given paths below `root`; returns the paths. */
export function makeFiles(
  root: string,
  paths: readonly string[],
  sizeOf: (index: number) => number,
  seed: number,
): string[] {
  const random = new RandomBytes(seed);
  const made = new Set<string>();
  for (const [i, path] of paths.entries()) {
    const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (!made.has(directory)) {
      Deno.mkdirSync(`${root}/${directory}`, { recursive: true });
      made.add(directory);
    }
    Deno.writeFileSync(`${root}/${path}`, random.next(sizeOf(i)));
  }
  return [...paths];
}

/** Makes one file in constant memory. */
export function makeLargeFile(path: string, sizeBytes: number, seed: number): void {
  const random = new RandomBytes(seed);
  using file = Deno.openSync(path, { create: true, write: true, truncate: true });
  for (let left = sizeBytes; left > 0;) {
    const part = random.next(Math.min(left, MIB));
    writeAll(file, part);
    left -= part.length;
  }
}

/** Makes a log of about `sizeBytes`, which compresses as logs do. */
export function makeText(path: string, sizeBytes: number, seed: number): void {
  const random = new RandomBytes(seed);
  const lines: string[] = [];
  for (let bytes = 0, i = 0; bytes < sizeBytes; i++) {
    const [a, b, c, d] = random.next(4);
    const line =
      `2026-11-22T10:${String(i % 60).padStart(2, "0")}:07.${a}Z host-${b! % 16} app[${c}]: request ` +
      `${i} for /api/v1/items/${d! * 256 + a!} answered with 200 in ${b} ms\n`;
    lines.push(line);
    bytes += line.length;
  }
  Deno.writeTextFileSync(path, lines.join(""));
}

/** Writes bytes into the file at an offset, in place. */
export function patchFile(path: string, offset: number, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(offset, Deno.SeekMode.Start);
  writeAll(file, bytes);
}

/** Bytes at an offset; null when the file is not there or ends before. */
export function readAt(path: string, offset: number, length: number): Uint8Array | null {
  try {
    using file = Deno.openSync(path);
    file.seekSync(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    return file.readSync(bytes) === length ? bytes : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
