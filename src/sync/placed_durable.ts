/** Makes durable what was placed, before its record says so (R19): a power cut that took it back would be news of an edit at the next start. */
import type { RelPath } from "../core/ids.ts";
import { nameOf, parentOf } from "../core/path.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";

/** More files or directories than this are made durable by one sync of the file system. */
const SYNC_ALL_FROM = 24;

export interface Touched {
  /** Directories in which names were made or removed, and those whose mode was set. */
  readonly directories: ReadonlySet<RelPath>;
  /** Files whose mode or time was set where they stand. */
  readonly files?: ReadonlySet<RelPath>;
  /** Directories of the version store that took something in. */
  readonly shards: ReadonlySet<string>;
}

const NONE: ReadonlySet<RelPath> = new Set();

export async function syncPlaced(
  replica: Replica,
  { directories, files = NONE, shards }: Touched,
): Promise<void> {
  const { versions } = replica;
  await syncAll(
    replica,
    directories,
    files,
    shards.size === 0 ? shards : new Set([...shards, ...versions.unsynced]),
  );
  if (shards.size > 0) versions.unsynced.clear();
}

async function syncAll(
  replica: Replica,
  directories: ReadonlySet<RelPath>,
  files: ReadonlySet<RelPath>,
  shards: ReadonlySet<string>,
): Promise<void> {
  const { deps: { fs }, layout, catalogue: { mounts }, number } = replica;
  // A sync of the root's file system makes nothing durable on a disk that is mounted inside the folder (R13).
  const isInner = (path: RelPath) => mounts.holding(number, path) !== null;
  if (directories.size + files.size + shards.size >= SYNC_ALL_FROM && await fs.syncFileSystem(layout.stage)) {
    directories = new Set([...directories].filter(isInner));
    files = new Set([...files].filter(isInner));
    shards = NONE;
  }
  // The old content is durable where it is kept before its path is durably another's (invariant 4).
  await Promise.all([...shards].map((shard) => fs.syncDirectory(shard)));
  await Promise.all([
    ...[...directories].map((directory) => syncOne(replica, directory, (self) => fs.syncDirectory(self))),
    ...[...files].map((file) => syncOne(replica, parentOf(file), (_, at) => fs.syncFile(at(nameOf(file))))),
  ]);
}

type Sync = (self: string, at: (name: string) => string) => Promise<void>;

/** `sync` is given `directory`, held open. */
async function syncOne(
  { deps: { fs }, root, layout }: Replica,
  directory: RelPath,
  sync: Sync,
): Promise<void> {
  try {
    const pin = fs.pin(root, directory);
    try {
      await sync(pin.self, (name) => pin.at(name));
    } finally {
      pin.close();
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (error.code === "not-found" || error.code === "not-directory") return; // deleted in the same batch, or by somebody since
    if (error.code !== "permission") throw error;
    // What its own mode keeps us from opening is synced with all else, where that can be done.
    await fs.syncFileSystem(layout.stage);
  }
}
