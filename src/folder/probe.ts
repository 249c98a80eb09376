/**
 * Finds out what the disk of a root does to names, by making some in `.cairn`: no table of systems and file systems would be right,
 * since on one machine every disk, and on some every directory, may do otherwise.
 */
import { type DiskNames, EXACT, UNKNOWN } from "../core/names.ts";
import { NAME_BYTES } from "../core/limits.ts";
import { type Fs, type FsCode, FsError } from "../platform/ports.ts";
import { layoutOf } from "./layout.ts";

const MIXED = "Aa";
const MIXED_OTHERWISE = "aA";
const COMPOSED = "\u00e9";
const DECOMPOSED = "e\u0301";
const CHARACTERS = '<>:"|?*\\';
const CONTROL = "c\u0001c";
const TAILS = ["d.", "d "] as const;
const DEVICE = "aux";

/** What says nothing of the name: the disk does not work at present. */
const NO_ANSWER: readonly FsCode[] = ["no-space", "read-only", "too-many-files"];

/** Never fails: of a disk that cannot be tried nothing is known. */
export function probeNames(fs: Fs, root: string): DiskNames {
  const dir = layoutOf(root).probe;
  try {
    fs.makeDirectories(dir);
    try {
      return probeIn(fs, dir);
    } finally {
      clear(fs, dir);
      fs.removeDirectory(dir);
    }
  } catch (error) {
    if (error instanceof FsError) return UNKNOWN;
    throw error;
  }
}

function probeIn(fs: Fs, dir: string): DiskNames {
  clear(fs, dir); // of a run that was stopped here
  const nameBytes = longestName(fs, dir);
  const characters = [...CHARACTERS];
  const named = (character: string) => `b${character}b`;
  if (!make(fs, dir, MIXED)) throw new FsError("io", dir);
  const tried = [COMPOSED, ...characters.map(named), CONTROL, ...TAILS, DEVICE];
  const made = tried.map((name) => make(fs, dir, name));
  const listed = new Set(fs.list(dir).map(({ name }) => name));
  const stores = (name: string) => made[tried.indexOf(name)]! && listed.has(name);
  const found: DiskNames = {
    foldsCase: fs.lstat(`${dir}/${MIXED_OTHERWISE}`) !== null,
    foldsForms: fs.lstat(`${dir}/${DECOMPOSED}`) !== null,
    keepsCase: listed.has(MIXED),
    keepsForms: listed.has(COMPOSED),
    refused: characters.filter((character) => !stores(named(character))).join(""),
    refusesControls: !stores(CONTROL),
    refusesTails: TAILS.some((name) => !stores(name)),
    refusesDevices: !stores(DEVICE),
    nameBytes,
  };
  return isExact(found) ? EXACT : found;
}

/** The one object says it, so that nothing is looked at name by name on most disks. */
function isExact(found: DiskNames): boolean {
  return (Object.keys(EXACT) as (keyof DiskNames)[]).every((key) => found[key] === EXACT[key]);
}

function longestName(fs: Fs, dir: string): number {
  let [good, bad] = [0, NAME_BYTES + 1];
  for (let length = NAME_BYTES; good + 1 < bad; length = (good + bad) >> 1) {
    if (make(fs, dir, "n".repeat(length))) good = length;
    else bad = length;
  }
  return good;
}

/** Makes a file of the name; false when the disk refuses the name. */
function make(fs: Fs, dir: string, name: string): boolean {
  try {
    fs.open(`${dir}/${name}`, "create").close();
    return true;
  } catch (error) {
    if (!(error instanceof FsError) || NO_ANSWER.includes(error.code)) throw error;
    return error.code === "exists"; // two of the names that are tried are one here
  }
}

function clear(fs: Fs, dir: string): void {
  for (const { name } of fs.list(dir)) fs.unlink(`${dir}/${name}`);
}
