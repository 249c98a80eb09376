import assert from "node:assert/strict";
import fc from "fast-check";
import { BEGINNING, type Cursor, isAhead } from "../../src/core/cursor.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { bootOf, deviceOf, lsnOf } from "../support/entries.ts";

const cursor = (boot: number | null, lsn: number, epoch = 1): Cursor => ({
  epoch,
  boot: boot === null ? null : bootOf(boot),
  lsn: lsnOf(lsn),
});

Deno.test("a cursor is ours iff its boot is ours and no later one had begun at its lsn (R24)", () => {
  using it = memoryCatalogue();
  const { cursors } = it.catalogue;
  cursors.addBoot(lsnOf(1), bootOf(1), 1);
  cursors.addBoot(lsnOf(5), bootOf(2), 1);
  cursors.addBoot(lsnOf(6), bootOf(3), 2);
  const last = lsnOf(9);
  // Also before the boot: a relay names the last that it knows of, in the midst of what it has.
  for (const [boot, lsn] of [[1, 1], [1, 4], [2, 4], [2, 5], [3, 1], [3, 6], [3, 9]] as const) {
    assert.ok(cursors.isOurs(cursor(boot, lsn), last), `${boot} ${lsn}`);
  }
  for (const [boot, lsn] of [[1, 5], [2, 6], [2, 9], [3, 10], [4, 3], [4, 9], [null, 3]] as const) {
    assert.ok(!cursors.isOurs(cursor(boot, lsn), last), `${boot} ${lsn}`);
  }
  assert.ok(cursors.isOurs(BEGINNING, last), "whoever has nothing may begin");
});

Deno.test("bootOf() is the boot that wrote an lsn; nothing was written before the first", () => {
  using it = memoryCatalogue();
  const { cursors } = it.catalogue;
  assert.equal(cursors.bootOf(lsnOf(1)), null);
  cursors.addBoot(lsnOf(3), bootOf(1), 1);
  assert.equal(cursors.bootOf(lsnOf(2)), null);
  assert.equal(cursors.bootOf(lsnOf(99)), bootOf(1));
  assert.deepEqual(cursors.boots(), [{ firstLsn: 3, boot: bootOf(1), epoch: 1 }]);
});

Deno.test("what we have of a device is kept, and nothing is known of a stranger", () => {
  using it = memoryCatalogue();
  const { cursors, ids } = it.catalogue;
  assert.deepEqual(cursors.of(ids.device(deviceOf(2))), BEGINNING);
  assert.deepEqual(cursors.of(99), BEGINNING);
  cursors.set(2, cursor(7, 12, 3));
  assert.deepEqual(cursors.of(2), cursor(7, 12, 3));
  assert.deepEqual(cursors.knownDevices(), [2]);
  cursors.seen(2, 1_000, "10.0.0.2:4");
  assert.deepEqual(cursors.lastSeen(2), { lastSeenMs: 1_000, address: "10.0.0.2:4" });
  assert.deepEqual(cursors.lastSeen(99), { lastSeenMs: 0, address: "" });
});

Deno.test("a later epoch is ahead of any lsn of an older one; in one epoch the lsn decides (R25, R30)", () => {
  const anyCursor = fc.tuple(fc.nat(3), fc.nat(5)).map(([epoch, lsn]) => cursor(1, lsn, epoch));
  fc.assert(fc.property(anyCursor, anyCursor, (a, b) => {
    assert.equal(isAhead(a, b), a.epoch > b.epoch || (a.epoch === b.epoch && a.lsn > b.lsn));
    assert.ok(!(isAhead(a, b) && isAhead(b, a)));
  }));
});

Deno.test("what a transaction noted that failed is forgotten, and an earlier announcement stands", () => {
  using it = memoryCatalogue();
  const { catalogue: { cursors, ids, db } } = it;
  const device = ids.device(deviceOf(2));
  cursors.set(device, cursor(1, 5));
  cursors.addBoot(lsnOf(1), bootOf(1), 1);
  assert.equal(cursors.bootOf(lsnOf(9)), bootOf(1));
  assert.throws(() =>
    db.transaction(() => {
      cursors.set(device, cursor(2, 9, 4));
      cursors.setSweeping(device, true);
      cursors.setToldEpoch(device, 4);
      cursors.addBoot(lsnOf(6), bootOf(2), 4);
      assert.equal(cursors.bootOf(lsnOf(9)), bootOf(2));
      throw new Error("the disk is full");
    })
  );
  assert.deepEqual(cursors.of(device), cursor(1, 5));
  assert.deepEqual([cursors.isSweeping(device), cursors.toldEpoch(device)], [false, 0]);
  assert.equal(cursors.bootOf(lsnOf(9)), bootOf(1));
});
