/** The volumes of a disk, and where they are mounted. */
import type { Inode } from "./inode.ts";
import type { CrashMode } from "./options.ts";
import type { Rng } from "./rng.ts";
import { Volume, type VolumeSettings } from "./volume.ts";

const FIRST_DEVICE = 64_769;

interface Mount {
  readonly path: string;
  readonly volume: Volume;
  /** The directory below it; null while it is not mounted. */
  covered: Inode | null;
}

export class Mounts {
  /** The volume of `/`. */
  readonly main: Volume;
  readonly #settings: VolumeSettings;
  readonly #mounts: Mount[] = [];
  #nextDevice = FIRST_DEVICE;

  constructor(settings: VolumeSettings, capacity: number) {
    this.#settings = settings;
    this.main = new Volume(this.#nextDevice++, settings, capacity);
  }

  all(): Volume[] {
    return [this.main, ...this.#mounts.map(({ volume }) => volume)];
  }

  mounted(): Volume[] {
    return [this.main, ...this.#mounts.filter(({ covered }) => covered !== null).map(({ volume }) => volume)];
  }

  add(path: string, covered: Inode, capacity: number): void {
    const mount: Mount = {
      path,
      volume: new Volume(this.#nextDevice++, this.#settings, capacity),
      covered: null,
    };
    this.#mounts.push(mount);
    cover(mount, covered);
  }

  /** Whoever has something of it open only meets errors from now on. */
  take(path: string, pulled: CrashMode | null, rng: Rng): void {
    const mount = this.#at(path);
    if (pulled === null) mount.volume.syncAll();
    mount.volume.crash(pulled ?? "ordered", rng); // after a sync nothing is left to lose
    uncover(mount);
  }

  putBack(path: string, covered: Inode, renumbered: boolean): void {
    const mount = this.#at(path);
    uncover(mount);
    if (renumbered) mount.volume.dev = this.#nextDevice++;
    cover(mount, covered);
  }

  /** What is not mounted has no power to lose. A mount whose directory is lost is mounted no more. */
  crash(mode: CrashMode, rng: Rng): void {
    for (const volume of this.mounted()) volume.crash(mode, rng);
    for (const mount of this.#mounts) {
      const { covered } = mount;
      if (covered !== null && isReachable(covered)) cover(mount, covered);
      else uncover(mount);
    }
  }

  #at(path: string): Mount {
    const mount = this.#mounts.findLast((other) => other.path === path);
    if (mount === undefined) throw new Error(`Nothing was ever mounted at ${path}`);
    return mount;
  }
}

function cover(mount: Mount, covered: Inode): void {
  covered.mounted = mount.volume;
  mount.covered = covered;
  mount.volume.root.parent = covered.parent;
  mount.volume.root.name = covered.name;
}

function uncover(mount: Mount): void {
  if (mount.covered !== null) mount.covered.mounted = null;
  mount.covered = null;
}

function isReachable(dir: Inode): boolean {
  for (let at = dir; at.parent !== null; at = at.parent) {
    const entry = [...at.parent.entries!.values()].find(({ inode }) =>
      inode === at || inode.mounted?.root === at
    );
    if (entry === undefined) return false;
  }
  return true;
}
