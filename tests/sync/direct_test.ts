/**
 * Who hears a device itself is not told of it by relays, and hears the rest from them when that device goes, however it goes: of what anybody
 * there knows nothing is missed, and nearly nothing told twice (R24, R25, R30).
 */
import assert from "node:assert/strict";
import { ownRow, rowsRecord } from "../support/ledgers.ts";
import { pagesOfAll, type ToldPage } from "../support/pages.ts";
import { meet, settleAll, type Station, within } from "../support/stations.ts";
import { waitFor } from "../support/wait.ts";

const MANY = 4_000;

async function write({ ledger, name }: Station, rows: number): Promise<void> {
  for (let at = 0; at < rows; at += 400) {
    const batch = Array.from({ length: Math.min(400, rows - at) }, (_, i) => (
      ownRow(ledger, `${name}/${at + i}`)
    ));
    await ledger.commit(rowsRecord(batch));
  }
}

/** Rows of `of` that `one` has taken in. */
const has = ({ ledger: { catalogue } }: Station, of: Station) =>
  catalogue.rows.counts.of(catalogue.ids.device(of.id));
const isSweeping = ({ ledger: { catalogue } }: Station, of: Station) =>
  catalogue.cursors.isSweeping(catalogue.ids.device(of.id));
const until = (what: string, holds: () => boolean) => waitFor(what, holds, 30_000);

Deno.test("a device that comes hears each row once, however many it meets", async () => {
  await within(["a", "b", "c", "d"], async (a, b, c, d) => {
    const others = [a!, b!, c!];
    for (const one of others) {
      one.isFull = true;
      await write(one, 500);
    }
    d!.isFull = true;
    await meet(...others);
    using pages = pagesOfAll();
    for (const { id } of others) d!.awaited.add(id);
    for (const one of others) await d!.connect(one);
    d!.awaited.clear();
    d!.tellDirect();
    await until("it to know all", () => others.every((one) => has(d!, one) === 500));
    await settleAll();
    assert.deepEqual(others.map((one) => pages.rows(d!.id, one.id)), [500, 500, 500]);
    // What is new comes from its device, and from nobody else.
    await write(a!, 900);
    await until("the news", () => has(d!, a!) === 900);
    await settleAll();
    assert.equal(pages.rows(d!.id, a!.id), 1_400);
  });
});

Deno.test("what nobody tells of itself comes from a relay as before, also when it was awaited in vain", async () => {
  await within(["a", "b", "c"], async (a, b, c) => {
    for (const one of [a!, b!, c!]) one.isFull = true;
    await write(a!, 500);
    await meet(a!, b!);
    c!.awaited.add(a!.id);
    using pages = pagesOfAll();
    await c!.connect(b!);
    await settleAll();
    assert.equal(has(c!, a!), 0);
    assert.equal(pages.rows(c!.id, a!.id), 0);
    c!.awaited.clear();
    c!.tellDirect();
    await until("the relay to tell it", () => has(c!, a!) === 500);
    assert.equal(pages.rows(c!.id, a!.id), 500);
  });
});

for (const epoch of ["the same", "a new"]) {
  Deno.test(`a device that stalls and goes while it tells of ${epoch} epoch: a relay tells the rest of it`, async () => {
    await within(["a", "b", "c"], async (a, b, c) => {
      for (const one of [a!, b!, c!]) one.isFull = true;
      await write(a!, MANY);
      if (epoch === "a new") {
        await meet(a!, b!, c!);
        await a!.ledger.newEpoch(a!.ledger.epoch);
      }
      await a!.connect(b!);
      const cursor = () => b!.ledger.catalogue.cursors.of(b!.ledger.catalogue.ids.device(a!.id));
      await until("the relay to know all", () => (
        has(b!, a!) === MANY && cursor().epoch === a!.ledger.epoch && !isSweeping(b!, a!)
      ));
      using pages = pagesOfAll();
      c!.awaited.add(a!.id);
      await c!.connect(b!);
      assert.ok(await a!.connect(c!, 100_000) !== null);
      c!.awaited.clear();
      c!.tellDirect();
      const known = () => c!.ledger.catalogue.cursors.of(c!.ledger.catalogue.ids.device(a!.id));
      await until("a part of it", () => known().epoch === a!.ledger.epoch && known().lsn > 0);
      await settleAll();
      const isOfA = ({ session: { peer }, page: { origin } }: ToldPage) => peer === c!.id && origin === a!.id;
      const byItself = pages.all.filter(isOfA).length;
      assert.equal(pages.relayed(c!.id, a!.id), 0);
      const { lsn } = known();
      assert.ok(lsn < cursor().lsn, "it is in the midst of it");
      a!.links.get(c!.id)!.cut("gone");
      await until("the rest", () => has(c!, a!) === MANY && known().lsn === cursor().lsn);
      const relayed = pages.all.filter(isOfA).slice(byItself);
      assert.ok(relayed.length > 0);
      assert.ok(relayed[0]!.page.from.lsn >= lsn, "nothing that was taken is told again");
      await until("its end", () => !isSweeping(c!, a!));
    });
  });
}
