/** What is relayed to who hears a device itself: nothing of it, and nothing counts as told by that (R30, invariant 10). */
import assert from "node:assert/strict";
import { BEGINNING, type Cursor } from "../../src/core/cursor.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import { Announcer } from "../../src/sync/announce.ts";
import { listener, ORIGIN, pageOf, said, tell, withLedger } from "../support/announcing.ts";
import { bootOf, deviceOf, dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";
import { FOLDER, ownRow, rowsRecord } from "../support/ledgers.ts";

const NOBODY: ReadonlyMap<DeviceId, Cursor> = new Map();
const rowsOf = (from: number, to: number) =>
  Array.from({ length: to }, (_, i) => rowOf(`f${i}`, entryOf({ dots: [dot(3, i + 1)] }))).slice(from);

Deno.test("of a device that tells the peer of itself nothing is relayed, before it is known as well; then what the peer does not have", async () => {
  await withLedger(async (ledger) => {
    const { session, pages } = listener();
    const announcer = new Announcer(ledger, session);
    announcer.direct({ devices: new Set([ORIGIN, deviceOf(1)]), left: NOBODY });
    await announcer.subscribed(new Map());
    tell(ledger, ORIGIN, 5, rowsOf(0, 5));
    await ledger.commit(rowsRecord([ownRow(ledger, "own")]));
    announcer.pump();
    assert.deepEqual(said(pages, ORIGIN), []);
    assert.equal(said(pages, deviceOf(1)).length, 1, "our own rows are ours to tell, whatever it says");
    const at = (lsn: number) => ({ epoch: 1, boot: bootOf(3), lsn: lsnOf(lsn) });
    announcer.direct({ devices: new Set(), left: new Map([[ORIGIN, at(3)]]) });
    assert.deepEqual(said(pages, ORIGIN).map(({ lsn }) => lsn), [4, 5]);
    assert.ok(pages.at(-1)!.complete);
  });
});

Deno.test("a notice makes nobody tell again what was told, and nothing is taken for told by it (invariant 10)", async () => {
  await withLedger(async (ledger) => {
    const { session, pages } = listener();
    const announcer = new Announcer(ledger, session);
    tell(ledger, ORIGIN, 5, rowsOf(0, 5));
    await announcer.subscribed(new Map());
    for (let i = 0; i < 3; i++) {
      announcer.direct({ devices: new Set([ORIGIN]), left: NOBODY });
      announcer.direct({ devices: new Set(), left: new Map([[ORIGIN, BEGINNING]]) });
    }
    assert.equal(said(pages, ORIGIN).length, 5);
    announcer.direct({ devices: new Set([ORIGIN]), left: NOBODY });
    ledger.catalogue.applyPage({
      ...pageOf(ORIGIN, 9, []),
      from: { epoch: 1, boot: bootOf(3), lsn: lsnOf(5) },
      folders: [{
        folder: FOLDER,
        rows: [{ lsn: lsnOf(8), row: rowOf("g", entryOf({ dots: [dot(3, 9)] })) }],
      }],
    });
    announcer.pump();
    assert.equal(said(pages, ORIGIN).length, 5);
    // A session that was broken, and whose device the peer has heard nothing more of.
    announcer.direct({ devices: new Set(), left: new Map([[ORIGIN, BEGINNING]]) });
    assert.deepEqual(said(pages, ORIGIN).map(({ lsn }) => lsn).slice(5), [8]);
  });
});

Deno.test("a relay that has less of a device than the peer heard of itself, or an older epoch, tells nothing of it", async () => {
  await withLedger(async (ledger) => {
    const { session, pages } = listener();
    const announcer = new Announcer(ledger, session);
    // Half of it was told: its end is owed to the peer, and is not told of an epoch that has passed.
    tell(ledger, ORIGIN, 5, rowsOf(0, 5), 1, false);
    await announcer.subscribed(new Map());
    announcer.direct({ devices: new Set([ORIGIN]), left: NOBODY });
    tell(ledger, ORIGIN, 6, []);
    const told = pages.length;
    announcer.direct({
      devices: new Set(),
      left: new Map([[ORIGIN, { epoch: 2, boot: bootOf(4), lsn: lsnOf(3) }]]),
    });
    assert.equal(pages.length, told);
    tell(ledger, ORIGIN, 7, rowsOf(0, 7), 2);
    announcer.pump();
    assert.deepEqual(said(pages.slice(told), ORIGIN).map(({ lsn }) => lsn), [4, 5, 6, 7]);
    assert.ok(pages.at(-1)!.complete);
  });
});
