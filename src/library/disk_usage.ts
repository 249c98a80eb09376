/**
 * What files take on devices (docs/catalogue.md, "What du counts"): of each device its living, held files at or below a place, and which
 * bytes of these have a content that no other device holds anywhere.
 */
import { FIRST, type StateKey, type Usage } from "../catalogue/usage.ts";
import { formatAddress } from "../core/address.ts";
import type { RelPath } from "../core/ids.ts";
import { QUESTION_ROWS } from "../core/limits.ts";
import { ROOT } from "../core/path.ts";
import { foldersOf } from "./folders.ts";
import type { Work } from "./questions.ts";
import { type Asking, devicesOf, folderCalled, type KnownFolder, type Place } from "./resolve.ts";
import { type DeviceSeen, seen } from "./whereabouts.ts";

export interface Sizes {
  readonly files: number;
  readonly bytes: number;
  /** Of these, what no other device holds; the rest is elsewhere too. */
  readonly uniqueFiles: number;
  readonly uniqueBytes: number;
}

export interface DiskUsage {
  readonly address: string;
  /** All devices in question together: each copy counts. */
  readonly total: Sizes;
  readonly devices: readonly (Sizes & { readonly device: DeviceSeen })[];
  /** Directories and folders down to the depth that was asked for, the largest first. */
  readonly below: readonly (Sizes & { readonly address: string })[];
  readonly belowTotal: number;
}

interface Counter {
  files: number;
  bytes: number;
  uniqueFiles: number;
  uniqueBytes: number;
}

/** Directories that one answer tells, the largest of them. */
const LINES = 10_000;

export function* usageOf(asking: Asking, place: Place, depth: number): Work<DiskUsage> {
  const count = new Counting(asking, place, depth);
  if (place.folder !== null) yield* count.folder(place.folder, place.path, place);
  else {
    for (const { name } of foldersOf(asking.catalogue)) {
      yield* count.folder(folderCalled(asking, name), ROOT, { ...place, isDirectory: true });
    }
  }
  return count.answer();
}

class Counting {
  readonly #asking: Asking;
  readonly #place: Place;
  readonly #depth: number;
  readonly #total = zero();
  readonly #devices = new Map<number, Counter>();
  readonly #below = new Map<string, Counter>();

  constructor(asking: Asking, place: Place, depth: number) {
    this.#asking = asking;
    this.#place = place;
    this.#depth = depth;
  }

  *folder(folder: KnownFolder, top: RelPath, { isDirectory }: Pick<Place, "isDirectory">): Work<void> {
    const { usages } = this.#asking.catalogue.views;
    if (!isDirectory) return this.#ofPath(folder, top);
    for (let after: string | null = null;;) {
      const directories = usages.directories(folder.number, top, after, QUESTION_ROWS);
      for (const { id, path } of directories) {
        const lines = this.#linesOf(folder, top, path);
        for (let from: StateKey | null = FIRST; from !== null;) {
          const to = usages.endOf(id, from, QUESTION_ROWS);
          const device = this.#place.device?.number ?? null;
          const { ignored } = this.#asking.catalogue.rows;
          this.#add(usages.inStretch(id, from, to, device, ignored), lines);
          from = to;
          yield;
        }
      }
      after = directories.at(-1)?.path ?? null;
      if (directories.length < QUESTION_ROWS) return;
    }
  }

  #ofPath(folder: KnownFolder, path: RelPath): void {
    const { ids, rows, views } = this.#asking.catalogue;
    const slash = path.lastIndexOf("/");
    const directory = ids.findDirectory(folder.number, path.slice(0, Math.max(0, slash)) as RelPath);
    if (directory === null) return;
    const name = path.slice(slash + 1);
    const device = this.#place.device?.number ?? null;
    const [from, to] = [{ name, state: 0 }, { name, state: Number.MAX_SAFE_INTEGER }];
    this.#add(views.usages.inStretch(directory, from, to, device, rows.ignored), []);
  }

  /** The counters of the directories, down to the depth, that one is in. */
  #linesOf(folder: KnownFolder, top: RelPath, path: RelPath): Counter[] {
    const isWhole = this.#place.folder === null;
    const lines: Counter[] = [];
    const inside = top === ROOT ? path : path.slice(top.length + 1);
    const names = inside === "" ? [] : inside.split("/");
    const above = top === ROOT ? [] : [top as string];
    for (
      let depth = isWhole ? 0 : 1;
      depth <= Math.min(names.length, this.#depth - Number(isWhole));
      depth++
    ) {
      const at = [...above, ...names.slice(0, depth)].join("/") as RelPath;
      const address = formatAddress({
        kind: "place",
        device: this.#place.device?.name ?? null,
        folder: folder.name,
        path: at,
      });
      lines.push(counterIn(this.#below, address));
    }
    return lines;
  }

  #add(usages: readonly Usage[], lines: readonly Counter[]): void {
    for (const usage of usages) {
      for (const counter of [this.#total, counterIn(this.#devices, usage.device), ...lines]) {
        counter.files += usage.files;
        counter.bytes += usage.bytes;
        counter.uniqueFiles += usage.aloneFiles;
        counter.uniqueBytes += usage.aloneBytes;
      }
    }
  }

  answer(): DiskUsage {
    const { device, folder, path } = this.#place;
    const below = [...this.#below].filter(([, { files }]) => files > 0)
      .map(([address, sizes]) => ({ address, ...sizes }))
      .sort((a, b) => b.bytes - a.bytes || (a.address < b.address ? -1 : 1));
    return {
      address: formatAddress({
        kind: "place",
        device: device?.name ?? null,
        folder: folder?.name ?? null,
        path,
      }),
      total: this.#total,
      devices: devicesOf(this.#asking).flatMap((one) => {
        const sizes = this.#devices.get(one.number);
        return sizes === undefined ? [] : [{ device: seen(one), ...sizes }];
      }),
      below: below.slice(0, LINES),
      belowTotal: below.length,
    };
  }
}

function zero(): Counter {
  return { files: 0, bytes: 0, uniqueFiles: 0, uniqueBytes: 0 };
}

function counterIn<Key>(counters: Map<Key, Counter>, key: Key): Counter {
  let counter = counters.get(key);
  if (counter === undefined) counters.set(key, counter = zero());
  return counter;
}
