/**
 * A file whose sync has failed: its bytes are in the system's memory, and perhaps nowhere else (R27). A copy of them that is durable takes
 * its place, as if somebody had saved it anew, and only that is recorded.
 */
import { printOf } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { decodeKept, isNamedAfterPath, type Kept } from "../core/kept.ts";
import { parentOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { relativeStat } from "../folder/scan.ts";
import { announceKept, nextName, shardOf, storedAt } from "../folder/versions.ts";
import { type Fs, FsError, type Stat } from "../platform/ports.ts";
import { syncPlaced } from "./placed_durable.ts";
import type { Replica } from "./replica.ts";
import type { Trouble } from "./troubles.ts";

const BLOCK_BYTES = 2 ** 20;
/** A copy in the stage is called this and the name that the former file is to have in the version store. */
export const MEND = "mend-";

/** What `status` says of a file that the disk refuses to read, or to make durable. */
export function troubleOf({ code, cause }: FsError): Trouble {
  if (code === "io" || code === "no-space") {
    return {
      cause: `the disk refuses to read it or to keep it (${code})`,
      remedy:
        "Cairn tries again by itself, with a copy of it. If this stays, look after the disk, or save the file anew.",
    };
  }
  if (code === "unsupported" && cause instanceof Error) {
    return { cause: `cannot be synced: ${cause.message}`, remedy: "Change it, or add it to .cairnignore." };
  }
  return {
    cause: `cannot be read (${code})`,
    remedy: "Give Cairn's user permission to read it; it is taken then.",
  };
}

/**
 * Puts a durable copy in the file's place, if it needs one, and has the path looked at. What the disk refuses is left as it is:
 * the look tells.
 */
export async function mend(
  replica: Replica,
  path: RelPath,
  outbound: { lookAgain(paths: readonly RelPath[]): void },
): Promise<void> {
  try {
    if (replica.stopped === null) await replica.exclusive(() => putCopy(replica, path));
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
  }
  outbound.lookAgain([path]);
}

async function putCopy(replica: Replica, path: RelPath): Promise<void> {
  const { deps: { fs, pool }, root, rootDev, versions, durability, touched } = replica;
  const pins = new Pins(fs, root);
  const named = nextName(versions, path);
  const stage = `${versions.stage}/${MEND}${named.file}`;
  try {
    const at = pins.at(path);
    const absolute = fs.lstat(at);
    if (absolute?.kind !== "file") return;
    const stat = relativeStat(absolute, rootDev);
    // While a change within the clock's grain could hide, a copy might be the older one.
    if (!durability.isLost(stat) || !printOf(stat, replica.fsNowMs()).settled) return;
    // The old inode stays in the version store, under what it holds: who has it open may go on writing into it (R21). Its line stands
    // before the copy does: nobody else has these bytes, and after a cut the line tells whose the copy is (`keepCopies`).
    const [hashed] = await pool.hash([at]);
    if (hashed === undefined || hashed instanceof FsError) return;
    const index = await announceKept(versions, [keptOfMended(replica, path, stat, named, hashed)]);
    if (index !== null) await fs.syncFile(index);
    await copy(fs, at, stage);
    fs.chmod(stage, stat.mode);
    fs.setMtime(stage, stat.mtimeMs);
    const [copied] = await pool.hash([stage]);
    if (copied === undefined || copied instanceof FsError || copied.content !== hashed.content) return;
    await fs.syncDirectory(versions.stage);
    const placed = place(
      { fs, rootDev, versions, pins },
      path,
      { kind: "file", print: stat },
      { kind: "file", stage },
    );
    if (placed.result !== "done") return;
    durability.forget(stat);
    if (placed.stat !== null) touched.follow(path, stat, placed.stat, replica.fsNowMs());
    await syncPlaced(replica, {
      directories: new Set([parentOf(path)]),
      shards: new Set(placed.kept === null ? [] : [placed.kept.shard]),
    });
  } finally {
    pins.close();
    versions.announced.delete(path);
    if (fs.lstat(stage) !== null) fs.unlink(stage);
  }
}

/**
 * At the start: copies that did not come to their place before the program or the machine stopped. Where the path no longer says what the
 * copy does, the copy is the only one of what somebody wrote there: it goes into the version store (invariant 4). Only within `Replica.exclusive`.
 */
export async function keepCopies(replica: Replica): Promise<void> {
  const { versions: { stage }, deps: { fs } } = replica;
  try {
    for (const { name } of fs.list(stage)) if (name.startsWith(MEND)) await settleCopy(replica, name);
  } catch (error) {
    if (!(error instanceof FsError)) throw error; // what is left is there at the next start
  }
}

async function settleCopy(replica: Replica, name: string): Promise<void> {
  const at = `${replica.versions.stage}/${name}`;
  try {
    const kept = await announcedAs(replica, name.slice(MEND.length));
    if (kept === null || !await isOnlyCopy(replica, at, kept)) replica.deps.fs.unlink(at);
    else await keepCopy(replica, at, kept);
  } catch (error) {
    if (!(error instanceof FsError)) throw error; // it is there at the next start
  }
}

/** What the store's index says of a name, in its latest segments: it was written right before the stop. */
async function announcedAs({ versions: { index } }: Replica, file: string): Promise<Kept | null> {
  for (const segment of index.segments().slice(-2).reverse()) {
    const { lines } = await index.read(segment.number, 0, segment.bytes);
    for (const line of lines) {
      const kept = line.includes(file) ? decodeKept(line) : null;
      if (kept?.file === file && isNamedAfterPath(kept)) return kept;
    }
  }
  return null;
}

async function isOnlyCopy({ deps: { fs, pool }, root }: Replica, copy: string, kept: Kept): Promise<boolean> {
  const [copied] = await pool.hash([copy]);
  // That it cannot be read now does not say that it is not whole: it stays where it is.
  if (copied instanceof FsError) throw copied;
  if (copied?.content !== kept.content) return false;
  const pins = new Pins(fs, root);
  try {
    const [there] = await pool.hash([pins.at(kept.path)]);
    return there === undefined || there instanceof FsError || there.content !== kept.content;
  } catch (error) {
    if (error instanceof FsError) return true; // its directory is not there
    throw error;
  } finally {
    pins.close();
  }
}

/** The line once more, since whoever took in the index may have passed it over: it had no file. Then the file (folder/kept_index.ts). */
async function keepCopy({ versions, deps: { fs } }: Replica, at: string, kept: Kept): Promise<void> {
  await fs.syncFile(await versions.index.write([kept]));
  const shard = shardOf(versions, kept);
  fs.makeDirectories(shard);
  fs.rename(at, storedAt(versions, kept));
  await fs.syncDirectory(shard);
  await fs.syncDirectory(versions.dir);
}

function keptOfMended(
  { deps: { device } }: Replica,
  path: RelPath,
  { mtimeMs, mode }: Stat,
  named: Pick<Kept, "file" | "keptMs">,
  { content, size }: { readonly content: ContentId; readonly size: number },
): Kept {
  return {
    ...named,
    path,
    kind: "file",
    size,
    mtimeMs,
    mode,
    content,
    target: null,
    sinceMs: Math.max(0, Math.floor(mtimeMs)),
    why: "replaced",
    by: device,
    lost: null,
  };
}

async function copy(fs: Fs, from: string, to: string): Promise<void> {
  const source = fs.open(from, "read");
  try {
    const target = fs.open(to, "create");
    try {
      const block = new Uint8Array(BLOCK_BYTES);
      for (let at = 0;;) {
        const count = await source.read(block, at);
        if (count === 0) break;
        await target.write(block.slice(0, count), at);
        at += count;
      }
      await target.syncData();
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}
