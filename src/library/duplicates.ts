/**
 * Files with the same content at several paths, over all devices: what they take, and what would be free if of each only those stayed that
 * policies require. Lists, and deletes nothing.
 *
 * What is gained is counted from the standings, exactly and at once; the groups themselves are read by the index of those at several paths.
 */
import { isAtSeveral, type Spot, type Standing } from "../catalogue/standings.ts";
import { formatAddress } from "../core/address.ts";
import { type ContentId, toHex } from "../core/ids.ts";
import { DUPLICATES_TOLD, PLACES_TOLD, QUESTION_ROWS } from "../core/limits.ts";
import { foldersOf } from "./folders.ts";
import { catchUp, Scene } from "./guardian.ts";
import type { Work } from "./questions.ts";
import type { Asking } from "./resolve.ts";

/** Which duplicates are meant: all, those with two on one device, those on different devices alone. */
export type Which = "all" | "within" | "across";

export interface DuplicatesAsked {
  readonly which: Which;
  readonly minSize: number;
  /** Only groups with a path here. Null: anywhere. */
  readonly isInside: ((folder: number, path: string) => boolean) | null;
  readonly limit: number;
}

export interface DuplicatePlace {
  readonly address: string;
  readonly devices: readonly string[];
  /** What policies require stays, and one in any case. */
  readonly stays: boolean;
}

export interface DuplicateGroup {
  readonly content: ContentId;
  readonly size: number;
  /** Bytes that would be free on all devices. */
  readonly gain: number;
  readonly places: readonly DuplicatePlace[];
  readonly placesTotal: number;
  /** Copies on different disks that are asked for. */
  readonly copiesAsked: number;
}

export interface Duplicates {
  /** The greatest gain first. */
  readonly groups: readonly DuplicateGroup[];
  readonly groupsTotal: number;
  readonly gain: number;
  readonly behind: number;
}

interface Found {
  readonly content: Uint8Array;
  readonly size: number;
  readonly gain: number;
  readonly standing: Standing;
}

export function* findDuplicates(asking: Asking, asked: DuplicatesAsked, nowMs: number): Work<Duplicates> {
  yield* catchUp(asking);
  const { copies } = asking.catalogue;
  const scene = new Scene(asking, nowMs);
  const best = new Best(asked.limit);
  let [groupsTotal, gain] = [0, 0];
  for (const standing of copies.standings.all()) {
    if (!isAtSeveral(standing.id)) continue;
    const view = viewOf(scene, standing.spots);
    if (!isMeant(view, asked.which)) continue;
    const saved = instances(view) - instances(staying(scene, view));
    // All are told of by their standing alone, where nothing else is asked.
    const isPlain = asked.isInside === null && asked.minSize <= 1;
    if (isPlain) [groupsTotal, gain] = [groupsTotal + standing.contents, gain + standing.bytes * saved];
    const take = (content: Uint8Array, size: number) => {
      if (size < asked.minSize) return;
      if (!isPlain) [groupsTotal, gain] = [groupsTotal + 1, gain + size * saved];
      best.add({ content, size, gain: size * saved, standing });
    };
    yield* contentsOf(asking, standing, asked, take);
  }
  const groups: DuplicateGroup[] = [];
  for (const one of best.sorted()) {
    groups.push(groupOf(scene, one));
    yield;
  }
  return { groups, groupsTotal, gain, behind: copies.behind() };
}

/** Each content of a standing once, of those that have a path where it is asked for. */
function* contentsOf(
  asking: Asking,
  { id }: Standing,
  { isInside, minSize, limit }: DuplicatesAsked,
  take: (content: Uint8Array, size: number) => void,
): Work<void> {
  const { copies, views } = asking.catalogue;
  const isThere = (content: string) => {
    if (isInside === null) return true;
    return views.copies.places(content as ContentId, 0, PLACES_TOLD).some(({ folder, path }) =>
      isInside(folder, path)
    );
  };
  for (const content of copies.crowdsOf(id)) {
    const hex = toHex(content);
    if (isThere(hex)) take(content, views.copies.places(hex as ContentId, 0, 1)[0]?.size ?? 0);
    yield;
  }
  // The totals of all are known already: then the largest are enough.
  const isEnough = isInside === null && minSize <= 1 ? limit : Infinity;
  let from = { size: Infinity, state: 0 };
  for (let taken = 0; taken < isEnough;) {
    const some = copies.atSeveral(id, minSize, from, isInside === null ? QUESTION_ROWS : QUESTION_ROWS / 10);
    for (const { content, size } of some) if (isThere(toHex(content))) take(content, size);
    yield;
    if (some.length === 0) return;
    taken += some.length;
    from = some.at(-1)!;
  }
}

/** Spots of which somebody counts, with the devices that do. */
function viewOf(scene: Scene, spots: readonly Spot[]): Spot[] {
  return spots.flatMap((spot) => {
    const devices = spot.devices.filter((device) => scene.devices.has(device));
    return devices.length === 0 ? [] : [{ ...spot, devices }];
  });
}

function isMeant(view: readonly Spot[], which: Which): boolean {
  const paths = view.reduce((sum, spot) => sum + spot.paths, 0);
  if (paths < 2) return false;
  const within = mostOnOne(view) > 1;
  return which === "all" || within === (which === "within");
}

/** Paths on the device that has the most of them. */
function mostOnOne(view: readonly Spot[]): number {
  const counts = new Map<number, number>();
  for (const { devices, paths } of view) {
    for (const device of devices) counts.set(device, (counts.get(device) ?? 0) + paths);
  }
  return Math.max(0, ...counts.values());
}

function instances(view: readonly Spot[]): number {
  return view.reduce((sum, { devices, paths }) => sum + devices.length * paths, 0);
}

/** Copies that the strictest policy of the folders it is in asks for; one in any case. */
function copiesAsked(scene: Scene, view: readonly Spot[]): number {
  return Math.max(1, ...view.map(({ folder }) => scene.askedOf(folder).copies ?? 1));
}

/**
 * The paths that are to stay: the one on the most disks, and then those that bring the most of what is missing (devices that policies name, then
 * disks), until there are as many disks as policies ask for, and each device that they name. The same for equal standings, and on all devices: numbers
 * are each device's own, so of equals ids decide.
 */
export function staying(scene: Scene, view: readonly Spot[]): Spot[] {
  const wanted = copiesAsked(scene, view);
  const named = new Set(view.flatMap(({ folder }) => scene.numbersOf(scene.askedOf(folder))));
  const had = new Set(view.flatMap(({ devices }) => devices));
  const missing = (some: readonly Spot[]) => {
    const here = new Set(some.flatMap(({ devices }) => devices));
    return [...named].filter((device) => had.has(device) && !here.has(device)).length;
  };
  const out: Spot[] = [];
  const rest = view.filter(({ paths }) => paths > 0)
    .map((spot) => ({ spot: { ...spot, paths: 1 }, words: idsOf(scene, spot) }))
    .sort((a, b) => a.words < b.words ? -1 : 1).map(({ spot }) => spot);
  const isEnough = () => out.length > 0 && diskCount(scene, out) >= wanted && missing(out) === 0;
  while (rest.length > 0 && !isEnough()) {
    const worth = (spot: Spot) => {
      const then = [...out, spot];
      return [out.length === 0 ? 0 : -missing(then), diskCount(scene, then), spot.devices.length];
    };
    const best = rest.map((spot) => ({ spot, worth: worth(spot) }))
      .reduce((a, b) => compareWorth(b.worth, a.worth) > 0 ? b : a).spot;
    rest.splice(rest.indexOf(best), 1);
    out.push(best);
  }
  return out;
}

function compareWorth(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((one, i) => one !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function idsOf({ asking: { catalogue }, devices }: Scene, spot: Spot): string {
  const ids = spot.devices.map((device) => devices.get(device)?.id ?? "").sort();
  return `${catalogue.ids.folderOf(spot.folder)} ${ids.join()}`;
}

function diskCount(scene: Scene, spots: readonly Spot[]): number {
  return new Set(scene.copiesOf(spots).map(({ disk }) => disk.id)).size;
}

function groupOf(scene: Scene, { content, size, gain, standing }: Found): DuplicateGroup {
  const { asking: { catalogue } } = scene;
  const names = new Map(
    foldersOf(catalogue).map(({ id, name }) => [catalogue.ids.findFolder(id) ?? 0, name]),
  );
  const view = viewOf(scene, standing.spots);
  const stay = staying(scene, view).map(({ folder, devices }) => `${folder} ${devices.join()}`);
  const lost = new Set(
    standing.spots.flatMap(({ folder, damaged }) => (damaged ?? []).map((device) => `${folder}/${device}`)),
  );
  const isCopy = (device: number, folder: number) =>
    scene.devices.has(device) && !lost.has(`${folder}/${device}`);
  const holders = new Map<string, { folder: number; path: string; devices: Set<number> }>();
  for (
    const { folder, path, holders: held } of catalogue.views.copies.places(
      toHex(content) as ContentId,
      0,
      PLACES_TOLD,
    )
  ) {
    const there = holders.get(`${folder}/${path}`) ?? { folder, path, devices: new Set() };
    for (const one of held) if (one.held && isCopy(one.device, folder)) there.devices.add(one.device);
    if (there.devices.size > 0 && names.has(folder)) holders.set(`${folder}/${path}`, there);
  }
  const places = [...holders.values()].sort((a, b) => a.folder - b.folder || (a.path < b.path ? -1 : 1)).map(
    (place) => {
      const devices = [...place.devices].sort((a, b) => a - b);
      const at = stay.indexOf(`${place.folder} ${devices.join()}`);
      if (at >= 0) stay.splice(at, 1);
      const address = formatAddress({
        kind: "place",
        device: null,
        folder: names.get(place.folder)!,
        path: place.path as never,
      });
      return { address, devices: devices.map((device) => scene.devices.get(device)!.name), stays: at >= 0 };
    },
  );
  return {
    content: toHex(content) as ContentId,
    size,
    gain,
    places,
    placesTotal: view.reduce((sum, { paths }) => sum + paths, 0),
    copiesAsked: copiesAsked(scene, view),
  };
}

/** Those with the greatest gain, however many there are. */
class Best {
  readonly #limit: number;
  #found: Found[] = [];

  constructor(limit: number) {
    this.#limit = Math.min(limit, DUPLICATES_TOLD);
  }

  add(found: Found): void {
    this.#found.push(found);
    if (this.#found.length >= 4 * this.#limit + 100) this.#found = this.sorted();
  }

  sorted(): Found[] {
    return this.#found.sort((a, b) => b.gain - a.gain || (toHex(a.content) < toHex(b.content) ? -1 : 1))
      .slice(0, this.#limit);
  }
}
