/**
 * The first device of the floor: sees what comes, makes it durable, identifies it by its whole content, records that, and sends it. The
 * other device is not asked what it wants: it gets all that it has not confirmed.
 */
import { PIECE_BYTES, RECORD_ROWS, SMALL_FILE_BYTES } from "../../../src/core/limits.ts";
import { chunkCount, chunkLength, type ChunkList } from "../../../src/core/content.ts";
import { FsError } from "../../../src/platform/ports.ts";
import { realHashPool } from "../../../src/platform/real/hash_pool.ts";
import { realWatcher } from "../../../src/platform/real/watcher.ts";
import type { ContentId } from "../../../src/core/ids.ts";
import { changedBelow, disk, type Found, isSame, type Known } from "./known.ts";
import { type Link, MESSAGE } from "./link.ts";
import type { Log } from "./log.ts";
import type { Row } from "./row.ts";
import type { FloorRows } from "./rows.ts";

/** Events of one change arrive together. */
const GATHER_MS = 5;
/** More files than this are made durable by one sync, as by Cairn. */
const SYNC_ALL_FROM = 48;
/** Batches of which the next are being hashed while one is recorded. */
const AHEAD = 3;

export interface GiverEvents {
  busy(): void;
  rest(): void;
}

export class Giver {
  readonly known = new Map<string, Known>();
  readonly #directories = new Map<string, number>();
  readonly #root: string;
  readonly #log: Log;
  readonly #events: GiverEvents;
  readonly #rows: () => FloorRows;
  readonly #pool = realHashPool();
  readonly #unsent: (() => Promise<void>)[] = [];
  #link: Link | null = null;
  #hints = new Set<string>();
  #work: Promise<void> = Promise.resolve();

  constructor(root: string, log: Log, rows: () => FloorRows, events: GiverEvents) {
    this.#root = root;
    this.#log = log;
    this.#rows = rows;
    this.#events = events;
    this.#pool.keepRecent(true);
    this.#pool.warm();
    realWatcher().watch(root, "", {
      hint: (path) => this.#hint(path),
      gone: (why) => {
        throw new Error(why);
      },
    });
  }

  /** The other device is there; it gets what it has missed. */
  linked(link: Link | null): void {
    this.#link = link;
    if (link !== null) this.#then(() => this.#send());
  }

  #hint(path: string): void {
    if (this.#hints.size === 0) {
      setTimeout(() => {
        const paths = [...this.#hints];
        this.#hints = new Set();
        this.#then(() => this.#look(paths));
      }, GATHER_MS);
    }
    this.#hints.add(path);
  }

  #then(work: () => Promise<void>): void {
    this.#events.busy();
    this.#work = this.#work.then(work).then(() => this.#events.rest());
  }

  async #look(paths: readonly string[]): Promise<void> {
    const found: Found[] = [];
    const gone = new Map<number, string>();
    for (const path of paths) {
      const ino = this.#directories.get(path);
      if (ino !== undefined && disk.lstat(`${this.#root}/${path}`) === null) gone.set(ino, path);
    }
    for (const path of paths) {
      const stat = disk.lstat(`${this.#root}/${path}`);
      if (path === "" || stat === null || this.#directories.has(path)) continue;
      if (stat.kind === "file") {
        if (!isSame(this.known.get(path), stat)) found.push({ path, stat });
      } else if (gone.has(stat.ino)) await this.#moved(gone.get(stat.ino)!, path);
      else {found.push(...changedBelow(this.#root, path, this.known, (at, ino) =>
          this.#directories.set(at, ino)));}
    }
    if (found.length > 0) await this.#give(found);
  }

  /** The whole directory is looked at before anybody hears that it is the same. */
  async #moved(from: string, to: string): Promise<void> {
    const renamed = (path: string) => `${to}${path.slice(from.length)}`;
    for (const [path, known] of [...this.known]) {
      if (!path.startsWith(`${from}/`)) continue;
      this.known.delete(path);
      this.known.set(renamed(path), known);
    }
    for (const [path, ino] of [...this.#directories]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#directories.delete(path);
      this.#directories.set(renamed(path), ino);
    }
    const changed = changedBelow(this.#root, to, this.known, () => {});
    if (changed.length > 0) throw new Error(`${changed.length} files changed in ${from}`);
    await disk.syncDirectory(this.#root);
    await this.#log.append(["moved", from, to]);
    this.#rows().moved("self", from, to);
    this.#unsent.push(() => this.#link!.send(MESSAGE.moved, [from, to]));
    await this.#send();
  }

  async #give(found: readonly Found[]): Promise<void> {
    if (found.length >= SYNC_ALL_FROM) await disk.syncFileSystem(this.#root);
    else for (const { path } of found) await disk.syncFile(`${this.#root}/${path}`);
    const batches: Found[][] = [];
    for (let at = 0; at < found.length; at += RECORD_ROWS) batches.push(found.slice(at, at + RECORD_ROWS));
    const hash = (batch: readonly Found[] = []) =>
      this.#pool.hash(batch.map(({ path }) => `${this.#root}/${path}`));
    const ahead = batches.slice(0, AHEAD).map(hash);
    for (const [i, batch] of batches.entries()) {
      const hashed = await ahead.shift()!;
      ahead.push(hash(batches[i + AHEAD]));
      const small: Row[] = [];
      const large: (() => Promise<void>)[] = [];
      for (const [k, answer] of hashed.entries()) {
        if (answer instanceof FsError) throw answer;
        const { path, stat: { ino, mtimeMs, mode } } = batch[k]!;
        const { size, content, chunks } = answer;
        this.known.set(path, { size, mtimeMs, ino, content });
        const row: Row = [path, size, mtimeMs, mode, content];
        if (size <= SMALL_FILE_BYTES) small.push(row);
        else large.push(() => this.#sendLarge(row, chunks!));
      }
      await this.#log.append(["have", small, large.length]);
      if (small.length > 0) this.#unsent.push(() => this.#sendSmall(small));
      this.#unsent.push(...large);
      await this.#send();
    }
  }

  async #send(): Promise<void> {
    while (this.#link !== null && this.#unsent.length > 0) await this.#unsent.shift()!();
  }

  async #sendSmall(rows: readonly Row[]): Promise<void> {
    const bytes = new Uint8Array(rows.reduce((sum, [, size]) => sum + size, 0));
    const missing: { readonly path: string; readonly content: ContentId; readonly at: number }[] = [];
    let at = 0;
    for (const [path, size, , , content] of rows) {
      const recent = this.#pool.recent(content as ContentId);
      if (recent === null) missing.push({ path: `${this.#root}/${path}`, content: content as ContentId, at });
      else bytes.set(recent, at);
      at += size;
    }
    const read = missing.length === 0 ? [] : await this.#pool.readSmall(missing);
    for (const [i, part] of read.entries()) {
      if (part === null) throw new Error(`${missing[i]!.path} has changed`);
      bytes.set(part, missing[i]!.at);
    }
    await this.#link!.send(MESSAGE.small, rows, bytes);
  }

  /** Read anew, as pieces: each has the digests of its chunks. */
  async #sendLarge(row: Row, chunks: ChunkList): Promise<void> {
    const [path] = row;
    await this.#link!.send(MESSAGE.large, [row, chunks]);
    const ahead: Promise<void>[] = [];
    let turn: Promise<void> = Promise.resolve();
    for (let first = 0, offset = 0; first < chunkCount(chunks);) {
      let [next, length] = [first, 0];
      do length += chunkLength(chunks, next++); while (
        next < chunkCount(chunks) && length + chunkLength(chunks, next) <= PIECE_BYTES
      );
      const header = [first, next - first, offset];
      const read = this.#pool.readStretch(`${this.#root}/${path}`, offset, length);
      const sent = turn = turn.then(async () => {
        const bytes = await read;
        if (bytes === null) throw new Error(`${path} has changed`);
        await this.#link!.send(MESSAGE.piece, header, bytes);
      });
      ahead.push(sent);
      if (ahead.length > 4 * AHEAD) await ahead.shift();
      [first, offset] = [next, offset + length];
    }
    await turn;
  }
}
