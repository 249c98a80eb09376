/**
 * This device says of each of its replicas on which disk it lies, how much of that is free, and whether it fails (`disk/FOLDER`; see disks.ts).
 * Looked at now and then; said only when it has changed, in coarse steps, since all devices keep what is said.
 */
import { sha256 } from "../core/content.ts";
import { toHex } from "../core/ids.ts";
import { letPass } from "../core/passing.ts";
import { SELF } from "../catalogue/interning.ts";
import type { Ledger } from "../journal/ledger.ts";
import { type Clock, type Fs, FsError } from "../platform/ports.ts";
import { coarseShare, DISK, type Disk, diskValue, readDisk } from "./disks.ts";
import { replicasOf } from "./folders.ts";

/** The first look comes when a start is over. */
const FIRST_MS = 20_000;
const EVERY_MS = 10 * 60_000;
const ID_DIGITS = 32;

export interface DiskFactsDeps {
  readonly ledger: Ledger;
  readonly fs: Fs;
  readonly clock: Clock;
  /** Names this device, for disks that have no name of their own. */
  readonly device: string;
}

export class DiskFacts {
  readonly #deps: DiskFactsDeps;
  #cancel: () => void;
  #isStopped = false;

  constructor(deps: DiskFactsDeps) {
    this.#deps = deps;
    this.#cancel = deps.clock.after(FIRST_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock } = this.#deps;
    await this.publish().catch(letPass); // the next look says it
    if (!this.#isStopped) this.#cancel = clock.after(EVERY_MS, () => void this.#look());
  }

  /** Says what has changed. */
  async publish(): Promise<void> {
    const { ledger } = this.#deps;
    const { values } = ledger.catalogue;
    for (const { folder, path } of replicasOf(ledger.catalogue)) {
      const key = DISK + folder;
      const said = readDisk(values.fact(SELF, key));
      const disk = this.#diskAt(path, said);
      const isSame = disk === null || said !== null && said.id === disk.id &&
          said.freeShare === disk.freeShare && said.isFailing === disk.isFailing;
      if (!isSame && !this.#isStopped) await ledger.commit({ type: "fact", key, value: diskValue(disk) });
    }
  }

  /** Null while the root is not there, or its disk refuses: what was said stays. */
  #diskAt(path: string, said: Disk | null): Disk | null {
    const { fs, device } = this.#deps;
    try {
      const stat = fs.lstat(fs.realPath(path));
      if (stat === null) return null;
      const space = fs.freeSpace(path);
      const known = fs.diskOf(path);
      // A disk without a name is told from others of this device by its number, which is the same for all that is on it.
      const name = known?.id ?? `${device} ${stat.dev}`;
      return {
        id: toHex(sha256(new TextEncoder().encode(`cairn-disk-1 ${name}`))).slice(0, ID_DIGITS),
        freeShare: space === null ? 1 : coarseShare(space.free / space.total, said?.freeShare ?? null),
        isFailing: known?.isFailing ?? false,
      };
    } catch (error) {
      if (error instanceof FsError) return null;
      throw error;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }
}
