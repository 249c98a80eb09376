/**
 * Puts a tree of the library at a place of this computer, file by file. Names of other devices lead nowhere but below that place (invariant 6):
 * each directory is held open without following links. What is there already with the right content is passed over, so that whoever asks for
 * the same again goes on.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { SELF } from "../catalogue/interning.ts";
import type { Entry } from "../core/entry.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { ancestorsOf, isReserved, nameOf, parentOf } from "../core/path.ts";
import { FsError, type PinnedDir } from "../platform/ports.ts";
import { failureOf, type GetDeps, type GetFailure, getFile, type GetHooks } from "./get_file.ts";
import { openMode } from "./directory_modes.ts";
import { type Tree, treeEntries } from "./tree_entries.ts";

/** Files that are fetched at once: small ones of them travel together. Each holds a directory open. */
const AT_ONCE = 64;
/** Directories that are closed to their owner: their modes are set when all is in them. */
const MOST_CLOSED = 10_000;

/** What a device has somewhere below, under the name that Cairn's own things have at the top of a folder. */
const OWN_NAME: GetFailure = {
  cause: "its name is Cairn's own at the top of a folder",
  remedy: "Get it to another place.",
};

export interface TreeTarget {
  /** Absolute; made when it is not there. */
  readonly root: string;
  /** Of the folder that it lies in; null: stages stand beside their targets. */
  readonly stageDirectory: string | null;
  /** It is the root of a folder of this device: there a name is Cairn's own, which elsewhere is one like any other. */
  readonly isFolderRoot: boolean;
  readonly force: boolean;
}

export interface TreeReport {
  readonly done: (bytes: number) => void;
  /** It was there with its content. */
  readonly already: () => void;
  readonly failed: (path: RelPath, failure: GetFailure) => void;
}

export async function getTree(
  deps: GetDeps & { readonly catalogue: Catalogue },
  tree: Tree,
  target: TreeTarget,
  hooks: GetHooks,
  report: TreeReport,
): Promise<void> {
  const { catalogue, clock, fs } = deps;
  const underWay = new Set<Promise<void>>();
  const closed: { path: RelPath; mode: number }[] = [];
  let isFull = false;
  fs.makeDirectories(target.root);
  for await (const slice of treeEntries(catalogue, clock, tree)) {
    for (const { path, entry } of slice) {
      if (isFull || hooks.isOver()) break;
      if (target.isFolderRoot && isReserved(path.split("/", 1)[0]!)) {
        report.failed(path, OWN_NAME);
        continue;
      }
      if (entry.kind !== "file") {
        const failure = makeOther(deps, target, path, entry);
        if (failure !== null) report.failed(path, failure);
        else if (
          entry.kind === "directory" && openMode(entry.mode) !== entry.mode && closed.length < MOST_CLOSED
        ) {
          closed.push({ path, mode: entry.mode });
        }
        continue;
      }
      const one = getOne(deps, target, path, entry, hooks).then((failure) => {
        if (failure === null) report.done(entry.size);
        else if (failure === "already") report.already();
        else {
          report.failed(path, failure);
          isFull ||= failure.isFull === true;
        }
      }).finally(() => underWay.delete(one));
      one.catch(() => {}); // whoever waits for all of them hears of it
      underWay.add(one);
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
    }
    if (isFull || hooks.isOver()) break;
  }
  await Promise.all(underWay);
  // What is below comes later in the walk: it is closed before what is above.
  for (const { path, mode } of closed.reverse()) {
    const failure = within(deps, target, path, (at) => fs.chmod(at, mode));
    if (failure !== null) report.failed(path, failure);
  }
}

/** The directory of a path below the root, held open; made where no entry has told of it. */
function holdParent({ fs }: GetDeps, root: string, path: RelPath): PinnedDir {
  const parent = parentOf(path);
  try {
    return fs.pin(root, parent);
  } catch (error) {
    if (!(error instanceof FsError) || error.code !== "not-found") throw error;
  }
  for (const directory of ancestorsOf(path)) {
    const above = fs.pin(root, parentOf(directory));
    try {
      if (fs.lstat(above.at(nameOf(directory))) === null) fs.makeDirectory(above.at(nameOf(directory)));
    } finally {
      above.close();
    }
  }
  return fs.pin(root, parent);
}

/** Works on a name in its held directory. */
function within(
  deps: GetDeps,
  { root }: TreeTarget,
  path: RelPath,
  work: (at: string) => void,
): GetFailure | null {
  try {
    const pin = holdParent(deps, root, path);
    try {
      work(pin.at(nameOf(path)));
      return null;
    } finally {
      pin.close();
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return failureOf(error, { shown: `${root}/${path}` });
  }
}

function makeOther(deps: GetDeps, target: TreeTarget, path: RelPath, entry: Entry): GetFailure | null {
  const { fs } = deps;
  return within(deps, target, path, (at) => {
    const there = fs.lstat(at);
    if (entry.kind === "directory") {
      if (there === null) fs.makeDirectory(at, openMode(entry.mode));
      else if (there.kind !== "directory") throw new FsError("exists", at);
    } else if (there === null) fs.symlink(entry.target!, at);
    else if (there.kind !== "symlink" || fs.readLink(at) !== entry.target) throw new FsError("exists", at);
  });
}

async function getOne(
  deps: GetDeps & { readonly catalogue: Catalogue },
  { root, stageDirectory, force }: TreeTarget,
  path: RelPath,
  entry: Entry,
  hooks: GetHooks,
): Promise<GetFailure | "already" | null> {
  const { catalogue } = deps;
  const shown = `${root}/${path}`;
  try {
    const pin = holdParent(deps, root, path);
    try {
      const at = pin.at(nameOf(path));
      const { mode, mtimeMs, size } = entry;
      const content = entry.content!;
      if (await isThere(deps, at, content, size)) return "already";
      const devices = catalogue.views.holders.devicesOf(content);
      const origin = {
        devices: devices.filter((device) => device !== SELF),
        isLocal: devices.includes(SELF),
      };
      return await getFile(
        deps,
        { content, size, mode, mtimeMs },
        origin,
        { shown, at, directory: pin.self, stageDirectory: stageDirectory ?? pin.self, force },
        hooks,
      );
    } finally {
      pin.close();
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return failureOf(error, { shown });
  }
}

async function isThere(
  { fs, pool }: GetDeps,
  at: string,
  content: ContentId,
  size: number,
): Promise<boolean> {
  const there = fs.lstat(at);
  if (there?.kind !== "file" || there.size !== size) return false;
  const [hashed] = await pool.hash([at]);
  return hashed !== undefined && !(hashed instanceof FsError) && hashed.content === content;
}
