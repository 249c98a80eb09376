/** `.cairnignore`, in gitignore syntax (R18). The file itself is always synced. */
import type { RelPath } from "../core/ids.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { type IgnorePattern, matches, Name, readPattern } from "./ignore_pattern.ts";

export const IGNORE_FILE = ".cairnignore" as RelPath;
const IGNORE_BYTES = 2 ** 20;
/** Patterns in the file: each is asked about each path. */
export const IGNORE_PATTERNS = 4096;
/** Directories of which it is remembered whether they are ignored. */
const REMEMBERED = 4096;

export interface IgnoreRules {
  readonly text: string;
  readonly isEmpty: boolean;
  ignores(path: RelPath, isDirectory: boolean): boolean;
}

/** Throws FsError "unsupported" for more patterns than IGNORE_PATTERNS. */
export function parseIgnore(text: string): IgnoreRules {
  const patterns = text.split(/\r?\n/).flatMap((line) => readPattern(line) ?? []);
  if (patterns.length > IGNORE_PATTERNS) throw new FsError("unsupported", IGNORE_FILE);
  if (patterns.length === 0) return { text, isEmpty: true, ignores: () => false };
  const directories = new Map<string, boolean>();
  return {
    text,
    isEmpty: false,
    ignores: (path, isDirectory) =>
      path !== IGNORE_FILE && isIgnored(patterns, directories, path, isDirectory),
  };
}

/** What lies in an ignored directory is ignored, whatever later lines say of it. */
function isIgnored(
  patterns: readonly IgnorePattern[],
  directories: Map<string, boolean>,
  path: string,
  isDirectory: boolean,
): boolean {
  const known = isDirectory ? directories.get(path) : undefined;
  if (known !== undefined) return known;
  const slash = path.lastIndexOf("/");
  const isOut = (slash > 0 && isIgnored(patterns, directories, path.slice(0, slash), true)) ||
    isNamed(patterns, path.split("/").map((name) => new Name(name)), isDirectory);
  if (isDirectory) {
    if (directories.size >= REMEMBERED) directories.clear();
    directories.set(path, isOut);
  }
  return isOut;
}

/** The last pattern that matches decides. Case-sensitive everywhere, so that the same lines mean the same files on every device. */
function isNamed(patterns: readonly IgnorePattern[], names: readonly Name[], isDirectory: boolean): boolean {
  const last = patterns.findLast((pattern) => matches(pattern, names, isDirectory));
  return last !== undefined && !last.isNegated;
}

/** The rules in a root, `former` itself when they are the same; none when there is no file. Throws FsError when it cannot be read. */
export function readIgnore(fs: Fs, root: string, former: IgnoreRules = parseIgnore("")): IgnoreRules {
  const text = readText(fs, `${root}/${IGNORE_FILE}`);
  return text === former.text ? former : parseIgnore(text);
}

function readText(fs: Fs, path: string): string {
  const stat = fs.lstat(path);
  if (stat === null || stat.kind !== "file") return "";
  const bytes = fs.readSmall(path, IGNORE_BYTES);
  if (bytes === null) throw new FsError("not-found", path);
  return new TextDecoder().decode(bytes);
}
