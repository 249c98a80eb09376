/**
 * The second device of the floor: what comes is hashed and written aside by the workers, made durable together with a record of what is
 * to be done, put in its place, and recorded when the disk has the names. What is replaced is kept. Nothing is planned: what comes is taken.
 */
import {
  checkChunkList,
  chunkCount,
  chunkDigest,
  type ChunkList,
  chunkOffsets,
} from "../../../src/core/content.ts";
import type { ContentId } from "../../../src/core/ids.ts";
import { BULK_CREDIT_BYTES } from "../../../src/core/limits.ts";
import type { Frame } from "../../../src/peer/frame.ts";
import { FsError } from "../../../src/platform/ports.ts";
import { realHashPool } from "../../../src/platform/real/hash_pool.ts";
import { changedBelow, disk, type Known } from "./known.ts";
import { type Link, MESSAGE } from "./link.ts";
import type { Log } from "./log.ts";
import type { Row } from "./row.ts";
import type { FloorRows } from "./rows.ts";
import type { GiverEvents } from "./giver.ts";

/** More directories than this are made durable by one sync, as by Cairn. */
const SYNC_ALL_FROM = 24;

interface Large {
  readonly row: Row;
  readonly chunks: ChunkList;
  readonly offsets: Float64Array;
  readonly stage: string;
  readonly writes: Promise<void>[];
  left: number;
}

export class Taker {
  readonly known: Map<string, Known>;
  readonly #root: string;
  readonly #aside: string;
  readonly #log: Log;
  readonly #rows: () => FloorRows;
  readonly #events: GiverEvents;
  readonly #pool = realHashPool();
  readonly #directories = new Set([""]);
  #stages = 0;
  #link: Link | null = null;
  #large: Large | null = null;
  #inHandBytes = 0;
  #work: Promise<void> = Promise.resolve();

  /** Looks at every file before anything is taken. */
  constructor(
    root: string,
    home: string,
    known: Map<string, Known>,
    log: Log,
    rows: () => FloorRows,
    events: GiverEvents,
  ) {
    this.#root = root;
    this.known = known;
    // On the disk of the folder, and beside it: nobody is to see it.
    this.#aside = `${home}/aside`;
    disk.makeDirectories(this.#aside);
    disk.makeDirectories(`${home}/aside/kept`);
    this.#log = log;
    this.#rows = rows;
    this.#events = events;
    this.#pool.warm();
    const changed = changedBelow(root, "", known, (path) => this.#directories.add(path));
    if (changed.length > 0) throw new Error(`${changed.length} files changed while nobody looked`);
  }

  linked(link: Link): void {
    this.#link = link;
    link.onFrame((frame) => this.#take(frame));
  }

  #take({ type, header, raw }: Frame): void {
    this.#events.busy();
    switch (type) {
      case MESSAGE.small: {
        const rows = header as Row[];
        const staged = this.#stage(rows, raw);
        staged.catch(() => {});
        return this.#then(async () => this.#place(rows, await staged));
      }
      case MESSAGE.large:
        return this.#begin(...header as [Row, ChunkList]);
      case MESSAGE.piece:
        return this.#piece(...header as [number, number, number], raw);
      case MESSAGE.moved:
        return this.#then(() => this.#move(...header as [string, string]));
    }
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).then(() => this.#events.rest());
  }

  /** Checks and writes small files aside; their paths there. */
  async #stage(rows: readonly Row[], raw: Uint8Array<ArrayBuffer>): Promise<string[]> {
    let offset = 0;
    const files = rows.map(([, length, mtimeMs, mode, content]) => {
      const file = { path: this.#fresh(), offset, length, content: content as ContentId, mode, mtimeMs };
      offset += length;
      return file;
    });
    for (const answer of await this.#pool.writeSmall(files, raw)) {
      if (answer instanceof FsError) throw answer;
      if (!answer) throw new Error("Bytes that are not what was told");
    }
    return files.map(({ path }) => path);
  }

  async #place(rows: readonly Row[], stages: readonly string[]): Promise<void> {
    await Promise.all([
      this.#log.append(["intent", rows]),
      stages.length < SYNC_ALL_FROM
        ? Promise.all(stages.map((stage) => disk.syncFile(stage)))
        : disk.syncFileSystem(this.#aside),
    ]);
    const touched = new Set<string>();
    for (const [i, [path, size, , , content]] of rows.entries()) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      this.#makeDirectory(parent, touched);
      const [at, stage] = [`${this.#root}/${path}`, stages[i]!];
      if (this.known.has(path)) {
        disk.exchange(stage, at);
        disk.rename(stage, `${this.#aside}/kept/${++this.#stages}`);
        touched.add("\0kept");
      } else disk.renameNew(stage, at);
      const { mtimeMs, ino } = disk.lstat(at)!;
      this.known.set(path, { size, mtimeMs, ino, content });
      touched.add(parent);
    }
    if (touched.size >= SYNC_ALL_FROM) await disk.syncFileSystem(this.#aside);
    else {
      const pathOf = (one: string) => one === "\0kept" ? `${this.#aside}/kept` : `${this.#root}/${one}`;
      await Promise.all([...touched].map((one) => disk.syncDirectory(pathOf(one))));
    }
    this.#record(["taken", rows]);
  }

  /** The next batch need not wait for it: its own intent comes behind it in the journal. */
  #record(record: unknown): void {
    void this.#log.append(record).then(() => this.#link!.send(MESSAGE.taken, null));
  }

  #makeDirectory(path: string, touched: Set<string>): void {
    if (this.#directories.has(path)) return;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    this.#makeDirectory(parent, touched);
    disk.makeDirectory(`${this.#root}/${path}`);
    this.#directories.add(path);
    touched.add(parent);
  }

  #begin(row: Row, chunks: ChunkList): void {
    const why = checkChunkList(chunks, row[4] as ContentId, row[1]);
    if (why !== null) throw new Error(why);
    const list = new Uint8Array(chunks);
    const stage = this.#fresh();
    const file = disk.open(stage, "create");
    file.truncate(row[1]);
    file.close();
    this.#large = {
      row,
      chunks: list,
      offsets: chunkOffsets(list),
      stage,
      writes: [],
      left: chunkCount(list),
    };
  }

  #piece(first: number, count: number, _offset: number, raw: Uint8Array<ArrayBuffer>): void {
    const large = this.#large!;
    const { chunks, offsets, stage } = large;
    const pieces = Array.from({ length: count }, (_, i) => ({
      offset: offsets[first + i]!,
      length: offsets[first + i + 1]! - offsets[first + i]!,
      digest: chunkDigest(chunks, first + i),
    }));
    const { length } = raw;
    this.#hold(length);
    large.left -= count;
    const isLast = large.left === 0;
    large.writes.push(
      this.#pool.writePieces(stage, pieces, raw).then((good) => {
        this.#hold(-length);
        if (!good.every((one) => one)) throw new Error("Bytes that are not what was told");
      }),
    );
    if (!isLast) return;
    this.#then(async () => {
      await Promise.all(large.writes);
      const [, , mtimeMs, mode] = large.row;
      disk.chmod(stage, mode);
      disk.setMtime(stage, mtimeMs);
      await this.#place([large.row], [stage]);
    });
  }

  /** What waits for the workers is bounded, as by Cairn's credit. */
  #hold(bytes: number): void {
    this.#inHandBytes += bytes;
    this.#link!.pause(this.#inHandBytes > BULK_CREDIT_BYTES);
  }

  async #move(from: string, to: string): Promise<void> {
    this.#rows().moved("peer", from, to);
    await this.#log.append(["intent", from, to]);
    disk.renameNew(`${this.#root}/${from}`, `${this.#root}/${to}`);
    await disk.syncDirectory(this.#root);
    this.#record(["moved", from, to]);
    this.#rows().moved("self", from, to);
  }

  #fresh(): string {
    return `${this.#aside}/${++this.#stages}`;
  }
}
