/**
 * What an address means: which device, which folder, which rows. Says what there is, never what shall be done. Where an address means
 * nothing, or several things, the error names what may have been meant.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { type Holder, type Line } from "../catalogue/listings.ts";
import { type HeldRow } from "../catalogue/rows.ts";
import { formatAddress, type PlaceAddress } from "../core/address.ts";
import { type Entry, isAlive, isGivenUp } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { ContentId, DeviceId, FolderId, RelPath } from "../core/ids.ts";
import { CANDIDATE_NAMES, CANDIDATES, QUESTION_ROWS } from "../core/limits.ts";
import { foldKey } from "../core/names.ts";
import { nearestNames } from "../core/nearest.ts";
import { childOf, nameOf, parentOf, ROOT } from "../core/path.ts";
import { decide } from "../core/reconcile.ts";
import { foldersOf } from "./folders.ts";
import { membersOf } from "./members.ts";
import type { Work } from "./questions.ts";
import { SHOWN_DIGITS } from "./removal.ts";

/** What is asked, and what is known beside it. */
export interface Asking {
  readonly catalogue: Catalogue;
  readonly self: DeviceId;
  readonly isOnline: (device: DeviceId) => boolean;
}

export interface KnownDevice {
  readonly id: DeviceId;
  readonly number: number;
  readonly name: string;
  readonly isSelf: boolean;
  readonly online: boolean;
  /** When it was here last; 0 for this device, and for one that never was. */
  readonly lastSeenMs: number;
}

export interface KnownFolder {
  readonly id: FolderId;
  readonly number: number;
  readonly name: string;
}

/** Digits of a device's id that name it. */
const ID_DIGITS = 4;

// -------------------------------------------------------------------------------- devices, folders

/** The members of the library, in the order of their names. */
export function devicesOf({ catalogue, self, isOnline }: Asking): KnownDevice[] {
  return membersOf(catalogue).map(({ device, name }) => {
    const number = catalogue.ids.findDevice(device) ?? 0;
    const isSelf = device === self;
    return {
      id: device,
      number,
      name,
      isSelf,
      online: isSelf || isOnline(device),
      lastSeenMs: isSelf ? 0 : catalogue.cursors.lastSeen(number).lastSeenMs,
    };
  }).sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Throws CairnError "device-unknown" or "address-ambiguous". */
export function deviceCalled(asking: Asking, name: string): KnownDevice {
  const all = devicesOf(asking);
  const byId = name.length >= ID_DIGITS ? all.filter(({ id }) => id.startsWith(name.toLowerCase())) : [];
  const found = called(all, name) ?? (byId.length === 1 ? byId[0] : undefined);
  if (found !== undefined) return found;
  if (byId.length > 1) {
    throw new CairnError(
      "address-ambiguous",
      `The ids of ${byId.length} devices begin with "${name}"`,
      `It may be ${
        byId.slice(0, CANDIDATES).map((one) => `${one.name} (${one.id.slice(0, SHOWN_DIGITS)})`).join(", ")
      }.`,
    );
  }
  throw new CairnError("device-unknown", `There is no device "${name}" in the library`, hintOf(name, all));
}

/** Throws CairnError "folder-unknown". */
export function folderCalled({ catalogue }: Pick<Asking, "catalogue">, name: string): KnownFolder {
  const all = foldersOf(catalogue);
  const found = called(all, name);
  if (found !== undefined) return { ...found, number: catalogue.ids.findFolder(found.id) ?? 0 };
  throw new CairnError(
    "folder-unknown",
    `There is no folder "${name}" in the library`,
    all.length === 0
      ? "Share one with: cairn up PATH"
      : `${hintOf(name, all)} A file of this computer is named by a path that begins with ./ or /.`,
  );
}

/** By its name; else, where only one is so, by one that differs in case or Unicode form. */
function called<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  const exact = all.find((one) => one.name === name);
  if (exact !== undefined) return exact;
  const key = foldKey(name);
  const alike = all.filter((one) => foldKey(one.name) === key);
  return alike.length === 1 ? alike[0] : undefined;
}

function hintOf(name: string, all: readonly { readonly name: string }[]): string {
  const near = nearestNames(name, all.map((one) => one.name), CANDIDATES);
  if (near.length > 0) return `Did you mean ${quoted(near, " or ")}?`;
  const some = all.slice(0, CANDIDATES).map((one) => one.name);
  const more = all.length > some.length ? ` and ${all.length - some.length} more` : "";
  return some.length === 0 ? "" : `There is ${quoted(some, ", ")}${more}.`;
}

function quoted(names: readonly string[], between: string): string {
  return names.map((name) => `"${name}"`).join(between);
}

// -------------------------------------------------------------------------------- paths

/** What an address of the kind "place" names. Of a path both `rows` and `isDirectory` are known. */
export interface Place {
  readonly device: KnownDevice | null;
  readonly folder: KnownFolder | null;
  /** As it is spelled in the catalogue. */
  readonly path: RelPath;
  /** What all counting devices say of the path. None for a root, and for no folder. */
  readonly rows: readonly HeldRow[];
  /** What the address stands for: see `chosenOf`. Null for a root, and for a directory that only its content tells of. */
  readonly entry: Entry | null;
  readonly isDirectory: boolean;
}

/** Throws CairnError "device-unknown", "folder-unknown", "address-unknown" or "address-ambiguous". */
export function* resolvePlace(asking: Asking, address: PlaceAddress): Work<Place> {
  const { catalogue } = asking;
  const device = address.device === null ? null : deviceCalled(asking, address.device);
  const folder = address.folder === null ? null : folderCalled(asking, address.folder);
  const place = { device, folder, path: address.path, rows: [], entry: null, isDirectory: true };
  if (folder === null || address.path === ROOT) return place;
  for (const path of formsOf(address.path)) {
    const rows = catalogue.rows.at(folder.number, path);
    const entry = device === null ? chosenOf(rows) : entryOn(device, rows);
    if (entry !== null) return { ...place, path, rows, entry, isDirectory: entry.kind === "directory" };
    if (yield* livesBelow(catalogue, folder, path, device)) return { ...place, path, rows };
  }
  throw unknownPath(asking, address, device, folder);
}

/** The same path as a person may have typed it, and as disks may have given it. */
function formsOf(path: RelPath): RelPath[] {
  return [...new Set([path, path.normalize("NFC"), path.normalize("NFD")])] as RelPath[];
}

/** What a path without a device means: what reconcile would choose (R4), else the latest that a device has and does not offer. */
export function chosenOf(rows: readonly HeldRow[]): Entry | null {
  const offered = rows.filter(({ row }) => row.offered);
  const decision = decide(null, offered.map(({ row }) => row.entry));
  if (decision.kind !== "none") return decision.entry;
  const held = rows.filter(({ row }) => !row.offered && row.held && isAlive(row.entry));
  if (held.length === 0) return null;
  return held.reduce((best, row) => row.row.entry.stamp > best.row.entry.stamp ? row : best).row.entry;
}

/** What a device has at a path. */
function entryOn({ number }: KnownDevice, rows: readonly HeldRow[]): Entry | null {
  const row = rows.find(({ device }) => device === number)?.row;
  return row !== undefined && isAlive(row.entry) && !isGivenUp(row) ? row.entry : null;
}

/** A directory is there as long as anything lives in it (R6), whatever is said of itself. */
export function* livesBelow(
  { views: { listings }, rows }: Catalogue,
  folder: KnownFolder,
  path: RelPath,
  device: KnownDevice | null,
): Work<boolean> {
  const only = device?.number ?? null;
  for (let from: Parameters<typeof listings.isAnyBelow>[4] = null;;) {
    const found = listings.isAnyBelow(folder.number, path, only, rows.ignored, from, QUESTION_ROWS);
    if (typeof found === "boolean") return found;
    from = found;
    yield;
  }
}

/** Names what is there, as far as the path leads to something, and what is like the name that is not. */
function unknownPath(
  asking: Asking,
  address: PlaceAddress,
  device: KnownDevice | null,
  folder: KnownFolder,
): CairnError {
  const { listings } = asking.catalogue.views;
  const parent = parentOf(address.path);
  const wanted = nameOf(address.path);
  const { lines } = listings.names(folder.number, parent, "", CANDIDATE_NAMES);
  const living = lines.filter((line) =>
    line.kind !== "deleted" && (device === null || line.holders.some((one) => one.device === device.number))
  );
  const near = nearestNames(wanted, living.map(({ name }) => name), CANDIDATES);
  const told = near.map((name) => formatAddress({ ...address, path: childOf(parent, name) }));
  const where = device === null ? "on any device" : `on ${device.name}`;
  return new CairnError(
    "address-unknown",
    `There is no ${formatAddress({ ...address, device: null })} ${where}`,
    told.length > 0
      ? `Did you mean ${quoted(told, " or ")}?`
      : `List what there is with: cairn ls ${formatAddress({ ...address, path: parent })}`,
  );
}

// -------------------------------------------------------------------------------- contents

/** The content that a prefix means. Throws CairnError "address-unknown" or "address-ambiguous". */
export function contentCalled({ catalogue }: Asking, prefix: string): ContentId {
  const found = catalogue.views.copies.withPrefix(prefix, CANDIDATES + 1);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    throw new CairnError(
      "address-unknown",
      `No content in the catalogue begins with ${prefix}`,
      "`cairn stat FILE` tells the content of a file.",
    );
  }
  const told = found.slice(0, CANDIDATES).map((content) => `content:${shortestOf(content, found)}`);
  throw new CairnError(
    "address-ambiguous",
    `${found.length > CANDIDATES ? `More than ${CANDIDATES}` : found.length} contents begin with ${prefix}`,
    `It may be ${told.join(", ")}${found.length > CANDIDATES ? " …" : ""}`,
  );
}

/** Digits of a content's digest. */
export function digestOf(content: ContentId): string {
  return content.slice(2);
}

/** The first digits of a content's digest, as many as tell it from the others, and eight at least. */
function shortestOf(content: ContentId, among: readonly ContentId[]): string {
  const digest = digestOf(content);
  for (let length = SHOWN_DIGITS; length < digest.length; length++) {
    const head = digest.slice(0, length);
    if (among.filter((other) => digestOf(other).startsWith(head)).length === 1) return head;
  }
  return digest;
}

// -------------------------------------------------------------------------------- one line of a listing

/** The holders of a line that count. */
export function countingHolders(
  line: Pick<Line, "holders">,
  ignored: ReadonlySet<number>,
): readonly Holder[] {
  return ignored.size === 0 ? line.holders : line.holders.filter(({ device }) => !ignored.has(device));
}
