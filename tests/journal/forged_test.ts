/** What a member says in our own name: believed within bounds, and never so that we write what we cannot read (R1, R24, R25). */
import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { EPOCHS_AHEAD, FORCED_EPOCHS } from "../../src/core/limits.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { deviceOf, entryOf, rowOf, stampOf } from "../support/entries.ts";
import { homeAt, ownRow, removeCatalogue, rowsRecord } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("a peer may claim an epoch of ours up to a bound beyond it, and not again and again (R24, R25)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  const refused = (error: unknown) => error instanceof CairnError && error.code === "message-invalid";
  await assert.rejects(ledger.newEpochFor(deviceOf(2), ledger.epoch + EPOCHS_AHEAD + 1), refused);
  await assert.rejects(ledger.newEpochFor(deviceOf(2), Number.MAX_SAFE_INTEGER), refused);
  const before = ledger.epoch;
  await ledger.newEpochFor(deviceOf(2), before + EPOCHS_AHEAD);
  assert.equal(ledger.epoch, before + EPOCHS_AHEAD + 1);
  for (let i = 1; i < FORCED_EPOCHS; i++) await ledger.newEpochFor(deviceOf(2), ledger.epoch);
  await assert.rejects(ledger.newEpochFor(deviceOf(2), ledger.epoch), refused);
  await ledger.newEpochFor(deviceOf(3), ledger.epoch);
  home.clock.nowMs += 3_600_000;
  await ledger.newEpochFor(deviceOf(2), ledger.epoch);
  const epoch = ledger.epoch;
  await ledger.close();
  const again = await home.open();
  assert.equal(again.epoch, epoch);
  await again.close();
});

Deno.test("a counter that somebody forged in our name ends with its actor: what we mint can be read (R1)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  const { actor, epoch } = ledger;
  const forged = { actor, counter: Number.MAX_SAFE_INTEGER };
  const row = rowOf("a", { ...entryOf({ dots: [forged] }), stamp: stampOf(Number.MAX_SAFE_INTEGER) });
  await ledger.commit(rowsRecord([row], { cause: "received" }));
  await ledger.close();
  const again = await home.open();
  assert.notEqual(again.actor, actor);
  assert.equal(again.epoch, epoch, "nobody needs to be told anything anew");
  const fresh = ownRow(again, "b");
  assert.ok(
    Number.isSafeInteger(fresh.entry.version.meta.counter) && Number.isSafeInteger(fresh.entry.stamp),
  );
  await again.commit(rowsRecord([fresh]));
  await again.close();
  removeCatalogue(home);
  const rebuilt = await home.open();
  assert.equal(rebuilt.actor, again.actor, "the new actor stays");
  await rebuilt.close();
});

Deno.test("an epoch that the disk refused to write does not count: its peer is let in when there is room again (R24)", async () => {
  using dir = tempDir();
  const { fs, failing } = failingFs(realFs(), new FsError("no-space", "journal"));
  const ledger = await homeAt(dir.path).open({ fs });
  failing.on = "file.write";
  for (let i = 0; i < 2 * FORCED_EPOCHS; i++) {
    await assert.rejects(
      ledger.newEpochFor(deviceOf(2), ledger.epoch),
      (error) => error instanceof CairnError && error.code === "journal-broken",
    );
  }
  failing.on = null;
  const before = ledger.epoch;
  await ledger.newEpochFor(deviceOf(2), before);
  assert.ok(ledger.epoch > before);
  await ledger.close();
});
