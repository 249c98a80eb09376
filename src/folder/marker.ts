/**
 * The marker in a folder's root: whose replica it is (R35), and a high-water mark of our lsn, so that a home put back from a
 * backup is noticed with no peer near (R24). A root without it is not this folder's root (invariant 8).
 */
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import type { BootId, DeviceId, FolderId, LibraryId } from "../core/ids.ts";
import type { Fs } from "../platform/ports.ts";
import { layoutOf } from "./layout.ts";

const FORMAT = 1;
const MARKER_BYTES = 4096;

const Schema = v.object({
  format: v.literal(FORMAT),
  library: v.string(),
  folder: v.string(),
  device: v.string(),
  replica: v.string(),
  lsn: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  epoch: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  boot: v.optional(v.string()),
});

export interface Marker {
  readonly library: LibraryId;
  readonly folder: FolderId;
  readonly device: DeviceId;
  /** Random, one for each time that a folder was set up at a path. */
  readonly replica: string;
  readonly lsn: number;
  /** Whose lsn it is; older programs do not say it. */
  readonly epoch?: number;
  readonly boot?: BootId;
}

/**
 * Why what is written into `.cairn` would be written elsewhere; null when it would not. Names in it are Cairn's own, so no parent is held
 * open for them (R23). Throws FsError.
 */
export function linkedElsewhere(fs: Fs, root: string): string | null {
  const { own } = layoutOf(root);
  return fs.lstat(own)?.kind === "symlink"
    ? `${own} is a symbolic link, so what arrives would be written outside of the folder`
    : null;
}

export const LINKED_REMEDY = "Put the directory itself in its place.";

/** Markers that were read lately, by their text: a root's is looked at before all that is done in it. */
const known = new Map<string, Marker>();
const MOST_KNOWN = 64;

/** The marker of a root; null when there is none, "unreadable" when it is not one that this program knows. */
export function readMarker(fs: Fs, root: string): Marker | null | "unreadable" {
  const bytes = fs.readSmall(layoutOf(root).marker, MARKER_BYTES);
  if (bytes === null) return null;
  const text = new TextDecoder().decode(bytes);
  const before = known.get(text);
  if (before !== undefined) return before;
  try {
    const marker = v.parse(Schema, JSON.parse(text)) as unknown as Marker;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, marker);
    return marker;
  } catch {
    return "unreadable";
  }
}

export async function writeMarker(fs: Fs, root: string, marker: Marker): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...marker }, null, 2) + "\n";
  await fs.writeDurably(layoutOf(root).marker, new TextEncoder().encode(text));
}

/** Refuses a directory that carries another replica's marker: a copied tree, or one disk mounted on two devices (R35). */
export function refuseForeign(root: string, found: Marker | null | "unreadable", device: DeviceId): void {
  if (found === null) return;
  if (found !== "unreadable" && found.device === device) return;
  throw new CairnError(
    "root-foreign",
    `${root} already belongs to ${
      found === "unreadable" ? "a replica that cannot be read" : "another device's replica"
    }`,
    `If this is a copy that shall become a replica of its own, remove ${
      layoutOf(root).own
    } and add it again.`,
  );
}
