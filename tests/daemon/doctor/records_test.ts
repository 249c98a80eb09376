/** Journal and catalogue as a doctor sees them: without a device, after one was killed, and damaged. Nothing in the home changes by it. */
import assert from "node:assert/strict";
import { checkRecords } from "../../../src/daemon/doctor/records.ts";
import { doctorService } from "../../../src/daemon/doctor/service.ts";
import { realClock } from "../../../src/platform/real/clock.ts";
import { realFs } from "../../../src/platform/real/fs.ts";
import { realHostFacts } from "../../../src/platform/real/host_facts.ts";
import { fill, homeAt } from "../../support/ledgers.ts";
import { Neighbours } from "../../support/neighbours.ts";
import { tempDir } from "../../support/temp_dir.ts";

const fs = realFs();

/** Names, sizes and times of all that is in a directory and below. */
function image(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isDirectory }) => {
    const { size, mtime } = Deno.lstatSync(`${dir}/${name}`);
    return isDirectory ? image(`${dir}/${name}`) : [`${dir}/${name} ${size} ${mtime?.getTime()}`];
  }).sort();
}

async function codesOf(
  home: string,
  self: Parameters<typeof checkRecords>[3],
  isRunning = false,
): Promise<string[]> {
  const before = image(home);
  const { findings } = await checkRecords(fs, realHostFacts(), home, self, isRunning);
  if (!isRunning) assert.deepEqual(image(home), before);
  return findings.map(({ code }) => code);
}

Deno.test("a home at rest: all is sound, and not a file of it is touched or added", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  await fill(ledger);
  const good = ["journal-good", "catalogue-good", "catalogue-beside"];
  assert.deepEqual(await codesOf(dir.path, home.options.self, true), good, "beside a device that runs");
  await fill(ledger, 1); // who looks keeps nobody from writing
  await ledger.close();
  assert.deepEqual(await codesOf(dir.path, home.options.self), good);
});

Deno.test("after a kill the catalogue is looked at in a copy, with what stands in SQLite's log", async () => {
  using dir = tempDir();
  using killed = tempDir();
  const home = homeAt(dir.at("home"));
  Deno.mkdirSync(home.path);
  const ledger = await home.open();
  await fill(ledger);
  // As a kill leaves it: what was written, and nothing closed.
  Deno.mkdirSync(killed.at("journal"));
  for (
    const path of [
      ...home.files(".seg"),
      ...["", "-wal", "-shm"].map((end) => `${home.path}/catalogue.db${end}`),
    ]
  ) {
    Deno.copyFileSync(path, killed.at(path.slice(home.path.length + 1)));
  }
  assert.ok(Deno.statSync(killed.at("catalogue.db-wal")).size > 0);
  assert.deepEqual(await codesOf(killed.path, home.options.self), [
    "journal-good",
    "catalogue-good",
    "catalogue-beside",
  ]);
  await ledger.close();
});

Deno.test("a catalogue that is gone, damaged, behind or before its journal is told", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  let ledger = await home.open();
  for (let round = 0; round < 40; round++) await fill(ledger, round);
  await ledger.close();
  const path = `${dir.path}/catalogue.db`;
  const old = Deno.readFileSync(path);
  ledger = await home.open();
  await fill(ledger, 99);
  await ledger.close();
  const now = Deno.readFileSync(path);
  const { self } = home.options;

  Deno.writeFileSync(path, old);
  assert.deepEqual(await codesOf(dir.path, self), ["journal-good", "catalogue-good", "catalogue-behind"]);
  Deno.writeFileSync(path, now);
  const last = home.files(".seg").at(-1)!;
  const segment = Deno.readFileSync(last);
  Deno.removeSync(last);
  assert.deepEqual(await codesOf(dir.path, self), ["journal-good", "catalogue-good", "catalogue-ahead"]);
  Deno.writeFileSync(last, segment);

  const torn = now.slice();
  torn.fill(0x5a, torn.length >> 1, (torn.length >> 1) + 12_288);
  Deno.writeFileSync(path, torn);
  const [, damaged] = await codesOf(dir.path, self);
  assert.match(damaged!, /^catalogue-(damaged|unreadable)$/);
  Deno.writeTextFileSync(path, "no database at all, and long enough to have a head of one".repeat(20));
  assert.deepEqual(await codesOf(dir.path, self), ["journal-good", "catalogue-unreadable"]);
  Deno.removeSync(path);
  assert.deepEqual(await codesOf(dir.path, self), ["journal-good", "catalogue-none"]);
});

Deno.test("a running device tells its peers' versions and clocks, and that its disks take a durable write", async () => {
  await using world = await Neighbours.open("a", "b");
  const [a, b] = world.all as [typeof world.all[0], typeof world.all[0]];
  // Both have one clock: what is between them is the way of the hello.
  const service = doctorService(a.device, { fs, clock: realClock() }, a.home);
  const [one, two] = await Promise.all([service.doctor(), service.doctor()]);
  for (const { peers, disks } of [one, two]) {
    assert.deepEqual(peers.map(({ id, version }) => [id, version]), [[b.device.identity.id, "0.1.0"]]);
    assert.ok(Math.abs(peers[0]!.aheadMs!) < 30_000);
    assert.deepEqual(disks.map(({ path, failure, isHome }) => [path, failure, isHome]), [
      [a.home, null, true],
      [a.root, null, false],
    ]);
  }
  assert.ok(!image(a.home).concat(image(a.root)).some((line) => line.includes("doctor-probe")));
  const refusing = { ...fs, writeDurably: () => Promise.reject(new Error("no fsync today")) };
  const broken = await doctorService(a.device, { fs: refusing, clock: realClock() }, a.home).doctor();
  assert.deepEqual(broken.disks.map(({ failure }) => failure), ["no fsync today", "no fsync today"]);
});
