/**
 * The version store: what a remote change replaced or deleted, before it is gone from its path (invariant 4, R21).
 * A kept file stands at `versions/XX/HASH-TIME-SEQ`: HASH is the start of the path's SHA-256 (so that a path of any
 * length fits), XX its first byte, TIME the milliseconds at which it was kept. What each one is, the store's index tells.
 */
import type { RelPath } from "../core/ids.ts";
import { type Kept, keptName, roomOf } from "../core/kept.ts";
import { type Clock, type Fs, FsError } from "../platform/ports.ts";
import { KeptIndex } from "./kept_index.ts";
import { layoutOf } from "./layout.ts";

export { versionKey } from "../core/kept.ts";

export interface VersionStore {
  readonly dir: string;
  /** Where something is made before it takes its place; on the same file system. */
  readonly stage: string;
  readonly clock: Clock;
  readonly index: KeptIndex;
  /** A number that was not given before in this run. */
  next(): number;
  /** Shards that are known to exist. */
  readonly shards: Set<string>;
  /** What the index has announced of paths that are about to be placed: their names in the store. */
  readonly announced: Map<RelPath, Kept>;
  /** What went into the store without a line of the index, which is still to be written. */
  readonly unwritten: Nameless[];
  /** What was kept since the catalogue last took in the index counts for this much. */
  readonly fresh: { bytes: number };
  /** Directories made in this run whose names are not durable yet. */
  readonly unsynced: Set<string>;
  /** False once the disk has shown that it cannot exchange two names. */
  exchanges: boolean;
}

/** A file of the store, and the path from which it came. */
export interface Nameless extends Pick<Kept, "file" | "keptMs" | "path"> {
  /** What its line shall say, where that is known. */
  readonly kept: Kept | null;
}

export interface KeptVersion {
  readonly at: string;
  /** The directory that it stands in, to be made durable. */
  readonly shard: string;
  /** The path is empty now; false where the kept one is a second name of what still stands there. */
  readonly moved: boolean;
}

export function openVersionStore(fs: Fs, clock: Clock, root: string): VersionStore {
  const { own, versions, stage } = layoutOf(root);
  makeStore(fs, root);
  let count = 0;
  return {
    dir: versions,
    stage,
    clock,
    index: new KeptIndex(fs, `${versions}/index`),
    next: () => ++count,
    shards: new Set(),
    announced: new Map(),
    unwritten: [],
    fresh: { bytes: 0 },
    unsynced: new Set([own, versions]),
    exchanges: true,
  };
}

function makeStore(fs: Fs, root: string): void {
  const { own, versions, stage } = layoutOf(root);
  // What is on its way in, or was deleted, may be somebody's secret.
  fs.makeDirectories(own);
  fs.chmod(own, 0o700);
  fs.makeDirectories(versions);
  fs.makeDirectories(stage);
}

/** Another directory may stand where the root was: its store is made where it has none. Throws FsError. */
export function remakeStore(fs: Fs, store: VersionStore, root: string): void {
  makeStore(fs, root);
  store.shards.clear();
  store.index.remake();
}

/** The directory of the store in which a version stands. */
export function shardOf(store: VersionStore, { file }: Pick<Kept, "file">): string {
  return `${store.dir}/${file.slice(0, 2)}`;
}

/** Where a version of the store stands. */
export function storedAt(store: VersionStore, kept: Pick<Kept, "file">): string {
  return `${shardOf(store, kept)}/${kept.file}`;
}

/** The name that the next version of a path will have. */
export function nextName(
  store: VersionStore,
  path: RelPath,
): { readonly file: string; readonly keptMs: number } {
  const keptMs = Math.max(0, Math.floor(store.clock.now()));
  return { file: keptName(path, keptMs, store.next()), keptMs };
}

/** Writes into the index what is about to be kept. Answers the file to be synced with the intent, null where nothing is. */
export async function announceKept(store: VersionStore, versions: readonly Kept[]): Promise<string | null> {
  store.announced.clear();
  if (versions.length === 0) return null;
  const file = await store.index.write(versions);
  for (const kept of versions) store.announced.set(kept.path, kept);
  return file;
}

/** The same in the middle of a batch, for what could not be known before: the line is written behind the file. */
export function announceLate(store: VersionStore, kept: Kept): void {
  store.announced.set(kept.path, kept);
  store.unwritten.push({ ...kept, kept });
}

function placeFor(
  fs: Fs,
  store: VersionStore,
  path: RelPath,
): { at: string; shard: string; announced: Kept | null } {
  const announced = store.announced.get(path) ?? null;
  store.announced.delete(path);
  const { file, keptMs } = announced ?? nextName(store, path);
  if (announced === null) store.unwritten.push({ file, keptMs, path, kept: null });
  const shard = shardOf(store, { file });
  if (!store.shards.has(shard)) {
    fs.makeDirectories(shard);
    store.shards.add(shard);
    store.unsynced.add(store.dir);
  }
  if (announced !== null) store.fresh.bytes += roomOf(announced);
  return { at: `${shard}/${file}`, shard, announced };
}

/** A second name for what is at `at`, so that the path itself is never empty; null where there are no hard links. */
export function keepBeside(fs: Fs, store: VersionStore, path: RelPath, at: string): KeptVersion | null {
  const to = placeFor(fs, store, path);
  try {
    fs.link(at, to.at);
    return { ...to, moved: false };
  } catch (error) {
    if (!(error instanceof FsError) || (error.code !== "unsupported" && error.code !== "too-many-links")) {
      throw error;
    }
    if (to.announced !== null) {
      store.announced.set(path, to.announced);
      store.fresh.bytes -= roomOf(to.announced);
    }
    return null;
  }
}

/** The same; where there are no hard links the old goes away by rename, and for a moment the path is empty (docs/failure-model.md). */
export function keepByLink(fs: Fs, store: VersionStore, path: RelPath, at: string): KeptVersion {
  return keepBeside(fs, store, path, at) ?? keepByRename(fs, store, path, at);
}

/** Takes what is at `at` away. */
export function keepByRename(fs: Fs, store: VersionStore, path: RelPath, at: string): KeptVersion {
  const to = placeFor(fs, store, path);
  fs.rename(at, to.at);
  return { ...to, moved: true };
}
