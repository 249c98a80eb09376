/**
 * The catalogue's values beside rows: shared records (last writer wins for each field), device-owned facts, and what
 * stays on this device. Kept apart as the two domains that they are.
 */
import { type DeviceId, fromHex, type Lsn, type Stamp, toHex } from "../core/ids.ts";
import { decode, encode } from "../core/msgpack.ts";
import type { SharedField } from "../core/record.ts";
import type { Database } from "./database.ts";

export interface Fact {
  readonly key: string;
  readonly value: unknown;
  readonly lsn: Lsn;
}

/** Hears of each fact as it is said, and with null when it goes, in the same transaction. */
export interface FactFollower {
  follow(device: number, key: string, value: unknown): void;
}

/** Under this name changes of local values are counted. */
const LOCAL = "";

/** Kinds of which there may be tens of thousands of records: looked up one by one, and never kept in memory (catalogue/labels.ts). */
export const TAG = "tag";
export const NOTE = "note";
const MANY: ReadonlySet<string> = new Set([TAG, NOTE]);

export function isLabel({ kind }: Pick<SharedField, "kind">): boolean {
  return MANY.has(kind);
}

export class Values {
  readonly #db: Database;
  readonly #facts: FactFollower | null;
  readonly #meta = new Map<string, number | string>();
  readonly #metaToWrite = new Set<string>();
  /** Shared records by kind: few, and asked for at every turn (who is a member?). */
  readonly #shared = new Map<string, Map<string, Map<string, SharedField>>>();
  /** Counts the changes of each kind of shared records, so that what is made of them can be kept. */
  readonly #generations = new Map<string, number>();
  #rollbacks = 0;

  constructor(db: Database, facts: FactFollower | null = null) {
    this.#db = db;
    this.#facts = facts;
    db.onRollback(() => {
      this.#meta.clear();
      this.#metaToWrite.clear();
      this.#shared.clear();
      this.#rollbacks++;
    });
  }

  /** Another number after every change of the shared records of a kind, and of what stays on this device. */
  generation(kind: string): number {
    return (this.#generations.get(kind) ?? 0) + (this.#generations.get(LOCAL) ?? 0) + this.#rollbacks;
  }

  #changed(kind: string): void {
    this.#generations.set(kind, (this.#generations.get(kind) ?? 0) + 1);
  }

  // -------------------------------------------------------------------------------- shared records

  shared(kind: string, key: string, field: string): SharedField | null {
    if (!MANY.has(kind)) return this.sharedOfKind(kind).get(key)?.get(field) ?? null;
    const row = this.#db.get(`${SHARED} WHERE kind = ? AND key = ? AND field = ?`, kind, key, field);
    return row === undefined ? null : readShared(row);
  }

  /** Every field of one record. */
  sharedOf(kind: string, key: string): SharedField[] {
    return this.#db.all(`${SHARED} WHERE kind = ? AND key = ? ORDER BY field`, kind, key).map(readShared);
  }

  /** Every field of every record of a kind, by key; of a kind of which there are few. */
  sharedOfKind(kind: string): ReadonlyMap<string, ReadonlyMap<string, SharedField>> {
    const known = this.#shared.get(kind);
    if (known !== undefined) return known;
    const out = new Map<string, Map<string, SharedField>>();
    for (const row of this.#db.all(`${SHARED} WHERE kind = ?`, kind)) {
      const field = readShared(row);
      let record = out.get(field.key);
      if (record === undefined) out.set(field.key, record = new Map());
      record.set(field.field, field);
    }
    // Kinds that a peer made up, of which nothing was taken in, are not kept.
    if (out.size > 0) this.#shared.set(kind, out);
    return out;
  }

  /**
   * Shared fields that our journal has beyond `after`, oldest first: some `limit`, to the end of an lsn. `upTo` is that one where there are
   * more, and null where these are all.
   */
  sharedAfter(after: Lsn, limit = Number.MAX_SAFE_INTEGER): SharedPage {
    const beyond = `${SHARED_LSN} WHERE lsn > ? ORDER BY lsn`;
    const rows = this.#db.all(`${beyond} LIMIT ?`, after, limit);
    if (rows.length < limit) return { fields: rows.map(readPlaced), upTo: null };
    const upTo = Number(rows.at(-1)![6]) as Lsn;
    const whole = rows.filter((row) => Number(row[6]) < upTo);
    whole.push(...this.#db.all(`${SHARED_LSN} WHERE lsn = ?`, upTo));
    return { fields: whole.map(readPlaced), upTo };
  }

  /** True when the field is newer than what is known. */
  isNews(field: SharedField): boolean {
    const known = this.shared(field.kind, field.key, field.field);
    if (known === null || field.stamp !== known.stamp) return known === null || field.stamp > known.stamp;
    return field.writer > known.writer;
  }

  putShared(field: SharedField, lsn: Lsn): void {
    if (!this.isNews(field)) return;
    const value = encode(field.value);
    this.#changed(field.kind);
    this.#db.run(
      `INSERT INTO shared (kind, key, field, value, stamp, writer, lsn) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, stamp = excluded.stamp, writer = excluded.writer, lsn = excluded.lsn`,
      field.kind,
      field.key,
      field.field,
      value,
      field.stamp,
      fromHex(field.writer),
      lsn,
    );
    this.#keep({ ...field, value: decode(value) });
  }

  /**
   * Takes a field into what is kept in memory of its kind. One record may say thousands: to read all of the kind again for each held
   * everybody up for a minute (invariant 10).
   */
  #keep(field: SharedField): void {
    const known = this.#shared.get(field.kind);
    if (known === undefined) return;
    const record = known.get(field.key);
    if (record === undefined) known.set(field.key, new Map([[field.field, field]]));
    else record.set(field.field, field);
  }

  /** Whether there is a shared record of this kind and key. */
  isShared(kind: string, key: string): boolean {
    return this.#db.get("SELECT 1 FROM shared WHERE kind = ? AND key = ? LIMIT 1", kind, key) !== undefined;
  }

  /** How many shared records of a kind there are. */
  sharedKeys(kind: string): number {
    return Number(this.#db.get("SELECT count(DISTINCT key) FROM shared WHERE kind = ?", kind)![0]);
  }

  /** Whether anything but this field is said of a shared record. */
  saysMore({ kind, key, field }: SharedField): boolean {
    const sql = "SELECT 1 FROM shared WHERE kind = ? AND key = ? AND field <> ? LIMIT 1";
    return this.#db.get(sql, kind, key, field) !== undefined;
  }

  /** Bytes that shared fields take, names and values: of tags and notes, or of all else. */
  sharedBytes(ofLabels: boolean): number {
    return this.#db.all("SELECT kind, bytes FROM shared_sums")
      .reduce((sum, [kind, bytes]) => MANY.has(String(kind)) === ofLabels ? sum + Number(bytes) : sum, 0);
  }

  // -------------------------------------------------------------------------------- facts

  /** Keys of a device's facts with the bytes that each takes. */
  factSizes(device: number): Map<string, number> {
    const rows = this.#db.all(
      "SELECT key, length(key) + length(value) + 16 FROM facts WHERE device = ?",
      device,
    );
    return new Map(rows.map(([key, bytes]) => [String(key), Number(bytes)]));
  }

  fact(device: number, key: string): unknown {
    const row = this.#db.get("SELECT value FROM facts WHERE device = ? AND key = ?", device, key);
    return row === undefined ? null : decode(row[0] as Uint8Array);
  }

  /** The lsn at which a device said a fact; 0 when it never did, negative when it did so in an older epoch. */
  factLsn(device: number, key: string): number {
    return Number(this.#db.get("SELECT lsn FROM facts WHERE device = ? AND key = ?", device, key)?.[0] ?? 0);
  }

  dropFacts(device: number): void {
    this.#drop("device = ?", device);
  }

  putFact(device: number, key: string, value: unknown, lsn: Lsn): void {
    this.#db.transaction(() => {
      this.#db.run(
        "INSERT OR REPLACE INTO facts (device, key, value, lsn) VALUES (?, ?, ?, ?)",
        device,
        key,
        encode(value),
        lsn,
      );
      this.#facts?.follow(device, key, value);
    });
  }

  factsAfter(device: number, after: Lsn): Fact[] {
    return this.#db.all(
      "SELECT key, value, lsn FROM facts WHERE device = ? AND lsn > ? ORDER BY lsn",
      device,
      after,
    )
      .map(([key, value, lsn]) => ({
        key: String(key),
        value: decode(value as Uint8Array),
        lsn: Number(lsn) as Lsn,
      }));
  }

  markFactsOlderEpoch(device: number): void {
    this.#db.run("UPDATE facts SET lsn = -lsn WHERE device = ? AND lsn > 0", device);
  }

  sweepFacts(device: number): void {
    this.#drop("device = ? AND lsn < 0", device);
  }

  #drop(which: string, device: number): void {
    this.#db.transaction(() => {
      for (const [key] of this.#db.all(`DELETE FROM facts WHERE ${which} RETURNING key`, device)) {
        this.#facts?.follow(device, String(key), null);
      }
    });
  }

  // -------------------------------------------------------------------------------- local

  local(key: string): unknown {
    const row = this.#db.get("SELECT value FROM local WHERE key = ?", key);
    return row === undefined ? null : decode(row[0] as Uint8Array);
  }

  /** All local values whose key starts with `prefix`. */
  localWithPrefix(prefix: string): { key: string; value: unknown }[] {
    return this.#db.all("SELECT key, value FROM local WHERE substr(key, 1, ?) = ?", prefix.length, prefix)
      .map(([key, value]) => ({ key: String(key), value: decode(value as Uint8Array) }));
  }

  putLocal(key: string, value: unknown): void {
    this.#changed(LOCAL);
    if (value === null) this.#db.run("DELETE FROM local WHERE key = ?", key);
    else this.#db.run("INSERT OR REPLACE INTO local (key, value) VALUES (?, ?)", key, encode(value));
  }

  // -------------------------------------------------------------------------------- single values

  meta(key: string): number | string | null {
    const cached = this.#meta.get(key);
    if (cached !== undefined) return cached;
    const value = this.#db.get("SELECT value FROM meta WHERE key = ?", key)?.[0];
    if (typeof value !== "number" && typeof value !== "string") return null;
    this.#meta.set(key, value);
    return value;
  }

  putMeta(key: string, value: number | string): void {
    this.#meta.set(key, value);
    this.#metaToWrite.add(key);
    this.#db.beforeCommit(this.#writeMeta);
  }

  readonly #writeMeta = () => {
    for (const key of this.#metaToWrite) {
      this.#db.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, this.#meta.get(key)!);
    }
    this.#metaToWrite.clear();
  };
}

const SHARED = "SELECT kind, key, field, value, stamp, writer FROM shared";
const SHARED_LSN = "SELECT kind, key, field, value, stamp, writer, lsn FROM shared";

export interface SharedPage {
  readonly fields: { readonly lsn: Lsn; readonly field: SharedField }[];
  readonly upTo: Lsn | null;
}

function readPlaced(row: readonly unknown[]): SharedPage["fields"][number] {
  return { lsn: Number(row[6]) as Lsn, field: readShared(row) };
}

function readShared(row: readonly unknown[]): SharedField {
  const [kind, key, field, value, stamp, writer] = row;
  return {
    kind: String(kind),
    key: String(key),
    field: String(field),
    value: decode(value as Uint8Array),
    stamp: Number(stamp) as Stamp,
    writer: toHex(writer as Uint8Array) as DeviceId,
  };
}
