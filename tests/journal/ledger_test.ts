import assert from "node:assert/strict";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import type { Lsn } from "../../src/core/ids.ts";
import type { JournalRecord } from "../../src/core/record.ts";
import { readSnapshot } from "../../src/journal/snapshot.ts";
import { STAMP_AHEAD_MS } from "../../src/core/limits.ts";
import { stampAt, stampMs } from "../../src/core/stamp.ts";
import type { Applied } from "../../src/journal/ledger.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { lsnOf, stampOf } from "../support/entries.ts";
import { fill, filled, homeAt, ownRow, removeCatalogue, rowsRecord, truthOf } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("a listener that throws takes back nothing that is durable: it stands, others are told, and no lsn is given twice (invariant 1, R24)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  const end = ledger.onApplied(() => {
    throw new Error("no room");
  });
  const told: Applied[] = [];
  ledger.onApplied((applied) => told.push(...applied));
  const lsn = await ledger.commit({ type: "local", key: "k", value: 1 });
  assert.equal(ledger.health().failure, null);
  assert.equal(await ledger.commit({ type: "local", key: "k", value: 2 }), lsn + 1);
  assert.deepEqual(told.map(({ lsn }) => lsn), [lsn, lsn + 1]);
  assert.equal(ledger.catalogue.appliedLsn, ledger.lastLsn);
  assert.match(home.said[0]!, /A change is recorded, and not all was done that follows from it: no room/);
  end();
  await ledger.close();
});

Deno.test("a record is applied and told of when its commit is answered, and not before it is durable (invariant 1)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
  const ledger = await home.open({ fs });
  const told: Applied[] = [];
  const end = ledger.onApplied((applied) => told.push(...applied));
  const lsn = await ledger.commit({ type: "local", key: "k", value: 1 });
  assert.deepEqual(told.map(({ lsn }) => lsn), [lsn]);
  assert.equal(ledger.catalogue.values.local("k"), 1);
  failing.on = "file.syncData";
  await assert.rejects(ledger.commit({ type: "local", key: "k", value: 2 }), { code: "journal-broken" });
  failing.on = null;
  assert.equal(ledger.catalogue.values.local("k"), 1);
  assert.equal(told.length, 1);
  end();
  await ledger.commit({ type: "local", key: "k", value: 3 });
  assert.equal(told.length, 1);
  await ledger.close();
});

Deno.test("after a sync that failed the log goes on under a new boot, in the same epoch (R27)", async () => {
  using dir = tempDir();
  const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
  const ledger = await homeAt(dir.path).open({ fs });
  const { epoch, actor } = ledger;
  failing.on = "file.syncData";
  await assert.rejects(ledger.commit({ type: "local", key: "k", value: 1 }));
  failing.on = null;
  await ledger.commit({ type: "local", key: "k", value: 2 });
  const boots = ledger.catalogue.cursors.boots();
  assert.equal(boots.length, 2);
  assert.notEqual(boots[0]!.boot, boots[1]!.boot);
  assert.deepEqual([ledger.epoch, ledger.actor], [epoch, actor]);
  await ledger.close();
});

Deno.test("what is written while a new epoch is being recorded behind a failed sync does not take it back (R24, R27)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
  const ledger = await home.open({ fs });
  const { epoch, actor } = ledger;
  failing.on = "file.syncData";
  await assert.rejects(ledger.commit({ type: "local", key: "k", value: 1 }));
  failing.on = null;
  await Promise.all([ledger.newEpoch(0), ledger.commit({ type: "local", key: "k", value: 2 })]);
  assert.equal(ledger.epoch, epoch + 1);
  assert.notEqual(ledger.actor, actor);
  assert.equal(ledger.catalogue.cursors.boots().at(-1)!.epoch, epoch + 1);
  assert.equal(ledger.catalogue.values.meta("own_actor"), ledger.actor);
  await ledger.close();
  // Nor is it taken back where it could not be recorded itself.
  const again = await home.open({ fs });
  failing.on = "file.syncData";
  await assert.rejects(again.newEpoch(0));
  failing.on = null;
  await again.commit({ type: "local", key: "k", value: 3 });
  assert.equal(again.epoch, epoch + 2);
  await again.close();
});

Deno.test("every open appends a boot of its own, in the same epoch and with the same actor (R24)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) {
    const ledger = await home.open();
    assert.deepEqual([ledger.epoch, ledger.actor.length], [1, 16]);
    seen.push(`${ledger.catalogue.cursors.bootOf(ledger.lastLsn)} ${ledger.actor}`);
    await ledger.close();
  }
  assert.equal(new Set(seen).size, 3);
  assert.equal(new Set(seen.map((one) => one.split(" ")[1])).size, 1);
  assert.deepEqual(home.said, []);
});

Deno.test("a deleted catalogue is rebuilt from the journal, the same in everything (invariant 9)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path, 2);
  removeCatalogue(home);
  const ledger = await home.open();
  assert.deepEqual(truthOf(ledger), truth);
  await ledger.close();
});

for (
  const [what, damage] of [
    ["is no database", () => new TextEncoder().encode("garbage ".repeat(1000))],
    ["is empty", () => new Uint8Array(0)],
    ["has lost all but its first page", (bytes: Uint8Array) => bytes.fill(0, 4096)],
  ] as const
) {
  Deno.test(`a catalogue that ${what} is rebuilt from the journal (invariant 9)`, async () => {
    using dir = tempDir();
    const { home, truth } = await filled(dir.path);
    const path = `${dir.path}/catalogue.db`;
    Deno.writeFileSync(path, damage(Deno.readFileSync(path)));
    for (const suffix of ["-wal", "-shm"]) {
      try {
        Deno.removeSync(path + suffix);
      } catch { /* it was not there */ }
    }
    const ledger = await home.open();
    assert.deepEqual(truthOf(ledger), truth);
    await ledger.close();
  });
}

Deno.test("a catalogue of a newer program is refused, and stays as it is", async () => {
  using dir = tempDir();
  const { home } = await filled(dir.path);
  const ledger = await home.open();
  ledger.catalogue.db.run("PRAGMA user_version = 99");
  await ledger.close();
  await assert.rejects(home.open(), { code: "catalogue-newer" });
  assert.ok(Deno.statSync(`${dir.path}/catalogue.db`).isFile);
});

Deno.test("a journal that lost its tail: the catalogue stands, under a new epoch and actor (R24)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path);
  const segment = home.files(".seg").at(-1)!;
  Deno.truncateSync(segment, 60);
  const ledger = await home.open();
  const now = truthOf(ledger);
  assert.deepEqual({ ...now, epoch: 0, actor: "" }, { ...truth, epoch: 0, actor: "" });
  assert.equal(now.epoch, truth.epoch + 1);
  assert.notEqual(now.actor, truth.actor);
  assert.ok(ledger.lastLsn > truth.rows.at(-1)!.lsn, "no lsn is given twice");
  assert.match(home.said.join(), /lost its last records/);
  await ledger.close();
});

Deno.test("what is written after a lost tail is not lost with the catalogue (invariant 9)", async () => {
  using dir = tempDir();
  const { home } = await filled(dir.path);
  Deno.truncateSync(home.files(".seg").at(-1)!, 60);
  const ledger = await home.open();
  await fill(ledger, 7);
  const truth = truthOf(ledger);
  await ledger.close();
  removeCatalogue(home);
  const again = await home.open();
  assert.deepEqual(truthOf(again), truth);
  await again.close();
});

Deno.test("a journal that is gone altogether: the catalogue stands, under a new epoch and actor (R24)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path);
  Deno.removeSync(`${dir.path}/journal`, { recursive: true });
  const ledger = await home.open();
  assert.deepEqual(truthOf(ledger).rows, truth.rows);
  assert.equal(ledger.epoch, truth.epoch + 1);
  await ledger.close();
  removeCatalogue(home);
  const again = await home.open();
  assert.deepEqual(truthOf(again).rows, truth.rows);
  await again.close();
});

Deno.test("damage in the journal's middle means a new epoch, and loses nothing that the catalogue has (R27)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path);
  const segment = home.files(".seg")[0]!;
  const bytes = Deno.readFileSync(segment);
  bytes[200]! ^= 1;
  Deno.writeFileSync(segment, bytes);
  const ledger = await home.open();
  assert.equal(ledger.epoch, truth.epoch + 1);
  assert.deepEqual(truthOf(ledger).rows, truth.rows);
  await ledger.close();
});

Deno.test("newEpoch() lies above the one that was reported, with another actor (R24, R25)", async () => {
  using dir = tempDir();
  const ledger = await homeAt(dir.path).open();
  const { actor } = ledger;
  await ledger.newEpoch(41);
  assert.equal(ledger.epoch, 42);
  assert.notEqual(ledger.actor, actor);
  await ledger.newEpoch(3);
  assert.equal(ledger.epoch, 43);
  await ledger.close();
});

for (
  const [what, clean, osBoot, crashed] of [
    ["a clean stop, the machine running on", true, "os-1", false],
    ["a clean stop, the machine started anew", true, "os-2", false],
    ["a kill, the machine running on", false, "os-1", false],
    ["a kill, the machine started anew", false, "os-2", true],
    ["a kill, on a machine that does not tell its starts apart", false, "", true],
  ] as const
) {
  for (const rebuilt of [false, true]) {
    const name = `after ${what}${rebuilt ? ", the catalogue rebuilt" : ""}`;
    Deno.test(`${name}, the ledger ${crashed ? "takes it for" : "sees no"} crash of the machine (R16)`, async () => {
      using dir = tempDir();
      const home = homeAt(dir.path);
      const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
      const first = await home.open({ fs });
      assert.equal(first.crashed, false);
      if (!clean) failing.on = "file.write"; // so that no stop is recorded
      await first.close();
      if (rebuilt) removeCatalogue(home);
      const again = await home.open({ osBoot });
      assert.equal(again.crashed, crashed);
      await again.close();
    });
  }
}

// ------------------------------------------------------------------------------------ clocks

Deno.test("counters and stamps go on from what was written, also when the wall clock went back (R1, R7)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  for (const rebuilt of [false, true]) {
    const first = await home.open();
    const row = ownRow(first, "a");
    await first.commit(rowsRecord([{ ...row, entry: { ...row.entry, writer: home.options.self } }]));
    await first.close();
    home.clock.nowMs -= 10 * 86_400_000;
    if (rebuilt) removeCatalogue(home);
    const again = await home.open();
    assert.ok(again.mintDot().counter > row.entry.version.dots[0]!.counter);
    assert.ok(again.mintStamp(row.entry.stamp) > row.entry.stamp);
    await again.close();
  }
});

Deno.test("a clock that once stood in 2099 does not stamp for ever (R7)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const nowMs = home.clock.nowMs;
  const first = await home.open();
  home.clock.nowMs = Date.UTC(2099, 0, 1);
  await first.commit(rowsRecord([ownRow(first, "a")]));
  await first.close();
  home.clock.nowMs = nowMs;
  const again = await home.open();
  assert.ok(stampMs(again.mintStamp()) <= nowMs + STAMP_AHEAD_MS + 1);
  again.receive(stampAt(Date.UTC(2099, 0, 1)));
  assert.ok(stampMs(again.mintStamp()) <= nowMs + STAMP_AHEAD_MS + 1);
  assert.ok(again.mintStamp(stampOf(stampAt(Date.UTC(2099, 0, 1)))) > stampAt(Date.UTC(2099, 0, 1)));
  await again.close();
});

Deno.test("a file that was there before us has the stamp of its last write, never one of the future (R26)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  assert.equal(ledger.stampOfFound(5_000), stampAt(5_000));
  assert.equal(ledger.stampOfFound(home.clock.nowMs * 2), stampAt(home.clock.nowMs));
  await ledger.close();
});

// ------------------------------------------------------------------------------------ snapshots

Deno.test("a catalogue rebuilt from snapshot and tail is the same in everything (R26)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  await fill(ledger, 1);
  await ledger.newEpoch(4);
  await fill(ledger, 2);
  await ledger.snapshot();
  await fill(ledger, 3);
  const truth = truthOf(ledger);
  const boots = ledger.catalogue.cursors.boots();
  await ledger.close();
  assert.equal(home.files(".snap").length, 1);
  removeCatalogue(home);
  const again = await home.open();
  assert.deepEqual(truthOf(again), truth);
  assert.deepEqual(again.catalogue.cursors.boots().slice(0, boots.length), boots);
  await again.close();
});

Deno.test("a snapshot prunes segments that it covers once history is past them, and no others (R26)", async () => {
  using dir = tempDir();
  const { home } = await filled(dir.path);
  const ledger = await home.open();
  await fill(ledger, 1);
  assert.equal(home.files(".seg").length, 2);
  await ledger.snapshot();
  assert.equal(home.files(".seg").length, 2, "history keeps it");
  home.clock.nowMs = Date.now() + 31 * 86_400_000;
  await ledger.snapshot();
  assert.equal(home.files(".seg").length, 1);
  assert.equal(home.files(".snap").length, 1, "an older snapshot goes");
  const truth = truthOf(ledger);
  await ledger.close();
  removeCatalogue(home);
  const again = await home.open();
  assert.deepEqual(truthOf(again), truth);
  await again.close();
});

Deno.test("a rebuild that was stopped half-way is begun anew (invariant 9)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path, 3);
  const ledger = await home.open();
  await ledger.snapshot();
  await ledger.close();
  for (const segment of home.files(".seg").slice(0, -1)) Deno.removeSync(segment);
  removeCatalogue(home);
  const catalogue = new Catalogue(`${dir.path}/catalogue.db`, home.options.self);
  const records: [Lsn, JournalRecord][] = [];
  for await (const one of readSnapshot(realFs(), home.files(".snap")[0]!)) records.push(one);
  assert.ok(records.length > 8);
  for (const [lsn, record] of records.slice(0, -2)) catalogue.restoreRecord(lsn, record);
  catalogue.close();
  const again = await home.open();
  assert.deepEqual(truthOf(again).rows, truth.rows);
  await again.close();
});

Deno.test("a damaged snapshot is not taken for a whole one: the segments are read, under a new epoch (R26)", async () => {
  using dir = tempDir();
  const { home, truth } = await filled(dir.path, 2);
  const ledger = await home.open();
  await ledger.snapshot();
  await ledger.close();
  const snapshot = home.files(".snap")[0]!;
  const bytes = Deno.readFileSync(snapshot);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.writeFileSync(snapshot, bytes);
  removeCatalogue(home);
  const again = await home.open();
  assert.deepEqual(truthOf(again).rows, truth.rows);
  assert.equal(again.epoch, truth.epoch + 1);
  assert.match(home.said.join(), /damaged/);
  await again.close();
});

// ------------------------------------------------------------------------------------ history

Deno.test("history tells every record from an lsn on, over all opens", async () => {
  using dir = tempDir();
  const { home } = await filled(dir.path);
  const ledger = await home.open();
  await fill(ledger, 1);
  const all = [...ledger.history(lsnOf(1))];
  assert.deepEqual(all.map(({ lsn }) => lsn), Array.from({ length: ledger.lastLsn }, (_, i) => i + 1));
  assert.deepEqual(all.map(({ record }) => record.type).filter((type) => type === "boot").length, 2);
  assert.deepEqual([...ledger.history(lsnOf(5))], all.slice(4));
  await ledger.close();
});
