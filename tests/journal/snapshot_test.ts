import assert from "node:assert/strict";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import type { Lsn } from "../../src/core/ids.ts";
import type { JournalRecord } from "../../src/core/record.ts";
import { findSnapshot, readSnapshot, writeSnapshot } from "../../src/journal/snapshot.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { deviceOf, lsnOf, stampOf } from "../support/entries.ts";
import { FOLDER, homeAt, ownRow, rowsRecord } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

async function readAll(path: string): Promise<[Lsn, JournalRecord][]> {
  const out: [Lsn, JournalRecord][] = [];
  for await (const one of readSnapshot(realFs(), path)) out.push(one);
  return out;
}

/** A home with one snapshot, its ledger closed. */
async function snapshotIn(home: string): Promise<string> {
  const it = homeAt(home);
  const ledger = await it.open();
  await ledger.commit(rowsRecord(["a", "d/b", "d/c"].map((path) => ownRow(ledger, path))));
  await ledger.commit(rowsRecord([ownRow(ledger, "a", "newer")]));
  await ledger.commit({ type: "fact", key: "k", value: 1 });
  await ledger.commit({ type: "local", key: "l", value: [2] });
  const field = {
    kind: "folder",
    key: FOLDER,
    field: "name",
    value: "Notes",
    stamp: stampOf(9),
    writer: deviceOf(2),
  };
  await ledger.commit({ type: "shared", fields: [field] });
  await ledger.snapshot();
  await ledger.close();
  return it.files(".snap")[0]!;
}

Deno.test("a snapshot says what is, with the lsns at which it was said, and its seal says up to where (R26)", async () => {
  using dir = tempDir();
  const records = await readAll(await snapshotIn(dir.path));
  const types = records.map(([, record]) => record.type);
  assert.deepEqual(types, ["boot", "local", "shared", "fact", "kept", "snapshot-end"]);
  const kept = records.find(([, record]) => record.type === "kept")![1] as Extract<
    JournalRecord,
    { type: "kept" }
  >;
  assert.deepEqual(kept.rows.map(({ path }, i) => `${kept.lsns[i]} ${path}`).sort(), [
    "2 d/b",
    "2 d/c",
    "3 a",
  ]);
  const [lsn, seal] = records.at(-1)!;
  assert.equal(lsn, 6);
  assert.equal(seal.type === "snapshot-end" && seal.lsn, 6);
});

Deno.test("a snapshot that was cut anywhere is refused", async () => {
  using dir = tempDir();
  const path = await snapshotIn(dir.path);
  const whole = Deno.readFileSync(path);
  for (let length = 0; length < whole.length; length += 7) {
    Deno.writeFileSync(path, whole.slice(0, length));
    await assert.rejects(readAll(path), CairnError);
  }
});

Deno.test("a snapshot with any bit flipped is refused, or says what it said", async () => {
  using dir = tempDir();
  const path = await snapshotIn(dir.path);
  const whole = Deno.readFileSync(path);
  const good = await readAll(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
      const bytes = whole.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      Deno.writeFileSync(path, bytes);
      try {
        assert.deepEqual(await readAll(path), good);
        assert.ok(bit >> 3 >= 8 && bit >> 3 < 16, "only the header's lsn, which nobody reads, may be wrong");
      } catch (error) {
        assert.ok(error instanceof CairnError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("the newest snapshot counts, and none that was not finished", () => {
  using dir = tempDir();
  const fs = realFs();
  assert.equal(findSnapshot(fs, dir.path), null);
  for (
    const name of ["0000000000000009.snap", "0000000000000010.snap", "0000000000000011.snap.part", "x.snap"]
  ) {
    Deno.writeFileSync(dir.at(name), new Uint8Array(0));
  }
  assert.deepEqual(findSnapshot(fs, dir.path), { path: dir.at("0000000000000010.snap"), lsn: lsnOf(10) });
});

Deno.test("a disk that fails while a snapshot is written leaves the former one, and the next try works", async () => {
  using dir = tempDir();
  const it = homeAt(dir.path);
  const ledger = await it.open();
  await ledger.commit(rowsRecord([ownRow(ledger, "a")]));
  await ledger.snapshot();
  const [former] = it.files(".snap");
  await ledger.commit(rowsRecord([ownRow(ledger, "b")]));
  const { fs, failing } = failingFs(realFs(), new FsError("no-space", "disk"));
  for (const call of ["open", "file.write", "file.syncData", "rename"]) {
    failing.on = call;
    await assert.rejects(writeSnapshot(fs, it.clock, `${dir.path}/journal`, ledger.catalogue), FsError);
    assert.deepEqual(it.files(".snap"), [former]);
  }
  failing.on = null;
  await writeSnapshot(fs, it.clock, `${dir.path}/journal`, ledger.catalogue);
  assert.equal(it.files(".snap").length, 2);
  assert.equal(it.files(".part").length, 0);
  await ledger.close();
});

Deno.test("a snapshot for which there is no room leaves nothing behind: the journal needs it", async () => {
  using dir = tempDir();
  const it = homeAt(dir.path);
  const { fs, failing } = failingFs(realFs(), new FsError("no-space", dir.path));
  const ledger = await it.open({ fs });
  await ledger.commit(rowsRecord([ownRow(ledger, "a")]));
  failing.on = "file.write";
  await assert.rejects(ledger.snapshot(), { code: "no-space" });
  failing.on = null;
  assert.deepEqual(it.files(".part"), []);
  await ledger.snapshot();
  assert.equal(it.files(".snap").length, 1);
  await ledger.close();
});
