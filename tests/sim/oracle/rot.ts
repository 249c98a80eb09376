/**
 * Bits that flipped, and what must come of them (R15): the bad bytes go nowhere else, nobody announces them, and they are still the file that they
 * were, to all that know of acts, until somebody puts the good ones back or makes the bad ones an edit.
 */
import type { RelPath } from "../../../src/core/ids.ts";
import { samePrint } from "../../../src/core/fingerprint.ts";
import { relativeStat } from "../../../src/folder/scan.ts";
import type { Peek } from "../disk/sim_disk.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { type ContentKey, keyOf } from "./contents.ts";
import { overlap } from "./history.ts";
import { tellsOf } from "./recorded.ts";

interface Rot {
  readonly device: SimDevice;
  readonly ino: number;
  readonly birthMs: number;
  readonly good: ContentKey;
  readonly bad: ContentKey;
}

export class Rots {
  readonly #all = new Set<Rot>();
  /** What every content became that ever went bad. */
  readonly #flipped: { readonly good: ContentKey; readonly bad: ContentKey }[] = [];
  /** Bad bytes that count as an edit, or as damage, as the device may know. */
  readonly #vague = new Map<ContentKey, ContentKey>();

  /** Flips a bit of a file at rest: the one at `path` if it is, else another one. Null where there is none. */
  rot(device: SimDevice, at: string, of: number): string | null {
    const found: string[] = [];
    device.disk.walk(ROOT, (path, peek) => {
      if (!path.startsWith(".cairn") && isAtRest(device, path as RelPath, peek) && !this.of(device, peek)) {
        found.push(path);
      }
    });
    const path = found.includes(at) ? at : found[of % Math.max(1, found.length)];
    if (path === undefined) return null;
    const before = device.disk.peek(`${ROOT}/${path}`)!;
    const { ino, birthMs } = before;
    const good = keyOf(before)!;
    device.disk.rot(`${ROOT}/${path}`);
    const bad = keyOf(device.disk.peek(`${ROOT}/${path}`))!;
    this.#all.add({ device, ino, birthMs, good, bad });
    this.#flipped.push({ good, bad });
    return path;
  }

  /** What a file of a device has become, where its disk has changed it. */
  of(device: SimDevice, peek: Peek | null): Rot | null {
    if (peek === null || this.#all.size === 0) return null;
    const key = keyOf(peek);
    for (const rot of this.#all) {
      const isIt = rot.device === device && rot.ino === peek.ino && rot.birthMs === peek.birthMs;
      if (isIt && rot.bad === key) return rot;
    }
    return null;
  }

  /** Where bad bytes could not be synced, a copy of them takes their place on their disk: they are what they were. */
  copied(device: SimDevice, peek: Peek | null, standing: ContentKey | null): void {
    if (peek === null || this.#all.size === 0 || this.of(device, peek) !== null) return;
    const key = keyOf(peek);
    for (const rot of this.#all) {
      if (rot.device !== device || rot.bad !== key || rot.good !== standing) continue;
      this.#all.add({ ...rot, ino: peek.ino, birthMs: peek.birthMs });
      return;
    }
  }

  /** What stands there to everybody's mind. */
  meant(device: SimDevice, peek: Peek | null): ContentKey | null {
    return this.of(device, peek)?.good ?? keyOf(peek);
  }

  /** Paths of a device's tree at which bad bytes stand. */
  standing(device: SimDevice): RelPath[] {
    const out: RelPath[] = [];
    if (this.#all.size === 0) return out;
    device.disk.walk(ROOT, (path, peek) => {
      if (!path.startsWith(".cairn") && this.of(device, peek) !== null) out.push(path as RelPath);
    });
    return out;
  }

  /** Of these a device that has just started knows too little: Cairn had touched them a moment before, and remembers that in memory alone. */
  forgotten(device: SimDevice): RelPath[] {
    return this.standing(device).filter((path) => {
      const replica = device.folder?.replica;
      const own = replica?.own(path) ?? null;
      const print = own === null ? null : replica!.catalogue.prints.get(own.state);
      const peek = device.disk.peek(`${ROOT}/${path}`)!;
      return replica !== undefined &&
        (print === null || !print.settled || !samePrint(print, relativeStat(peek, replica.rootDev)));
    });
  }

  isNear(device: SimDevice, paths: readonly string[]): boolean {
    return this.standing(device).some((bad) => paths.some((path) => overlap(path, bad)));
  }

  isAt(device: SimDevice, path: string): boolean {
    return this.of(device, device.disk.peek(`${ROOT}/${path}`)) !== null;
  }

  /** What it was before, of bytes of which nobody can say whether they are damage. */
  beforeVague(content: ContentKey | null): ContentKey | null {
    return this.#vague.get(content ?? "") ?? null;
  }

  isVagueAt(device: SimDevice, path: string): boolean {
    return this.beforeVague(keyOf(device.disk.peek(`${ROOT}/${path}`))) !== null;
  }

  /** Whether the last copy of a content went bad: what is left of it is found. */
  isLeftBad(content: ContentKey, found: ReadonlySet<string>): boolean {
    return this.#flipped.some(({ good, bad }) => good === content && found.has(bad));
  }

  /** What the device knew of it may be lost: what stands there is damage still, or an edit. */
  giveUp(device: SimDevice, path: string): void {
    const rot = this.of(device, device.disk.peek(`${ROOT}/${path}`));
    if (rot === null) return;
    this.#all.delete(rot);
    this.#vague.set(rot.bad, rot.good);
  }

  /** From now on the bytes at the path are what they are. */
  end(device: SimDevice, path: string): void {
    const rot = this.of(device, device.disk.peek(`${ROOT}/${path}`));
    if (rot !== null) this.#all.delete(rot);
  }
}

/** Our row tells of that very file, and nothing can hide in its print: whoever changes it from now on leaves a sign. */
function isAtRest({ folder }: SimDevice, path: RelPath, peek: Peek): boolean {
  if (folder === null || peek.kind !== "file" || peek.size === 0 || peek.links > 1) return false;
  const { replica, outbound } = folder;
  const own = replica.own(path);
  if (own === null || !own.row.held || !outbound.isReady || !outbound.isQuiet) return false;
  const print = replica.catalogue.prints.get(own.state);
  if (print === null || !print.settled || !tellsOf(own.row.entry, peek)) return false;
  return samePrint(print, relativeStat(peek, replica.rootDev));
}
