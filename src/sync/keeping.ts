/** What a batch of placements puts into the version store, said to its index before; and what waits because it is full (R21). */
import { SELF } from "../catalogue/interning.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import { type Entry, isAlive, sameContent } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { type Kept, roomOf, type Why } from "../core/kept.ts";
import { stampMs } from "../core/stamp.ts";
import { nextName } from "../folder/versions.ts";
import type { Replica } from "./replica.ts";
import type { Outcome, Step } from "./step.ts";

/** Why nothing of ours is replaced or deleted while the store is full. */
export const FULL: Outcome & { readonly kind: "blocked" } = {
  kind: "blocked",
  cause: "the folder's version store is full of what may not go yet, so what stands here is not replaced",
  remedy: "Allow it more (versions-size), or wait: what is older than a day makes room by itself.",
  isPassing: false,
};

/** Our own file or symlink that an entry takes away from its path; null when it takes nothing. */
function goneOf(own: HeldRow | null, entry: Entry): Entry | null {
  if (own === null || !isAlive(own.row.entry)) return null;
  const former = own.row.entry;
  return former.kind === "directory" || sameContent(former, entry) ? null : former;
}

/** Whether what is to be taken has to wait until the store has room: asked before its bytes are fetched. */
export function waitsForRoom(replica: Replica, rows: readonly HeldRow[], entry: Entry): boolean {
  const own = rows.find(({ device }) => device === SELF) ?? null;
  return goneOf(own, entry) !== null && !replica.hasRoom(0);
}

/** The steps for whose former contents the store has room; the others are blocked. What keeps nothing goes on. */
export function withRoom(
  replica: Replica,
  steps: readonly Step[],
  outcomes: Map<RelPath, Outcome>,
): Step[] {
  let planned = 0;
  return steps.filter((step) => {
    const gone = step.adoptOnly ? null : goneOf(step.own, step.entry);
    if (gone === null) return true;
    if (!replica.hasRoom(planned)) {
      outcomes.set(step.ready.path, FULL);
      return false;
    }
    planned += roomOf(gone);
    return true;
  });
}

/** What the version store's index is to say of our own file or symlink that lost a conflict because someone here settled it. */
export function keptOfSettled(replica: Replica, { row: { path, entry }, state }: HeldRow): Kept {
  return {
    ...nextName(replica.versions, path),
    path,
    kind: entry.kind as "file" | "symlink",
    size: entry.size,
    mtimeMs: replica.catalogue.prints.get(state)?.mtimeMs ?? entry.mtimeMs,
    mode: entry.mode,
    content: entry.content,
    target: entry.target,
    sinceMs: stampMs(entry.stamp),
    why: "conflict",
    by: replica.deps.device,
    lost: null,
  };
}

/** What the version store's index is to say of a step; null when it keeps nothing. */
export function keptOf(replica: Replica, step: Step): Kept | null {
  const { ready: { path }, entry, own, copy, isLoss } = step;
  const former = step.adoptOnly ? null : goneOf(own, entry);
  if (former === null) return null;
  const why: Why = isLoss ? "conflict" : entry.kind === "deleted" ? "deleted" : "replaced";
  return {
    ...nextName(replica.versions, path),
    path,
    kind: former.kind as "file" | "symlink",
    size: former.size,
    mtimeMs: replica.catalogue.prints.get(own!.state)?.mtimeMs ?? former.mtimeMs,
    mode: former.mode,
    content: former.content,
    target: former.target,
    sinceMs: stampMs(former.stamp),
    why,
    by: entry.writer,
    lost: isLoss && copy === null ? { dots: former.version.dots, winner: entry.version.dots } : null,
  };
}
