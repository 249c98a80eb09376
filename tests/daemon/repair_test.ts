/** `cairn repair`: the same truth out of the journal, wherever it is stopped; and no harm where the catalogue knows more. */
import assert from "node:assert/strict";
import { planRepair, repair, type RepairOptions } from "../../src/daemon/repair.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realHostFacts } from "../../src/platform/real/host_facts.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { fill, type Home, homeAt, truthOf } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A home with a snapshot and a tail behind it. */
async function usedHome(path: string): Promise<{ home: Home; truth: ReturnType<typeof truthOf> }> {
  const home = homeAt(path);
  let ledger = await home.open();
  await fill(ledger);
  await ledger.snapshot();
  await ledger.close();
  ledger = await home.open();
  await fill(ledger, 1);
  const truth = truthOf(ledger);
  await ledger.close();
  return { home, truth };
}

const optionsOf = (home: Home, over: Partial<RepairOptions> = {}): RepairOptions => ({
  ...home.options,
  host: realHostFacts(),
  ...over,
});

const asides = (home: Home) =>
  [...Deno.readDirSync(home.path)].filter(({ name }) => /^catalogue\.db\.before-repair-\d+$/.test(name));

Deno.test("repair makes the same catalogue out of the journal, and keeps the old one byte for byte (invariant 9)", async () => {
  using dir = tempDir();
  const { home, truth } = await usedHome(dir.path);
  const old = Deno.readFileSync(`${dir.path}/catalogue.db`);
  const plan = await planRepair(optionsOf(home));
  assert.deepEqual([plan.damage, plan.catalogueBytes], ["", old.length]);
  assert.deepEqual(Deno.readFileSync(`${dir.path}/catalogue.db`), old, "a plan changes nothing");
  assert.deepEqual(asides(home), []);
  const done = await repair(optionsOf(home), plan);
  assert.deepEqual(Deno.readFileSync(done.aside!), old);
  const ledger = await home.open();
  assert.deepEqual(truthOf(ledger), truth);
  await ledger.close();
  assert.deepEqual(home.said, []);
});

Deno.test("a catalogue that says what the journal does not is put right", async () => {
  using dir = tempDir();
  const { home, truth } = await usedHome(dir.path);
  const wrong = await home.open();
  wrong.catalogue.db.run("DELETE FROM holds");
  await wrong.close();
  await repair(optionsOf(home), await planRepair(optionsOf(home)));
  const ledger = await home.open();
  assert.deepEqual(truthOf(ledger), truth);
  await ledger.close();
});

Deno.test("stopped at any call to the disk, a repair leaves a home that the next start brings to the same truth", async () => {
  using dir = tempDir();
  const { home: first, truth } = await usedHome(dir.at("home"));
  let stops = 0;
  for (let isDone = false; !isDone; stops++) {
    const path = dir.at(`at-${stops}`);
    copyTree(first.path, path);
    const home = homeAt(path);
    let calls = 0;
    // What a stopped program does not do is not done by it later either.
    const fs = watchedFs(realFs(), (call) => {
      if (call !== "file.close" && calls++ >= stops) throw new Error("stopped here");
    });
    const plan = await planRepair(optionsOf(home));
    try {
      await repair(optionsOf(home, { fs }), plan);
      isDone = true;
    } catch (error) {
      assert.match(String(error), /stopped here|cannot write the journal/i);
    }
    const ledger = await home.open();
    assert.deepEqual(truthOf(ledger), truth, `stopped at call ${stops}`);
    await ledger.close();
  }
  assert.ok(stops > 12, `${stops} stops`);
});

Deno.test("repair is refused without a journal, and where the journal lacks what a sound catalogue has; not where both are damaged", async () => {
  using dir = tempDir();
  const { home } = await usedHome(dir.at("home"));
  const [last] = home.files(".seg").slice(-1);
  const bytes = Deno.readFileSync(last!);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.writeFileSync(last!, bytes);
  await assert.rejects(planRepair(optionsOf(home)), {
    code: "journal-broken",
    message: /lacks what the catalogue still has/,
  });
  Deno.writeTextFileSync(`${home.path}/catalogue.db`, "nothing that SQLite knows ".repeat(100));
  assert.match((await planRepair(optionsOf(home))).damage, /cannot be read/);
  Deno.removeSync(`${home.path}/journal`, { recursive: true });
  await assert.rejects(planRepair(optionsOf(home)), { code: "journal-broken", message: /no journal/ });
});

Deno.test("repair is refused where there is no room for a second catalogue", async () => {
  using dir = tempDir();
  const { home } = await usedHome(dir.path);
  const fs = { ...realFs(), freeSpace: () => ({ free: 1_000, total: 2 ** 30 }) };
  await assert.rejects(planRepair(optionsOf(home, { fs })), { code: "catalogue-broken", message: /no room/ });
});

function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}
