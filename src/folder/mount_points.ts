/**
 * Disks that are mounted inside a folder (R13): what is on one that is not there, or is another one, does not count as deleted, and what
 * stands on a bare mount point is none of it.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { RelPath } from "../core/ids.ts";
import { parentOf, ROOT } from "../core/path.ts";
import { type DirItem, type Fs, FsError, type Stat } from "../platform/ports.ts";
import { diskMissing, diskOver, otherDisk, type Problem } from "./problems.ts";

interface MountContext {
  readonly fs: Fs;
  readonly root: string;
  readonly rootDev: number;
  readonly folder: number;
  readonly catalogue: Catalogue;
}

/**
 * How a directory, `self` by its own look, stands to the disks that are known: "known"; "new" on one that is to be listed first; or why
 * nothing is to be concluded from it.
 */
export function standingOf(
  context: MountContext,
  directory: RelPath,
  self: Stat | null,
): "known" | "new" | Problem {
  const { rootDev, folder, catalogue: { mounts, briefs } } = context;
  if (self === null) return "known";
  const mount = mounts.holding(folder, directory);
  if (self.dev === rootDev) {
    if (mount === null) return "known";
    // What was on the disk has been copied to where it was mounted.
    return mount === directory && hasAllOurs(context, directory) ? "new" : diskMissing(mount);
  }
  if (mount !== null) return "known";
  const isOver = !isMountPoint(context, directory, self) &&
    briefs.directoriesBelow(folder, directory).length > 0;
  return isOver ? diskOver(directory) : "new";
}

/**
 * What a listing says of the disk that is mounted at a directory: its mark, when that is news (0: none is any more), null when it is not; or
 * why the listing is that of another disk, which lacks what is ours.
 */
export function mountSeen(
  context: MountContext,
  directory: RelPath,
  self: Stat,
  items: readonly DirItem[],
): number | Problem | null {
  const former = context.catalogue.mounts.diskAt(context.folder, directory);
  const disk = isMountPoint(context, directory, self) ? diskOf(self) : 0;
  if (disk === former) return null;
  if (disk === 0 || !lacksOurs(context, directory, items)) return disk;
  return former === 0 ? diskOver(directory) : otherDisk(directory);
}

/** Whether another disk begins here: what is above lies on another one. */
function isMountPoint({ fs, root, rootDev }: MountContext, directory: RelPath, self: Stat): boolean {
  if (self.dev === rootDev) return false;
  if (directory === ROOT) return true;
  const above = fs.pin(root, parentOf(directory));
  try {
    return fs.lstat(`${above.self}/.`)?.dev !== self.dev;
  } finally {
    above.close();
  }
}

/** What tells a disk from others that are mounted at the same place: when its topmost directory was made, or that one's number. */
function diskOf({ birthMs, ino }: Stat): number {
  return Math.max(1, Math.floor(birthMs > 0 ? birthMs : ino));
}

/** Whether all that is ours at and below a directory is there. */
function hasAllOurs(context: MountContext, directory: RelPath): boolean {
  const { fs, root, folder, catalogue: { briefs } } = context;
  try {
    return briefs.directoriesBelow(folder, directory).every((one) => {
      const pin = fs.pin(root, one);
      try {
        return !lacksOurs(context, one, fs.list(pin.self));
      } finally {
        pin.close();
      }
    });
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}

function lacksOurs(
  { catalogue, folder }: MountContext,
  directory: RelPath,
  items: readonly DirItem[],
): boolean {
  const names = new Set(items.map(({ name }) => name));
  return catalogue.briefs.inDirectory(folder, directory)
    .some(({ kind, held, name }) => kind !== "deleted" && held && !names.has(name));
}
