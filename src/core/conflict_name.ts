/**
 * Where the loser of a conflict goes (R5): `stem.conflict-YYYYMMDD-HASH8.ext`, a name that depends on the loser
 * alone, so that every device that keeps it makes the same file.
 */
import type { Entry } from "./entry.ts";
import type { RelPath } from "./ids.ts";
import { sha256 } from "./content.ts";
import { NAME_BYTES, PATH_BYTES } from "./limits.ts";
import { childOf, nameOf, parentOf, utf8Length } from "./path.ts";
import { stampMs } from "./stamp.ts";
import { toHex } from "./ids.ts";

/** The path of the copy of `loser`, a file or symlink that lost at `path`. */
export function conflictPath(path: RelPath, loser: Entry): RelPath {
  const name = conflictName(nameOf(path), loser);
  let parent = parentOf(path);
  while (parent !== "" && utf8Length(childOf(parent, name)) > PATH_BYTES) parent = parentOf(parent);
  return childOf(parent, name);
}

function conflictName(name: string, loser: Entry): string {
  const dot = name.lastIndexOf(".");
  const hasExtension = dot > 0 && dot < name.length - 1; // a leading dot is no extension
  const stem = hasExtension ? name.slice(0, dot) : name;
  let extension = hasExtension ? name.slice(dot) : "";
  const tag = `.conflict-${dateOf(loser)}-${hashOf(loser)}`;
  if (utf8Length(tag + extension) > NAME_BYTES) extension = "";
  return cutToBytes(stem, NAME_BYTES - utf8Length(tag + extension)) + tag + extension;
}

function dateOf(loser: Entry): string {
  return new Date(stampMs(loser.stamp)).toISOString().slice(0, 10).replaceAll("-", "");
}

/** Eight hex digits of the content, behind the algorithm byte that all contents share; of a symlink its target's. */
function hashOf(loser: Entry): string {
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
