/**
 * The version store: what a remote change replaced or deleted, before it is gone from its path (invariant 4, R21).
 * A kept file stands at `versions/XX/HASH-TIME-SEQ`: HASH is the start of the path's SHA-256 (so that a path of any
 * length fits), XX its first byte, TIME the milliseconds at which it was kept.
 */
import { sha256 } from "../core/content.ts";
import { type RelPath, toHex } from "../core/ids.ts";
import { type Clock, type Fs, FsError } from "../platform/ports.ts";
import { layoutOf } from "./layout.ts";

export interface VersionStore {
  readonly dir: string;
  /** Where something is made before it takes its place; on the same file system. */
  readonly stage: string;
  readonly clock: Clock;
  /** A number that was not given before in this run. */
  next(): number;
  /** Shards that are known to exist. */
  readonly shards: Set<string>;
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
  // What is on its way in, or was deleted, may be somebody's secret.
  fs.makeDirectories(own);
  fs.chmod(own, 0o700);
  fs.makeDirectories(versions);
  fs.makeDirectories(stage);
  let count = 0;
  return { dir: versions, stage, clock, next: () => ++count, shards: new Set() };
}

/** The start of the names of all kept versions of a path. */
export function versionKey(path: RelPath): string {
  return toHex(sha256(new TextEncoder().encode(path)).subarray(0, 16));
}

function placeFor(fs: Fs, store: VersionStore, path: RelPath): { at: string; shard: string } {
  const key = versionKey(path);
  const shard = `${store.dir}/${key.slice(0, 2)}`;
  if (!store.shards.has(shard)) {
    fs.makeDirectories(shard);
    store.shards.add(shard);
  }
  return { at: `${shard}/${key}-${store.clock.now()}-${store.next()}`, shard };
}

/** A second name for what is at `at`, so that the path itself is never empty. */
export function keepByLink(fs: Fs, store: VersionStore, path: RelPath, at: string): KeptVersion {
  const to = placeFor(fs, store, path);
  try {
    fs.link(at, to.at);
    return { ...to, moved: false };
  } catch (error) {
    if (!(error instanceof FsError) || (error.code !== "unsupported" && error.code !== "too-many-links")) {
      throw error;
    }
    // No hard links: the old goes away by rename, and for a moment the path is empty (docs/failure-model.md).
    return keepByRename(fs, store, path, at);
  }
}

/** Takes what is at `at` away. */
export function keepByRename(fs: Fs, store: VersionStore, path: RelPath, at: string): KeptVersion {
  const to = placeFor(fs, store, path);
  fs.rename(at, to.at);
  return { ...to, moved: true };
}
