/**
 * Homes that older programs have left (tests/fixtures/homes, make_home_fixture.ts): each opens with its files, settings and peers unharmed, by
 * its catalogue and by its journal alone. A newer one is refused, and stays as it is.
 */
import assert from "node:assert/strict";
import { isAlive } from "../../src/core/entry.ts";
import type { Lsn } from "../../src/core/ids.ts";
import { Device } from "../../src/daemon/device.ts";
import { encodeHeader } from "../../src/journal/frame.ts";
import { Ledger } from "../../src/journal/ledger.ts";
import { settingsOf } from "../../src/library/folder_settings.ts";
import { foldersOf, replicaRecords, replicasOf } from "../../src/library/folders.ts";
import { membersOf } from "../../src/library/members.ts";
import { decodeIdentity } from "../../src/peer/identity.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { crc32 } from "node:zlib";
import { MemoryNet } from "../support/memory_net.ts";
import { memoryDirectory, tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

const HOMES = new URL("../fixtures/homes/", import.meta.url);
const NAMES = [...Deno.readDirSync(HOMES)].map(({ name }) => name).sort();
const FILES = {
  "a.txt": "alpha\n",
  "from-desktop.txt": "made there\n",
  "sub/ä b.txt": "beta\n",
};

function unpacked(name: string) {
  const dir = tempDir(memoryDirectory());
  const args = ["-C", dir.at("."), "-xzf", new URL(name, HOMES).pathname];
  assert.ok(new Deno.Command("tar", { args }).outputSync().success, name);
  const identity = decodeIdentity(Deno.readTextFileSync(dir.at("laptop/identity.json")));
  const ports = { fs: realFs(), clock: realClock(), random: realRandom(), osBoot: "this" };
  const said: string[] = [];
  const open = () =>
    Ledger.open({ ...ports, home: dir.at("laptop"), self: identity.id, say: (line) => said.push(line) });
  return {
    home: dir.at("laptop"),
    root: dir.at("Notes"),
    identity,
    ports,
    said,
    open,
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

/** What the home says, in words that may be compared. */
function saidBy({ catalogue, epoch }: Ledger) {
  const [config] = replicasOf(catalogue);
  const number = catalogue.ids.folder(config!.folder);
  const rows = catalogue.rows.ownAfter(0, 100).filter(({ folder }) => folder === number);
  return {
    epoch,
    folders: foldersOf(catalogue).map(({ name }) => name),
    mode: config!.mode,
    members: membersOf(catalogue).map(({ name }) => name).sort(),
    strategy: settingsOf(catalogue, config!.folder).strategy,
    alive: rows.filter(({ row }) => isAlive(row.entry)).map(({ row }) => row.path).sort(),
    gone: rows.filter(({ row }) => !isAlive(row.entry)).map(({ row }) => row.path),
    dots: rows.map(({ row }) => `${row.path} ${JSON.stringify(row.entry.version.dots)}`).sort(),
  };
}

const EXPECTED = {
  folders: ["Notes"],
  mode: "sync",
  members: ["desktop", "laptop"],
  strategy: "newest",
  alive: ["a.txt", "from-desktop.txt", "link", "sub", "sub/ä b.txt"],
  gone: ["gone.txt"],
};

for (const name of NAMES) {
  Deno.test(`an older home opens, and all in it is unharmed: ${name}`, async () => {
    using old = unpacked(name);
    const ledger = await old.open();
    const { dots, epoch, ...said } = saidBy(ledger);
    assert.deepEqual(said, EXPECTED);
    const [config] = replicasOf(ledger.catalogue);
    for (const record of replicaRecords({ ...config!, path: old.root })) await ledger.commit(record);
    await ledger.close();
    assert.deepEqual(old.said, [], "nothing had to be mended");

    const pool = realHashPool();
    const device = await Device.start({
      ...old.ports,
      pool,
      net: new MemoryNet().of("laptop"),
      watcher: { announcesDirectories: false, watch: () => () => {} },
    }, {
      home: old.home,
      identity: old.identity,
      name: "laptop",
      port: 0,
      say: (line) => old.said.push(line),
      pairing: (link) => link.destroy(),
    });
    try {
      const { outbound, replica } = device.folders.get(config!.folder)!;
      await waitFor("the first look", () => outbound.isReady && outbound.isQuiet, 60_000, 5);
      const now = saidBy(device.ledger);
      assert.deepEqual([now.dots, now.epoch], [dots, epoch], "nothing is said anew");
      assert.equal(replica.brake.halt, null);
      for (const [path, text] of Object.entries(FILES)) {
        assert.equal(Deno.readTextFileSync(`${old.root}/${path}`), text);
      }
      Deno.writeTextFileSync(`${old.root}/new.txt`, "written after the upgrade\n");
      await outbound.fullScan();
      assert.deepEqual(saidBy(device.ledger).alive, [...EXPECTED.alive, "new.txt"].sort());
    } finally {
      await device.stop();
    }
  });

  Deno.test(`an older journal alone says the same: ${name}`, async () => {
    using old = unpacked(name);
    const before = await old.open();
    const { dots, ...said } = saidBy(before);
    await before.close();
    for (const end of ["", "-wal", "-shm"]) {
      if (old.ports.fs.lstat(`${old.home}/catalogue.db${end}`) !== null) {
        Deno.removeSync(`${old.home}/catalogue.db${end}`);
      }
    }
    const ledger = await old.open();
    const again = saidBy(ledger);
    await ledger.close();
    assert.deepEqual(again, { ...said, dots });
  });
}

Deno.test("there is a home of each format before the present one, but for one that never came alone", () => {
  const present = [...Deno.readDirSync(new URL("../../src/catalogue/schema/", import.meta.url))]
    .filter(({ name }) => name.endsWith(".sql")).length;
  const former = Array.from({ length: present - 1 }, (_, i) => i + 1);
  // 0006 and 0007 came together.
  const missing = former.filter((schema) => schema !== 6 && !NAMES.includes(`schema-${schema}.tar.gz`));
  assert.deepEqual(missing, [], "make_home_fixture.ts makes one of the commit before");
});

/** All that is in a home's journal, byte for byte, and who it is. */
function bytesOf(home: string): Record<string, string> {
  const journal = [...Deno.readDirSync(`${home}/journal`)].map(({ name }) => `journal/${name}`);
  const files = [...journal, "identity.json", "settings.json"];
  return Object.fromEntries(files.map((name) => [name, Deno.readFileSync(`${home}/${name}`).toBase64()]));
}

Deno.test("a home whose journal a newer program wrote is refused, and its journal stays as it is", async () => {
  using newer = unpacked(NAMES.at(-1)!);
  const [last] = [...Deno.readDirSync(`${newer.home}/journal`)].map(({ name }) => name).sort().reverse();
  const path = `${newer.home}/journal/${last}`;
  const bytes = Deno.readFileSync(path);
  bytes.set(newerHeader(bytes));
  Deno.writeFileSync(path, bytes);
  const before = bytesOf(newer.home);
  await assert.rejects(newer.open(), { code: "journal-broken", message: /was written by a newer Cairn/ });
  assert.deepEqual(bytesOf(newer.home), before);
});

/** The same header, as of the next format. */
function newerHeader(bytes: Uint8Array): Uint8Array {
  const header = encodeHeader(Number(new DataView(bytes.buffer).getBigUint64(8, true)) as Lsn);
  const view = new DataView(header.buffer);
  view.setUint16(6, view.getUint16(6, true) + 1, true);
  view.setUint32(16, crc32(header.subarray(0, 16)), true);
  return header;
}
