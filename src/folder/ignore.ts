/** `.cairnignore`, in gitignore syntax (R18). The file itself is always synced. */
import ignore from "ignore";
import type { RelPath } from "../core/ids.ts";
import { type Fs, FsError } from "../platform/ports.ts";

export const IGNORE_FILE = ".cairnignore" as RelPath;
const IGNORE_BYTES = 2 ** 20;

export interface IgnoreRules {
  readonly text: string;
  ignores(path: RelPath, isDirectory: boolean): boolean;
}

export function parseIgnore(text: string): IgnoreRules {
  if (text.trim() === "") return { text, ignores: () => false };
  // Case-sensitive everywhere, so that the same lines mean the same files on every device.
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add(text);
  return {
    text,
    ignores: (path, isDirectory) => path !== IGNORE_FILE && rules.ignores(isDirectory ? `${path}/` : path),
  };
}

/** The rules in a root; none when there is no file. Throws FsError when it cannot be read. */
export function readIgnore(fs: Fs, root: string): IgnoreRules {
  const path = `${root}/${IGNORE_FILE}`;
  const stat = fs.lstat(path);
  if (stat === null || stat.kind !== "file") return parseIgnore("");
  const bytes = fs.readSmall(path, IGNORE_BYTES);
  if (bytes === null) throw new FsError("not-found", path);
  return parseIgnore(new TextDecoder().decode(bytes));
}
