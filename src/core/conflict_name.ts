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
import { compareDots, type Context, type Dot } from "./version.ts";

/** What the name of a copy depends on. */
export type Loser = Pick<Entry, "stamp" | "content" | "target">;

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

function actorOfCopy(path: RelPath, actor: ActorId): ActorId {
  return toHex(
    sha256(new TextEncoder().encode(`cairn-conflict-1\0${actor}\0${path}`)).subarray(0, 8),
  ) as ActorId;
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
