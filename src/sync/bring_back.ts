/**
 * Files that are listed here and not kept come back (R10): our row gives way to what the others have, and so the path is needed like any that is
 * not here. What that means outlives a restart, what is half fetched is gone on with, and it is held when it has its place.
 */
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { SELF } from "../catalogue/interning.ts";
import { isDropped, isGivenUp } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { takesOthers } from "../core/mode.ts";
import type { Inbound } from "./inbound.ts";
import type { Replica, RowAndPrint } from "./replica.ts";
import { pause, treeEntries } from "./tree_entries.ts";

/** A folder, and what fetches for it. */
export interface Fetching {
  readonly replica: Replica;
  readonly inbound: Pick<Inbound, "retry">;
}

/** Rows that change in one go. */
const STEP_PATHS = 400;

/** Files of ours at or below a path of which `isWanted` is true of our own row, in slices. */
export async function* ownFiles(
  { replica }: Pick<Fetching, "replica">,
  top: RelPath,
  isWanted: (own: HeldRow) => boolean,
): AsyncGenerator<RelPath[]> {
  const { catalogue, number, deps: { clock } } = replica;
  const isFile = (own: HeldRow | null) => own !== null && own.row.entry.kind === "file" && isWanted(own);
  if (top !== "" && isFile(replica.own(top))) return yield [top];
  const choose = (rows: readonly HeldRow[]) => {
    const own = rows.find(({ device }) => device === SELF) ?? null;
    return isFile(own) ? own!.row.entry : null;
  };
  for await (const some of treeEntries(catalogue, clock, { folder: number, top, choose })) {
    if (some.length > 0) yield some.map(({ path }) => (top === "" ? path : `${top}/${path}`) as RelPath);
  }
}

/** Whether some other device has what our row lists. */
export function canComeBack({ replica }: Pick<Fetching, "replica">, path: RelPath): boolean {
  const own = replica.own(path)?.row;
  return replica.othersAt(path).some(({ row }) => row.held && row.entry.content === own?.entry.content);
}

/** Makes files that are listed wanted again; durable when it resolves. Answers which are on their way now, these and former ones. */
export async function bringBack(sync: Fetching, paths: readonly RelPath[]): Promise<RelPath[]> {
  const { replica } = sync;
  const coming: RelPath[] = [];
  for (let at = 0; at < paths.length; at += STEP_PATHS) {
    await replica.exclusive(async () => {
      if (replica.isClosed || !takesOthers(replica.mode)) return;
      const rows = paths.slice(at, at + STEP_PATHS).flatMap((path) => replica.own(path)?.row ?? []);
      const changes = rows.flatMap((row): RowAndPrint[] =>
        isDropped(row) ? [{ row: { ...row, offered: false }, print: null, isFresh: false }] : []
      );
      if (changes.length > 0) await replica.record("local", changes);
      coming.push(...rows.filter((row) => isDropped(row) || isGivenUp(row)).map(({ path }) => path));
    });
    await pause(replica.deps.clock);
  }
  sync.inbound.retry((needs, folder) => needs.retryAll(folder));
  return coming;
}

/** It was on its way, and is kept here now, or is nothing that could come any more. */
export function hasCome({ replica }: Pick<Fetching, "replica">, path: RelPath): boolean {
  const rows = replica.rowsAt(path);
  const own = rows.find(({ device }) => device === SELF);
  return own === undefined || ownAmong(rows) !== null || decideFor(rows).kind === "none";
}
