import assert from "node:assert/strict";
import { AGAIN_MS } from "../../src/core/passing.ts";
import { Counting } from "../../src/library/counting.ts";
import { removeDevice } from "../../src/library/removal.ts";
import { manualClock } from "../support/clock.ts";
import { dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";
import { failingSqlite } from "../support/failing_sqlite.ts";
import { FOLDER } from "../support/ledgers.ts";
import { device, join } from "../support/libraries.ts";

Deno.test("rows of a removed device go once the home's disk takes it, whatever step it refused meanwhile (R32)", async () => {
  for (const refused of [/^BEGIN/, /^SELECT s.directory/, /^DELETE FROM holds/, /^COMMIT/, /^SELECT/]) {
    const sqlite = failingSqlite();
    const clock = manualClock();
    await using a = await device(0, "laptop", { clock, openSqlite: sqlite.open });
    await using b = await device(1, "phone");
    await join(a, b);
    const { ledger: { catalogue }, ledger, identity } = a;
    const number = catalogue.ids.device(b.identity.id);
    const folder = catalogue.ids.folder(FOLDER);
    catalogue.applyPage({
      origin: b.identity.id,
      from: { epoch: 1, boot: null, lsn: lsnOf(0) },
      to: { epoch: 1, boot: null, lsn: lsnOf(7) },
      complete: true,
      folders: [{
        folder: FOLDER,
        rows: [{ lsn: lsnOf(7), row: rowOf("a", entryOf({ dots: [dot(2, 1)] })) }],
      }],
      facts: [],
    });
    const options = { ledger, clock, self: identity.id, wanted: () => {}, changed: () => {} };
    const counting = new Counting(options);
    await removeDevice(ledger, identity, "phone", 1_000, false);
    counting.refresh();
    assert.equal(catalogue.rows.allAt(folder, pathOf("a")).length, 1);
    sqlite.on = refused;
    await clock.advance(AGAIN_MS);
    assert.ok(sqlite.refused > 0, `${refused}`);
    assert.ok(sqlite.refused < 5, "it is not tried without a pause");
    sqlite.on = null;
    await clock.advance(AGAIN_MS);
    assert.deepEqual(catalogue.rows.allAt(folder, pathOf("a")), [], `${refused}`);
    assert.equal(catalogue.rows.ignored.has(number), false, "nothing of it is left to be dropped");
    counting.stop();
  }
});
