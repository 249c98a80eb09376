/**
 * What a person has paused on this device, until it is resumed: a folder (a fact, so that others do not ask for what they would not get, R9),
 * another device, or all.
 *
 * 1. What people do in a paused folder is journalled and told as always. Nothing of others is taken or placed there, and none of its
 *    contents are given.
 * 2. With a paused device there is no session. While all is paused there is none at all, and nothing is placed in any folder.
 * 3. A pause is durable before it holds, and stands over restarts. That of all and those of single folders and devices do not touch each other.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { SELF } from "../catalogue/interning.ts";
import type { DeviceId, FolderId } from "../core/ids.ts";
import type { JournalRecord } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Refusal } from "../peer/messages.ts";

const PAUSE = "pause/";
const ALL = `${PAUSE}all`;
const DEVICE = `${PAUSE}device/`;

export type Pausable =
  | { readonly kind: "all" }
  | { readonly kind: "folder"; readonly folder: FolderId }
  | { readonly kind: "device"; readonly device: DeviceId };

const PAUSED: Refusal = {
  code: "paused",
  message: "The other device has paused this connection",
  hint: "It goes on when somebody says there: cairn resume",
};

/** The record that pauses, or ends the pause. */
export function pauseRecord(what: Pausable, isPaused: boolean, nowMs: number): JournalRecord {
  const value = isPaused ? { sinceMs: nowMs } : null;
  return { type: what.kind === "folder" ? "fact" : "local", key: keyOf(what), value };
}

function keyOf(what: Pausable): string {
  return what.kind === "folder" ? PAUSE + what.folder : what.kind === "all" ? ALL : DEVICE + what.device;
}

/** Whether a device, by its number in the catalogue, says that it has paused a folder. */
export function isPausedBy(catalogue: Catalogue, device: number, folder: FolderId): boolean {
  return catalogue.values.fact(device, PAUSE + folder) !== null;
}

export class Pauses {
  readonly #ledger: Ledger;
  /** Keys of what is paused. Facts and local values have none in common. */
  readonly #keys = new Set<string>();
  readonly #end: () => void;

  /** `changed` is told when a pause begins or ends. */
  constructor(ledger: Ledger, changed: () => void) {
    this.#ledger = ledger;
    const { values } = ledger.catalogue;
    for (const key of values.factSizes(SELF).keys()) {
      if (key.startsWith(PAUSE) && values.fact(SELF, key) !== null) this.#keys.add(key);
    }
    for (const { key } of values.localWithPrefix(PAUSE)) this.#keys.add(key);
    this.#end = ledger.onApplied((applied) => {
      let isNew = false;
      for (const { record } of applied) {
        if (record.type !== "fact" && record.type !== "local" || !record.key.startsWith(PAUSE)) continue;
        if (record.value === null) this.#keys.delete(record.key);
        else this.#keys.add(record.key);
        isNew = true;
      }
      if (isNew) changed();
    });
  }

  /** Whether just this was paused. */
  has(what: Pausable): boolean {
    return this.#keys.has(keyOf(what));
  }

  get isAll(): boolean {
    return this.#keys.has(ALL);
  }

  /** Nothing is taken or given in the folder, for itself or since all is paused. */
  holdsFolder(folder: FolderId): boolean {
    return this.isAll || this.#keys.has(PAUSE + folder);
  }

  holdsDevice(device: DeviceId): boolean {
    return this.isAll || this.#keys.has(DEVICE + device);
  }

  /** Whom to have sessions with, of these. */
  without(devices: Iterable<DeviceId>): DeviceId[] {
    return [...devices].filter((device) => !this.holdsDevice(device));
  }

  /** What a device is told that is not talked to; null for all others. */
  refusal(device: DeviceId): Refusal | null {
    return this.holdsDevice(device) ? PAUSED : null;
  }

  /** Durable, and in force, when it is done. False when it was so before. */
  async set(what: Pausable, isPaused: boolean, nowMs: number): Promise<boolean> {
    if (this.has(what) === isPaused) return false;
    await this.#ledger.commit(pauseRecord(what, isPaused, nowMs));
    return true;
  }

  stop(): void {
    this.#end();
  }
}
