import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { DAMAGED, damagedBy } from "../../src/core/damaged.ts";
import type { RelPath } from "../../src/core/ids.ts";
import type { Clock } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { logLinesOf } from "../../src/daemon/log.ts";
import { heal } from "../../src/sync/heal.ts";
import { Scrub } from "../../src/sync/scrub.ts";
import { Scrubbing } from "../../src/sync/scrubbing.ts";
import { keptOf, settled, withPair } from "../support/rotting_pair.ts";
import { rottingFs } from "../support/rotting_fs.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import { type Side, type TwoFolders, twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

const path = (text: string) => text as RelPath;

const verify = (side: Side) => side.sync.scrub.verify(() => {}, () => false);

function eventsOf(side: Side): string[] {
  return [...side.ledger.history(1 as never)].flatMap((applied) => logLinesOf(applied, 0, () => "f"))
    .filter(({ event }) => ["damaged", "healed", "at-risk", "changed", "deleted"].includes(event))
    .map(({ event, path }) => `${event} ${path}`);
}

Deno.test("a flipped bit is found, told to nobody, set aside and healed from another device (R15)", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    await a.write("d/file", "as it was");
    await a.write("other", "untouched");
    await a.look();
    await settle();
    await settled(b);
    rot("d/file");
    const rows = b.ledger.catalogue.rows.own(b.replica.number, path("d/file"))!;
    await b.look();
    assert.deepEqual(b.list(), ["d/", "d/file=`s it was", "other=untouched"], "the bytes are others");
    const { found, files, isWhole } = await verify(b);
    assert.deepEqual([files, isWhole], [2, true]);
    assert.deepEqual(found.map((one) => [one.path, one.healed?.from]), [["d/file", "device"]]);
    assert.deepEqual(b.list(), ["d/", "d/file=as it was", "other=untouched"]);
    const after = b.ledger.catalogue.rows.own(b.replica.number, path("d/file"))!;
    assert.deepEqual([after.state, after.lsn], [rows.state, rows.lsn], "nothing was said of it");
    const [kept] = await keptOf(b, "d/file");
    assert.equal(kept?.why, "damaged");
    assert.equal(
      Deno.readTextFileSync(`${b.root}/.cairn/versions/${kept!.file.slice(0, 2)}/${kept!.file}`),
      "`s it was",
    );
    assert.deepEqual(eventsOf(b), ["damaged d/file", "healed d/file"]);
    await settle();
    assert.deepEqual(a.list(), b.list());
    assert.deepEqual((await verify(b)).found, [], "all is well again");
  });
});

Deno.test("who heals a file that others heal, too, sets nothing good aside", async () => {
  await withPair(async ({ a, b, settle, stagerOfB }, rot) => {
    await a.write("file", "as it was");
    await a.look();
    await settle();
    await settled(b);
    rot("file");
    const both = (await Promise.all([verify(b), verify(b)])).flatMap(({ found }) => found);
    // Who comes to it when it is healed finds nothing.
    assert.deepEqual([...new Set(both.map((one) => one.healed?.from))], ["device"]);
    assert.deepEqual(b.sync.scrub.damages.atRisk, []);
    assert.deepEqual(b.list(), ["file=as it was"]);
    assert.deepEqual((await keptOf(b, "file")).map(({ why }) => why), ["damaged"]);
    // Who found it before and comes when all is over.
    await settled(b);
    const local = { catalogue: b.replica.catalogue, replica: () => b.replica, changed: () => {} };
    const late = await heal(b.replica, local, stagerOfB, { ...both[0]!, healed: null });
    assert.equal(late.kind, "good");
    assert.equal((await keptOf(b, "file")).length, 1);
  });
});

Deno.test("a damaged large file is healed by chunks, what is good in it being its own", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    const bytes = sampleBytes(7, 700_000);
    Deno.writeFileSync(`${a.root}/large`, bytes);
    await a.look();
    await settle();
    await settled(b);
    rot("large", 654_321);
    const { found } = await verify(b);
    assert.deepEqual(found.map((one) => one.healed?.from), ["device"]);
    assert.deepEqual(Deno.readFileSync(`${b.root}/large`), bytes);
  });
});

Deno.test("without another copy it is at risk, no scan announces it, and it heals when a copy comes", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    await b.write("only", "only here");
    await b.look();
    await settled(b);
    rot("only");
    const { found } = await verify(b);
    assert.equal(found[0]?.healed, null);
    assert.match(found[0]!.cause, /no other copy/);
    assert.deepEqual(b.sync.scrub.damages.atRisk.map((one) => one.path), ["only"]);
    const { state } = b.replica.own(path("only"))!;
    await b.look();
    // A catalogue that was made anew knows no fingerprints: everything is read.
    b.replica.catalogue.db.run("DELETE FROM prints");
    await settled(b);
    const told = () => damagedBy(key, b.ledger.catalogue.values.fact(SELF, key))!.paths;
    const key = DAMAGED + b.replica.folder;
    await waitFor("others to be told that it is no copy", () => told().size === 1);
    assert.deepEqual([...told()], [[found[0]!.content, 1]]);
    assert.equal(b.replica.own(path("only"))!.state, state, "it is no edit");
    await a.write("copy", "only here");
    await a.look();
    await settle();
    assert.deepEqual(
      (await verify(b)).found.map((one) => one.healed?.from),
      ["copy"],
      "its twin has come to this device, too",
    );
    assert.deepEqual(b.sync.scrub.damages.atRisk, []);
    assert.ok(b.list().includes("only=only here"));
    assert.ok(!eventsOf(b).some((event) => event.startsWith("changed")));
    await waitFor("others to be told that it is one again", () => told().size === 0);
  });
});

Deno.test("a former version that is kept heals it, and a restore does not take the bad bytes for what was there", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    for (const text of ["first", "second", "first"]) {
      await a.write("f", text);
      await a.look();
      await settle();
    }
    await settled(b);
    await b.look();
    const own = b.replica.own(path("f"))!;
    assert.equal((await keptOf(b, "f")).filter(({ content }) => content === own.row.entry.content).length, 1);
    rot("f");
    assert.deepEqual((await verify(b)).found.map((one) => one.healed?.from), ["version"]);
    assert.equal(b.list().at(-1), "f=first");
    assert.deepEqual(b.fetched.length, 3, "nothing was fetched for it");
  });
});

Deno.test("whoever touches a damaged file has made it an edit", async () => {
  await withPair(async ({ b }, rot, disk) => {
    await b.write("f", "mine");
    await settled(b);
    rot("f");
    await verify(b);
    const before = b.replica.own(path("f"))!.row.entry.content;
    disk.thaw(`${b.root}/f`);
    Deno.utimeSync(`${b.root}/f`, new Date(), new Date());
    await b.look();
    assert.notEqual(b.replica.own(path("f"))!.row.entry.content, before);
    assert.deepEqual(b.sync.scrub.damages.atRisk, [], "and nobody is told of it as damage any more");
    await settled(b);
    await verify(b);
    assert.deepEqual(b.sync.scrub.damages.atRisk, []);
  });
});

Deno.test("a file that was damaged before another device's touch came is no edit: it is suspected, and healed", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    await a.write("f", "as it was");
    await a.look();
    await settle();
    await settled(a);
    await settled(b);
    rot("f");
    const { content } = b.replica.own(path("f"))!.row.entry;
    Deno.utimeSync(`${a.root}/f`, 1e9, 1e9);
    await a.look();
    await settle();
    await settled(b);
    await settle();
    assert.equal(b.replica.own(path("f"))!.row.entry.content, content, "nobody wrote to it");
    assert.deepEqual(a.list(), ["f=as it was"]);
    assert.deepEqual(b.list(), ["f=`s it was"]);
    assert.deepEqual((await verify(b)).found.map((one) => one.healed?.from), ["device"]);
    assert.deepEqual(b.list(), ["f=as it was"]);
    assert.equal(Deno.statSync(`${b.root}/f`).mtime!.getTime(), 1e12);
  });
});

Deno.test("a damaged file that somebody renames is no edit, and is looked at under its new name", async () => {
  const clock = quick(realClock());
  await withPair(async (pair, rot, disk) => {
    const { b } = pair;
    for (const name of ["f", "unknown"]) await b.write(name, `only ${name}`);
    await b.look();
    await settled(b);
    rot("f");
    await verify(b);
    assert.deepEqual(b.sync.scrub.damages.atRisk.map((one) => one.path), ["f"]);
    rot("unknown");
    const before = ["f", "unknown"].map((name) => b.replica.own(path(name))!.row.entry.content);
    disk.rename(`${b.root}/f`, `${b.root}/g`);
    disk.rename(`${b.root}/unknown`, `${b.root}/h`);
    await b.look();
    await settled(b);
    assert.deepEqual(["g", "h"].map((name) => b.replica.own(path(name))!.row.entry.content), before);
    const scrub = scrubOf(pair, clock, { isBusy: () => false, scrubDays: 0 });
    scrub.start();
    try {
      await waitFor("its new name to be found", () => scrub.damages.isAtRisk(path("g")));
      assert.equal(scrub.damages.at(path("f")), null);
    } finally {
      await scrub.stop();
    }
  }, clock);
});

Deno.test("a damaged file is not moved to where another device has renamed it: its good bytes come", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    await a.write("f", "as it was");
    await a.look();
    await settle();
    await settled(b);
    await settled(a);
    rot("f");
    const own = b.replica.own(path("f"))!.row.entry;
    // Found, and not healed yet: who has a copy was away.
    await b.sync.scrub.damages.put({
      path: path("f"),
      content: own.content!,
      found: own.content!,
      size: own.size,
      mtimeMs: own.mtimeMs,
      foundMs: 1,
      healed: null,
      cause: "",
      remedy: "",
    });
    Deno.renameSync(`${a.root}/f`, `${a.root}/g`);
    await a.look();
    await settle();
    assert.deepEqual(b.list(), ["g=as it was"]);
  });
});

Deno.test("who writes right after another device's touch came has made an edit", async () => {
  await withPair(async ({ a, b, settle }) => {
    await a.write("f", "as it was");
    await a.look();
    await settle();
    await settled(a);
    await settled(b);
    Deno.utimeSync(`${a.root}/f`, 1e9, 1e9);
    await a.look();
    await settle();
    Deno.writeTextFileSync(`${b.root}/f`, "so it is.");
    await b.look();
    await settled(b);
    await settle();
    assert.deepEqual(a.list(), ["f=so it is."]);
    assert.deepEqual((await verify(b)).found, []);
  });
});

Deno.test("what is written while it is read is never claimed to be damaged", async () => {
  await withPair(async ({ b }) => {
    await b.write("f", "mine");
    await settled(b);
    Deno.writeTextFileSync(`${b.root}/f`, "more");
    const { found, unsure } = await verify(b);
    assert.deepEqual([found, unsure], [[], 1]);
    assert.deepEqual(b.sync.scrub.damages.all, []);
  });
});

/** A scrub of the second side that goes on by itself. */
function scrubOf(
  { b: { replica, sync }, stagerOfB }: TwoFolders,
  clock: Clock,
  { mayWork = () => true, isBusy, onBattery = () => false, scrubDays }: {
    mayWork?: () => boolean;
    isBusy: () => boolean;
    onBattery?: () => boolean;
    scrubDays: number;
  },
): Scrub {
  return new Scrub(
    replica,
    { catalogue: replica.catalogue, replica: () => replica, changed: () => {} },
    stagerOfB,
    {
      settings: () => ({ scrubDays, scrubRate: 2 ** 20 }),
      mayWork,
      isBusy,
      lookAgain: (paths) => sync.outbound.lookAgain(paths),
      changed: () => {},
    },
    new Scrubbing(clock, onBattery),
  );
}

/** A minute takes ten milliseconds. */
function quick(clock: Clock): Clock & { skippedMs: number } {
  const it = {
    skippedMs: 0,
    now: () => clock.now() + it.skippedMs,
    monotonic: () => clock.monotonic(),
    after: (delayMs: number, run: () => void) => clock.after(delayMs === 60_000 ? 10 : delayMs, run),
  };
  return it;
}

Deno.test("a pass goes on in the background: once a period, not on battery, not while it is busy, and behind the last path after a restart", async () => {
  const disk = rottingFs();
  const clock = quick(realClock());
  await using pair = await twoFolders((fs) => disk.disk(fs), clock);
  const { a, b, settle } = pair;
  for (let i = 0; i < 12; i++) await a.write(`d${i % 3}/f${i}`, `text ${i}`);
  await a.look();
  await settle();
  await settled(b);
  disk.rot(`${b.root}/d1/f4`);
  let [battery, busy, stopAfter] = [true, false, Infinity];
  const begin = () => {
    const scrub: Scrub = scrubOf(pair, clock, {
      mayWork: () => scrub.pass.files < stopAfter,
      isBusy: () => busy,
      onBattery: () => battery,
      scrubDays: 30,
    });
    scrub.start();
    return scrub;
  };
  const turns = () => new Promise<void>((resolve) => void realClock().after(200, resolve));
  const first = begin();
  await turns();
  assert.equal(first.pass.startedMs, 0, "nothing is read on battery");
  battery = false;
  busy = true;
  await turns();
  assert.equal(first.pass.startedMs, 0, "nor while the folder is busy");
  busy = false;
  await waitFor("the first turn", () => first.pass.startedMs > 0);
  assert.equal(first.pass.isOn, false, "what was just read for the first time is not read again at once");
  clock.skippedMs += 2 * 86_400_000;
  stopAfter = 5;
  await waitFor("five files", () => first.pass.files === 5);
  await first.stop();
  stopAfter = Infinity;
  const again = begin();
  assert.deepEqual([again.pass.isOn, again.pass.files], [true, 5], "a restart knows how far it came");
  await waitFor("the pass", () => again.pass.passedMs > 0);
  assert.equal(again.pass.files, 12);
  assert.deepEqual(again.damages.all.map((one) => [one.path, one.healed?.from]), [["d1/f4", "device"]]);
  const factOf = () =>
    b.ledger.catalogue.values.fact(SELF, `scrub/${b.replica.folder}`) as
      | { passed_ms: number; files: number }
      | null;
  await waitFor("others to be told", () => factOf() !== null);
  const fact = factOf()!;
  assert.equal(fact.files, 12);
  assert.equal(fact.passed_ms % 3_600_000, 0, "it is told by the hour");
  await turns();
  assert.equal(again.pass.isOn, false);
  await again.stop();
});
