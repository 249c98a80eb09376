/**
 * A program that had a file open while it was replaced or deleted here goes on writing into the kept version, which is the same
 * inode (R21). What it wrote is an edit by someone on this device: it comes back beside the file as a conflict copy, the very
 * inode, so that whatever the program writes from then on is seen like any other edit.
 */
import type { KeptRow } from "../catalogue/kept_versions.ts";
import { conflictPath } from "../core/conflict_name.ts";
import { isSameInode, samePrint } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Kept } from "../core/kept.ts";
import { parentOf } from "../core/path.ts";
import { stampAt } from "../core/stamp.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { relativeStat } from "../folder/scan.ts";
import { storedAt } from "../folder/versions.ts";
import { FsError, type Stat } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";

/** Names that are tried for a copy: each depends on the one before. */
const NAMES = 8;

/** What has become of a kept version since. */
export function lookAtKept({ deps: { fs }, versions }: Replica, kept: Kept): "same" | "gone" | "written" {
  const stat = fs.lstat(storedAt(versions, kept));
  if (stat === null || stat.kind !== kept.kind) return "gone";
  if (kept.kind === "symlink") return "same";
  const isSame = stat.size === kept.size && Math.floor(stat.mtimeMs) === Math.floor(kept.mtimeMs);
  return isSame ? "same" : "written";
}

/**
 * Brings what was written into a kept version back into the folder. Answers the paths to be looked at; null when it has to be
 * tried again. Only within `Replica.exclusive`. Throws FsError when the disk refuses; then it is in the store still.
 */
export async function bringBack(replica: Replica, { id, kept }: KeptRow): Promise<RelPath[] | null> {
  const { deps: { fs, pool }, versions, catalogue } = replica;
  const at = storedAt(versions, kept);
  const before = fs.lstat(at);
  const [hashed] = await pool.hash([at]);
  const stat = fs.lstat(at);
  if (hashed === undefined || hashed instanceof FsError || stat?.kind !== "file") return null;
  // Written on while it was read: what was read is neither what it was nor what it is.
  if (before === null || !samePrint(before, stat)) return null;
  if (hashed.content === kept.content && hashed.size === stat.size) {
    // Touched, or written the same: it is what it was, under another time.
    catalogue.kept.rewrite(id, { ...kept, mtimeMs: stat.mtimeMs });
    return [];
  }
  if (replica.touched.isKeptAsLeft(kept.file, relativeStat(stat, replica.rootDev))) {
    // Nobody wrote to it: the disk had changed it before it came here (R15). It stays, as what it is.
    const damaged: Kept = { ...kept, content: hashed.content, mtimeMs: stat.mtimeMs, why: "damaged" };
    await fs.syncFile(await versions.index.write([damaged]));
    catalogue.kept.rewrite(id, damaged);
    return [];
  }
  const pins = new Pins(fs, replica.root);
  try {
    // A file of the folder is the same inode: a copy that was kept of it, or another hard link. It has the writing already.
    const path = ownNameOf(replica, stat, pins) ?? await putBeside(replica, kept, hashed.content, at, pins);
    if (path === null) return null;
    if (fs.lstat(at) !== null) fs.unlink(at);
    catalogue.kept.drop(id);
    return [path];
  } finally {
    pins.close();
  }
}

function ownNameOf(replica: Replica, absolute: Stat, pins: Pins): RelPath | null {
  const { catalogue, number, rootDev, deps: { fs } } = replica;
  const stat = relativeStat(absolute, rootDev);
  for (const { state, print } of catalogue.prints.statesOfInode(stat.ino)) {
    const path = isSameInode(print, stat) ? catalogue.rows.ownPathOf(number, state) : null;
    if (path === null) continue;
    try {
      const found = fs.lstat(pins.at(path));
      if (found !== null && isSameInode(relativeStat(found, rootDev), stat)) return path;
    } catch (error) {
      if (!(error instanceof FsError)) throw error; // its directory has gone
    }
  }
  return null;
}

/** Under the conflict name of what it is now, with the directories that it needs (an edit beats a delete, R4, R6). */
async function putBeside(
  replica: Replica,
  kept: Kept,
  content: ContentId,
  at: string,
  pins: Pins,
): Promise<RelPath | null> {
  const { deps: { fs, clock }, rootDev, versions } = replica;
  const loser = { stamp: stampAt(clock.now()), content, target: null };
  let path = kept.path;
  for (let tries = 0; tries < NAMES; tries++) {
    path = conflictPath(path, loser);
    const placed = place({ fs, rootDev, versions, pins }, path, null, { kind: "file", stage: at });
    if (placed.result !== "done") continue;
    await fs.syncDirectory(pins.directory(parentOf(path)).self);
    return path;
  }
  return null;
}
