/**
 * Whether the replicas of a folder are equal, by what each device says of its own: a digest over every path with its kind, size, mode, time
 * and content, directory by directory, for each device. Equal digests are equal trees; where two directories differ, their entries tell why.
 * Taken from the catalogue in slices: of a device that is off it proves what that said last.
 */
import { createHash, type Hash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import { isAlive, isGivenUp, type Row } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { ROOT } from "../core/path.ts";
import type { Clock } from "../platform/ports.ts";
import { byName, nameIn, pause } from "./tree_entries.ts";

const DIRECTORIES_AT_ONCE = 200;
const ROWS_AT_ONCE = 400;
/** Differences that are told one by one, and subtrees whose differences are counted apart. */
const MOST_DIFFERENCES = 1_000;

export interface ReplicaDigest {
  readonly device: number;
  /** SHA-256 of the digests of all its directories, in hex. */
  readonly digest: string;
  /** Living entries. */
  readonly entries: number;
}

export interface Difference {
  readonly path: RelPath;
  readonly why: string;
  /** What each device has there; null: nothing. */
  readonly has: ReadonlyMap<number, string | null>;
}

export interface Comparison {
  readonly replicas: readonly ReplicaDigest[];
  readonly isEqual: boolean;
  readonly differences: readonly Difference[];
  readonly differencesTotal: number;
  /** Directories that differ in what stands directly in them, with how many entries do. */
  readonly directories: readonly { readonly path: RelPath; readonly entries: number }[];
}

export async function compareReplicas(
  catalogue: Catalogue,
  clock: Pick<Clock, "after">,
  folder: number,
  devices: readonly number[],
): Promise<Comparison> {
  const { walk } = catalogue.views;
  const totals = new Map(devices.map((device) => [device, { hash: createHash("sha256"), entries: 0 }]));
  const differences: Difference[] = [];
  const directories: { path: RelPath; entries: number }[] = [];
  let differencesTotal = 0;
  for (let after: RelPath | null = null;;) {
    const some = walk.directories(folder, ROOT, after, DIRECTORIES_AT_ONCE);
    for (const { id, path } of some) {
      const hashes = new Map<number, Hash>();
      let differing = 0;
      for (let name = "";;) {
        const rows = walk.rowsIn(id, name, ROWS_AT_ONCE);
        if (rows.length === 0) break;
        name = nameIn(rows.at(-1)!);
        for (const at of byName(rows)) {
          const has = whatEachHas(at, devices);
          for (const [device, what] of has) {
            if (what === null) continue;
            totals.get(device)!.entries++;
            let hash = hashes.get(device);
            if (hash === undefined) hashes.set(device, hash = createHash("sha256"));
            hash.update(`${nameIn(at[0]!)}\0${what}\n`);
          }
          if (new Set(has.values()).size < 2) continue;
          differing++;
          if (differences.length < MOST_DIFFERENCES) {
            differences.push({ path: at[0]!.row.path, why: whyOf(at, devices), has });
          }
        }
        await pause(clock);
      }
      for (const [device, hash] of hashes) {
        totals.get(device)!.hash.update(`${path}\0${hash.digest("hex")}\n`);
      }
      differencesTotal += differing;
      if (differing > 0 && directories.length < MOST_DIFFERENCES) {
        directories.push({ path, entries: differing });
      }
    }
    if (some.length === 0) break;
    after = some.at(-1)!.path;
    await pause(clock);
  }
  const replicas = devices.map((device) => {
    const { hash, entries } = totals.get(device)!;
    return { device, digest: hash.digest("hex"), entries };
  });
  const isEqual = new Set(replicas.map(({ digest }) => digest)).size < 2;
  return { replicas, isEqual, differences, differencesTotal, directories };
}

/** What counts of a row; null for what is not there. */
function whatOf({ entry, held, ...row }: Row): string | null {
  if (!isAlive(entry) || isGivenUp({ entry, held, ...row })) return null;
  const { kind, size, mode, mtimeMs, content, target } = entry;
  switch (kind) {
    case "file":
      return `file ${size} ${mode.toString(8)} ${mtimeMs} ${content}${held ? "" : " not held"}`;
    case "symlink":
      return `symlink ${target}`;
    default:
      return `directory ${mode.toString(8)}`;
  }
}

function whatEachHas(rows: readonly HeldRow[], devices: readonly number[]): Map<number, string | null> {
  return new Map(devices.map((device) => {
    const row = rows.find((one) => one.device === device)?.row;
    return [device, row === undefined ? null : whatOf(row)];
  }));
}

function whyOf(all: readonly HeldRow[], devices: readonly number[]): string {
  const rows = all.filter(({ device, row }) => devices.includes(device) && whatOf(row) !== null).map((
    { row },
  ) => row);
  const differ = (part: (row: Row) => unknown) => new Set(rows.map(part)).size > 1;
  const withheld = rows.some(({ offered }) => !offered) ? ", and a device has it for itself alone" : "";
  if (rows.length < devices.length) return `not on all of them${withheld}`;
  if (differ(({ entry }) => entry.kind)) return `of different kinds${withheld}`;
  if (differ(({ entry }) => entry.content ?? entry.target)) return `different contents${withheld}`;
  if (differ(({ held }) => held)) return "not held by all of them";
  if (differ(({ entry }) => entry.mode)) return "different permissions";
  return "different times";
}
