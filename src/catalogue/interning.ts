/** Small integers for ids and directory paths, so that a row costs bytes and not names. */
import type { ActorId, DeviceId, FolderId, RelPath } from "../core/ids.ts";
import { fromHex, toHex } from "../core/ids.ts";
import { assert } from "../core/errors.ts";
import type { Database } from "./database.ts";

/** This device's row in `devices`. */
export const SELF = 1;
/** Directory paths kept in memory; beyond it the cache starts anew. */
const DIRECTORY_CACHE = 20_000;

export class Interning {
  readonly #db: Database;
  readonly #devices = new Map<DeviceId, number>();
  readonly #deviceOf = new Map<number, DeviceId>();
  readonly #actors = new Map<ActorId, number>();
  readonly #actorOf = new Map<number, ActorId>();
  readonly #folders = new Map<FolderId, number>();
  readonly #directories = new Map<string, number>();
  readonly #directoryOf = new Map<number, { folder: number; path: RelPath }>();

  constructor(db: Database, self: DeviceId) {
    this.#db = db;
    this.#load();
    assert(this.device(self) === SELF, "this device is the first that a catalogue knows");
    db.onRollback(() => this.#load());
  }

  #load(): void {
    for (const cache of [this.#devices, this.#deviceOf, this.#actors, this.#actorOf, this.#folders]) {
      cache.clear();
    }
    this.#directories.clear();
    this.#directoryOf.clear();
    for (const [id, device] of this.#db.all("SELECT id, device FROM devices")) {
      this.#rememberDevice(Number(id), toHex(device as Uint8Array) as DeviceId);
    }
    for (const [id, actor] of this.#db.all("SELECT id, actor FROM actors")) {
      this.#rememberActor(Number(id), toHex(actor as Uint8Array) as ActorId);
    }
    for (const [id, folder] of this.#db.all("SELECT id, folder FROM folders")) {
      this.#folders.set(toHex(folder as Uint8Array) as FolderId, Number(id));
    }
  }

  #rememberDevice(id: number, device: DeviceId): number {
    this.#devices.set(device, id);
    this.#deviceOf.set(id, device);
    return id;
  }

  #rememberActor(id: number, actor: ActorId): number {
    this.#actors.set(actor, id);
    this.#actorOf.set(id, actor);
    return id;
  }

  /** The number of a device, made when it is new. */
  device(device: DeviceId): number {
    return this.#devices.get(device) ??
      this.#rememberDevice(
        this.#db.insert("INSERT INTO devices (device) VALUES (?)", fromHex(device)),
        device,
      );
  }

  deviceOf(id: number): DeviceId {
    const device = this.#deviceOf.get(id);
    assert(device !== undefined, `device ${id} is interned`);
    return device;
  }

  actor(actor: ActorId): number {
    return this.#actors.get(actor) ??
      this.#rememberActor(this.#db.insert("INSERT INTO actors (actor) VALUES (?)", fromHex(actor)), actor);
  }

  /** Every actor that was ever named. */
  actors(): Iterable<ActorId> {
    return this.#actors.keys();
  }

  actorOf(id: number): ActorId {
    const actor = this.#actorOf.get(id);
    assert(actor !== undefined, `actor ${id} is interned`);
    return actor;
  }

  folder(folder: FolderId): number {
    let id = this.#folders.get(folder);
    if (id === undefined) {
      id = this.#db.insert("INSERT INTO folders (folder) VALUES (?)", fromHex(folder));
      this.#folders.set(folder, id);
    }
    return id;
  }

  folderOf(id: number): FolderId {
    for (const [folder, number] of this.#folders) if (number === id) return folder;
    throw new RangeError(`folder ${id} is not interned`);
  }

  /** The number of a directory path, made when it is new. */
  directory(folder: number, path: RelPath): number {
    return this.findDirectory(folder, path) ?? this.#rememberDirectory(
      this.#db.insert("INSERT INTO directories (folder, path) VALUES (?, ?)", folder, path),
      folder,
      path,
    );
  }

  /** The number of a directory path, or null when no row was ever in it. */
  findDirectory(folder: number, path: RelPath): number | null {
    const cached = this.#directories.get(`${folder}/${path}`);
    if (cached !== undefined) return cached;
    const row = this.#db.get("SELECT id FROM directories WHERE folder = ? AND path = ?", folder, path);
    return row === undefined ? null : this.#rememberDirectory(Number(row[0]), folder, path);
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
    if (this.#directories.size >= DIRECTORY_CACHE) {
      this.#directories.clear();
      this.#directoryOf.clear();
    }
    this.#directories.set(`${folder}/${path}`, id);
    this.#directoryOf.set(id, { folder, path });
    return id;
  }
}
