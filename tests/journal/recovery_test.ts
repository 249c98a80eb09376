/** Bringing the catalogue up to the journal where the disk refuses, or where both were put back apart from one another. */
import assert from "node:assert/strict";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { failingSqlite } from "../support/failing_sqlite.ts";
import { fill, filled, removeCatalogue, truthOf } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

for (
  const says of [
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "database is locked",
  ]
) {
  Deno.test(`a catalogue of which SQLite says "${says}" at the start is none that is damaged: it stays, and the start ends`, async () => {
    using dir = tempDir();
    const { home, truth } = await filled(dir.path);
    // So that it is looked for damage too.
    const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
    const unclean = await home.open({ fs });
    failing.on = "file.write";
    await unclean.close();
    const sqlite = failingSqlite();
    sqlite.says = says;
    for (const on of [/journal_mode/, /user_version/, /^SELECT/, /quick_check/]) {
      sqlite.on = on;
      await assert.rejects(home.open({ openSqlite: sqlite.open }), {
        code: "catalogue-broken",
        message: /Cannot open/,
      });
    }
    assert.deepEqual(home.said, []);
    assert.deepEqual([...Deno.readDirSync(dir.path)].filter(({ name }) => name.includes("damaged")), []);
    sqlite.on = null;
    const again = await home.open({ openSqlite: sqlite.open });
    assert.deepEqual(truthOf(again), truth);
    await again.close();
  });
}

Deno.test("a catalogue that refuses while it is rebuilt says nothing against the snapshot (R26)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path);
  const ledger = await home.open();
  await ledger.snapshot();
  await ledger.close();
  removeCatalogue(home);
  const sqlite = failingSqlite();
  sqlite.on = /INTO holds/;
  await assert.rejects(home.open({ openSqlite: sqlite.open }), { code: "catalogue-broken" });
  assert.equal(home.files(".snap").length, 1);
  sqlite.on = null;
  const again = await home.open({ openSqlite: sqlite.open });
  assert.deepEqual(truthOf(again), truth);
  await again.close();
});

/** The catalogue's file as it was, though the journal is what it is. */
function putBack(path: string, bytes: Uint8Array): void {
  for (const suffix of ["-wal", "-shm"]) {
    try {
      Deno.removeSync(path + suffix);
    } catch { /* it was not there */ }
  }
  Deno.writeFileSync(path, bytes);
}

Deno.test("a catalogue set back behind segments that were pruned is rebuilt from the snapshot, with nothing missing (R26, invariant 9)", async () => {
  using dir = tempDir();
  const { home } = await filled(dir.path);
  const path = `${dir.path}/catalogue.db`;
  const old = Deno.readFileSync(path);
  const ledger = await home.open();
  await fill(ledger, 1);
  await ledger.close();
  const next = await home.open();
  await fill(next, 2);
  home.clock.nowMs = Date.now() + 31 * 86_400_000;
  await next.snapshot();
  assert.equal(home.files(".seg").length, 1, "the segments that the old catalogue lacks are gone");
  await fill(next, 3);
  const truth = truthOf(next);
  await next.close();
  putBack(path, old);
  const again = await home.open();
  assert.deepEqual(truthOf(again), truth);
  assert.match(home.said.join(), /older than what is left of the journal/);
  await again.close();
});

Deno.test("a catalogue set back that the segments still reach is brought up from them (invariant 9)", async () => {
  using dir = tempDir();
  const { home } = await filled(dir.path);
  const path = `${dir.path}/catalogue.db`;
  const old = Deno.readFileSync(path);
  const ledger = await home.open();
  await fill(ledger, 1);
  await ledger.snapshot();
  const truth = truthOf(ledger);
  await ledger.close();
  putBack(path, old);
  const again = await home.open();
  assert.deepEqual(truthOf(again), truth);
  assert.deepEqual(home.said, []);
  await again.close();
});

Deno.test("segments that are gone, with no snapshot to stand for them, mean a new epoch (R24)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path);
  const ledger = await home.open();
  await fill(ledger, 1);
  await ledger.close();
  Deno.removeSync(home.files(".seg")[0]!);
  removeCatalogue(home);
  const again = await home.open();
  assert.ok(again.epoch > truth.epoch || again.actor !== truth.actor);
  assert.match(home.said.join(), /announces everything anew/);
  await again.close();
});
