/** Which line of `.cairnignore` says that a path is ignored, or that it is not after all (R18). The same as ignore.ts decides, with its reason. */
import type { RelPath } from "../core/ids.ts";
import { IGNORE_FILE } from "./ignore.ts";
import { matches, Name, readPattern } from "./ignore_pattern.ts";

export interface IgnoreReason {
  readonly isIgnored: boolean;
  /** From 1. */
  readonly line: number;
  readonly pattern: string;
  /** What the line speaks of: the path itself, or a directory in which it lies. */
  readonly of: RelPath;
}

/** The lines of a text that are patterns, in their order. */
export function patternLines(text: string): { readonly line: number; readonly pattern: string }[] {
  return text.split(/\r?\n/).flatMap((pattern, i) =>
    readPattern(pattern) === null ? [] : [{ line: i + 1, pattern }]
  );
}

/** Null where no line speaks of the path. */
export function ignoreReason(text: string, path: RelPath, isDirectory: boolean): IgnoreReason | null {
  if (path === IGNORE_FILE) return null;
  const lines = patternLines(text).map((one) => ({ ...one, read: readPattern(one.pattern)! }));
  const names = path.split("/");
  let last: IgnoreReason | null = null;
  // What lies in an ignored directory is ignored, whatever later lines say of it.
  for (let depth = 1; depth <= names.length && !last?.isIgnored; depth++) {
    const part = names.slice(0, depth);
    const asked = part.map((name) => new Name(name));
    const found = lines.findLast(({ read }) => matches(read, asked, depth < names.length || isDirectory));
    last = found === undefined ? null : {
      isIgnored: !found.read.isNegated,
      line: found.line,
      pattern: found.pattern,
      of: part.join("/") as RelPath,
    };
  }
  return last;
}
