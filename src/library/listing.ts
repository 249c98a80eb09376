/** What stands in a directory, and below it: on one device, or, path by path, what an address without a device means. */
import type { Line } from "../catalogue/listings.ts";
import { formatAddress } from "../core/address.ts";
import type { Entry, EntryKind } from "../core/entry.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { QUESTION_ROWS } from "../core/limits.ts";
import { childOf, ROOT } from "../core/path.ts";
import { foldersOf, REPLICA } from "./folders.ts";
import type { Work } from "./questions.ts";
import {
  type Asking,
  chosenOf,
  countingHolders,
  devicesOf,
  type KnownDevice,
  type KnownFolder,
  livesBelow,
  type Place,
} from "./resolve.ts";

/** A name in a directory. */
export interface Listed {
  readonly name: string;
  readonly address: string;
  readonly kind: "folder" | Exclude<EntryKind, "deleted">;
  readonly size: number;
  /** Milliseconds since 1970; 0 of folders, and of directories that nothing but their content tells of. */
  readonly mtimeMs: number;
  readonly mode: number;
  readonly content: ContentId | null;
  readonly target: string | null;
  /** Names of the devices that hold it, in any version. */
  readonly devices: readonly string[];
  /** How many different contents the devices have there; 1 as a rule. */
  readonly versions: number;
}

export interface Listing {
  readonly entries: readonly Listed[];
  /** Ask again with this as `after` for what comes next; null at the end. */
  readonly next: string | null;
}

/** Names in a directory, or the folders there are, from behind `after` on: in the order of their bytes, about `limit` of them. */
export function* listPlace(asking: Asking, place: Place, after: string, limit: number): Work<Listing> {
  if (place.folder === null) return listFolders(asking, place.device, after, limit);
  if (place.isDirectory) {
    return yield* new Lister(asking, place.folder, place.device).page(place.path, after, limit);
  }
  return { entries: [new Lister(asking, place.folder, place.device).ofPath(place)], next: null };
}

function listFolders(asking: Asking, device: KnownDevice | null, after: string, limit: number): Listing {
  const devices = devicesOf(asking);
  const { values } = asking.catalogue;
  const all = foldersOf(asking.catalogue).map(({ id, name }) => ({
    name,
    devices: devices.filter(({ number }) => values.fact(number, REPLICA + id) !== null),
  })).filter((folder) =>
    folder.name > after &&
    (device === null || folder.devices.some(({ number }) => number === device.number))
  ).sort((a, b) => a.name < b.name ? -1 : 1);
  const entries = all.slice(0, limit).map(({ name, devices }): Listed => ({
    name,
    address: formatAddress({ kind: "place", device: device?.name ?? null, folder: name, path: ROOT }),
    kind: "folder",
    size: 0,
    mtimeMs: 0,
    mode: 0,
    content: null,
    target: null,
    devices: devices.map((one) => one.name),
    versions: 1,
  }));
  return { entries, next: all.length > limit ? entries.at(-1)!.name : null };
}

/** Lists directories of one folder, for one question. */
export class Lister {
  readonly #asking: Asking;
  readonly #folder: KnownFolder;
  readonly #device: KnownDevice | null;
  readonly #names: ReadonlyMap<number, string>;

  constructor(asking: Asking, folder: KnownFolder, device: KnownDevice | null) {
    this.#asking = asking;
    this.#folder = folder;
    this.#device = device;
    this.#names = new Map(devicesOf(asking).map(({ number, name }) => [number, name]));
  }

  *page(directory: RelPath, after: string, limit: number): Work<Listing> {
    const { listings } = this.#asking.catalogue.views;
    const entries: Listed[] = [];
    for (let from = after;;) {
      const rows = Math.min(QUESTION_ROWS, limit);
      const { lines, isEnd } = listings.names(this.#folder.number, directory, from, rows);
      for (const of of byName(lines)) {
        const listed = yield* this.#listed(directory, of);
        if (listed !== null) entries.push(listed);
      }
      from = lines.at(-1)?.name ?? from;
      if (isEnd) return { entries, next: null };
      if (entries.length >= limit) return { entries, next: from };
      yield;
    }
  }

  /** The one line of a path that is no directory. */
  ofPath({ path, entry }: Place): Listed {
    const { listings } = this.#asking.catalogue.views;
    const slash = path.lastIndexOf("/");
    const lines = listings.at(
      this.#folder.number,
      path.slice(0, Math.max(0, slash)) as RelPath,
      path.slice(slash + 1),
    );
    return this.#tell(path, entry, this.#counting(lines));
  }

  *#listed(directory: RelPath, lines: readonly Line[]): Work<Listed | null> {
    const counting = this.#counting(lines);
    const path = childOf(directory, lines[0]!.name);
    const entry = this.#meant(path, counting);
    if (entry !== null) return this.#tell(path, entry, counting);
    return (yield* livesBelow(this.#asking.catalogue, this.#folder, path, this.#device))
      ? this.#tell(path, null, counting)
      : null;
  }

  /** Lines that counting devices make. */
  #counting(lines: readonly Line[]): readonly Line[] {
    const { ignored } = this.#asking.catalogue.rows;
    if (ignored.size === 0) return lines;
    return lines.flatMap((line) => {
      const holders = countingHolders(line, ignored);
      return holders.length === 0 ? [] : [{ ...line, holders }];
    });
  }

  /** The statement that an address of the name means; null for none. Where all say the same, nothing has to be decided. */
  #meant(path: RelPath, lines: readonly Line[]): Line | Entry | null {
    const number = this.#device?.number;
    const isIts = ({ device }: Line["holders"][number]) => number === undefined || device === number;
    const [only, ...more] = number === undefined ? lines : lines.filter(({ holders }) => holders.some(isIts));
    if (only === undefined) return null;
    if (more.length > 0) return chosenOf(this.#asking.catalogue.rows.at(this.#folder.number, path));
    return only.kind !== "deleted" && only.holders.some((one) => isIts(one) && (one.offered || one.held))
      ? only
      : null;
  }

  /** `meant`: null for a directory that nothing but its content tells of. */
  #tell(path: RelPath, meant: Line | Entry | null, lines: readonly Line[]): Listed {
    const holding = new Set(
      lines.filter((line) => line.kind !== "deleted").flatMap(({ holders }) =>
        holders.flatMap(({ held, device }) => held ? [this.#names.get(device) ?? ""] : [])
      ).filter((name) => name !== ""),
    );
    const contents = new Set(
      lines.filter((line) => line.kind !== "deleted").map(({ kind, content, target }) =>
        content ?? target ?? kind
      ),
    );
    return {
      name: path.slice(path.lastIndexOf("/") + 1),
      address: formatAddress({
        kind: "place",
        device: this.#device?.name ?? null,
        folder: this.#folder.name,
        path,
      }),
      kind: meant === null || meant.kind === "deleted" ? "directory" : meant.kind,
      size: meant?.size ?? 0,
      mtimeMs: meant?.mtimeMs ?? 0,
      mode: meant?.mode ?? 0,
      content: meant?.content ?? null,
      target: meant?.target ?? null,
      devices: [...holding].sort(),
      versions: Math.max(1, contents.size),
    };
  }
}

function* byName(lines: readonly Line[]): Generator<readonly Line[]> {
  for (let from = 0; from < lines.length;) {
    let end = from + 1;
    while (end < lines.length && lines[end]!.name === lines[from]!.name) end++;
    yield lines.slice(from, end);
    from = end;
  }
}
