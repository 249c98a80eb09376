/** What a device tells its peers: all of it, in pages that everybody can take, and nobody's fault but its own (R29, R30, invariant 10). */
import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { BEGINNING, type Cursor } from "../../src/core/cursor.ts";
import type { DeviceId, RelPath } from "../../src/core/ids.ts";
import type { Move } from "../../src/core/move.ts";
import type { SharedField } from "../../src/core/record.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { Announcer } from "../../src/sync/announce.ts";
import { MOVES, type SentPage } from "../../src/sync/messages.ts";
import { listener, ORIGIN, pageOf, PEER, said, tell, withLedger } from "../support/announcing.ts";
import { bootOf, deviceOf, dot, entryOf, lsnOf, rowOf, stampOf } from "../support/entries.ts";
import { heaviestRow } from "../support/heavy.ts";
import { FOLDER, homeAt, ownRow, rowsRecord } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("the heaviest rows that a member can have are relayed, page by page, and every page can be taken", async () => {
  await withLedger(async (ledger) => {
    tell(ledger, ORIGIN, 600, Array.from({ length: 600 }, (_, i) => heaviestRow(i)));
    const { session, pages } = listener();
    await new Announcer(ledger, session).subscribed(new Map());
    assert.equal(said(pages, ORIGIN).length, 600);
    const last = pages.filter(({ origin }) => origin === ORIGIN).at(-1)!;
    assert.ok(last.complete && last.to.lsn === 600, "its last page says that there is no more");
    assert.ok(pages.length > 3);
  });
});

Deno.test("of a page that is being taken in nothing is relayed before its end", async () => {
  await withLedger(async (ledger) => {
    const { session, pages } = listener();
    const announcer = new Announcer(ledger, session);
    await announcer.subscribed(new Map());
    const rows = Array.from({ length: 600 }, (_, i) => rowOf(`a${i}`, entryOf({ dots: [dot(3, i + 1)] })));
    const steps = ledger.catalogue.pageSteps(pageOf(ORIGIN, 600, rows));
    for (let i = 0; i < 2; i++) {
      steps.next();
      announcer.pump();
      assert.deepEqual(said(pages, ORIGIN), []);
    }
    while (!steps.next().done);
    announcer.pump();
    assert.equal(said(pages, ORIGIN).length, 600);
  });
});

Deno.test("own rows of any weight are recorded, announced and read again", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  for (let i = 0; i < 200; i += 50) {
    await ledger.commit(
      rowsRecord(Array.from({ length: 50 }, (_, k) => heaviestRow(i + k)), { cause: "received" }),
    );
  }
  await ledger.snapshot();
  const { session, pages } = listener();
  await new Announcer(ledger, session).subscribed(new Map());
  assert.equal(said(pages, deviceOf(1)).length, 200);
  await ledger.close();
  const again = await home.open();
  assert.equal(again.catalogue.rows.ownIn(again.catalogue.ids.folder(FOLDER), "" as never).length, 0);
  assert.equal(again.catalogue.rows.count(), 200);
  await again.close();
});

Deno.test("a page that cannot be sent ends its session; who wrote the record is none the wiser (invariant 1)", async () => {
  await withLedger(async (ledger) => {
    let isBroken = false;
    const { session, closed } = listener(() => isBroken);
    const announcer = new Announcer(ledger, session);
    await announcer.subscribed(new Map());
    isBroken = true;
    const end = ledger.onApplied(() => announcer.pump());
    const lsn = await ledger.commit(rowsRecord([ownRow(ledger, "a")]));
    end();
    assert.equal(ledger.lastLsn, lsn);
    assert.equal(ledger.health().failure, null);
    assert.match(closed() ?? "open", /no such message/);
  });
});

Deno.test("a peer is not told what it told us", async () => {
  await withLedger(async (ledger) => {
    const { session, pages } = listener();
    const announcer = new Announcer(ledger, session);
    await announcer.subscribed(new Map());
    tell(ledger, ORIGIN, 5, [rowOf("a", entryOf({ dots: [dot(3, 1)] }))]);
    announcer.peerHas(ORIGIN, { epoch: 1, boot: bootOf(3), lsn: lsnOf(5) });
    announcer.pump();
    assert.deepEqual(said(pages, ORIGIN), []);
    tell(
      ledger,
      ORIGIN,
      9,
      Array.from({ length: 9 }, (_, i) => rowOf(`b${i}`, entryOf({ dots: [dot(3, i + 2)] }))),
    );
    announcer.pump();
    assert.deepEqual(said(pages, ORIGIN).map(({ lsn }) => lsn), [6, 7, 8, 9], "but what comes behind that");
  });
});

Deno.test("a subscription for devices that nobody knows leaves nothing behind", async () => {
  await withLedger(async (ledger) => {
    const claims = new Map<DeviceId, Cursor>(
      Array.from({ length: 50 }, (_, i) => [deviceOf(100 + i), BEGINNING]),
    );
    await new Announcer(ledger, listener().session).subscribed(claims);
    for (const device of claims.keys()) assert.equal(ledger.catalogue.ids.findDevice(device), null);
  });
});

Deno.test("what was begun to be told comes to its end, also when nothing is left behind its last page (invariant 11)", async () => {
  await withLedger(async (ledger) => {
    let room = 9;
    const { session, pages } = listener(() => false, () => room--);
    const announcer = new Announcer(ledger, session);
    await announcer.subscribed(new Map());
    assert.ok(pages.at(-1)!.complete);
    const paths = Array.from({ length: 1_500 }, (_, i) => `f${i}`);
    for (let i = 0; i < paths.length; i += 300) {
      await ledger.commit(rowsRecord(paths.slice(i, i + 300).map((path) => ownRow(ledger, path))));
    }
    room = 1;
    announcer.pump();
    const { rows, ids } = ledger.catalogue;
    for (const path of paths) rows.drop(SELF, ids.folder(FOLDER), path as RelPath);
    room = 1;
    announcer.pump();
    assert.deepEqual(pages.map(({ complete }) => complete), [true, false, true]);
  });
});

Deno.test("a relay that is told that there is no more says so, also with no row to tell (R25)", async () => {
  await withLedger(async (ledger) => {
    const { session, pages } = listener();
    const announcer = new Announcer(ledger, session);
    tell(ledger, ORIGIN, 5, [rowOf("a", entryOf({ dots: [dot(3, 1)] }))], 1, false);
    await announcer.subscribed(new Map());
    const ends = () => pages.filter(({ origin }) => origin === ORIGIN).map(({ complete }) => complete);
    assert.deepEqual(ends(), [false]);
    tell(ledger, ORIGIN, 6, []);
    announcer.pump();
    announcer.pump();
    assert.deepEqual(ends(), [false, true]);
    assert.deepEqual(said(pages.slice(-1), ORIGIN), []);
  });
});

Deno.test("shared fields of any number and size are told, page by page, and every page can be taken", async () => {
  await withLedger(async (ledger) => {
    const all: string[] = [];
    for (let i = 0; i < 40; i++) {
      const fields = Array.from({ length: 50 }, (_, k): SharedField => ({
        kind: "member",
        key: PEER,
        field: `remove/${i}-${k}`,
        value: new Uint8Array(7_000),
        stamp: stampOf(1),
        writer: PEER,
      }));
      all.push(...fields.map(({ field }) => field));
      await ledger.commit({ type: "shared", fields });
      await ledger.commit(rowsRecord([ownRow(ledger, `f${i}`)]));
    }
    const { session, pages } = listener();
    await new Announcer(ledger, session).subscribed(new Map());
    assert.deepEqual(pages.flatMap(({ shared }) => shared.map(({ field }) => field)).sort(), all.sort());
    assert.equal(said(pages, deviceOf(1)).length, 40, "and rows, each once");
    assert.deepEqual(pages.map(({ complete }) => complete), pages.map((_, i) => i === pages.length - 1));
    for (const [i, page] of pages.entries()) {
      if (i > 0) assert.equal(page.from.lsn, pages[i - 1]!.to.lsn);
    }
  });
});

// ------------------------------------------------------------------------------------ renamed directories

const RENAMED: Move = {
  top: "d" as RelPath,
  now: "n" as RelPath,
  total: 3,
  dot: dot(1, 2 ** 41),
  stamp: stampOf(2 ** 51),
  writer: deviceOf(1),
  parts: [
    { below: null, first: "d", last: "d", count: 1 },
    { below: "" as RelPath, first: "a", last: "b", count: 2 },
  ],
};
const moved = (ledger: Ledger) =>
  ledger.commit({
    type: "moved",
    folder: FOLDER,
    cause: "local",
    timeMs: 0,
    closes: lsnOf(0),
    move: RENAMED,
  });
const directory = (ledger: Ledger) =>
  ledger.commit(rowsRecord([
    rowOf("d", entryOf({ kind: "directory", dots: [dot(1, 1)] })),
    ...["a", "b"].map((name) => rowOf(`d/${name}`, entryOf({ text: name, dots: [dot(1, 2)] }))),
  ]));
/** What pages say of paths, or of a rename. */
const words = (pages: readonly SentPage[]) =>
  pages.flatMap(({ folders, moves = [] }) => [
    ...folders.flatMap(({ rows }) => rows.map(({ row: { path, entry } }) => `${path} ${entry.kind}`)),
    ...moves.map(({ move }) => `${move.top} is ${move.now}`),
  ]);
const AS_ROWS = ["d deleted", "d/a deleted", "d/b deleted", "n directory", "n/a file", "n/b file"];

Deno.test("a renamed directory is told as that to who has all that we had, and can be told so (R29)", async () => {
  await withLedger(async (ledger) => {
    await directory(ledger);
    const [modern, old] = [listener(undefined, undefined, [MOVES]), listener()];
    for (const { session } of [modern, old]) {
      const announcer = new Announcer(ledger, session);
      await announcer.subscribed(new Map());
      ledger.onApplied(() => announcer.pump());
    }
    for (const { pages } of [modern, old]) pages.length = 0;
    await moved(ledger);
    assert.deepEqual(words(modern.pages), ["d is n"]);
    assert.deepEqual(words(old.pages).sort(), AS_ROWS);
    assert.equal(modern.pages.at(-1)!.to.lsn, ledger.lastLsn);
    await ledger.commit(rowsRecord([rowOf("after", entryOf({ dots: [dot(1, 3)] }))]));
    assert.deepEqual(words(modern.pages), ["d is n", "after file"]);
  });
});

Deno.test("who may not have had our rows as they were is told of a renamed directory as rows (R29)", async () => {
  await withLedger(async (ledger) => {
    await directory(ledger);
    const { session, pages } = listener(undefined, undefined, [MOVES]);
    const announcer = new Announcer(ledger, session);
    await announcer.subscribed(new Map());
    pages.length = 0;
    // Of this edit the other device has not been told when the directory is renamed.
    await ledger.commit(rowsRecord([rowOf("d/b", entryOf({ text: "edited", dots: [dot(1, 4)] }))]));
    await moved(ledger);
    announcer.pump();
    assert.deepEqual(words(pages).sort(), AS_ROWS);
    const later = listener(undefined, undefined, [MOVES]);
    await new Announcer(ledger, later.session).subscribed(new Map());
    assert.deepEqual(words(later.pages).sort(), AS_ROWS);
  });
});

Deno.test("what is told before a renamed directory comes before it, in pages of its own", async () => {
  await withLedger(async (ledger) => {
    await directory(ledger);
    const { session, pages } = listener(undefined, undefined, [MOVES]);
    const announcer = new Announcer(ledger, session);
    await announcer.subscribed(new Map());
    pages.length = 0;
    await ledger.commit(rowsRecord([rowOf("before", entryOf({ dots: [dot(1, 4)] }))]));
    await moved(ledger);
    await ledger.commit(rowsRecord([rowOf("n/a", entryOf({ text: "after", dots: [dot(1, 2 ** 42)] }))]));
    announcer.pump();
    assert.deepEqual(words(pages), ["before file", "d is n", "n/a file"]);
    assert.deepEqual(pages.map(({ complete }) => complete), [false, false, true]);
  });
});
