/** Which folder of this device a path of the file system lies in: the path itself may be gone, and may be a symlink. */
import { CairnError } from "../core/errors.ts";
import type { FolderId, RelPath } from "../core/ids.ts";
import { relPath, ROOT } from "../core/path.ts";
import { type Fs, FsError } from "../platform/ports.ts";

export interface Root {
  readonly folder: FolderId;
  /** The root's real path. */
  readonly path: string;
}

export interface Found {
  readonly folder: FolderId;
  readonly path: RelPath;
}

/** Where an absolute path lies; null when in no folder. Throws CairnError "usage" for what no folder can hold. */
export function findInFolders(fs: Fs, roots: readonly Root[], path: string): Found | null {
  for (const real of realForms(fs, path)) {
    for (const root of roots) {
      if (real === root.path) return { folder: root.folder, path: ROOT };
      if (!real.startsWith(`${root.path}/`)) continue;
      const inside = relPath(real.slice(root.path.length + 1));
      if (inside !== null) return { folder: root.folder, path: inside };
      throw new CairnError(
        "usage",
        `${path} is Cairn's own, or no path that a folder can hold`,
        "Give a path of yours.",
      );
    }
  }
  return null;
}

/** The same; throws CairnError "folder-unknown" when it lies in no folder. */
export function pathInFolder(fs: Fs, roots: readonly Root[], path: string): Found {
  const found = findInFolders(fs, roots, path);
  if (found !== null) return found;
  throw new CairnError(
    "folder-unknown",
    `${path} lies in no folder of this device`,
    roots.length === 0 ? "Share one with: cairn up PATH" : "`cairn folders` lists them, with their paths.",
  );
}

/** The path with the directories that it goes through resolved; then with its own last name resolved too (a root's symlink). */
function realForms(fs: Fs, path: string): string[] {
  const clean = path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
  if (!clean.startsWith("/") || clean.includes("\0")) {
    throw new CairnError("usage", `${path} is no absolute path`, "");
  }
  const forms = [realOfParent(fs, clean)];
  try {
    forms.push(fs.realPath(clean));
  } catch (error) {
    if (!(error instanceof FsError)) throw error; // it is gone
  }
  return forms;
}

/** The longest part above that exists is resolved; what is gone stands behind it as it was given. */
function realOfParent(fs: Fs, path: string): string {
  const names: string[] = [];
  let above = path;
  for (;;) {
    const slash = above.lastIndexOf("/");
    if (slash < 0 || above === "/") return path;
    names.unshift(above.slice(slash + 1));
    above = above.slice(0, slash) || "/";
    try {
      const real = fs.realPath(above);
      return `${real === "/" ? "" : real}/${names.join("/")}`;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
  }
}
