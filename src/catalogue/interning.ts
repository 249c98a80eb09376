/** Small integers for ids and directory paths, so that a row costs bytes and not names. */
import type { ActorId, DeviceId, FolderId, RelPath } from "../core/ids.ts";
import { fromHex, toHex } from "../core/ids.ts";
import { assert } from "../core/errors.ts";
import { INTERNED, INTERNED_CHARACTERS } from "../core/limits.ts";
import type { Database } from "./database.ts";

/** This device's row in `devices`. */
export const SELF = 1;
/** An id takes as much room as a path of this many characters. */
const ID_CHARACTERS = 64;

/** Two ways between ids and their numbers, of bounded size: beyond it the cache starts anew. */
class Cache<Id> {
  readonly #numbers = new Map<Id, number>();
  readonly #ids = new Map<number, Id>();

  numberOf(id: Id): number | undefined {
    return this.#numbers.get(id);
  }

  idOf(number: number): Id | undefined {
    return this.#ids.get(number);
  }

  remember(id: Id, number: number): number {
    if (this.#numbers.size >= INTERNED) this.clear();
    this.#numbers.set(id, number);
    this.#ids.set(number, id);
    return number;
  }

  clear(): void {
    this.#numbers.clear();
    this.#ids.clear();
  }
}

export class Interning {
  readonly #db: Database;
  readonly #devices = new Cache<DeviceId>();
  readonly #actors = new Cache<ActorId>();
  readonly #folders = new Cache<FolderId>();
  /** 0: there is none of this path. */
  readonly #directories = new Map<string, number>();
  readonly #directoryOf = new Map<number, { folder: number; path: RelPath }>();
  /** The one that was asked for last: most rows lie where the one before them does. */
  #last: { readonly folder: number; readonly path: RelPath; readonly id: number } | null = null;
  #newDirectory: (directory: number) => void = () => {};
  /** Characters in the directories that are kept. */
  #characters = 0;
  /** The number of a device is not given again while we run. */
  #lastDevice: number;
  /** How many numbers were given in this run; a long path counts as several. */
  given = 0;

  constructor(db: Database, self: DeviceId) {
    this.#db = db;
    this.#lastDevice = Number(db.get("SELECT coalesce(max(id), 0) FROM devices")![0]);
    assert(this.device(self) === SELF, "this device is the first that a catalogue knows");
    db.onRollback(() => this.forget());
  }

  /** Numbers were taken back. */
  forget(): void {
    for (const cache of [this.#devices, this.#actors, this.#folders]) cache.clear();
    this.#forgetDirectories();
  }

  #forgetDirectories(): void {
    this.#directories.clear();
    this.#directoryOf.clear();
    this.#last = null;
    this.#characters = 0;
  }

  /** The number of a device, made when it is new. */
  device(device: DeviceId): number {
    const known = this.findDevice(device);
    if (known !== null) return known;
    this.given++;
    const id = ++this.#lastDevice;
    this.#db.run("INSERT INTO devices (id, device) VALUES (?, ?)", id, fromHex(device));
    return this.#devices.remember(device, id);
  }

  /** The number of a device, or null when it has none. */
  findDevice(device: DeviceId): number | null {
    const cached = this.#devices.numberOf(device);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT id FROM devices WHERE device = ?", fromHex(device));
    return row === undefined ? null : this.#devices.remember(device, Number(row[0]));
  }

  deviceOf(id: number): DeviceId {
    const cached = this.#devices.idOf(id);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT device FROM devices WHERE id = ?", id);
    assert(row !== undefined, `device ${id} is interned`);
    const device = toHex(row[0] as Uint8Array) as DeviceId;
    this.#devices.remember(device, id);
    return device;
  }

  actor(actor: ActorId): number {
    const cached = this.#actors.numberOf(actor);
    if (cached !== undefined) return cached;
    const bytes = fromHex(actor);
    const row = this.#db.get("SELECT id FROM actors WHERE actor = ?", bytes);
    if (row !== undefined) return this.#actors.remember(actor, Number(row[0]));
    this.given++;
    return this.#actors.remember(actor, this.#db.insert("INSERT INTO actors (actor) VALUES (?)", bytes));
  }

  /** Actors in the order in which they were first named, at most `limit`: those of devices come before what others may have made up. */
  actors(limit: number): ActorId[] {
    return this.#db.all("SELECT actor FROM actors ORDER BY id LIMIT ?", limit)
      .map(([actor]) => toHex(actor as Uint8Array) as ActorId);
  }

  actorOf(id: number): ActorId {
    const cached = this.#actors.idOf(id);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT actor FROM actors WHERE id = ?", id);
    assert(row !== undefined, `actor ${id} is interned`);
    const actor = toHex(row[0] as Uint8Array) as ActorId;
    this.#actors.remember(actor, id);
    return actor;
  }

  /** The number of a folder, made when it is new. */
  folder(folder: FolderId): number {
    return this.findFolder(folder) ??
      this.#folders.remember(
        folder,
        this.#db.insert("INSERT INTO folders (folder) VALUES (?)", fromHex(folder)),
      );
  }

  /** The number of a folder, or null when it has none. */
  findFolder(folder: FolderId): number | null {
    const cached = this.#folders.numberOf(folder);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT id FROM folders WHERE folder = ?", fromHex(folder));
    return row === undefined ? null : this.#folders.remember(folder, Number(row[0]));
  }

  folderOf(id: number): FolderId {
    const cached = this.#folders.idOf(id);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT folder FROM folders WHERE id = ?", id);
    if (row === undefined) throw new RangeError(`folder ${id} is not interned`);
    const folder = toHex(row[0] as Uint8Array) as FolderId;
    this.#folders.remember(folder, id);
    return folder;
  }

  /** How many folders have numbers. */
  folderCount(): number {
    return Number(this.#db.get("SELECT count(*) FROM folders")![0]);
  }

  /** Told of each directory that gets a number: no row is in it yet. */
  onNewDirectory(listener: (directory: number) => void): void {
    this.#newDirectory = listener;
  }

  /** The number of a directory path, made when it is new. */
  directory(folder: number, path: RelPath): number {
    const known = this.findDirectory(folder, path);
    if (known !== null) return known;
    this.given += Math.max(1, Math.round(path.length / ID_CHARACTERS));
    const id = this.#db.insert("INSERT INTO directories (folder, path) VALUES (?, ?)", folder, path);
    this.#newDirectory(id);
    return this.#rememberDirectory(id, folder, path);
  }

  /** The number of a directory path, or null when no row was ever in it. */
  findDirectory(folder: number, path: RelPath): number | null {
    const last = this.#last;
    if (last !== null && last.path === path && last.folder === folder) return last.id || null;
    const cached = this.#directories.get(`${folder}/${path}`);
    if (cached !== undefined) {
      this.#last = { folder, path, id: cached };
      return cached || null;
    }
    const row = this.#db.get("SELECT id FROM directories WHERE folder = ? AND path = ?", folder, path);
    return this.#rememberDirectory(Number(row?.[0] ?? 0), folder, path) || null;
  }

  directoryOf(id: number): { readonly folder: number; readonly path: RelPath } {
    const cached = this.#directoryOf.get(id);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT folder, path FROM directories WHERE id = ?", id);
    assert(row !== undefined, `directory ${id} is interned`);
    this.#rememberDirectory(id, Number(row[0]), row[1] as RelPath);
    return this.#directoryOf.get(id)!;
  }

  #rememberDirectory(id: number, folder: number, path: RelPath): number {
    if (this.#directories.size >= INTERNED || this.#characters >= INTERNED_CHARACTERS) {
      this.#forgetDirectories();
    }
    this.#characters += path.length;
    this.#directories.set(`${folder}/${path}`, id);
    this.#last = { folder, path, id };
    if (id > 0) this.#directoryOf.set(id, { folder, path });
    return id;
  }
}
