/** Where things are: all that devices say of a path, and all places of a content. */
import type { CopyPlace } from "../catalogue/copies_of.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import { formatAddress, formatUri, type PlaceAddress } from "../core/address.ts";
import { type Entry, type EntryKind, isGivenUp, sameContent } from "../core/entry.ts";
import { CHUNK_RECORD_BYTES } from "../core/content.ts";
import type { ContentId } from "../core/ids.ts";
import { PLACES_TOLD, QUESTION_ROWS } from "../core/limits.ts";
import { stampMs } from "../core/stamp.ts";
import { foldersOf } from "./folders.ts";
import type { Work } from "./questions.ts";
import { type Asking, countingHolders, devicesOf, type KnownDevice, type Place } from "./resolve.ts";

/** A device as answers tell of it. */
export interface DeviceSeen {
  readonly id: string;
  readonly name: string;
  readonly isSelf: boolean;
  readonly online: boolean;
  /** Milliseconds since 1970; 0 of this device, and of one that was never here. */
  readonly lastSeenMs: number;
}

/** What one device says of a path. */
export interface Copy {
  readonly device: DeviceSeen;
  readonly kind: EntryKind;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
  readonly content: ContentId | null;
  readonly target: string | null;
  /** When and by whom the content was written. */
  readonly writtenMs: number;
  readonly writtenBy: string;
  /** Whether it takes part in what becomes of the path (R9), and whether its bytes are there (R10). */
  readonly offered: boolean;
  readonly held: boolean;
  /** The content is the one that the address means. */
  readonly isMeant: boolean;
}

/** A path at which a content is, and who has it there. */
export interface PlaceOfContent {
  readonly address: string;
  readonly folder: string;
  readonly path: string;
  readonly mtimeMs: number;
  readonly devices: readonly (DeviceSeen & { readonly held: boolean })[];
}

export interface Whereabouts {
  readonly content: ContentId;
  readonly size: number;
  /** The first PLACES_TOLD. */
  readonly places: readonly PlaceOfContent[];
  readonly placesTotal: number;
  /** Devices that hold it somewhere. */
  readonly devices: readonly DeviceSeen[];
}

export interface Stat {
  readonly address: string;
  readonly uri: string;
  readonly folder: string | null;
  readonly path: string | null;
  /** What the address means; "directory" also where nothing but its content tells of it. */
  readonly kind: "folder" | Exclude<EntryKind, "deleted">;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
  readonly content: ContentId | null;
  readonly target: string | null;
  /** Of a file whose chunk list is known here; null otherwise. */
  readonly chunks: number | null;
  readonly copies: readonly Copy[];
  /** Different living contents at the path. */
  readonly versions: number;
  /** Other places with the same content. */
  readonly elsewhere: readonly PlaceOfContent[];
  readonly elsewhereTotal: number;
}

/** All that is known of a place. */
export function* statPlace(asking: Asking, place: Place): Work<Stat> {
  const { device, folder, path, entry, rows } = place;
  const address: PlaceAddress = {
    kind: "place",
    device: device?.name ?? null,
    folder: folder?.name ?? null,
    path,
  };
  const content = entry?.content ?? null;
  const found: Whereabouts | null = content === null ? null : yield* whereIsContent(asking, content);
  const isHere = (one: PlaceOfContent) => one.folder === folder?.name && one.path === path;
  const others = found?.places.filter((one) => !isHere(one)) ?? [];
  const copies = copiesAt(asking, rows, entry);
  const living = copies.filter(({ kind }) => kind !== "deleted");
  return {
    address: formatAddress(address),
    uri: formatUri(address),
    folder: folder?.name ?? null,
    path: folder === null ? null : path,
    kind: kindOf(place),
    size: entry?.size ?? 0,
    mtimeMs: entry?.mtimeMs ?? 0,
    mode: entry?.mode ?? 0,
    content,
    target: entry?.target ?? null,
    chunks: content === null ? null : chunksOf(asking, content),
    copies,
    versions: new Set(living.map((copy) => copy.content ?? copy.target ?? copy.kind)).size,
    elsewhere: others,
    elsewhereTotal: found === null ? 0 : found.placesTotal - (found.places.length - others.length),
  };
}

/** All that is known of a content. */
export function* statContent(asking: Asking, content: ContentId): Work<Stat> {
  const found: Whereabouts = yield* whereIsContent(asking, content);
  const address = { kind: "content", prefix: content.slice(2) } as const;
  return {
    address: formatAddress(address),
    uri: formatUri(address),
    folder: null,
    path: null,
    kind: "file",
    size: found.size,
    mtimeMs: 0,
    mode: 0,
    content,
    target: null,
    chunks: chunksOf(asking, content),
    copies: [],
    versions: 1,
    elsewhere: found.places,
    elsewhereTotal: found.placesTotal,
  };
}

function kindOf({ folder, path, entry }: Place): Stat["kind"] {
  if (folder === null || path === "") return "folder";
  return entry === null || entry.kind === "deleted" ? "directory" : entry.kind;
}

function chunksOf({ catalogue }: Asking, content: ContentId): number | null {
  const bytes = catalogue.contents.lengthOf(content);
  return bytes === null ? null : bytes / CHUNK_RECORD_BYTES;
}

/** What each device says, the living before tombstones; rows that are given up are none (R9, R10). */
function copiesAt(asking: Asking, rows: readonly HeldRow[], meant: Entry | null): Copy[] {
  const devices = new Map(devicesOf(asking).map((device) => [device.number, device]));
  const nameOf = new Map([...devices.values()].map(({ id, name }) => [id, name]));
  return rows.flatMap(({ device: number, row }): Copy[] => {
    const device = devices.get(number);
    if (device === undefined || isGivenUp(row)) return [];
    const { entry } = row;
    return [{
      device: seen(device),
      kind: entry.kind,
      size: entry.size,
      mtimeMs: entry.mtimeMs,
      mode: entry.mode,
      content: entry.content,
      target: entry.target,
      writtenMs: stampMs(entry.stamp),
      writtenBy: nameOf.get(entry.writer) ?? entry.writer.slice(0, 8),
      offered: row.offered,
      held: row.held,
      isMeant: meant !== null && sameContent(entry, meant),
    }];
  }).sort((a, b) => rank(a) - rank(b) || byNearness(a.device, b.device));
}

function rank({ kind, isMeant }: Copy): number {
  return kind === "deleted" ? 2 : isMeant ? 0 : 1;
}

/** Every place of a content on all devices. */
export function* whereIsContent(asking: Asking, content: ContentId): Work<Whereabouts> {
  const { catalogue } = asking;
  const devices = new Map(devicesOf(asking).map((device) => [device.number, device]));
  const folders = new Map(foldersOf(catalogue).map(({ id, name }) => [catalogue.ids.findFolder(id), name]));
  const places: PlaceOfContent[] = [];
  const holding = new Map<number, KnownDevice>();
  let [placesTotal, size, after] = [0, 0, 0];
  // Two states of one path, for one device each, are one place. They follow each other only by chance.
  const byPath = new Map<string, PlaceOfContent & { devices: PlaceOfContent["devices"][number][] }>();
  for (;;) {
    const some = catalogue.views.copies.places(content, after, QUESTION_ROWS);
    for (const place of some) {
      const folder = folders.get(place.folder);
      const has = haveIt(place, devices, catalogue.rows.ignored);
      if (folder === undefined || has.length === 0) continue;
      size = place.size;
      for (const { device, held } of has) if (held) holding.set(device.number, device);
      const told = has.map(({ device, held }) => ({ ...seen(device), held }));
      const address = formatAddress({ kind: "place", device: null, folder, path: place.path });
      const known = byPath.get(address);
      if (known !== undefined) known.devices.push(...told);
      else {
        placesTotal++;
        if (places.length >= PLACES_TOLD) continue;
        const one = { address, folder, path: place.path, mtimeMs: place.mtimeMs, devices: told };
        byPath.set(address, one);
        places.push(one);
      }
    }
    if (some.length < QUESTION_ROWS) break;
    after = some.at(-1)!.state;
    yield;
  }
  // Who is nearest comes first.
  for (const { devices } of byPath.values()) devices.sort(byNearness);
  return { content, size, places, placesTotal, devices: [...holding.values()].map(seen).sort(byNearness) };
}

function haveIt(
  place: CopyPlace,
  devices: ReadonlyMap<number, KnownDevice>,
  ignored: ReadonlySet<number>,
): { device: KnownDevice; held: boolean }[] {
  return countingHolders(place, ignored).flatMap(({ device: number, offered, held }) => {
    const device = devices.get(number);
    return device === undefined || !offered && !held ? [] : [{ device, held }];
  });
}

function byNearness(a: DeviceSeen, b: DeviceSeen): number {
  return Number(b.isSelf) - Number(a.isSelf) || Number(b.online) - Number(a.online) ||
    (a.name < b.name ? -1 : 1);
}

export function seen({ id, name, isSelf, online, lastSeenMs }: KnownDevice): DeviceSeen {
  return { id, name, isSelf, online, lastSeenMs };
}
