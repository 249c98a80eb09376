import assert from "node:assert/strict";
import type { RelPath } from "../../src/core/ids.ts";
import { renamingService } from "../../src/daemon/renaming.ts";
import { folderStatuses } from "../../src/daemon/status.ts";
import { openGauges } from "../../src/daemon/gauges.ts";
import { foldersOf } from "../../src/library/folders.ts";
import { membersOf } from "../../src/library/members.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

function serviceOf(world: Neighbours, { device, home }: Neighbour) {
  const saved: unknown[] = [];
  const keeping = {
    settings: () => ({ name: "laptop", port: 4711 }),
    saveSettings: (next: unknown) => Promise.resolve(void saved.push(next)),
  };
  return { ...renamingService(device, world.fs, home, keeping), saved };
}

function move(world: Neighbours, neighbour: Neighbour, to: string) {
  return serviceOf(world, neighbour).moveFolder({ folder: "Notes", to });
}

function rootOf({ sync }: Neighbour): string {
  return sync.replica.root;
}

/** Counts files that are read to be identified, from now on. */
function readsOf({ sync }: Neighbour): () => number {
  const { pool } = sync.replica.deps;
  const { hash } = pool;
  let count = 0;
  pool.hash = (paths) => {
    count += paths.length;
    return hash(paths);
  };
  return () => count;
}

const FILES = 20;

/** Two devices with some files, old enough to be settled. */
async function withFiles(): Promise<[Neighbours, Neighbour, Neighbour]> {
  const world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  for (let i = 0; i < FILES; i++) laptop.write(`d/${i}.txt`, `text ${i}`);
  await world.agree();
  const { catalogue } = laptop.sync.replica;
  const settled = (path: string) => {
    const own = laptop.sync.replica.own(path as RelPath)!;
    return catalogue.prints.get(own.state)?.settled === true;
  };
  await waitFor("the files to be settled", async () => {
    await laptop.look();
    return Array.from({ length: FILES }, (_, i) => `d/${i}.txt`).every(settled);
  }, 30_000);
  return [world, laptop, desktop];
}

async function goesOnAt(world: Neighbours, laptop: Neighbour, desktop: Neighbour, to: string): Promise<void> {
  assert.equal(rootOf(laptop), to);
  assert.equal(folderStatuses(laptop.device, openGauges(realClock()))[0]!.path, to);
  Deno.writeTextFileSync(`${to}/later.txt`, "later");
  await world.settle();
  assert.equal(desktop.read("later.txt"), "later");
  assert.equal(desktop.list().filter((line) => line.startsWith("d/") && line.includes(":")).length, FILES);
}

Deno.test("Cairn moves a folder's root, and reads none of its files again", async () => {
  const [world, laptop, desktop] = await withFiles();
  await using _ = world;
  const reads = readsOf(laptop);
  const to = `${laptop.root}-elsewhere`;
  const before = laptop.sync.replica.own("d/1.txt" as RelPath)!.row;
  Deno.mkdirSync(to); // an empty directory may be there
  const answer = await move(world, laptop, to);
  assert.deepEqual([answer.from, answer.folder.path, answer.wasThere], [laptop.root, to, false]);
  await laptop.look();
  assert.equal(reads(), 0);
  assert.deepEqual(laptop.sync.replica.own("d/1.txt" as RelPath)!.row, before);
  await goesOnAt(world, laptop, desktop, to);
  assert.throws(() => Deno.lstatSync(laptop.root), Deno.errors.NotFound);
  await world.restart(laptop);
  assert.equal(rootOf(laptop), to);
});

Deno.test("a folder whose root somebody has moved goes on there, and none of its files is read again", async () => {
  const [world, laptop, desktop] = await withFiles();
  await using _ = world;
  const reads = readsOf(laptop);
  const to = `${laptop.root}-elsewhere`;
  Deno.renameSync(laptop.root, to);
  assert.equal((await move(world, laptop, to)).wasThere, true);
  await laptop.look();
  assert.equal(reads(), 0);
  await goesOnAt(world, laptop, desktop, to);
});

for (const isRenamed of [false, true]) {
  const when = isRenamed ? "behind the rename" : "before it";
  Deno.test(`a crash ${when} leaves a path with which the folder goes on`, async () => {
    const [world, laptop, desktop] = await withFiles();
    await using _ = world;
    const to = `${laptop.root}-elsewhere`;
    const { ledger } = laptop.device;
    await ledger.commit({ type: "local", key: `moving/${laptop.folder}`, value: { to } });
    await world.restart(laptop, () => isRenamed && Deno.renameSync(laptop.root, to));
    assert.deepEqual(laptop.device.ledger.catalogue.values.localWithPrefix("moving/"), []);
    await goesOnAt(world, laptop, desktop, isRenamed ? to : laptop.root);
  });
}

Deno.test("a move that the disk refuses leaves the folder where it was, at work", async () => {
  const [world, laptop, desktop] = await withFiles();
  await using _ = world;
  const to = `${laptop.root}-elsewhere`;
  const { renameNew } = world.fs;
  world.fs.renameNew = (from, at) => {
    if (from === laptop.root) throw new FsError("cross-device", from);
    renameNew(from, at);
  };
  await assert.rejects(move(world, laptop, to), { code: "path-unusable", hint: /Stop Cairn/ });
  world.fs.renameNew = renameNew;
  await goesOnAt(world, laptop, desktop, laptop.root);
});

Deno.test("a place that cannot be is refused before anything is changed", async () => {
  await using world = await Neighbours.open("laptop");
  const [laptop] = world.all as [Neighbour];
  const { root, home } = laptop;
  const at = (path: string) => move(world, laptop, path);
  const beside = `${root}-beside`;
  Deno.mkdirSync(beside);
  Deno.writeTextFileSync(`${beside}/theirs.txt`, "x");
  await assert.rejects(at(root), { code: "usage" });
  await assert.rejects(at(beside), { code: "path-unusable", message: /not empty/ });
  await assert.rejects(at(`${beside}/theirs.txt`), { code: "path-unusable", message: /is a file/ });
  await assert.rejects(at(`${beside}/no/where`), { code: "path-unusable", hint: /directory first/ });
  await assert.rejects(at(`${root}/inside`), { code: "folder-overlap" });
  await assert.rejects(at(`${home}/inside`), { code: "folder-overlap" });
  await assert.rejects(at("/"), { code: /path-unusable|folder-overlap/ });
  const other = `${root}-other`;
  Deno.mkdirSync(other);
  await laptop.device.folders.add(null, "Other", other);
  await assert.rejects(at(other), { code: "root-foreign" });
  await assert.rejects(at(`${other}/below`), { code: "folder-overlap" });
  const copy = `${root}-copy`;
  Deno.mkdirSync(`${copy}/.cairn`, { recursive: true });
  Deno.copyFileSync(`${root}/.cairn/marker.json`, `${copy}/.cairn/marker.json`);
  await assert.rejects(at(copy), { code: "root-foreign", message: /copy of/ });
  const away = `${root}-away`;
  Deno.renameSync(root, away);
  await assert.rejects(at(`${root}-nowhere`), { code: "path-unusable", message: /neither/ });
  Deno.renameSync(away, root);
  assert.equal(rootOf(laptop), root);
  const { moveFolder } = serviceOf(world, laptop);
  await assert.rejects(moveFolder({ folder: "Photos", to: beside }), { code: "folder-unknown" });
});

Deno.test("folders and devices get new names on all devices; one that is none, or another's, is refused", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  const ours = serviceOf(world, laptop);
  assert.equal((await ours.renameFolder({ of: "Notes", name: "Papers" })).from, "Notes");
  await ours.renameDevice({ of: "desktop", name: "tower" });
  assert.deepEqual(ours.saved, []);
  await ours.renameDevice({ of: "laptop", name: "workbench" });
  assert.deepEqual(ours.saved, [{ name: "workbench", port: 4711 }]);
  for (const { device: { ledger: { catalogue } } } of [laptop, desktop]) {
    await waitFor("the names", () => {
      const names = [...foldersOf(catalogue), ...membersOf(catalogue)].map(({ name }) => name);
      return names.sort().join() === "Papers,tower,workbench";
    });
  }
  await assert.rejects(ours.renameDevice({ of: "tower", name: "workbench" }), { code: "usage" });
  await assert.rejects(ours.renameDevice({ of: "nobody", name: "x" }), { code: "device-unknown" });
  await assert.rejects(ours.renameFolder({ of: "Notes", name: "x" }), { code: "folder-unknown" });
  for (const name of ["", "a/b", " x", "x".repeat(65)]) {
    await assert.rejects(ours.renameFolder({ of: "Papers", name }), { code: "usage" });
  }
  laptop.write("a.txt", "a");
  await world.agree();
});
