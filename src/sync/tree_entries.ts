/** What a tree of the library holds, entry by entry in slices. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import type { Entry } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { ROOT } from "../core/path.ts";
import type { Clock } from "../platform/ports.ts";

export interface Tree {
  readonly folder: number;
  readonly top: RelPath;
  /** What stands at a path, of the rows there that count; null: nothing. */
  choose(rows: readonly HeldRow[]): Entry | null;
}

export interface TreeEntry {
  /** Below the tree's top. */
  readonly path: RelPath;
  readonly entry: Entry;
}

/** Directories and rows that are read at once: some milliseconds, so that nothing else waits for the walk. */
const DIRECTORIES_AT_ONCE = 200;
const ROWS_AT_ONCE = 400;

/** Every living entry below the top; what is above comes before what is below it. */
export async function* treeEntries(
  catalogue: Catalogue,
  clock: Pick<Clock, "after">,
  { folder, top, choose }: Tree,
): AsyncGenerator<readonly TreeEntry[]> {
  const { views: { walk }, rows: { ignored } } = catalogue;
  for (let after: RelPath | null = null;;) {
    const directories = walk.directories(folder, top, after, DIRECTORIES_AT_ONCE);
    for (const { id } of directories) {
      for (let name = "";;) {
        const rows = walk.rowsIn(id, name, ROWS_AT_ONCE);
        if (rows.length === 0) break;
        name = nameIn(rows.at(-1)!);
        yield byName(rows).flatMap((some) => {
          const entry = choose(some.filter((row) => !ignored.has(row.device)));
          return entry === null ? [] : [{ path: below(top, some[0]!.row.path), entry }];
        });
        await pause(clock);
      }
    }
    if (directories.length === 0) return;
    after = directories.at(-1)!.path;
    await pause(clock);
  }
}

/** Lets everybody else have the thread. */
export function pause(clock: Pick<Clock, "after">): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve));
}

/** Rows in the order of their names, those of a name together. */
export function byName(rows: readonly HeldRow[]): HeldRow[][] {
  const out: HeldRow[][] = [];
  for (const row of rows) {
    const last = out.at(-1);
    if (last !== undefined && last[0]!.row.path === row.row.path) last.push(row);
    else out.push([row]);
  }
  return out;
}

export function nameIn({ row: { path } }: HeldRow): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function below(top: RelPath, path: RelPath): RelPath {
  return top === ROOT ? path : path.slice(top.length + 1) as RelPath;
}
