/** What a device of the floor knows of its files, in memory; and the looks that compare it with the disk. */
import type { Stat } from "../../../src/platform/ports.ts";
import { realFs } from "../../../src/platform/real/fs.ts";

export const disk = realFs();

export interface Known {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
  readonly content: string;
}

export interface Found {
  readonly path: string;
  readonly stat: Stat;
}

export function isSame(known: Known | undefined, { size, mtimeMs, ino }: Stat): boolean {
  return known !== undefined && known.size === size && known.mtimeMs === mtimeMs && known.ino === ino;
}

/** All files below a directory that are not what is known of them, each looked at; tells of each directory. */
export function changedBelow(
  root: string,
  path: string,
  known: ReadonlyMap<string, Known>,
  tellDirectory: (path: string, ino: number) => void,
): Found[] {
  const changed: Found[] = [];
  const walk = (directory: string) => {
    tellDirectory(directory, disk.lstat(`${root}/${directory}`)!.ino);
    for (const { name, kind } of disk.list(`${root}/${directory}`)) {
      const below = directory === "" ? name : `${directory}/${name}`;
      if (kind === "directory") walk(below);
      else {
        const stat = disk.lstat(`${root}/${below}`);
        if (stat !== null && !isSame(known.get(below), stat)) changed.push({ path: below, stat });
      }
    }
  };
  walk(path);
  return changed;
}
