/** A home that is made out of an export: in no place of somebody, and whole or not at all. */
import assert from "node:assert/strict";
import { importHome, planImport, refuseUsedHome } from "../../../src/daemon/backup/import_home.ts";
import { Home } from "../../../src/daemon/home.ts";
import { Ledger } from "../../../src/journal/ledger.ts";
import { replicasOf } from "../../../src/library/folders.ts";
import { membersOf } from "../../../src/library/members.ts";
import { restoringOf } from "../../../src/library/restoring.ts";
import { FsError } from "../../../src/platform/ports.ts";
import { realClock } from "../../../src/platform/real/clock.ts";
import { realFs } from "../../../src/platform/real/fs.ts";
import { realRandom } from "../../../src/platform/real/random.ts";
import { exportOf } from "../../support/exports.ts";
import { type Neighbour, Neighbours } from "../../support/neighbours.ts";
import { tempDir } from "../../support/temp_dir.ts";

const PORTS = { fs: realFs(), clock: realClock(), random: realRandom(), osBoot: "" };
const quiet = () => {};

Deno.test("an import that stops at any call makes no device of somebody else, and may be said again", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const b = all.all[1] as Neighbour;
  const contents = exportOf(b);
  using dir = tempDir();
  let calls = 0;
  let stopAt = Infinity;
  const stopping = <A extends unknown[], R>(call: (...args: A) => R) => (...args: A): R => {
    if (++calls === stopAt) throw new FsError("io", "the machine stops");
    return call(...args);
  };
  const { fs } = PORTS;
  const torn = {
    ...fs,
    rename: stopping(fs.rename),
    writeDurably: stopping(fs.writeDurably),
    syncDirectory: stopping(fs.syncDirectory),
  };
  await importHome({ ...PORTS, fs: torn }, made(dir.at("count")), contents, quiet);
  const needed = calls;
  assert.ok(needed >= 8, `${needed} calls`);
  for (stopAt = 1; stopAt <= needed; stopAt++) {
    calls = 0;
    const path = made(dir.at(`stopped-${stopAt}`));
    await assert.rejects(importHome({ ...PORTS, fs: torn }, path, contents, quiet), /machine stops/);
    const isThere = fs.lstat(`${path}/identity.json`) !== null;
    if (!isThere) {
      if (fs.lstat(`${path}/importing`) !== null) {
        const home = Home.open(fs, path);
        await assert.rejects(home.identity(PORTS.random), {
          code: "home-unusable",
          message: /stopped half-way/,
        });
        home.close();
      }
      refuseUsedHome(fs, path);
      await importHome(PORTS, path, contents, quiet);
    }
    const ledger = await Ledger.open({ ...PORTS, home: path, self: b.device.identity.id, say: quiet });
    assert.deepEqual(membersOf(ledger.catalogue).map(({ name }) => name).sort(), ["a", "b"]);
    assert.deepEqual(replicasOf(ledger.catalogue).map(({ path }) => path), [b.root]);
    assert.deepEqual([...restoringOf(ledger.catalogue)!], [b.folder]);
    const scanned = ledger.catalogue.values.local(`scanned/${b.folder}`);
    assert.equal(scanned, 0, "what is missing is no delete before all was looked at");
    await ledger.close();
    assert.throws(() => refuseUsedHome(fs, path), { code: "home-unusable", message: /There is a device in/ });
  }
});

function made(path: string): string {
  Deno.mkdirSync(path);
  return path;
}

Deno.test("two imports of one file write in epochs of their own, as other actors, beyond every former lsn (R1, R24, R25)", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const b = all.all[1] as Neighbour;
  const contents = exportOf(b);
  using dir = tempDir();
  const random = realRandom();
  const ports = (first: number) => ({
    ...PORTS,
    random: { bytes: (n: number) => n === 1 ? Uint8Array.of(first) : random.bytes(n) },
  });
  const told = [];
  for (const first of [3, 4]) {
    const path = made(dir.at(`home-${first}`));
    await importHome(ports(first), path, contents, quiet);
    const ledger = await Ledger.open({ ...PORTS, home: path, self: b.device.identity.id, say: quiet });
    told.push({ epoch: ledger.epoch, actor: ledger.actor, lsn: ledger.lastLsn });
    await ledger.close();
  }
  const [one, two] = told as [typeof told[0], typeof told[0]];
  assert.notEqual(one.epoch, two.epoch);
  assert.equal(new Set([one.actor, two.actor, b.device.ledger.actor]).size, 3);
  for (const { epoch, lsn } of told) assert.ok(epoch > contents.epoch && lsn > contents.lsn + 1e9);
});

Deno.test("planImport() says what is at the path of each folder", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const b = all.all[1] as Neighbour;
  const contents = exportOf(b);
  const found = () => planImport(PORTS.fs, contents).map(({ name, found }) => [name, found]);
  assert.deepEqual(found(), [["Notes", "there"]]);
  Deno.renameSync(b.root, `${b.root}.away`);
  assert.deepEqual(found(), [["Notes", "missing"]]);
  Deno.mkdirSync(b.root);
  assert.deepEqual(found(), [["Notes", "empty"]]);
  Deno.writeTextFileSync(`${b.root}/f`, "somebody's");
  assert.deepEqual(found(), [["Notes", "unknown"]]);
  Deno.removeSync(b.root, { recursive: true });
  Deno.renameSync(`${b.root}.away`, b.root);
});
