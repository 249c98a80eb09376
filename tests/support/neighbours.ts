/**
 * Some whole devices in this one process, over real disks and a network in memory: as fast as a unit test, and nothing of what
 * decides over files is left out. There are no file events: what people did is found by `look()`.
 */
import { join, openInvites } from "../../src/daemon/pairing.ts";
import { conflictsService } from "../../src/daemon/conflicts.ts";
import type { ConflictStatus, Keep, ResolvedConflict } from "../../src/daemon/conflicts_types.ts";
import { Device } from "../../src/daemon/device.ts";
import { settingsService } from "../../src/daemon/settings.ts";
import type { FolderId } from "../../src/core/ids.ts";
import { membersOf } from "../../src/library/members.ts";
import { createIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import type { HashPool, TextReader } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { realTextReader } from "../../src/platform/real/text_reader.ts";
import type { FolderSync } from "../../src/sync/folder_sync.ts";
import { MemoryNet } from "./memory_net.ts";
import { memoryDirectory, type TempDir, tempDir } from "./temp_dir.ts";
import { differences, treeOf } from "./tree.ts";
import { waitFor } from "./wait.ts";

const FOLDER = "Notes";

type Texts = Readonly<Record<string, "reads" | "keeps">>;

export class Neighbour {
  constructor(
    readonly name: string,
    readonly home: string,
    readonly root: string,
    public device: Device,
    public folder: FolderId,
  ) {}

  get sync(): FolderSync {
    return this.device.folders.get(this.folder)!;
  }

  at(path: string): string {
    return `${this.root}/${path}`;
  }

  /** Writes a file, its parents made. */
  write(path: string, text: string): void {
    Deno.mkdirSync(this.at(path).slice(0, this.at(path).lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(this.at(path), text);
  }

  read(path: string): string | null {
    try {
      return Deno.readTextFileSync(this.at(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
      throw error;
    }
  }

  remove(path: string): void {
    Deno.removeSync(this.at(path), { recursive: true });
  }

  /** All that stands below a directory of the root: `a/`, `a/b.txt: its text`, `c -> target`, sorted. */
  list(below = ""): string[] {
    const walk = (directory: string): string[] =>
      [...Deno.readDirSync(this.at(directory))].flatMap(({ name, isDirectory, isSymlink }) => {
        if (directory === "" && name === ".cairn") return [];
        const path = directory === "" ? name : `${directory}/${name}`;
        if (isDirectory) return [`${path}/`, ...walk(path)];
        return [isSymlink ? `${path} -> ${Deno.readLinkSync(this.at(path))}` : `${path}: ${this.read(path)}`];
      });
    const prefix = below === "" ? "" : `${below}/`;
    return walk(below).map((line) => line.slice(prefix.length)).sort();
  }

  /** The texts of all versions that this device keeps. */
  kept(): string[] {
    const walk = (directory: string): string[] =>
      [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory, isSymlink }) => {
        const at = `${directory}/${name}`;
        if (isDirectory) return walk(at);
        return [isSymlink ? `-> ${Deno.readLinkSync(at)}` : Deno.readTextFileSync(at)];
      });
    const shards = [...Deno.readDirSync(this.at(".cairn/versions"))].filter(({ name }) => name !== "index");
    return shards.flatMap(({ name }) => walk(this.at(`.cairn/versions/${name}`))).sort();
  }

  /** What `cairn folders set` does. */
  async set(name: string, value: string): Promise<void> {
    await settingsService(this.device).setFolderSetting({ folder: FOLDER, name, value });
  }

  /** What `cairn conflicts` tells of a path, or of all. */
  conflicts(path: string | null = null, diff = false): readonly ConflictStatus[] {
    const request = { path: path === null ? null : this.at(path), folder: null, diff };
    return conflictsService(this.device, realFs()).conflicts(request).conflicts;
  }

  /** What `cairn conflicts resolve` does. */
  async resolve(path: string, keep: Keep): Promise<readonly ResolvedConflict[]> {
    const service = conflictsService(this.device, realFs());
    return (await service.resolveConflict({ path: this.at(path), keep })).resolved;
  }

  /** Takes in what people did on this disk. */
  async look(): Promise<void> {
    await this.sync.outbound.fullScan();
  }
}

export class Neighbours implements AsyncDisposable {
  readonly all: Neighbour[] = [];
  readonly net = new MemoryNet();
  /** The disk of all of them: a test may put something else in the place of its calls. */
  readonly fs = { ...realFs() };
  /** The clock of all of them, likewise. */
  readonly clock = { ...realClock() };
  readonly #dir: TempDir;
  readonly #pool: HashPool = realHashPool();

  /** Devices that have an index of texts, and whether they read files for it, or keep what others tell. */
  #texts: Texts = {};

  private constructor(dir: TempDir) {
    this.#dir = dir;
  }

  /** Devices of these names, paired, with one folder each. */
  static open(...names: readonly string[]): Promise<Neighbours> {
    return Neighbours.openWithTexts(names, {});
  }

  /** As `open`, in memory where that can be: for many changes. */
  static openInMemory(...names: readonly string[]): Promise<Neighbours> {
    return Neighbours.openWithTexts(names, {}, memoryDirectory());
  }

  /** As `open`; some have an index of texts, too. */
  static async openWithTexts(
    names: readonly string[],
    texts: Texts = Object.fromEntries(names.map((name) => [name, "reads"])),
    where?: string,
  ): Promise<Neighbours> {
    const neighbours = new Neighbours(tempDir(where));
    neighbours.#texts = texts;
    try {
      for (const name of names) await neighbours.#add(name);
      await neighbours.settle();
      return neighbours;
    } catch (error) {
      await neighbours[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #add(name: string): Promise<void> {
    const home = this.#dir.at(`${name}-home`);
    const root = this.#dir.at(name);
    Deno.mkdirSync(home);
    Deno.mkdirSync(root);
    const device = await this.#start(name, home);
    const neighbour = new Neighbour(name, home, root, device, "" as FolderId);
    const [first] = this.all;
    this.all.push(neighbour);
    if (first !== undefined) await this.#pair(first, neighbour);
    neighbour.folder = await device.folders.add(first?.folder ?? null, FOLDER, root);
  }

  async #start(name: string, home: string, identity?: DeviceIdentity): Promise<Device> {
    const ports = {
      fs: this.fs,
      watcher: { announcesDirectories: false, watch: () => () => {} },
      clock: this.clock,
      random: realRandom(),
      net: this.net.of(name),
      pool: { ...poolOf(this.#pool), close: () => {} },
      osBoot: "",
      ...this.#textReader(name),
    };
    return await Device.start(ports, {
      home,
      identity: identity ?? await createIdentity(realRandom()),
      name,
      port: 0,
      say: () => {},
      pairing: (link) => this.#pairing?.serve(link),
    });
  }

  #textReader(name: string): { textReader?: TextReader } {
    const how = this.#texts[name];
    if (how === undefined) return {};
    return {
      textReader: how === "reads"
        ? realTextReader()
        : { ...realTextReader(), read: () => Promise.resolve(null) },
    };
  }

  #pairing: ReturnType<typeof openInvites> | null = null;

  async #pair(first: Neighbour, neighbour: Neighbour): Promise<void> {
    const ports = { clock: realClock(), random: realRandom() };
    this.#pairing = openInvites({ ...ports, net: this.net.of(first.name) }, () => first.device);
    const { code } = await this.#pairing.create();
    const at = `127.0.0.1:${first.device.links.port}`;
    await join({ ...ports, net: this.net.of(neighbour.name) }, neighbour.device, neighbour.name, code, at);
    this.#pairing.withdraw();
  }

  /** The device ends, and comes back with what it has. `between` is done while it is off. */
  async restart(neighbour: Neighbour, between: () => unknown = () => {}): Promise<void> {
    const { name, home, device } = neighbour;
    await device.stop();
    await between();
    neighbour.device = await this.#start(name, home, device.identity);
  }

  /** Nobody reaches this device, and it reaches nobody, until `meet`. */
  part(...neighbours: readonly Neighbour[]): void {
    for (const { name } of neighbours) this.net.part(name);
  }

  /** All reach each other again, and all come to rest. */
  async meet(): Promise<void> {
    this.reconnect(...this.all);
    await this.settle();
  }

  /** These can be reached again. */
  reconnect(...neighbours: readonly Neighbour[]): void {
    for (const { name } of neighbours) this.net.join(name);
    for (const { device } of this.all) device.links.refresh();
  }

  /** All disks are looked at; everybody knows and has what everybody has. */
  async settle(among: readonly Neighbour[] = this.all, limitMs = 60_000): Promise<void> {
    for (const neighbour of among) await neighbour.look();
    await waitFor("all devices to come to rest", () => this.#areAtRest(among), limitMs, 5);
  }

  /** As `settle`; and what they have is the same, byte for byte. */
  async agree(): Promise<void> {
    await this.settle();
    const [first, ...others] = await Promise.all(this.all.map(({ root }) => treeOf(root)));
    for (const [i, other] of others.entries()) {
      const different = differences(first!, other);
      if (different.length > 0) {
        throw new Error(`${this.all[0]!.name} and ${this.all[i + 1]!.name} differ:\n${different.join("\n")}`);
      }
    }
  }

  #areAtRest(among: readonly Neighbour[]): boolean {
    return among.every((one) => one.sync.isUpToDate && among.every((two) => one === two || knows(one, two)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { device } of this.all) await device.stop();
    this.#pool.close();
    this.#dir[Symbol.dispose]();
  }
}

/** `one` has heard all that `two` has said. */
function knows({ device: one }: Neighbour, { device: two }: Neighbour): boolean {
  const { catalogue } = one.ledger;
  if (!membersOf(catalogue).some(({ device }) => device === two.identity.id)) return false;
  const theirs = two.ledger.catalogue.db;
  const said = Math.max(
    Number(theirs.get("SELECT coalesce(max(lsn), 0) FROM holds WHERE device = 1")![0]),
    Number(theirs.get("SELECT coalesce(max(lsn), 0) FROM shared")![0]),
  );
  return one.links.session(two.identity.id) !== null &&
    catalogue.cursors.of(catalogue.ids.device(two.identity.id)).lsn >= said;
}

/** Its methods as a plain object: several devices share it, and none of them may close it. */
function poolOf(pool: HashPool): HashPool {
  return {
    hash: (paths) => pool.hash(paths),
    keepRecent: () => {},
    recent: () => null,
    readStretch: (path, offset, length) => pool.readStretch(path, offset, length),
    readSmall: (files) => pool.readSmall(files),
    writePieces: (path, pieces, bytes) => pool.writePieces(path, pieces, bytes),
    writeSmall: (files, bytes) => pool.writeSmall(files, bytes),
    copyPieces: (from, to, pieces) => pool.copyPieces(from, to, pieces),
    checkPieces: (path, pieces) => pool.checkPieces(path, pieces),
    pack: (bytes) => pool.pack(bytes),
    unpack: (packed, length) => pool.unpack(packed, length),
    rest: () => {},
    close: () => {},
  };
}
