/** The figures of copies on every device of a library, beside a count of the files on the disks of all. */
import assert from "node:assert/strict";
import type { FolderId, RelPath } from "../../src/core/ids.ts";
import type { Home } from "../../src/daemon/home.ts";
import { openGauges } from "../../src/daemon/gauges.ts";
import { openServices, type Services } from "../../src/daemon/services.ts";
import { DiskFacts } from "../../src/library/disk_facts.ts";
import { label } from "../../src/library/labelling.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { Rng } from "../sim/disk/rng.ts";
import { DiskCount, riskKey, type Tree, type Wanted } from "../support/disk_count.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { type Change, ChangingTree } from "../support/random_changes.ts";
import { memoryDirectory } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

const SEED = 20_261_123;
const CHANGES = 10_000;
/** A disk that really syncs takes its time, with less to do in each round. */
const ROUNDS = memoryDirectory() === undefined ? 24 : 6;
const LIMIT_MS = 600_000;
const NOTES = "Notes";
const PHOTOS = "Photos";
const ASKED: Readonly<Record<string, Wanted>> = {
  [NOTES]: { copies: 3, on: ["e"] },
  [PHOTOS]: { copies: 2, on: [] },
};
const TAGGED: Wanted = { copies: 5, on: [] };
const TAG = "dear";

/** Devices with a second folder, of which each only tells: what is in it differs everywhere. */
const WITH_PHOTOS = ["b", "c", "d", "e"];
/** Two folders of one disk are one place; the two of `c` are on disks of their own, and the one of `d` is nearly full. */
const diskOf = (device: string, folder: string) => device === "c" && folder === PHOTOS ? "c2" : device;
const isFull = (device: string) => device === "d";

/** Nobody sets anything here. */
const NOT_SAVED = { path: "", settings: {} as Home["settings"], saveSettings: () => Promise.resolve() };

class Library {
  readonly trees: Tree[] = [];
  photos = "" as FolderId;

  constructor(readonly neighbours: Neighbours) {}

  get all(): readonly Neighbour[] {
    return this.neighbours.all;
  }

  /** Five devices: three sync one folder, one only receives it, one only tells what it has in it. */
  async found(): Promise<void> {
    const { fs } = this.neighbours;
    for (const { name, root } of this.all) this.#tree(name, NOTES, root);
    for (const one of this.all.filter(({ name }) => WITH_PHOTOS.includes(name))) {
      const root = `${one.root}-photos`;
      Deno.mkdirSync(root);
      const id = this.photos === "" ? null : this.photos;
      this.photos = await one.device.folders.add(id, PHOTOS, root, "index");
      this.#tree(one.name, PHOTOS, root);
    }
    const treeAt = (path: string) =>
      this.trees.find(({ root }) => path === root || path.startsWith(`${root}/`));
    fs.diskOf = (path) => ({ id: treeAt(path)!.disk, isFailing: false });
    fs.freeSpace = (path) => ({ total: 1e13, free: treeAt(path)?.isFull === true ? 3e11 : 9e12 });
    for (const one of this.all) {
      await one.set("brake-share", "1");
      await one.set("brake-files", "1000000");
    }
    await this.all[3]!.sync.modes.change("receive");
    await this.all[4]!.sync.modes.change("index");
  }

  #tree(device: string, folder: string, root: string): void {
    this.trees.push({ device, folder, root, disk: diskOf(device, folder), isFull: isFull(device) });
  }

  /** Takes in what people did on the disks of some devices, both folders. */
  async look(among: readonly Neighbour[]): Promise<void> {
    const photos = among.flatMap(({ device }) => device.folders.get(this.photos) ?? []);
    for (const { outbound } of photos) await outbound.fullScan();
    await waitFor("both folders to come to rest", async () => {
      await this.neighbours.settle(among, LIMIT_MS);
      return photos.every(({ isUpToDate }) => isUpToDate);
    }, LIMIT_MS);
  }

  /** Every device says on which disks its folders are. */
  async tellDisks(): Promise<void> {
    for (const { device } of this.all) {
      const facts = new DiskFacts({
        ledger: device.ledger,
        fs: this.neighbours.fs,
        clock: realClock(),
        device: device.identity.id,
      });
      await facts.publish();
      facts.stop();
    }
  }
}

/** Makes all changes, in rounds in which devices come and go. */
async function live(library: Library, rng: Rng): Promise<Set<Change>> {
  const changing = library.trees.filter(({ device, folder }) => folder === PHOTOS || device !== "d")
    .map(({ root }) => ({ root, tree: new ChangingTree(root, rng) }));
  const done = new Set<Change>();
  let away: Neighbour | null = null;
  for (let round = 1; round <= ROUNDS; round++) {
    const { neighbours, all } = library;
    for (let i = 0; i < CHANGES / ROUNDS; i++) {
      const others = () => {
        const { root, tree } = rng.pick(changing);
        return tree.files().map((path) => `${root}/${path}`);
      };
      done.add(rng.pick(changing).tree.change(others));
    }
    if (away !== null && rng.chance(0.6)) {
      neighbours.reconnect(away);
      away = null;
    } else if (away === null && rng.chance(0.6)) neighbours.part(away = rng.pick(all));
    if (round === ROUNDS >> 1) {
      if (away !== null) neighbours.reconnect(away);
      away = null;
      await neighbours.restart(all[1]!);
    }
    await library.look(all.filter((one) => one !== away));
  }
  if (away !== null) library.neighbours.reconnect(away);
  // Nothing hides in the clock's grain any more.
  await waitFor(
    "fingerprints that are settled",
    async () => {
      await library.look(library.all);
      return library.all.every(({ device }) =>
        device.ledger.catalogue.db.get(
          "SELECT count(*) FROM prints p JOIN states s ON s.id = p.state WHERE s.kind = 1 AND p.settled = 0",
        )![0] === 0
      );
    },
    LIMIT_MS,
    300,
  );
  return done;
}

/** Policies, and a tag at some places of the folder that is the same everywhere. */
async function ask(library: Library, rng: Rng, services: Services): Promise<string[]> {
  const [a, , , , e] = library.all;
  for (const [scope, { copies, on }] of Object.entries(ASKED)) {
    await services.guardian.setPolicy({ scope, ...copies === null ? {} : { copies }, on });
  }
  await services.guardian.setPolicy({ scope: `tag:${TAG}`, copies: TAGGED.copies! });
  const elsewhere = new Set(new ChangingTree(e!.root, rng).files());
  const paths = new ChangingTree(a!.root, rng).files().filter((path) => !elsewhere.has(path)).slice(0, 9);
  const changes = paths.map((path) => ({
    labelled: { kind: "place", folder: a!.folder, path: path as RelPath } as const,
    on: [TAG],
    off: [],
    note: null,
  }));
  await label(a!.device.ledger, a!.device.identity.id, changes);
  return paths.map((path) => `${NOTES}/${path}`);
}

const sums = (map: Iterable<readonly [string, { readonly files: number; readonly bytes: number }]>) =>
  [...map].map(([key, { files, bytes }]) => `${key}: ${files} files, ${bytes} bytes`).sort();

async function check(services: Services, disks: DiskCount, tagged: readonly string[]) {
  const guard = await services.guardian.guard();
  const expected = disks.guard((folder) => ASKED[folder]!, { tag: TAG, at: tagged, asked: TAGGED });
  assert.equal(guard.behind, 0);
  assert.deepEqual(
    [guard.files, guard.safe],
    [expected.files, expected.safe],
    "files, and those that are safe",
  );
  assert.deepEqual(sums(guard.totals.map((one) => [one.reason, one])), sums(expected.totals));
  assert.equal(guard.risksTotal, guard.risks.length, "all risks are told");
  const told = guard.risks.map((risk) =>
    [riskKey(risk.reason, risk.folder, risk.tag, risk.devices, risk.copies), risk] as const
  );
  assert.deepEqual(sums(told), sums(expected.risks));
  for (const which of ["all", "within", "across"] as const) {
    for (const minSize of [1, 60]) {
      const found = await services.guardian.dupes({ place: { address: "" }, which, minSize, limit: 1_000 });
      const count = disks.duplicates((folder) => ASKED[folder]!, which, minSize);
      const each = (groups: readonly { size: number; gain: number }[]) =>
        groups.map(({ size, gain }) => `${size} ${gain}`).sort();
      assert.deepEqual(
        [found.groupsTotal, found.gain],
        [count.groups, count.gain],
        `dupes ${which} ${minSize}`,
      );
      assert.deepEqual(each(found.groups), each(count.each), `groups ${which}`);
    }
  }
  const du = await services.places.du({ place: { address: "" }, depth: 0 });
  assert.deepEqual(
    du.devices.map(({ device, files, bytes, uniqueFiles, uniqueBytes }) => [
      device.name,
      { files, bytes, uniqueFiles, uniqueBytes },
    ]).sort(),
    [...disks.usage()].sort(),
  );
}

Deno.test(`after ${CHANGES} random changes on five devices guard, dupes and du of each are what a count of all disks says`, async () => {
  const rng = new Rng(`figures/${SEED}`);
  const pool = realHashPool();
  await using neighbours = await Neighbours.openInMemory("a", "b", "c", "d", "e");
  const library = new Library(neighbours);
  const opened: Services[] = [];
  try {
    await library.found();
    const done = await live(library, rng);
    assert.equal(done.size, 8, `all kinds of changes happened: ${[...done]}`);
    await library.tellDisks();
    for (const { name, device } of library.all) {
      const clock = realClock();
      const ports = {
        fs: neighbours.fs,
        watcher: { announcesDirectories: false, watch: () => () => {} },
        clock,
        random: realRandom(),
        net: neighbours.net.of(name),
        pool,
        osBoot: "",
      };
      opened.push(openServices(device, ports, openGauges(clock), NOT_SAVED));
    }
    const tagged = await ask(library, rng, opened[0]!);
    await library.look(library.all);
    const disks = new DiskCount(library.trees);
    for (const [i, services] of opened.entries()) {
      try {
        await check(services, disks, tagged);
      } catch (error) {
        throw new Error(`device ${library.all[i]!.name}, seed ${SEED}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  } finally {
    for (const services of opened) services.stop();
    pool.close();
  }
});
