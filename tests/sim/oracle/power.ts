/**
 * Power cuts, and what they may take: exactly what nobody had made durable. A content that the device's daemon had recorded
 * (so that others may have heard of it) must be there afterwards, unless the disk lied about its syncs (R16).
 */
import type { RelPath } from "../../../src/core/ids.ts";
import type { CrashMode } from "../disk/sim_disk.ts";
import { FOLDER_ID } from "../world/fixture.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { describe, keyOf, losableKey } from "./contents.ts";
import { tellsOf } from "./recorded.ts";
import type { DiskOracle } from "./watcher.ts";

export class PowerCuts {
  readonly #oracles: readonly DiskOracle[];
  readonly #fail: (what: string) => void;
  /** Devices whose disks have lied. */
  readonly lies = new Set<SimDevice>();
  /** Devices whose homes somebody has changed. */
  readonly vague = new Set<SimDevice>();

  constructor(oracles: readonly DiskOracle[], fail: (what: string) => void) {
    this.#oracles = oracles;
    this.#fail = fail;
  }

  cut(device: SimDevice, mode: CrashMode, marks: number): void {
    const oracle = this.#oracles[device.index]!;
    if (this.lies.has(device)) device.isHomeChanged = true;
    const recorded = this.lies.has(device) ? new Set<string>() : this.#recorded(device);
    device.powerCut(mode, marks);
    // Bytes that are others under the same times are found by nobody but their reader: who touches them then.
    if (this.lies.has(device)) { for (const path of oracle.below("")) device.unreliable.add(path); }
    const { lost, changed } = oracle.wentBack();
    // Whatever a user had done there, the disk does not know of it.
    for (const path of changed) device.unsettled.add(path);
    for (const { content, acts, key } of lost) {
      if (!recorded.has(key)) {
        for (const act of acts) if (act.device === device.index) act.isLost = true;
      } else if (mode !== "scattered") {
        this.#fail(`${device.name} had recorded ${describe(content)}, and a power cut took it`);
      }
    }
  }

  /** Somebody changed its home: from now on it may not know all that it had. */
  wentVague(device: SimDevice): void {
    this.vague.add(device);
    device.hasForgotten = true;
    device.isHomeChanged = true;
  }

  /** Contents in the tree that the daemon has a row for. */
  #recorded(device: SimDevice): Set<string> {
    const out = new Set<string>();
    const sync = device.device?.folders.get(FOLDER_ID);
    if (sync === undefined) return out;
    const { replica } = sync;
    device.disk.walk(ROOT, (path, peek) => {
      const key = keyOf(peek);
      if (key === null || path === ".cairn" || path.startsWith(".cairn/")) return;
      const own = replica.own(path as RelPath);
      // Another file with equal bytes, or the same ones written once more, of which no event has told, nobody has made durable.
      const print = own === null ? null : replica.catalogue.prints.get(own.state);
      if (own === null || print?.ino !== peek.ino || print.mtimeMs !== peek.mtimeMs) return;
      if (tellsOf(own.row.entry, peek)) out.add(losableKey(key, path));
    });
    return out;
  }
}
