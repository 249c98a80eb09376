/**
 * Gets the bytes of a file to a stage of the replica: from this disk when it has them, else from peers. One for the device:
 * requests of all folders share the same peers fairly.
 */
import { type ChunkList, EMPTY_CONTENT } from "../core/content.ts";
import type { Entry } from "../core/entry.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { SMALL_FILE_BYTES } from "../core/limits.ts";
import {
  type Clock,
  type FileHandle,
  type Fs,
  FsError,
  type HashPool,
  type PinnedDir,
} from "../platform/ports.ts";
import { fetchLarge } from "./fetch_large.ts";
import { type Brought, diskTrouble, type Fetched, SmallFetcher } from "./fetch_small.ts";
import { findLocal, type Local } from "./local_source.ts";
import type { Replica } from "./replica.ts";
import type { Room } from "./room.ts";
import type { Sharing } from "./sharing.ts";
import type { Sources } from "./sources.ts";
import type { CopyWant } from "./verified_copy.ts";

/** Large files staged at once from the same devices: more would only share the same wire. */
const LARGE_AT_ONCE = 3;
/** Files from here on have chunk lists of ten MiB and more in memory: one at a time. */
const HUGE_BYTES = 64 * 2 ** 30;

export interface StagerDeps extends Local {
  readonly fs: Fs;
  readonly pool: HashPool;
  readonly sources: Sources;
  readonly sharing: Sharing;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** Bytes that arrived in a stage, for progress. */
  gained(replica: Replica, bytes: number): void;
}

/** Where a content may come from. */
export interface Origin {
  /** Devices that hold it. */
  readonly devices: readonly number[];
  /** This device may have it at another path. */
  readonly isLocal: boolean;
}

interface Former {
  readonly content: ContentId;
  readonly chunks: ChunkList;
}

/** Where the bytes of a file are to be staged, and on whose account. */
export interface Stage {
  /** For as long as a large content is wanted there the same, so that what has come is gone on with. */
  readonly at: string;
  readonly room: Pick<Room, "promise" | "fulfil">;
  /** What stands there, or stood there before, with its list: asked when its turn has come, since lists are long. */
  former(): Former | null;
  /** A person waits for it: it does not stand in line behind what is synced. */
  readonly isAsked: boolean;
  gained(bytes: number): void;
  readonly brought?: Brought;
  readonly isOver?: () => boolean;
}

export class Stager {
  readonly #deps: StagerDeps;
  readonly #small: SmallFetcher;
  /** Large files that are being staged, by the devices that have them: who sends nothing shall keep out nobody else's. */
  readonly #large = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #count = 0;

  constructor(deps: StagerDeps) {
    this.#deps = deps;
    this.#small = new SmallFetcher(deps.sources, deps.pool);
  }

  /** Whether nothing comes from the devices, though they are connected and asked. */
  areStuck(devices: readonly number[]): boolean {
    return this.#deps.sources.areStuck(devices);
  }

  isAnyThere(devices: readonly number[]): boolean {
    return this.#deps.sources.isAny(devices);
  }

  /** Stages an entry's content. A large stage is durable, a small one is not yet. */
  async stage(replica: Replica, path: RelPath, entry: Entry, origin: Origin): Promise<Fetched> {
    const want = { ...entry, content: entry.content! };
    const isLarge = entry.size > SMALL_FILE_BYTES;
    return await this.stageAt(
      {
        at: `${replica.layout.stage}/${isLarge ? want.content : `s-${++this.#count}`}`,
        room: replica.room,
        former: () => this.#former(replica, path),
        isAsked: false,
        gained: (bytes) => this.#deps.gained(replica, bytes),
        isOver: () => replica.isPaused(),
      },
      want,
      origin,
    );
  }

  /** The same anywhere on this computer. */
  async stageAt(stage: Stage, want: CopyWant, { devices, isLocal }: Origin): Promise<Fetched> {
    const { content, mode, mtimeMs, size } = want;
    if (size > SMALL_FILE_BYTES) return await this.#stageLarge(stage, want, { devices, isLocal });
    const local = isLocal || size === 0 ? await this.#localSmall(content, size) : null;
    if (local !== null) {
      const [written] = await this.#deps.pool.writeSmall([{
        path: stage.at,
        offset: 0,
        length: size,
        content,
        mode,
        mtimeMs,
      }], local);
      if (written === true) return { ok: true, stage: stage.at };
      if (written instanceof FsError) return diskTrouble(written);
    }
    const { brought } = stage;
    return await this.#small.fetch({ content, size, mode, mtimeMs, stage: stage.at, devices, brought });
  }

  async #localSmall(content: ContentId, size: number): Promise<Uint8Array<ArrayBuffer> | null> {
    if (content === EMPTY_CONTENT) return new Uint8Array(0);
    const source = findLocal(this.#deps, content);
    if (source === null) return null;
    try {
      const [bytes] = await this.#deps.pool.readSmall([{ path: source.at, content }]);
      return bytes?.length === size ? bytes : null;
    } finally {
      source.pin.close();
    }
  }

  async #stageLarge(stage: Stage, want: CopyWant, { devices, isLocal }: Origin): Promise<Fetched> {
    const isHuge = want.size > HUGE_BYTES;
    const from = stage.isAsked ? "asked" : isHuge ? "huge" : devices.join(",");
    const underWay = () => this.#large.get(from) ?? 0;
    while (underWay() >= (isHuge ? 1 : LARGE_AT_ONCE)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#large.set(from, underWay() + 1);
    const pins: PinnedDir[] = [];
    const held: FileHandle[] = [];
    try {
      const { fs, pool, sources, clock, sharing, catalogue } = this.#deps;
      const { content, size, mode, mtimeMs } = want;
      const { at, room } = stage;
      const former = stage.former();
      const fetched = await fetchLarge(
        {
          fs,
          pool,
          sources,
          clock,
          gained: (bytes) => stage.gained(bytes),
          room,
          sharing,
          listed: (chunks) => catalogue.contents.put(content, size, chunks),
          ...(stage.brought === undefined ? {} : { brought: stage.brought }),
          ...(stage.isOver === undefined ? {} : { isOver: stage.isOver }),
        },
        {
          content,
          size,
          stage: at,
          devices,
          isLocal,
          hold: (file) => held.push(file),
          chunks: catalogue.contents.chunks(content),
          former,
          bases: (list) => this.#bases(former, content, list, pins),
        },
      );
      if (!fetched.ok) return fetched;
      fs.chmod(at, mode);
      fs.setMtime(at, mtimeMs);
      await this.#syncLarge(fs, at);
      return fetched;
    } catch (error) {
      if (error instanceof FsError) return diskTrouble(error);
      throw error;
    } finally {
      for (const open of [...pins, ...held]) open.close();
      this.#large.set(from, underWay() - 1);
      if (underWay() === 0) this.#large.delete(from);
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** True when part of a large content may be in its stage already: how much, only reading it tells. */
  hasStage(replica: Replica, content: ContentId): boolean {
    try {
      return replica.deps.fs.lstat(`${replica.layout.stage}/${content}`) !== null;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      return false; // staging tells what is wrong with the disk
    }
  }

  /** A stage whose sync failed is begun anew: what the disk has not got of it looks as if it had (R27). */
  async #syncLarge(fs: Fs, stage: string): Promise<void> {
    try {
      await fs.syncFile(stage);
    } catch (error) {
      if (error instanceof FsError) fs.unlink(stage);
      throw error;
    }
  }

  /** What we have at a path, with its list. */
  #former(replica: Replica, path: RelPath): Former | null {
    const content = replica.own(path)?.row.entry.content ?? null;
    const chunks = content === null ? null : replica.catalogue.contents.chunks(content);
    return content === null || chunks === null ? null : { content, chunks };
  }

  /** Local files that may share chunks: the same content elsewhere, what stands at the path, and what is similar. */
  #bases(
    former: Former | null,
    content: ContentId,
    list: ChunkList,
    pins: PinnedDir[],
  ): { at: string; chunks: ChunkList }[] {
    const { catalogue } = this.#deps;
    const wanted = new Set([
      content,
      ...(former === null ? [] : [former.content]),
      ...catalogue.contents.similarTo(list),
    ]);
    return [...wanted].flatMap((id) => {
      const chunks = catalogue.contents.chunks(id);
      const source = chunks === null ? null : findLocal(this.#deps, id);
      if (chunks === null || source === null) return [];
      pins.push(source.pin);
      return [{ at: source.at, chunks }];
    });
  }

  /** What was staged is not wanted any more. */
  discard(replica: Replica, stage: string): void {
    try {
      if (replica.deps.fs.lstat(stage) !== null) replica.deps.fs.unlink(stage);
    } catch (error) {
      // Left-overs are swept at the next start.
      if (!(error instanceof FsError)) throw error;
    }
  }
}
