/** Taking part in a folder that the library has: which one, and whether what stands in its place may be added. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isAlive } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { FolderId, RelPath } from "../core/ids.ts";
import type { Mode } from "../core/mode.ts";
import { childOf, relPath, RESERVED_TOP, ROOT } from "../core/path.ts";
import { type IgnoreRules, readIgnore } from "../folder/ignore.ts";
import { readMarker } from "../folder/marker.ts";
import { type Folder, foldersOf, replicasOf } from "../library/folders.ts";
import type { Clock, Fs } from "../platform/ports.ts";
import type { Device } from "./device.ts";
import { formerDevices } from "./former.ts";

/** How long the others' indexes are waited for. */
const INDEX_WAIT_MS = 60_000;
const LOOK_MS = 100;
/** Names told in an error; all of them stand in a file then. */
const TOLD = 20;
const LIST = "only-here.txt";

/** The folder that a name means, of those that are not here yet. Throws CairnError "folder-unknown". */
export function chooseFolder(
  catalogue: Catalogue,
  name: string | null,
  root: string,
): Folder | "there already" {
  const here = replicasOf(catalogue);
  const offered = foldersOf(catalogue).filter(({ id }) => !here.some(({ folder }) => folder === id));
  const chosen = name === null ? offered : offered.filter((folder) => folder.name === name);
  if (chosen.length === 1) return chosen[0]!;
  if (here.some(({ path }) => path === root) && (name === null || chosen.length === 0)) {
    return "there already";
  }
  if (offered.length === 0) {
    throw new CairnError(
      "folder-unknown",
      "The devices are paired, but the other one shares no folder yet",
      "Add one there: cairn up PATH.",
    );
  }
  const names = offered.map((folder) => `"${folder.name}"`).join(", ");
  throw name === null
    ? new CairnError(
      "folder-unknown",
      `The devices are paired; the library has several folders: ${names}`,
      "Say which one: cairn up PATH --folder NAME",
    )
    : new CairnError(
      "folder-unknown",
      `There is no folder "${name}" that this device could take`,
      `There is ${names}. Take it with: cairn folders add NAME PATH`,
    );
}

export interface Place {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly home: string;
  /** The root's real path. */
  readonly root: string;
}

/**
 * Makes a directory this device's replica of a folder. One that was its replica before it was removed may hold what the others have
 * deleted since, and nobody knows any more that they did (R28, R32): unless `addFiles` says that they are wanted, the files that are only
 * here are told, as CairnError "files-only-here", and nothing is added.
 */
export async function takeFolder(
  device: Device,
  folder: Folder,
  place: Place,
  addFiles: boolean,
  mode: Mode = "sync",
): Promise<void> {
  const { fs, root, home } = place;
  const marker = readMarker(fs, root);
  const wasOurs = marker !== null && marker !== "unreadable" && formerDevices(fs, home).has(marker.device);
  if (wasOurs && !addFiles) {
    await indexes(device, place);
    const paths = onlyHere(device.ledger.catalogue, folder.id, fs, root);
    if (paths.length > 0) throw await filesOnlyHere(folder, paths, place);
  }
  await device.folders.add(folder.id, folder.name, root, mode);
}

/** Resolves when each connected device has told all that it has. */
async function indexes(device: Device, { clock }: Place): Promise<void> {
  const deadline = clock.monotonic() + INDEX_WAIT_MS;
  for (;;) {
    const sessions = device.links.sessions();
    if (sessions.length > 0 && sessions.every((session) => device.hasIndexOf(session))) return;
    if (clock.monotonic() > deadline) {
      throw new CairnError(
        "no-answer",
        "No other device has told yet what it has, so nobody knows which files are only here",
        "Start another device, then: cairn up PATH --folder NAME",
      );
    }
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
  }
}

async function filesOnlyHere(folder: Folder, paths: readonly RelPath[], place: Place): Promise<CairnError> {
  const { fs, root, home } = place;
  const list = `${home}/${LIST}`;
  await fs.writeDurably(list, new TextEncoder().encode(paths.map((path) => `${path}\n`).join("")), 0o600);
  const more = paths.length - TOLD;
  const told = paths.slice(0, TOLD).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return new CairnError(
    "files-only-here",
    `${paths.length} of the files in ${root} are not in "${folder.name}" any more, or never were: ${told}`,
    `They are listed in ${list}. To add them: cairn up ${root} --folder ${folder.name} --add. To do without them, move them away first.`,
  );
}

/** Files and links below a root, where no member has anything living. In the order of their paths. */
export function onlyHere(catalogue: Catalogue, folder: FolderId, fs: Fs, root: string): RelPath[] {
  const number = catalogue.ids.folder(folder);
  const ignore = readIgnore(fs, root);
  const out: RelPath[] = [];
  for (const path of filesBelow(fs, root, ROOT, ignore)) {
    if (!catalogue.rows.at(number, path).some(({ row }) => isAlive(row.entry))) out.push(path);
  }
  return out.sort();
}

function* filesBelow(fs: Fs, root: string, directory: RelPath, ignore: IgnoreRules): Generator<RelPath> {
  for (const { name, kind } of fs.list(directory === ROOT ? root : `${root}/${directory}`)) {
    if (directory === ROOT && name === RESERVED_TOP) continue;
    const path = relPath(childOf(directory, name));
    if (path === null || ignore.ignores(path, kind === "directory")) continue;
    if (kind === "directory") yield* filesBelow(fs, root, path, ignore);
    else if (kind === "file" || kind === "symlink") yield path;
  }
}
