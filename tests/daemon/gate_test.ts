import assert from "node:assert/strict";
import { AGAIN_MS } from "../../src/core/passing.ts";
import { Gate } from "../../src/daemon/gate.ts";
import { removeDevice } from "../../src/library/removal.ts";
import { lsnOf } from "../support/entries.ts";
import { failingSqlite } from "../support/failing_sqlite.ts";
import { device, join } from "../support/libraries.ts";
import { manualClock } from "../support/clock.ts";

Deno.test("who was removed while the home's disk was full counts for nothing once there is room, and its removal stands meanwhile (R32)", async () => {
  const sqlite = failingSqlite();
  const clock = manualClock();
  await using a = await device(0, "laptop", { clock, openSqlite: sqlite.open });
  await using b = await device(1, "phone");
  await join(a, b);
  const { ledger: { catalogue }, ledger, identity } = a;
  const number = catalogue.ids.device(b.identity.id);
  catalogue.cursors.set(number, { epoch: 1, boot: null, lsn: lsnOf(7) });
  let relinked = 0;
  const gate = new Gate({
    ledger,
    clock,
    identity,
    settled: () => Promise.resolve(true),
    relink: () => relinked++,
    resubscribe: () => {},
    recounted: () => {},
  });
  // What the record itself writes has room; what follows from it has not.
  sqlite.on = /UPDATE devices SET epoch/;
  const before = ledger.lastLsn;
  await removeDevice(ledger, identity, "phone", 1_000, false);
  assert.ok(sqlite.refused > 0);
  assert.equal(ledger.health().failure, null);
  assert.ok(ledger.lastLsn > before);
  assert.equal(catalogue.appliedLsn, ledger.lastLsn);
  assert.equal(catalogue.cursors.of(number).lsn, 7);
  await clock.advance(AGAIN_MS);
  assert.equal(catalogue.cursors.of(number).lsn, 7);
  sqlite.on = null;
  await clock.advance(AGAIN_MS);
  assert.equal(catalogue.cursors.of(number).lsn, 0);
  assert.ok(relinked > 0);
  gate.stop();
});
