/**
 * Forgets tombstones that nobody needs any more (R28): our own by a journal record, and then what we know of others'. Nobody is told:
 * each device comes to the same by itself.
 *
 * 1. Rarely, in bounded steps, and only when somebody has published more than at the last time.
 * 2. When in doubt it is kept: while a member is suspended, of an epoch that is not complete, or known less well than before; where
 *    something is still to be done about the path; and at the paths of conflict copies, which whoever comes with the loser makes anew (R4).
 * 3. What is known of others goes in the same step as the decision. Our own row goes once that is durable, if it is a tombstone still.
 */
import { SELF } from "../catalogue/interning.ts";
import { decideFor, type Place } from "../catalogue/rows.ts";
import { isConflictPath } from "../core/conflict_name.ts";
import type { DeviceId, RelPath } from "../core/ids.ts";
import { RECORD_ROWS } from "../core/limits.ts";
import { decodeWatermarks, floorsOf, mayForget, SEEN } from "../core/watermark.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";

const PASS_MS = 3_600_000;
/** Tombstones looked at in one go: some 10 ms. */
const SLICE = RECORD_ROWS;

export interface ForgettingDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly self: DeviceId;
  /** All members, this device too; null while it is not certain who may come back with what. */
  members(): readonly DeviceId[] | null;
}

type Floors = ReadonlyMap<DeviceId, number>;

export class Forgetting {
  readonly #deps: ForgettingDeps;
  /** The floors of the last pass that came to its end. */
  #done = "";
  #passing = false;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: ForgettingDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#deps.clock.after(PASS_MS, () => void this.pass().finally(() => this.start()));
  }

  /** Looks at every tombstone; answers how many paths were forgotten. */
  async pass(): Promise<number> {
    if (this.#passing) return 0;
    this.#passing = true;
    try {
      return await this.#pass();
    } catch {
      // The journal tells its own trouble, and a tombstone is cheap.
      return 0;
    } finally {
      this.#passing = false;
    }
  }

  async #pass(): Promise<number> {
    const { ledger: { catalogue }, clock } = this.#deps;
    const first = this.#floors();
    if (first === null || textOf(first) === this.#done) return 0;
    let forgotten = 0;
    for (let after = 0;;) {
      const some = catalogue.leftovers.tombstonesAfter(after, SLICE);
      if (some.length === 0 || this.#isStopped) break;
      after = some.at(-1)!.state;
      // Members and epochs may have changed since the last slice.
      const floors = this.#floors();
      if (floors === null) return forgotten;
      const { dropped, own } = this.#forgetOthers(some, floors);
      forgotten += dropped;
      for (const [folder, paths] of byFolder(own)) {
        await this.#deps.ledger.commit({ type: "forgot", folder: catalogue.ids.folderOf(folder), paths });
      }
      const again = this.#floors();
      if (own.length > 0 && again !== null) forgotten += this.#forgetOthers(own, again).dropped;
      await new Promise<void>((resolve) => clock.after(0, resolve));
    }
    if (!this.#isStopped) this.#done = textOf(first);
    return forgotten;
  }

  /** Drops what others say of the paths that nobody needs; answers of how many, and where our own row is in the way. */
  #forgetOthers(places: readonly Place[], floors: Floors): { dropped: number; own: Place[] } {
    const { catalogue } = this.#deps.ledger;
    const own: Place[] = [];
    const seen = new Set<string>();
    let dropped = 0;
    catalogue.db.transaction(() => {
      for (const { folder, path } of places) {
        // Two states of one path: what is decided of the first holds for both.
        if (seen.has(`${folder}/${path}`)) continue;
        seen.add(`${folder}/${path}`);
        const rows = catalogue.rows.allAt(folder, path);
        if (!this.#mayForget(path, rows, floors)) continue;
        if (rows.some(({ device }) => device === SELF)) {
          own.push({ folder, path });
          continue;
        }
        for (const { device } of rows) catalogue.rows.drop(device, folder, path);
        dropped++;
      }
    });
    return { dropped, own };
  }

  #mayForget(path: RelPath, rows: Parameters<typeof decideFor>[0], floors: Floors): boolean {
    const { ids } = this.#deps.ledger.catalogue;
    if (isConflictPath(path) || decideFor(rows).kind !== "none") return false;
    const told = rows.map(({ device, lsn, row }) => ({
      device: ids.deviceOf(device),
      lsn,
      entry: row.entry,
    }));
    // Who is no member any more is being swept, and pins nothing.
    return mayForget(told.filter(({ device }) => floors.has(device)), floors);
  }

  #floors(): Floors | null {
    const { ledger, self, members } = this.#deps;
    const { cursors, ids, rows, values } = ledger.catalogue;
    const all = members();
    if (all === null) return null;
    const numbers = all.map((member) => ids.device(member));
    if (
      numbers.some((device) => device !== SELF && (cursors.isSweeping(device) || rows.ignored.has(device)))
    ) return null;
    return floorsOf(
      all,
      (member) => member === self ? ledger.epoch : cursors.of(ids.device(member)).epoch,
      (member) => {
        const device = ids.device(member);
        return values.factLsn(device, SEEN) > 0 ? decodeWatermarks(values.fact(device, SEEN)) : new Map();
      },
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}

function byFolder(places: readonly Place[]): Map<number, RelPath[]> {
  const out = new Map<number, RelPath[]>();
  for (const { folder, path } of places) {
    const paths = out.get(folder);
    if (paths === undefined) out.set(folder, [path]);
    else paths.push(path);
  }
  return out;
}

function textOf(floors: Floors): string {
  return [...floors].sort().join(" ");
}
