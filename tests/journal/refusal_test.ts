import assert from "node:assert/strict";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { manualClock } from "../support/clock.ts";
import { homeAt, ownRow, rowsRecord } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a journal that refused is tried again by itself, so that its health is told as it is", async () => {
  using dir = tempDir();
  const { fs, failing } = failingFs(realFs(), new FsError("no-space", dir.path));
  const clock = manualClock();
  const ledger = await homeAt(dir.path).open({ fs, clock });
  failing.on = "file.write";
  await assert.rejects(ledger.commit(rowsRecord([ownRow(ledger, "a")])), { code: "journal-broken" });
  assert.match(ledger.health().failure!, /no-space/);
  const before = ledger.lastLsn;
  const retry = async () => {
    await clock.advance(10_000);
    await waitFor("the next try to be due", () => clock.waiting > 1);
  };
  await retry();
  assert.match(ledger.health().failure!, /no-space/);
  failing.on = null;
  await clock.advance(10_000);
  await waitFor("the journal to be well", () => ledger.health().failure === null);
  assert.ok(ledger.lastLsn > before);
  await ledger.commit(rowsRecord([ownRow(ledger, "b")]));
  await ledger.close();
});
