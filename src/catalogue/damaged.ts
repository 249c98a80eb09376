/**
 * Which contents devices have that are no copies, since their disks have damaged them. Follows the facts `damaged/FOLDER`, in the same
 * transaction, and has what changes counted again (catalogue/copies.ts).
 *
 * A replica has a content still where it is damaged at fewer paths than it stands at. So what is renamed in a folder changes nothing: it is no
 * copy under its new name either.
 */
import { damagedBy } from "../core/damaged.ts";
import { type ContentId, fromHex } from "../core/ids.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { PUT_LEAVING } from "./row_sql.ts";
import { type Spot, UNCOUNTED } from "./standings.ts";

export class Damaged {
  readonly #db: Database;
  readonly #ids: Interning;
  /** Null: to be asked for. */
  #isAny: boolean | null = null;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
    db.onRollback(() => this.#isAny = null);
  }

  /** A device says a fact, or, with null, says it no more. */
  follow(device: number, key: string, value: unknown): void {
    const said = damagedBy(key, value);
    if (said === null) return;
    const { folder, paths } = said;
    const known = new Map(
      this.#db.all(
        "SELECT lower(hex(content)), paths FROM damaged WHERE device = ? AND folder = ?",
        device,
        folder,
      )
        .map(([content, count]) => [String(content) as ContentId, Number(count)]),
    );
    for (const content of new Set([...known.keys(), ...paths.keys()])) {
      const count = paths.get(content);
      if (count === known.get(content)) continue;
      const bytes = fromHex(content);
      if (count === undefined) {
        this.#db.run(
          "DELETE FROM damaged WHERE content = ? AND device = ? AND folder = ?",
          bytes,
          device,
          folder,
        );
      } else {
        this.#db.run(
          "INSERT OR REPLACE INTO damaged (content, device, folder, paths) VALUES (?, ?, ?, ?)",
          bytes,
          device,
          folder,
          count,
        );
      }
      this.#db.gather(PUT_LEAVING, bytes, 0, UNCOUNTED);
    }
    this.#isAny = null;
  }

  /** How a content stands, when what is damaged is no copy. */
  without(content: Uint8Array, spots: readonly Spot[]): readonly Spot[] {
    this.#isAny ??= this.#db.get("SELECT 1 FROM damaged LIMIT 1") !== undefined;
    if (!this.#isAny) return spots;
    const damaged = new Map(
      this.#db.all("SELECT device, folder, paths FROM damaged WHERE content = ?", content)
        .map(([device, folder, paths]) => [`${device}/${folder}`, Number(paths)]),
    );
    if (damaged.size === 0) return spots;
    const key = (device: number, folder: number) => `${device}/${this.#ids.folderOf(folder)}`;
    const stands = new Map<string, number>();
    for (const { folder, devices, paths } of spots) {
      for (const device of devices) {
        stands.set(key(device, folder), (stands.get(key(device, folder)) ?? 0) + paths);
      }
    }
    const isLost = (device: number, folder: number) => {
      const one = key(device, folder);
      return (damaged.get(one) ?? 0) >= stands.get(one)!;
    };
    return spots.map((spot) => {
      const lost = spot.devices.filter((device) => isLost(device, spot.folder));
      if (lost.length === 0) return spot;
      return { ...spot, devices: spot.devices.filter((device) => !lost.includes(device)), damaged: lost };
    });
  }
}
