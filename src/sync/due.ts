/** What is due, decided: many needs at once, with one question to the catalogue for all their contents. */
import { SELF } from "../catalogue/interning.ts";
import { decideFor, type HeldRow } from "../catalogue/rows.ts";
import { EMPTY_CONTENT } from "../core/content.ts";
import type { Entry } from "../core/entry.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Decision } from "../core/reconcile.ts";
import type { Replica } from "./replica.ts";

export interface Due {
  readonly path: RelPath;
  readonly rows: readonly HeldRow[];
  readonly kind: Decision["kind"];
  /** What is to stand at the path; null where nothing is to be done. */
  readonly entry: Entry | null;
  /** Files of ours have the content of the entry already. An empty one is made faster than it is copied. */
  readonly isHere: boolean;
}

export function decideAll(replica: Replica, paths: readonly RelPath[]): Due[] {
  const decided = paths.map((path) => {
    const rows = replica.rowsAt(path);
    return { path, rows, decision: decideFor(rows) };
  });
  const contents = decided.flatMap(({ decision }) => contentOf(decision) ?? []);
  const here = contents.length === 0 ? new Set() : replica.catalogue.rows.ownContents(contents);
  return decided.map(({ path, rows, decision }) => {
    const content = contentOf(decision);
    const entry = decision.kind === "none" ? null : decision.entry;
    return { path, rows, kind: decision.kind, entry, isHere: content !== null && here.has(content) };
  });
}

/** Other devices that have the content of an entry at its path. */
export function holdersOf(rows: readonly HeldRow[], { content }: Entry): number[] {
  return rows.filter(({ device, row }) =>
    device !== SELF && row.held && row.entry.content === content && row.entry.kind === "file"
  ).map(({ device }) => device);
}

function contentOf(decision: Decision): ContentId | null {
  if (decision.kind === "none" || decision.entry.kind !== "file") return null;
  return decision.entry.content === EMPTY_CONTENT ? null : decision.entry.content;
}

/** Of files of ours with a content, one whose path is to be deleted: it moves instead of being copied. */
export function movable(
  replica: Replica,
  local: readonly { readonly folder: number; readonly row: HeldRow }[],
  path: RelPath,
  isTaken: (from: RelPath) => boolean,
): RelPath | null {
  const { catalogue: { mounts }, number } = replica;
  const disk = mounts.holding(number, path);
  for (const { folder, row: { row } } of local) {
    if (folder !== number || isTaken(row.path)) continue;
    // No rename goes from one disk to another.
    if (mounts.holding(number, row.path) !== disk) continue;
    const decision = decideFor(replica.rowsAt(row.path));
    if (decision.kind === "take" && decision.entry.kind === "deleted") return row.path;
  }
  return null;
}
