/**
 * What a disk makes of names: which it can store, and which it cannot tell apart. Names travel as they were given; a device whose disk
 * cannot have one leaves it to the others and says why (invariant 11). Pure: `folder/probe.ts` finds out what a disk does.
 */
import type { RelPath } from "./ids.ts";
import { NAME_BYTES } from "./limits.ts";
import { utf8Length } from "./path.ts";

/** What was found out about a disk. */
export interface DiskNames {
  /** Names that differ only in upper and lower case are one (APFS, NTFS, FAT). */
  readonly foldsCase: boolean;
  /** Names that differ only in their Unicode form are one: é as one code point, or as e and an accent (APFS). */
  readonly foldsForms: boolean;
  /** False where a name comes back in another case than it was given in. */
  readonly keepsCase: boolean;
  /** False where a name comes back in another Unicode form (HFS+ decomposes). */
  readonly keepsForms: boolean;
  /** Printable characters that no name may have. */
  readonly refused: string;
  readonly refusesControls: boolean;
  /** A dot or a space at the end is refused, or dropped. */
  readonly refusesTails: boolean;
  /** The names of Windows' devices: CON, NUL, COM1, with any extension. */
  readonly refusesDevices: boolean;
  /** The longest name, in bytes of UTF-8. */
  readonly nameBytes: number;
}

/** A disk that stores every name as it is given. */
export const EXACT: DiskNames = {
  foldsCase: false,
  foldsForms: false,
  keepsCase: true,
  keepsForms: true,
  refused: "",
  refusesControls: false,
  refusesTails: false,
  refusesDevices: false,
  nameBytes: NAME_BYTES,
};

/** A disk of which nothing is known: nothing is refused beforehand, and every name is looked at before it is touched. */
export const UNKNOWN: DiskNames = { ...EXACT, foldsCase: true, foldsForms: true };

/** True when two names of a directory may be one: what stands at a path is to be looked at by its listed name. */
export function foldsNames({ foldsCase, foldsForms }: DiskNames): boolean {
  return foldsCase || foldsForms;
}

/**
 * Equal for names that some disk takes for one. Wider than any single disk: where it matters the disk itself is asked. All of Unicode's
 * case pairs (ẞ has ß for its small letter, which has SS for its capitals), forms by canonical equivalence.
 */
export function foldKey(text: string): string {
  return text.normalize("NFD").toLowerCase().toUpperCase().toLowerCase().normalize("NFD");
}

const DEVICES = /^(con|prn|aux|nul|conin\$|conout\$|com[1-9¹²³]|lpt[1-9¹²³]) *(\.|:|$)/i;
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f]/;
const TAIL = /[. ]$/;

/** Why the disk cannot have a path, as the end of "…, so it is only on other devices"; null when it can. */
export function whyNotStorable(path: RelPath, disk: DiskNames): string | null {
  if (disk === EXACT) return null;
  for (const name of path.split("/")) {
    const why = whyNotName(name, disk);
    if (why !== null) return `${why}, in "${name}"`;
  }
  return null;
}

function whyNotName(name: string, disk: DiskNames): string | null {
  for (const character of disk.refused) {
    if (name.includes(character)) return `this disk takes no ${character} in a name`;
  }
  if (disk.refusesControls && CONTROLS.test(name)) return "this disk takes no control characters in a name";
  if (disk.refusesTails && TAIL.test(name)) return "this disk takes no dot or space at the end of a name";
  if (disk.refusesDevices && DEVICES.test(name)) return "this system keeps the name for a device";
  if (utf8Length(name) > disk.nameBytes) {
    return `this disk takes names of ${disk.nameBytes} bytes at most`;
  }
  if (!disk.keepsCase && name !== name.toLowerCase()) return "this disk takes no upper case in a name";
  if (!disk.keepsForms && name !== name.normalize("NFD")) {
    return "this disk would store the accents of the name in another form";
  }
  return null;
}

/** How two paths that a disk cannot tell apart differ. */
export function howTheyDiffer(a: string, b: string): string {
  if (a.normalize("NFD") === b.normalize("NFD")) return "differs only in the Unicode form of its letters";
  if (foldKey(a) === foldKey(b)) return "differs only in upper and lower case";
  return "is not told apart by this disk";
}
