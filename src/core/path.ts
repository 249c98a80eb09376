/**
 * Invariant 6, the pure half: what a path inside a folder may be. Every path that a peer sends,
 * a journal holds or a disk lists comes through `checkPath` or `checkName`. The other half is `Fs.pin`.
 */
import type { RelPath } from "./ids.ts";
import { NAME_BYTES, PATH_BYTES, PATH_DEPTH, SYMLINK_TARGET_BYTES } from "./limits.ts";

/** Cairn's own directory in a folder's root; never synced. */
export const RESERVED_TOP = ".cairn";
/** The root itself, as the parent of top-level names. */
export const ROOT = "" as RelPath;

/** What may start a name that some disk takes for `.cairn`, unless there is more than ASCII in it. */
const RESERVED_STARTS = ".cC";
const NON_ASCII = /[^\0-\x7f]/;
/** Characters that show nothing: HFS+ leaves them out when it compares names. The dot above is what İ leaves behind in lower case. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u0307]/gu;
/** Behind a colon stands a stream of the file (NTFS); dots and spaces at the end are dropped (Windows); `CAIRN~1` is its short name. */
const RESERVED_FORMS = /^(\.cairn|\.?cairn~[0-9]+)[. ]*(:|$)/;

/**
 * Cairn's own name at the top, also as some disk would take it: in any case and Unicode form, with invisible characters, as a short
 * name or with a stream. Refused on every platform, since a name that is good on one travels to all.
 */
export function isReserved(name: string): boolean {
  if (name === "") return false;
  if (!NON_ASCII.test(name)) {
    return RESERVED_STARTS.includes(name[0]!) && RESERVED_FORMS.test(name.toLowerCase());
  }
  const plain = name.normalize("NFKC").toUpperCase().toLowerCase().replace(INVISIBLE, "");
  return RESERVED_FORMS.test(plain);
}

const BYTE_ORDER_MARK = 0xfeff;

const encoder = new TextEncoder();

/** Length of a string in UTF-8 bytes. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length;
  return text.length;
}

/** What most names are: printable ASCII without a slash, which needs no closer look. */
const PLAIN = /^[ -.0-~]+$/;

/** Why `name` cannot be a name in a folder, or null when it can. */
export function checkName(name: string): string | null {
  if (name === "") return "a name is empty";
  if (name === "." || name === "..") return `"${name}" is not a name`;
  if (name.length <= NAME_BYTES && PLAIN.test(name)) return null;
  if (name.includes("/")) return "a name contains a slash";
  if (name.includes("\0")) return "a name contains NUL";
  if (utf8Length(name) > NAME_BYTES) return `a name is longer than ${NAME_BYTES} bytes`;
  // Decoders of text take it for a mark of their own and leave it out.
  if (name.charCodeAt(0) === BYTE_ORDER_MARK) return "a name begins with a byte order mark";
  if (!name.isWellFormed() || name.includes("\ufffd")) return "a name is not valid Unicode";
  return null;
}

/** Why a symlink cannot be synced with this target, or null when it can: what is written must be read again as it was. */
export function checkTarget(target: string): string | null {
  if (target === "") return "its target is empty";
  if (target.includes("\0")) return "its target contains NUL";
  if (utf8Length(target) > SYMLINK_TARGET_BYTES) {
    return `its target is longer than ${SYMLINK_TARGET_BYTES} bytes`;
  }
  if (target.charCodeAt(0) === BYTE_ORDER_MARK) return "its target begins with a byte order mark";
  if (!target.isWellFormed() || target.includes("\ufffd")) return "its target is not valid Unicode";
  return null;
}

/** Why `path` cannot be a path in a folder, or null when it can. `""`, the root, is not one. */
export function checkPath(path: string): string | null {
  const names = path.split("/");
  for (const name of names) {
    const wrong = checkName(name);
    if (wrong !== null) return wrong;
  }
  if (names.length > PATH_DEPTH) return `the path has more than ${PATH_DEPTH} names`;
  if (utf8Length(path) > PATH_BYTES) return `the path is longer than ${PATH_BYTES} bytes`;
  if (isReserved(names[0]!)) return `"${RESERVED_TOP}" at the top is Cairn's own`;
  return null;
}

/** `path` as a RelPath, or null when it is none. */
export function relPath(path: unknown): RelPath | null {
  return typeof path === "string" && checkPath(path) === null ? path as RelPath : null;
}

/** The parent of a path; `ROOT` for a top-level name. */
export function parentOf(path: RelPath): RelPath {
  const slash = path.lastIndexOf("/");
  return (slash < 0 ? "" : path.slice(0, slash)) as RelPath;
}

/** The last name of a path. */
export function nameOf(path: RelPath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of `name` in `parent`, both checked before. */
export function childOf(parent: RelPath, name: string): RelPath {
  return (parent === "" ? name : `${parent}/${name}`) as RelPath;
}

/** True when `path` lies below `ancestor`; every path lies below the root. */
export function isBelow(path: RelPath, ancestor: RelPath): boolean {
  return ancestor === "" ? path !== "" : path.startsWith(ancestor) && path[ancestor.length] === "/";
}

/** All ancestors of a path but the root, outermost first. */
export function ancestorsOf(path: RelPath): RelPath[] {
  const out: RelPath[] = [];
  for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1)) out.push(path.slice(0, i) as RelPath);
  return out;
}

/** How many names a path has; 0 for the root. */
export function depthOf(path: RelPath): number {
  if (path === "") return 0;
  let depth = 1;
  for (let i = path.indexOf("/"); i >= 0; i = path.indexOf("/", i + 1)) depth++;
  return depth;
}
