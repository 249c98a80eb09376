/**
 * The figures of copies, counted from the files of all devices as they lie on their disks: every one is read, SHA-256 says what is equal, and
 * nothing of Cairn's is asked. To hold `guard`, `dupes` and `du` against.
 */
import { createHash } from "node:crypto";
import { walk } from "./random_changes.ts";

/** A folder as one device has it. */
export interface Tree {
  readonly device: string;
  readonly folder: string;
  readonly root: string;
  /** Trees with the same are on one disk. */
  readonly disk: string;
  readonly isFull: boolean;
}

/** What is asked of files; `on`: devices that are to have them. */
export interface Wanted {
  readonly copies: number | null;
  readonly on: readonly string[];
}

interface FileThere {
  readonly tree: Tree;
  readonly path: string;
  /** Null: a symlink. */
  readonly content: string | null;
  readonly size: number;
}

export interface Sum {
  files: number;
  bytes: number;
}

/** One content, at a path of a folder: on which trees. */
interface Spot {
  readonly folder: string;
  readonly trees: Tree[];
}

export class DiskCount {
  readonly files: readonly FileThere[];
  readonly #spots = new Map<string, { size: number; paths: Map<string, Spot> }>();

  constructor(trees: readonly Tree[]) {
    this.files = trees.flatMap((tree) => walk(tree.root).map((path) => read(tree, path)));
    for (const { tree, path, content, size } of this.files) {
      if (content === null || size === 0) continue;
      const of = this.#spots.get(content) ?? { size, paths: new Map<string, Spot>() };
      this.#spots.set(content, of);
      const key = `${tree.folder}/${path}`;
      const spot = of.paths.get(key) ?? { folder: tree.folder, trees: [] };
      spot.trees.push(tree);
      of.paths.set(key, spot);
    }
  }

  /** What `du` tells of each device. */
  usage(): Map<string, Sum & { uniqueFiles: number; uniqueBytes: number }> {
    const holders = new Map<string, Set<string>>();
    for (const { tree, content } of this.files) {
      if (content !== null) holders.set(content, (holders.get(content) ?? new Set()).add(tree.device));
    }
    const out = new Map<string, Sum & { uniqueFiles: number; uniqueBytes: number }>();
    for (const { tree: { device }, content, size } of this.files) {
      const sum = out.get(device) ?? { files: 0, bytes: 0, uniqueFiles: 0, uniqueBytes: 0 };
      const isAlone = content !== null && holders.get(content)!.size === 1;
      out.set(device, {
        files: sum.files + 1,
        bytes: sum.bytes + size,
        uniqueFiles: sum.uniqueFiles + Number(isAlone),
        uniqueBytes: sum.uniqueBytes + (isAlone ? size : 0),
      });
    }
    return out;
  }

  /** What `guard` tells: a line for each reason, folder and set of devices; in `tagged` what its policy asks of these files. */
  guard(askedOf: (folder: string) => Wanted, tagged: { tag: string; at: readonly string[]; asked: Wanted }) {
    const risks = new Map<string, Sum>();
    const totals = new Map<string, Sum>();
    let [files, safe] = [0, 0];
    for (const { size, paths } of this.#spots.values()) {
      const spots = [...paths.values()];
      const trees = spots.flatMap((spot) => spot.trees);
      for (const folder of new Set(spots.map((spot) => spot.folder))) {
        const count = spots.filter((spot) => spot.folder === folder).length;
        const reasons = reasonsOf(trees, askedOf(folder));
        files += count;
        if (reasons.length === 0) safe += count;
        for (const reason of reasons) {
          add(risks, keyOf(reason, folder, null, trees), count, size * count);
          add(totals, reason, count, size * count);
        }
      }
    }
    const seen = new Set<string>();
    for (const { tree, path, content, size: length } of this.files) {
      if (
        content === null || length === 0 || seen.has(content) || !tagged.at.includes(`${tree.folder}/${path}`)
      ) continue;
      seen.add(content);
      const { size, paths } = this.#spots.get(content)!;
      const trees = [...paths.values()].flatMap((spot) => spot.trees);
      for (const reason of reasonsOf(trees, tagged.asked)) {
        add(risks, keyOf(reason, null, tagged.tag, trees), paths.size, size * paths.size);
      }
    }
    return { files, safe, risks, totals };
  }

  /** Contents at several paths: how many groups, which bytes could go, and of each content the same. */
  duplicates(askedOf: (folder: string) => Wanted, which: "all" | "within" | "across", minSize = 1) {
    const groups: { size: number; gain: number; places: number }[] = [];
    for (const { size, paths } of this.#spots.values()) {
      const spots = [...paths.values()];
      const within = mostOnOne(spots) > 1;
      if (spots.length < 2 || size < minSize || (which !== "all" && within !== (which === "within"))) {
        continue;
      }
      const stay = staying(spots, askedOf);
      groups.push({ size, gain: size * (instances(spots) - instances(stay)), places: spots.length });
    }
    return { groups: groups.length, gain: groups.reduce((sum, { gain }) => sum + gain, 0), each: groups };
  }
}

function read(tree: Tree, path: string): FileThere {
  const at = `${tree.root}/${path}`;
  if (Deno.lstatSync(at).isSymlink) return { tree, path, content: null, size: 0 };
  const bytes = Deno.readFileSync(at);
  return { tree, path, content: createHash("sha256").update(bytes).digest("hex"), size: bytes.length };
}

function add(sums: Map<string, Sum>, key: string, files: number, bytes: number): void {
  const sum = sums.get(key) ?? { files: 0, bytes: 0 };
  sums.set(key, { files: sum.files + files, bytes: sum.bytes + bytes });
}

export function riskKey(
  reason: string,
  folder: string | null,
  tag: string | null,
  devices: readonly string[],
  disks: number,
): string {
  return `${reason} folder=${folder} tag=${tag} devices=${[...devices].sort()} disks=${disks}`;
}

function keyOf(reason: string, folder: string | null, tag: string | null, trees: readonly Tree[]): string {
  const devices = [...new Set(trees.map(({ device }) => device))];
  return riskKey(reason, folder, tag, devices, new Set(trees.map(({ disk }) => disk)).size);
}

/** All devices are here, and none of their disks fails. */
function reasonsOf(trees: readonly Tree[], { copies, on }: Wanted): string[] {
  const devices = new Set(trees.map(({ device }) => device));
  const disks = new Set(trees.map(({ disk }) => disk));
  const out: string[] = [];
  if (copies !== null && disks.size < copies) out.push("too-few");
  if (copies === null && devices.size === 1) out.push("one-device");
  if (on.some((device) => !devices.has(device))) out.push("elsewhere");
  if (trees.every(({ isFull }) => isFull)) out.push("nearly-full");
  return out;
}

function mostOnOne(spots: readonly Spot[]): number {
  const counts = new Map<string, number>();
  for (const { device } of spots.flatMap(({ trees }) => trees)) {
    counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

function instances(spots: readonly Spot[]): number {
  return spots.reduce((sum, { trees }) => sum + trees.length, 0);
}

/**
 * Paths that policies require, and one in any case: the one on the most disks, and then what brings the most of what is missing (devices that are
 * named, then disks) until it is enough or nothing is left.
 */
function staying(spots: readonly Spot[], askedOf: (folder: string) => Wanted): Spot[] {
  const asked = spots.map(({ folder }) => askedOf(folder));
  const wanted = Math.max(1, ...asked.map(({ copies }) => copies ?? 1));
  const had = new Set(spots.flatMap(({ trees }) => trees.map(({ device }) => device)));
  const named = new Set(asked.flatMap(({ on }) => on).filter((device) => had.has(device)));
  const devicesOf = (some: readonly Spot[]) =>
    new Set(some.flatMap(({ trees }) => trees.map(({ device }) => device)));
  const disksOf = (some: readonly Spot[]) =>
    new Set(some.flatMap(({ trees }) => trees.map(({ disk }) => disk))).size;
  const namedIn = (some: readonly Spot[]) =>
    [...devicesOf(some)].filter((device) => named.has(device)).length;
  const rest = [...new Map(spots.map((spot) => [kindOf(spot), spot])).values()];
  const stay: Spot[] = [];
  while (rest.length > 0) {
    if (stay.length > 0 && disksOf(stay) >= wanted && namedIn(stay) === named.size) break;
    const worth = (spot: Spot) => [
      stay.length === 0 ? 0 : namedIn([...stay, spot]),
      disksOf([...stay, spot]),
      spot.trees.length,
    ];
    rest.sort((a, b) => {
      const [x, y] = [worth(a), worth(b)];
      return y[0]! - x[0]! || y[1]! - x[1]! || y[2]! - x[2]!;
    });
    stay.push(rest.shift()!);
  }
  return stay;
}

function kindOf({ folder, trees }: Spot): string {
  return `${folder} ${trees.map(({ device }) => device).sort()}`;
}
