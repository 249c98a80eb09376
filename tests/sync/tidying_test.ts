import assert from "node:assert/strict";
import { UNNAMED_IDS } from "../../src/core/limits.ts";
import { Tidying } from "../../src/sync/tidying.ts";
import { pathOf } from "../support/entries.ts";
import { failingSqlite } from "../support/failing_sqlite.ts";
import { FOLDER, homeAt } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("once enough was told, a page has what nobody names removed, and the next one where the disk refused it", async () => {
  using dir = tempDir();
  const sqlite = failingSqlite();
  const home = homeAt(dir.path);
  const ledger = await home.open({ openSqlite: sqlite.open });
  const { catalogue: { ids, db, unnamed } } = ledger;
  const folder = ids.folder(FOLDER);
  const tidying = new Tidying(ledger, home.clock);
  const count = () => Number(db.get("SELECT count(*) FROM directories")![0]);
  const long = `${"long".repeat(60)}/`.repeat(16);
  db.transaction(() => {
    for (let i = 0; ids.given < UNNAMED_IDS; i++) ids.directory(folder, pathOf(`${long}${i}`));
  });
  assert.ok(count() < UNNAMED_IDS / 50, "a long path counts as several");
  sqlite.on = /^DELETE/;
  tidying.heard();
  await waitFor("the disk to refuse", () => sqlite.refused > 0);
  assert.ok(unnamed.isDue && count() > 0);
  sqlite.on = null;
  await new Promise((resolve) => setTimeout(resolve, 0));
  tidying.heard();
  await waitFor("all to be gone", () => count() === 0 && !unnamed.isDue);
  tidying.stop();
  await ledger.close();
});
