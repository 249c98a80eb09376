/** What a batch of placements puts into the version store, said to its index before; and what waits because it is full (R21). */
import { SELF } from "../catalogue/interning.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import { EMPTY_CONTENT } from "../core/content.ts";
import { type Entry, isAlive, sameContent } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { type Kept, roomOf, UNREAD_MS, type Why } from "../core/kept.ts";
import { stampMs } from "../core/stamp.ts";
import { type Nameless, nextName, shardOf, storedAt } from "../folder/versions.ts";
import type { Stat } from "../platform/ports.ts";
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
  if (own === null || !isAlive(own.row.entry) || !own.row.held) return null;
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

/**
 * The name that what goes gets in the store, and the time that the disk has for it. Where a write may still hide in the clock's grain (R14),
 * none: it may be another content than our row says, so it is read before that is believed.
 */
function namedAndTimed(
  { catalogue, versions, touched }: Replica,
  path: RelPath,
  { row, state }: HeldRow,
): Pick<Kept, "file" | "keptMs" | "mtimeMs"> {
  const named = nextName(versions, path);
  const print = catalogue.prints.get(state);
  if (print === null || print.settled) return { ...named, mtimeMs: (print ?? row.entry).mtimeMs };
  touched.noteKept(row.path, print, named.file);
  return { ...named, mtimeMs: UNREAD_MS };
}

/**
 * Writes the lines of what went into the store without one, durably, and tells the directories that they stand in; of a save that came out and could not go back nobody knows what it
 * is, so it is read, and brought back beside the path. Throws FsError.
 */
export async function nameKept(replica: Replica, shards: Set<string>): Promise<void> {
  const { versions, deps: { fs } } = replica;
  const nameless = versions.unwritten.splice(0);
  const lines = nameless.flatMap((one) => {
    const stat = fs.lstat(storedAt(versions, one));
    if (stat?.kind !== "file" && stat?.kind !== "symlink") return []; // it went back
    shards.add(shardOf(versions, one));
    return [one.kept ?? keptOfUnknown(replica, one, stat)];
  });
  if (lines.length > 0) await fs.syncFile(await versions.index.write(lines));
}

function keptOfUnknown({ versions, deps: { fs, device } }: Replica, one: Nameless, stat: Stat): Kept {
  const { file, keptMs, path } = one;
  const isFile = stat.kind === "file";
  return {
    file,
    keptMs,
    path,
    kind: isFile ? "file" : "symlink",
    size: stat.size,
    mtimeMs: UNREAD_MS,
    mode: stat.mode,
    content: isFile ? EMPTY_CONTENT : null,
    target: isFile ? null : fs.readLink(storedAt(versions, one)),
    sinceMs: Math.max(0, Math.floor(stat.mtimeMs)),
    why: "replaced",
    by: device,
    lost: null,
  };
}

/** What the version store's index is to say of our own file or symlink that lost a conflict because someone here settled it. */
export function keptOfSettled(replica: Replica, own: HeldRow): Kept {
  const { path, entry } = own.row;
  return {
    ...namedAndTimed(replica, path, own),
    path,
    kind: entry.kind as "file" | "symlink",
    size: entry.size,
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
    ...namedAndTimed(replica, path, own!),
    path,
    kind: former.kind as "file" | "symlink",
    size: former.size,
    mode: former.mode,
    content: former.content,
    target: former.target,
    sinceMs: stampMs(former.stamp),
    why,
    by: entry.writer,
    lost: isLoss && copy === null ? { dots: former.version.dots, winner: entry.version.dots } : null,
  };
}
