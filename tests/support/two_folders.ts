/**
 * A folder on two disks in one process: all of `sync` and `folder` over file systems of the test's choice. What one side records is carried to
 * the other by hand, and bytes are taken from the other side's disk, so that a test says what is known where, and when.
 */
import { SELF } from "../../src/catalogue/interning.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { FolderId, LibraryId, Lsn, RelPath } from "../../src/core/ids.ts";
import { Ledger } from "../../src/journal/ledger.ts";
import { writeMarker } from "../../src/folder/marker.ts";
import type { Clock, Fs, HashPool } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { FolderSync } from "../../src/sync/folder_sync.ts";
import type { Replica } from "../../src/sync/replica.ts";
import { Room } from "../../src/sync/room.ts";
import type { Stager } from "../../src/sync/stager.ts";
import { bootOf, deviceOf, folderOf, libraryOf, lsnOf } from "./entries.ts";
import { tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait.ts";

const FOLDER: FolderId = folderOf(5);
const LIBRARY: LibraryId = libraryOf(6);
const SETTINGS = {
  versionsDays: 30,
  versionsBytes: 2 ** 40,
  strategy: "keep-both",
  brakeShare: 100,
  brakeFiles: 1e6,
  scrubDays: 30,
  scrubRate: 2 ** 30,
} as const;
const LIMIT_MS = 60_000;

export class Side {
  /** Contents that were fetched, in order. */
  readonly fetched: RelPath[] = [];
  /** Whatever is to come first. */
  beforeFetch: (path: RelPath) => Promise<void> = () => Promise.resolve();
  readonly #told = new Map<Side, Lsn>();

  constructor(
    readonly number: number,
    readonly root: string,
    readonly fs: Fs,
    readonly ledger: Ledger,
    readonly sync: FolderSync,
    readonly stager: Stager,
  ) {}

  get replica(): Replica {
    return this.sync.replica;
  }

  /** Writes a file, its parents made, as a person on this disk would. */
  async write(path: string, text: string): Promise<void> {
    const at = `${this.root}/${path}`;
    this.fs.makeDirectories(at.slice(0, at.lastIndexOf("/")));
    if (this.fs.lstat(at) === null) this.fs.open(at, "create").close();
    const file = this.fs.open(at, "write");
    file.truncate(0);
    await file.write(new TextEncoder().encode(text), 0);
    file.close();
  }

  rename(from: string, to: string): void {
    this.fs.rename(`${this.root}/${from}`, `${this.root}/${to}`);
  }

  remove(path: string): void {
    const at = `${this.root}/${path}`;
    if (this.fs.lstat(at)!.kind !== "directory") return this.fs.unlink(at);
    for (const { name } of this.fs.list(at)) this.remove(`${path}/${name}`);
    this.fs.removeDirectory(at);
  }

  /** `a/`, `a/b=its text`, sorted. */
  list(below = ""): string[] {
    const items = this.fs.list(below === "" ? this.root : `${this.root}/${below}`);
    return items.flatMap(({ name, kind }) => {
      if (name === ".cairn") return [];
      const path = below === "" ? name : `${below}/${name}`;
      if (kind === "directory") return [`${path}/`, ...this.list(path)];
      const bytes = kind === "file" ? this.fs.readSmall(`${this.root}/${path}`, 1e6)! : new Uint8Array();
      return [`${path}=${new TextDecoder().decode(bytes)}`];
    }).sort();
  }

  /** Finds what was done to the disk and records it. */
  async look(): Promise<void> {
    await this.sync.outbound.fullScan();
    await waitFor("a quiet disk", () => this.sync.outbound.isQuiet, LIMIT_MS, 5);
  }

  /** Looks at single names, as file events have it. */
  async lookAt(...paths: string[]): Promise<void> {
    for (const path of paths) this.sync.outbound.hint(path);
    await waitFor("the hints to be looked at", () => this.sync.outbound.isQuiet, LIMIT_MS, 5);
  }

  /** Tells the other side what was recorded here since it was last told, or of that what stands up to some lsn. */
  tell(other: Side, to = this.ledger.lastLsn): void {
    const { catalogue, epoch } = this.ledger;
    const from = this.#told.get(other) ?? lsnOf(0);
    const rows = catalogue.rows.page(SELF, from, to, 1e6).map(({ placed: { lsn, row } }) => ({ lsn, row }));
    other.ledger.catalogue.applyPage({
      origin: deviceOf(this.number),
      from: { epoch, boot: null, lsn: from },
      to: { epoch, boot: bootOf(this.number), lsn: to },
      complete: true,
      folders: [{ folder: FOLDER, rows }],
      facts: [],
    });
    this.#told.set(other, to);
    other.sync.inbound.evaluate();
  }

  /** What is needed and cannot be had, with why. */
  blocked(): string[] {
    const { catalogue, number } = this.replica;
    return catalogue.needs.blocked(number, 1000).map(({ path, cause }) => `${path}: ${cause}`).sort();
  }

  problems(): string[] {
    return [...this.replica.troubles].map(([path, { cause }]) => `${path}: ${cause}`).sort();
  }

  /** What is on the disk and what is not done, for a test that fails. */
  words(): string[] {
    const { catalogue, number } = this.replica;
    const needs = [false, true].flatMap((deletes) =>
      catalogue.needs.due(number, deletes, Infinity, 100).map((need) =>
        `needs ${JSON.stringify({ ...need, deletes })}`
      )
    );
    return [`--- ${this.number}`, ...this.list(), ...needs, ...this.problems()];
  }

  /** Nothing is under way, and all that is needed is told of. */
  get isSettled(): boolean {
    const { catalogue, number } = this.replica;
    const { count, blocked } = catalogue.needs.total(number);
    const due = catalogue.needs.nextDueMs(number) ?? Infinity;
    return this.sync.inbound.isQuiet && this.sync.outbound.isQuiet && count === blocked && due > Date.now();
  }
}

export interface TwoFolders extends AsyncDisposable {
  readonly a: Side;
  readonly b: Side;
  /** Takes bytes from the other side's disk. */
  readonly stagerOfB: Stager;
  /** Both tell each other until nothing is left to be done or told. */
  settle(): Promise<void>;
}

/** `a` on this machine's disk, `b` on what `disk` makes of it, by a clock of its own if it is given one. */
export async function twoFolders(
  disk: (fs: Fs, root: string) => Fs,
  clock: Clock = realClock(),
): Promise<TwoFolders> {
  const dir = tempDir();
  const pool = realHashPool();
  const a = await sideAt(dir.at("a"), 1, pool, (fs) => fs, realClock(), () => b);
  const b = await sideAt(dir.at("b"), 2, pool, disk, clock, () => a);
  return {
    a,
    b,
    stagerOfB: b.stager,
    async settle() {
      let before = "";
      await waitFor(
        "both to have told each other all",
        () => {
          const now = `${a.ledger.lastLsn} ${b.ledger.lastLsn}`;
          a.tell(b);
          b.tell(a);
          const isStill = now === before && a.isSettled && b.isSettled;
          before = now;
          return isStill;
        },
        LIMIT_MS,
        30,
      ).catch((error) => {
        throw new Error([error.message, ...[a, b].flatMap((side) => side.words())].join("\n"));
      });
    },
    async [Symbol.asyncDispose]() {
      for (const side of [a, b]) {
        await side.sync.stop();
        await side.ledger.close();
      }
      pool.close();
      dir[Symbol.dispose]();
    },
  };
}

async function sideAt(
  path: string,
  number: number,
  pool: HashPool,
  disk: (fs: Fs, root: string) => Fs,
  clock: Clock,
  other: () => Side,
): Promise<Side> {
  const [home, root] = [`${path}/home`, `${path}/root`];
  for (const made of [home, `${root}/.cairn`]) Deno.mkdirSync(made, { recursive: true });
  const fs = disk(realFs(), root);
  const device = deviceOf(number);
  const ledger = await Ledger.open({
    fs: realFs(),
    clock,
    random: realRandom(),
    home,
    self: device,
    osBoot: "os",
    say: () => {},
  });
  const marker = { library: LIBRARY, folder: FOLDER, device, replica: "r", lsn: 0 };
  await writeMarker(fs, root, marker);
  ledger.catalogue.setWanted(FOLDER, true);
  let staged = 0;
  const stager = {
    async stage(replica: Replica, path: RelPath, { content, mode, mtimeMs, size }: Entry) {
      side.fetched.push(path);
      await side.beforeFetch(path);
      const stage = `${replica.layout.stage}/s-${++staged}`;
      for (const { row } of other().ledger.catalogue.rows.ownWithContent(content!, 100)) {
        const bytes = other().fs.readSmall(`${other().root}/${row.row.path}`, 1e6);
        if (bytes === null || bytes.length !== size) continue;
        const files = [{ path: stage, offset: 0, length: size, content: content!, mode, mtimeMs }];
        const [written] = await pool.writeSmall(files, bytes);
        if (written === true) return { ok: true, stage };
      }
      return { ok: false, cause: "nobody has it", remedy: "", isPassing: true };
    },
    areStuck: () => false,
    isAnyThere: () => true,
    hasStage: () => false,
    discard(replica: Replica, stage: string) {
      if (replica.deps.fs.lstat(stage) !== null) replica.deps.fs.unlink(stage);
    },
  } as unknown as Stager;
  const watcher = { announcesDirectories: false, watch: () => () => {} };
  const homeRoom = new Room(realFs(), clock, home, { bytes: 0, share: 0 });
  const sync = new FolderSync(
    {
      fs,
      clock,
      pool,
      ledger,
      device,
      watcher,
      stager,
      homeRoom,
      settings: () => SETTINGS,
      changed: () => {},
      isServing: () => false,
    },
    root,
    marker,
  );
  const side = new Side(number, root, fs, ledger, sync, stager);
  sync.start();
  await side.look();
  return side;
}
