/**
 * A log of bounded size: lines with their time, in a file that is put aside when it is full. `cairn.log` is in use, `cairn.log.1` the one
 * before it, and so on.
 */
import { LOG_FILE_BYTES, LOG_FILES, LOG_LINE_BYTES } from "../core/limits.ts";
import { type FileHandle, type Fs, FsError } from "../platform/ports.ts";

const NEWLINE = 10;

/** The log's files, the oldest first, as far as there may be any. */
export function logFiles(path: string): string[] {
  return Array.from({ length: LOG_FILES }, (_, i) => {
    const age = LOG_FILES - 1 - i;
    return age === 0 ? path : `${path}.${age}`;
  });
}

export class LogFile {
  readonly #fs: Fs;
  readonly #path: string;
  readonly #now: () => number;
  #handle: FileHandle | null = null;
  #size = 0;
  #rest = new Uint8Array();
  #work: Promise<void> = Promise.resolve();

  constructor(fs: Fs, path: string, now: () => number) {
    this.#fs = fs;
    this.#path = path;
    this.#now = now;
  }

  /** One whole line. */
  line(text: string): Promise<void> {
    return this.#write(new TextEncoder().encode(text));
  }

  /** Bytes as they come: written once their line is whole, or too long. */
  async hear(bytes: Uint8Array): Promise<void> {
    let rest = new Uint8Array(this.#rest.length + bytes.length);
    rest.set(this.#rest);
    rest.set(bytes, this.#rest.length);
    while (true) {
      const end = rest.indexOf(NEWLINE);
      const isLong = (end < 0 ? rest.length : end) > LOG_LINE_BYTES;
      if (end < 0 && !isLong) break;
      const length = isLong ? LOG_LINE_BYTES : end;
      await this.#write(rest.subarray(0, length));
      rest = rest.slice(isLong ? length : end + 1);
    }
    this.#rest = rest;
  }

  async close(): Promise<void> {
    if (this.#rest.length > 0) await this.#write(this.#rest);
    this.#rest = new Uint8Array();
    await this.#work;
    this.#handle?.close();
    this.#handle = null;
  }

  #write(line: Uint8Array): Promise<void> {
    const stamp = new Date(this.#now()).toISOString().replace(/\.\d+Z$/, "Z ");
    const bytes = new Uint8Array(stamp.length + line.length + 1);
    new TextEncoder().encodeInto(stamp, bytes);
    bytes.set(line, stamp.length);
    bytes[bytes.length - 1] = NEWLINE;
    return this.#work = this.#work.then(() => this.#append(bytes));
  }

  /** A disk that is full, or a directory that is gone, costs the line and not the device. */
  async #append(bytes: Uint8Array): Promise<void> {
    try {
      if (this.#handle !== null && this.#size > 0 && this.#size + bytes.length > LOG_FILE_BYTES) {
        this.#putAside();
      }
      const handle = this.#handle ??= this.#open();
      await handle.write(bytes, this.#size);
      this.#size += bytes.length;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
  }

  #open(): FileHandle {
    const isThere = this.#fs.lstat(this.#path) !== null;
    const handle = this.#fs.open(this.#path, isThere ? "write" : "create");
    this.#size = handle.stat().size;
    return handle;
  }

  #putAside(): void {
    this.#handle?.close();
    this.#handle = null;
    const files = logFiles(this.#path);
    for (let i = 1; i < files.length; i++) {
      if (this.#fs.lstat(files[i]!) !== null) this.#fs.rename(files[i]!, files[i - 1]!);
    }
  }
}
