/** Whether a directory can become a folder's root here, said before anything is changed. */
import { CairnError } from "../core/errors.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { layoutOf } from "../folder/layout.ts";

export interface Taken {
  readonly path: string;
  readonly name: string;
}

/**
 * Makes the directory when it is not there, and answers its real path. Throws CairnError "path-unusable" or
 * "folder-overlap".
 */
export function prepareRoot(fs: Fs, path: string, home: string, taken: readonly Taken[]): string {
  const real = realDirectory(fs, path, (coming) => refuseOverlap(path, coming, home, taken));
  refuseOverlap(path, real, home, taken);
  checkUse(fs, path, real);
  return real;
}

/** Nothing at `real` may be in or around a folder or the home. */
function refuseOverlap(path: string, real: string, home: string, taken: readonly Taken[]): void {
  for (const { path: other, name } of taken) {
    if (other === real) continue;
    if (isInside(real, other)) {
      throw new CairnError(
        "folder-overlap",
        `${path} lies inside ${other}, which is the folder "${name}" already`,
        "What is in a folder is synced with it; choose a directory outside.",
      );
    }
    if (isInside(other, real)) {
      throw new CairnError(
        "folder-overlap",
        `${path} contains ${other}, which is the folder "${name}" already`,
        "Folders cannot be nested; choose another directory.",
      );
    }
  }
  if (home === real || isInside(home, real)) {
    throw new CairnError(
      "folder-overlap",
      `${path} contains Cairn's own home (${home})`,
      "Choose a directory below it, or another home with --home DIR.",
    );
  }
  if (isInside(real, home)) {
    throw new CairnError(
      "folder-overlap",
      `${path} lies inside Cairn's own home`,
      "Choose a directory outside.",
    );
  }
}

/**
 * The real path of a place to which a folder's root is to be moved. "empty": nothing is there, or an empty directory; "root": it is there
 * already, by its marker, which whoever calls looks at. Changes nothing. Throws CairnError "path-unusable" or "folder-overlap".
 */
export function targetOfMove(
  fs: Fs,
  path: string,
  home: string,
  taken: readonly Taken[],
): { readonly real: string; readonly kind: "empty" | "root" } {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const above = path.slice(0, path.lastIndexOf("/")) || "/";
  try {
    const stat = fs.lstat(path);
    if (stat !== null && stat.kind !== "directory") throw notDirectory(path);
    if (name === "" || fs.lstat(`${above}/.`)?.kind !== "directory") {
      throw new CairnError("path-unusable", `${above} is not there`, "Make that directory first.");
    }
    const real = stat === null ? `${fs.realPath(above)}/${name}`.replace(/^\/\//, "/") : fs.realPath(path);
    refuseOverlap(path, real, home, taken);
    if (stat === null || fs.list(real).length === 0) return { real, kind: "empty" };
    if (fs.lstat(layoutOf(real).marker) !== null) return { real, kind: "root" };
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw unusable(path, error);
  }
  throw new CairnError(
    "path-unusable",
    `${path} is not empty`,
    "Give a path where nothing is, an empty directory, or the folder's own directory that you have moved there.",
  );
}

/** `check` is asked of what is not there before it is made: what is refused leaves no directory behind, least of all in a folder. */
function realDirectory(fs: Fs, path: string, check: (coming: string) => void): string {
  try {
    const stat = fs.lstat(path);
    if (stat !== null && stat.kind !== "directory" && stat.kind !== "symlink") throw notDirectory(path);
    if (stat === null) {
      check(realOfComing(fs, path));
      fs.makeDirectories(path);
    }
    const real = fs.realPath(path);
    if (fs.lstat(real)?.kind !== "directory") throw notDirectory(path);
    return real;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (error.code === "exists" || error.code === "not-directory") throw notDirectory(path);
    throw unusable(path, error);
  }
}

/** The real path that a path will have once it is made. */
function realOfComing(fs: Fs, path: string): string {
  const cut = path.lastIndexOf("/");
  const above = path.slice(0, cut) || "/";
  if (above === path) return path;
  const real = fs.lstat(above) === null ? realOfComing(fs, above) : fs.realPath(above);
  return `${real === "/" ? "" : real}/${path.slice(cut + 1)}`;
}

function notDirectory(path: string): CairnError {
  return new CairnError(
    "path-unusable",
    `${path} is a file, not a directory`,
    "Give the directory that shall be synced.",
  );
}

function unusable(path: string, error: FsError): CairnError {
  const [what, next] = error.code === "read-only"
    ? ["is on a read-only disk", "Mount it for writing, or choose another directory."]
    : error.code === "permission"
    ? ["cannot be used: permission denied", "Give your user permission to read and write it."]
    : [`cannot be used (${error.code})`, "Choose another directory or mend the disk."];
  return new CairnError("path-unusable", `${path} ${what}`, next, error);
}

/** Reads it, and writes into it what Cairn keeps there anyway. */
function checkUse(fs: Fs, path: string, real: string): void {
  const { own, canary } = layoutOf(real);
  try {
    fs.list(real);
    fs.makeDirectories(own);
    if (fs.lstat(canary) === null) fs.open(canary, "create").close();
    else fs.open(canary, "write").close();
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw unusable(path, error);
  }
}

function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}
