/**
 * Where the loser of a conflict goes (R5): `stem.conflict-YYYYMMDD-HASH8.ext`, a name that depends on the loser
 * alone, so that every device that keeps it makes the same file; and the entry that it has there (R4).
 */
import type { Entry } from "./entry.ts";
import type { ActorId, RelPath } from "./ids.ts";
import { sha256 } from "./content.ts";
import { NAME_BYTES, PATH_BYTES } from "./limits.ts";
import { childOf, nameOf, parentOf, utf8Length } from "./path.ts";
import { stampMs } from "./stamp.ts";
import { toHex } from "./ids.ts";
import { compareDots, type Context, type Dot, type Version } from "./version.ts";

/** What becomes of the loser of a conflict of contents: kept beside the winner, kept as a former version, or merged (R4, R8). */
export type Strategy = "keep-both" | "newest" | "merge";

/** How all actors in whose name a copy is written begin, and no other: so a copy is known for one whatever else was lost. */
const COPY_MARK = "c0f1";
const TAG = /\.conflict-\d{8}-[0-9a-f]{8}/g;

/** What the name of a copy depends on. */
export type Loser = Pick<Entry, "stamp" | "content" | "target">;
const COPY = /\.conflict-\d{8}-[0-9a-f]{8}(?:\.[^.]*)?$/;

/** Whether a path looks like that of a copy: it may be made again by whoever comes with the loser (R4). */
export function isConflictPath(path: RelPath): boolean {
  return COPY.test(nameOf(path));
}

/** The path of the copy of `loser`, a file or symlink that lost at `path`. */
export function conflictPath(path: RelPath, loser: Loser): RelPath {
  const name = conflictName(nameOf(path), loser);
  let parent = parentOf(path);
  while (parent !== "" && utf8Length(childOf(parent, name)) > PATH_BYTES) parent = parentOf(parent);
  return childOf(parent, name);
}

/**
 * The copy of `loser`: its path and its entry there. The same for all who make it, so that making it twice is making it once,
 * and that a later edit or delete of it dominates (R4). Its dots are the loser's in another actor's name, and its
 * context is these dots alone: counters count the writes of an actor to all paths, and in the loser's own name they would
 * cover other writes of that actor to the copy's path, which the loser has never seen.
 */
export function conflictCopy(path: RelPath, loser: Entry): { readonly path: RelPath; readonly entry: Entry } {
  const named = new Map<ActorId, ActorId>();
  const rename = ({ actor, counter }: Dot): Dot => {
    let copyActor = named.get(actor);
    if (copyActor === undefined) named.set(actor, copyActor = actorOfCopy(path, actor));
    return { actor: copyActor, counter };
  };
  const dots = loser.version.dots.map(rename).sort(compareDots);
  const meta = rename(loser.version.meta);
  const context = new Map<ActorId, number>() as Map<ActorId, number> & Context;
  for (const { actor, counter } of [...dots, meta]) {
    context.set(actor, Math.max(counter, context.get(actor) ?? 0));
  }
  return {
    path: conflictPath(path, loser),
    entry: { ...loser, version: { ...loser.version, dots, meta, context } },
  };
}

/** The actor in whose name a copy of a write by `actor` to `path` is. */
export function actorOfCopy(path: RelPath, actor: ActorId): ActorId {
  const hash = toHex(sha256(new TextEncoder().encode(`cairn-conflict-1\0${actor}\0${path}`)).subarray(0, 6));
  return COPY_MARK + hash as ActorId;
}

/** The actor of a new journal, from 8 random bytes. */
export function newActor(random: Uint8Array): ActorId {
  const actor = toHex(random);
  return (actor.startsWith(COPY_MARK) ? "0000" + actor.slice(4) : actor) as ActorId;
}

/** The actors of a version that name copies: with any, this is a copy, or what somebody has made of one since. */
export function copyActorsIn({ context }: Version): ActorId[] {
  return [...context.keys()].filter((actor) => actor.startsWith(COPY_MARK));
}

/** Nobody has written to the copy since it was made. */
export function isUntouchedCopy({ dots }: Version): boolean {
  return dots.every(({ actor }) => actor.startsWith(COPY_MARK));
}

/** A name in the form of conflict names, taken apart; the stem may have been cut. */
export interface ConflictForm {
  readonly stem: string;
  readonly extension: string;
}

/** How a name can be read as a conflict name, the likeliest first: a copy of a copy has several marks. */
export function conflictForms(name: string): ConflictForm[] {
  return [...name.matchAll(TAG)].reverse().flatMap((mark) => {
    const stem = name.slice(0, mark.index);
    const extension = name.slice(mark.index + mark[0].length);
    const isForm = extension === "" || (extension.startsWith(".") && extension.length > 1);
    return isForm && stem !== "" ? [{ stem, extension }] : [];
  });
}

function conflictName(name: string, loser: Loser): string {
  const dot = name.lastIndexOf(".");
  const hasExtension = dot > 0 && dot < name.length - 1; // a leading dot is no extension
  const stem = hasExtension ? name.slice(0, dot) : name;
  let extension = hasExtension ? name.slice(dot) : "";
  const tag = `.conflict-${dateOf(loser)}-${hashOf(loser)}`;
  if (utf8Length(tag + extension) > NAME_BYTES) extension = "";
  return cutToBytes(stem, NAME_BYTES - utf8Length(tag + extension)) + tag + extension;
}

function dateOf(loser: Loser): string {
  return new Date(stampMs(loser.stamp)).toISOString().slice(0, 10).replaceAll("-", "");
}

/** Eight hex digits of the content, behind the algorithm byte that all contents share; of a symlink its target's. */
function hashOf(loser: Loser): string {
  if (loser.content !== null) return loser.content.slice(2, 10);
  return toHex(sha256(new TextEncoder().encode(loser.target ?? ""))).slice(0, 8);
}

/** The longest start of `text` within `bytes` of UTF-8, cut between code points. */
function cutToBytes(text: string, bytes: number): string {
  let length = 0;
  let out = "";
  for (const point of text) {
    length += utf8Length(point);
    if (length > bytes) break;
    out += point;
  }
  return out;
}
