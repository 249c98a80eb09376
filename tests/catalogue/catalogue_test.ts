import assert from "node:assert/strict";
import { BEGINNING } from "../../src/core/cursor.ts";
import { SELF } from "../../src/catalogue/interning.ts";
import type { Fingerprint } from "../../src/core/fingerprint.ts";
import type { Row } from "../../src/core/entry.ts";
import { FOLDER, memoryCatalogue, pageOf } from "../support/catalogues.ts";
import { deviceOf, dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";
import { rowsRecord } from "../support/ledgers.ts";

const file = (path: string, counter: number, text = path) =>
  rowOf(path, entryOf({ text, dots: [dot(2, counter)] }));
const PRINT: Fingerprint = {
  size: 4,
  mtimeMs: 1.5,
  ctimeMs: 2.5,
  birthMs: 0.25,
  ino: 7,
  dev: 0,
  mode: 0o644,
  settled: true,
};

// ------------------------------------------------------------------------------------ epochs (R25)

function peerPaths({ catalogue, folder }: ReturnType<typeof memoryCatalogue>): string[] {
  return ["a", "b", "c", "d/e"].filter((path) => catalogue.rows.at(folder, pathOf(path)).length > 0);
}

Deno.test("pages of one epoch add up, and the cursor is where they end", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ to: 3, complete: false, rows: [[1, file("a", 1)], [3, file("b", 2)]] }));
  catalogue.applyPage(pageOf({ from: 3, to: 9, rows: [[9, file("c", 3)]] }));
  assert.deepEqual(peerPaths(it), ["a", "b", "c"]);
  const { epoch, lsn } = catalogue.cursors.of(catalogue.ids.device(deviceOf(2)));
  assert.deepEqual([epoch, lsn], [1, 9]);
});

/** A page of 1,000 rows, 10 to an lsn. */
function largePage(epoch = 1) {
  return pageOf({
    epoch,
    to: 100,
    rows: Array.from({ length: 1_000 }, (_, i) => [1 + Math.floor(i / 10), file(`p/${i}`, i + 1)] as const),
  });
}

Deno.test("a page is taken in step by step, whole lsns at a time, and until the last step nothing of it counts as told (R29)", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const device = catalogue.ids.device(deviceOf(2));
  const known = () =>
    catalogue.rows.page(device, lsnOf(0), lsnOf(1_000), 1_000).map(({ placed: { lsn } }) => lsn);
  const steps = catalogue.pageSteps(largePage());
  let before = 0;
  while (!steps.next().done) {
    const lsns = known();
    assert.ok(lsns.length > before && lsns.length - before <= 210, `${lsns.length - before} rows in a step`);
    assert.equal(lsns.filter((lsn) => lsn === lsns.at(-1)).length, 10);
    if (lsns.length < 1_000) assert.equal(catalogue.cursors.of(device).lsn, 0);
    before = lsns.length;
  }
  assert.equal(before, 1_000);
  assert.equal(catalogue.cursors.of(device).lsn, 100);
});

Deno.test("a page that was taken in by half comes again, and is the same then", () => {
  using whole = memoryCatalogue();
  using half = memoryCatalogue();
  whole.catalogue.applyPage(largePage());
  half.catalogue.pageSteps(largePage()).next();
  half.catalogue.applyPage(largePage());
  const all = ({ catalogue }: typeof whole) => catalogue.rows.page(2, lsnOf(0), lsnOf(1_000), 1_000);
  assert.equal(all(half).length, 1_000);
  assert.deepEqual(all(half), all(whole));
  assert.deepEqual(half.catalogue.cursors.of(2), whole.catalogue.cursors.of(2));
});

Deno.test("a page whose device is dropped, or begins anew, while it is taken in, does not move its cursor", () => {
  for (const cursor of [BEGINNING, { epoch: 2, boot: null, lsn: lsnOf(0) }]) {
    using it = memoryCatalogue();
    const { cursors, ids } = it.catalogue;
    const steps = it.catalogue.pageSteps(largePage());
    steps.next();
    cursors.set(ids.device(deviceOf(2)), cursor);
    assert.deepEqual(steps.next(), { done: true, value: false });
    assert.deepEqual(cursors.of(ids.device(deviceOf(2))), cursor);
  }
});

Deno.test("a relay that lags brings nothing old back: neither a row nor a fact (R30)", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const fact = (value: number, lsn: number) => ({ key: "k", value, lsn: lsnOf(lsn) });
  const late = pageOf({ from: 0, to: 5, rows: [[5, file("a", 1)]], facts: [fact(1, 4)] });
  catalogue.applyPage(
    pageOf({
      to: 8,
      rows: [[7, rowOf("a", entryOf({ kind: "deleted", dots: [dot(2, 9)] }))]],
      facts: [fact(2, 8)],
    }),
  );
  catalogue.applyPage(late);
  assert.equal(catalogue.rows.at(folder, pathOf("a"))[0]!.row.entry.kind, "deleted");
  const device = catalogue.ids.device(deviceOf(2));
  assert.equal(catalogue.values.fact(device, "k"), 2);
  assert.equal(catalogue.cursors.of(device).lsn, 8);
});

Deno.test("rows of an older epoch stay until the new one is complete, and then those go that it has not said again (R25)", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const facts = [{ key: "old", value: 1, lsn: lsnOf(1) }, { key: "both", value: 1, lsn: lsnOf(2) }];
  catalogue.applyPage(
    pageOf({ to: 5, rows: [[1, file("a", 1)], [2, file("b", 2)], [5, file("c", 3)]], facts }),
  );
  const again = [{ key: "both", value: 2, lsn: lsnOf(1) }];
  catalogue.applyPage(pageOf({ epoch: 2, to: 1, complete: false, rows: [[1, file("b", 2)]], facts: again }));
  assert.deepEqual(peerPaths(it), ["a", "b", "c"]);
  const device = catalogue.ids.device(deviceOf(2));
  assert.ok(catalogue.cursors.isSweeping(device));
  assert.equal(catalogue.values.fact(device, "old"), 1);
  catalogue.applyPage(pageOf({ epoch: 2, from: 1, to: 2, rows: [[2, file("d/e", 9)]] }));
  assert.deepEqual(peerPaths(it), ["b", "d/e"]);
  assert.ok(!catalogue.cursors.isSweeping(device));
  assert.deepEqual([catalogue.values.fact(device, "old"), catalogue.values.fact(device, "both")], [null, 2]);
  assert.equal(catalogue.rows.count(), 2);
});

Deno.test("rows of two older epochs go together", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ to: 1, rows: [[1, file("a", 1)]] }));
  catalogue.applyPage(pageOf({ epoch: 2, to: 1, complete: false, rows: [[1, file("b", 2)]] }));
  catalogue.applyPage(pageOf({ epoch: 3, to: 1, rows: [[1, file("c", 3)]] }));
  assert.deepEqual(peerPaths(it), ["c"]);
});

Deno.test("a page of an older epoch changes nothing", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ epoch: 3, to: 1, rows: [[1, file("a", 1)]] }));
  catalogue.applyPage(pageOf({ epoch: 2, to: 9, rows: [[9, file("b", 1)]] }));
  assert.deepEqual(peerPaths(it), ["a"]);
  assert.equal(catalogue.cursors.of(2).lsn, 1);
});

Deno.test("a page that was heard before moves no cursor back", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ to: 9, rows: [[9, file("a", 1)]] }));
  catalogue.applyPage(pageOf({ to: 4, complete: false, rows: [] }));
  assert.equal(catalogue.cursors.of(2).lsn, 9);
});

Deno.test("what is told of ourselves is not taken in", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ device: 1, to: 1, rows: [[1, file("a", 1)]] }));
  assert.deepEqual(peerPaths(it), []);
});

Deno.test("a sweep drops needs that were for its rows alone, and leaves other devices' rows", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  catalogue.setWanted(FOLDER, true);
  catalogue.applyPage(pageOf({ device: 2, to: 1, rows: [[1, file("a", 1)], [1, file("b", 2)]] }));
  catalogue.applyPage(pageOf({ device: 3, to: 1, rows: [[1, file("b", 2)]] }));
  assert.equal(catalogue.needs.total(folder).count, 2);
  catalogue.applyPage(pageOf({ device: 2, epoch: 2, to: 1 }));
  assert.deepEqual(catalogue.needs.due(folder, false, 0, 9).map(({ path }) => path), ["b"]);
});

Deno.test("in a folder that is only listed nothing is needed, whoever asks for all of it; once it is wanted, what was told before is", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  catalogue.applyPage(pageOf({ to: 1, rows: [[1, file("a", 1)]] }));
  catalogue.rows.wanting.begin(folder);
  assert.equal(catalogue.needs.total(folder).count + catalogue.rows.decideSome(folder, 9), 0);
  catalogue.setWanted(FOLDER, true);
  catalogue.applyPage(pageOf({ from: 1, to: 2, rows: [[2, file("b", 2)]] }));
  while (catalogue.rows.decideSome(folder, 9) > 0);
  assert.deepEqual(catalogue.needs.due(folder, false, 0, 9).map(({ path }) => path).sort(), ["a", "b"]);
  catalogue.setWanted(FOLDER, false);
  catalogue.applyPage(pageOf({ from: 2, to: 3, rows: [[3, file("b", 3)]] }));
  assert.equal(catalogue.needs.total(folder).count, 0);
});

Deno.test("a page is taken in whole or not at all", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const bad = {
    ...file("b", 2),
    entry: { ...file("b", 2).entry, mtimeMs: "no number" as unknown as number },
  } as Row;
  assert.throws(() => catalogue.applyPage(pageOf({ to: 2, rows: [[1, file("a", 1)], [2, bad]] })));
  assert.deepEqual(peerPaths(it), []);
  assert.equal(catalogue.cursors.of(2).lsn, 0);
  catalogue.applyPage(pageOf({ to: 2, rows: [[1, file("a", 1)]] }));
  assert.deepEqual(peerPaths(it), ["a"]);
});

// ------------------------------------------------------------------------------------ our own records

Deno.test("appliedLsn is that of the last record; a snapshot's records move it with their seal alone", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.restoreRecord(lsnOf(5), rowsRecord([file("a", 1)]));
  assert.equal(catalogue.appliedLsn, 0);
  catalogue.restoreRecord(lsnOf(9), {
    type: "snapshot-end",
    lsn: lsnOf(9),
    counter: 77,
    stamp: file("a", 1).entry.stamp,
  });
  assert.equal(catalogue.appliedLsn, 9);
  catalogue.applyRecord(lsnOf(10), { type: "local", key: "k", value: 1 });
  assert.equal(catalogue.appliedLsn, 10);
  assert.equal(catalogue.values.meta("last_counter"), 77);
});

Deno.test("a print stands by the row that it was observed with", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  catalogue.applyRecord(lsnOf(1), rowsRecord([file("a", 1)]), [PRINT]);
  const { state } = catalogue.rows.own(folder, pathOf("a"))!;
  assert.deepEqual(catalogue.prints.get(state), PRINT);
  assert.deepEqual(catalogue.prints.statesOfInode(7).map(({ state }) => state), [state]);
});

Deno.test("statesOfInodes() is statesOfInode() of many at once", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const names = Array.from({ length: 60 }, (_, i) => `f${i}`);
  const prints = names.map((_, i) => ({ ...PRINT, ino: i < 40 ? 1 : i }));
  catalogue.applyRecord(lsnOf(1), rowsRecord(names.map((name, i) => file(name, i + 1))), prints);
  const inos = [1, 50, 1, 59, 1_000];
  const found = catalogue.prints.statesOfInodes(inos);
  for (const ino of inos) assert.deepEqual(found.get(ino) ?? [], catalogue.prints.statesOfInode(ino));
  assert.equal(found.size, 3);
  assert.equal(catalogue.prints.statesOfInodes([]).size, 0);
});

Deno.test("a print follows its file to a newer version of the same content, and goes with any other", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const own = () => catalogue.rows.own(folder, pathOf("a"))!.state;
  catalogue.applyRecord(lsnOf(1), rowsRecord([file("a", 1, "same")]), [PRINT]);
  catalogue.applyRecord(lsnOf(2), rowsRecord([file("a", 2, "same")]), [null]);
  assert.deepEqual(catalogue.prints.get(own()), PRINT);
  catalogue.applyRecord(lsnOf(3), rowsRecord([file("a", 3, "other")]), [null]);
  assert.equal(catalogue.prints.get(own()), null);
  assert.deepEqual(catalogue.prints.statesOfInode(7), []);
});

Deno.test("a row that is not held any more has no print", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyRecord(lsnOf(1), rowsRecord([file("a", 1)]), [PRINT]);
  catalogue.applyRecord(lsnOf(2), rowsRecord([{ ...file("a", 1), held: false }]), [null]);
  assert.deepEqual(catalogue.prints.statesOfInode(7), []);
});

Deno.test("an intent is open until the rows that fulfil it, or a completed scan, close it (R19)", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const rows = [file("a", 1), file("b", 2)];
  catalogue.applyRecord(lsnOf(1), { type: "intent", folder: FOLDER, rows });
  catalogue.applyRecord(lsnOf(2), { type: "intent", folder: FOLDER, rows: [file("c", 3)] });
  assert.deepEqual(catalogue.openIntents(folder).map(({ path }) => path), ["a", "b", "c"]);
  assert.deepEqual(catalogue.openIntents(folder)[0], rows[0]);
  catalogue.applyRecord(lsnOf(3), rowsRecord(rows, { closes: lsnOf(1) }));
  assert.deepEqual(catalogue.openIntents(folder).map(({ path }) => path), ["c"]);
  catalogue.closeIntents(folder, lsnOf(1));
  assert.equal(catalogue.openIntents(folder).length, 1);
  catalogue.closeIntents(folder, lsnOf(2));
  assert.equal(catalogue.openIntents(folder).length, 0);
});

Deno.test("counter and stamp follow what this device's actor and this device wrote, and nobody else (R1, R7)", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const boot = {
    type: "boot",
    boot: "ab".repeat(8),
    epoch: 1,
    actor: dot(2, 0).actor,
    timeMs: 0,
    osBoot: "",
  } as never;
  catalogue.applyRecord(lsnOf(1), boot);
  const theirs = rowOf("x", entryOf({ dots: [dot(9, 900)], stamp: 9_000, writer: 9 }));
  const ours = rowOf(
    "y",
    entryOf({ dots: [dot(2, 50)], meta: dot(2, 60), metaStamp: 700, stamp: 600, writer: 1 }),
  );
  catalogue.applyRecord(lsnOf(2), rowsRecord([theirs]));
  assert.equal(catalogue.values.meta("last_counter"), null);
  assert.equal(catalogue.values.meta("last_stamp"), null);
  catalogue.applyRecord(lsnOf(3), rowsRecord([ours]));
  assert.deepEqual([catalogue.values.meta("last_counter"), catalogue.values.meta("last_stamp")], [60, 700]);
});

Deno.test("kept rows of a snapshot have the lsns at which they were first said", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const rows = [file("a", 1), file("b", 2)];
  catalogue.restoreRecord(lsnOf(0), { type: "kept", folder: FOLDER, lsns: [lsnOf(3), lsnOf(8)], rows });
  assert.deepEqual(catalogue.rows.page(SELF, lsnOf(0), lsnOf(9), 9).map(({ placed }) => placed.lsn), [3, 8]);
});

Deno.test("the first epoch of a device that we hear of is not whole either before it is told to its end (R25)", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const device = catalogue.ids.device(deviceOf(2));
  catalogue.applyPage(pageOf({ to: 5, complete: false, rows: [[1, file("a", 1)]] }));
  assert.ok(catalogue.cursors.isSweeping(device));
  catalogue.applyPage(pageOf({ from: 5, to: 7, rows: [[6, file("b", 2)]] }));
  assert.ok(!catalogue.cursors.isSweeping(device));
  assert.deepEqual(peerPaths(it), ["a", "b"]);
  catalogue.applyPage(pageOf({ from: 7, to: 9, complete: false, rows: [[9, file("c", 3)]] }));
  assert.ok(
    !catalogue.cursors.isSweeping(device),
    "what it has written since is more, and it was whole once",
  );
});
