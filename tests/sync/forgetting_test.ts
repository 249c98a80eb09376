import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { SEEN } from "../../src/core/watermark.ts";
import { confirmDevice, removeDevice } from "../../src/library/removal.ts";
import { acknowledge, library, meet, settleAll, Station } from "../support/stations.ts";
import { contentOf } from "../support/entries.ts";
import { waitFor } from "../support/wait.ts";

async function end(stations: readonly Station[]): Promise<void> {
  for (const station of stations) await station[Symbol.asyncDispose]();
}

const pass = (station: Station) => station.gate.forgetting.pass();

Deno.test(
  "delete, acknowledge, power-cut one acknowledger, fill another's disk, drop the tombstone, create again, add a newcomer " +
    "through a stale relay: the new file lives, the old stays dead (R28)",
  async () => {
    const all = await library("a", "b", "c", "relay");
    const [a, b, c, relay] = all as [Station, Station, Station, Station];
    try {
      await a.write("file", "old");
      await meet(...all);
      await b.close();
      const before = b.saveCatalogue();
      await b.open();
      await a.remove("file");
      // One disk is full: the delete is known there and cannot be done.
      c.isFull = true;
      await meet(...all);
      await acknowledge(...all);
      for (const station of all) assert.equal(await pass(station), 0, "an older living row pins it");
      c.isFull = false;
      await meet(...all);
      await acknowledge(...all);
      // One acknowledger's catalogue is set back to before the delete; what it had published is in its journal.
      await b.close();
      b.restoreCatalogue(before);
      await b.open();
      assert.equal(await b.act(), false, "what it once knew better does not count");
      assert.deepEqual(b.tree, []);
      assert.equal(await pass(b), 0);
      await meet(...all);
      await acknowledge(...all);
      // The relay goes away without having forgotten.
      for (const station of [a, b, c]) {
        assert.equal(await pass(station), 1, station.name);
        assert.equal(station.tombstones, 0, station.name);
        assert.equal(station.own("file"), null);
      }
      assert.ok(relay.tombstones > 0);
      await b.write("file", "new");
      await meet(a, b, c);
      const newcomer = await Station.start("newcomer");
      all.push(newcomer);
      await newcomer.join(relay);
      await meet(relay, newcomer);
      assert.deepEqual(newcomer.tree, []);
      await meet(...all);
      for (const station of all) assert.deepEqual(station.tree, [["file", contentOf("new")]], station.name);
    } finally {
      await end(all);
    }
  },
);

Deno.test("a device that is away pins every tombstone that it has not heard of, until it is removed (R28, R32)", async () => {
  const all = await library("a", "b", "away");
  const [a, b, away] = all as [Station, Station, Station];
  try {
    await a.write("file", "old");
    await meet(...all);
    await acknowledge(...all);
    await a.remove("file");
    for (let i = 0; i < 2; i++) {
      await acknowledge(a, b);
      for (const station of [a, b]) assert.equal(await pass(station), 0);
    }
    await removeDevice(a.ledger, a.identity, "away", 1, false);
    await acknowledge(a, b);
    for (const station of [a, b]) assert.equal(await pass(station), 1);
    assert.notEqual(away.own("file"), null);
    assert.equal(await away.connect(b), null);
  } finally {
    await end(all);
  }
});

Deno.test("what was forgotten stays so over a start, a new catalogue and a snapshot", async () => {
  const all = await library("a", "b");
  const [a, b] = all as [Station, Station];
  try {
    for (const path of ["one", "two", "three"]) await a.write(path, path);
    await meet(...all);
    await a.remove("one", "three");
    await meet(...all);
    await acknowledge(...all);
    assert.equal(await pass(a), 2);
    const rows = () => ["one", "two", "three"].map((path) => a.own(path)?.entry.kind ?? null);
    assert.deepEqual(rows(), [null, "file", null]);
    for (const prepare of ["start", "catalogue", "snapshot"]) {
      if (prepare === "snapshot") await a.ledger.snapshot();
      await a.close();
      if (prepare !== "start") a.restoreCatalogue(new Uint8Array(0));
      await a.open();
      assert.deepEqual(rows(), [null, "file", null], prepare);
    }
    // Of the others nothing is left to be taken either, whoever tells.
    await meet(...all);
    assert.equal(await a.act(), false);
    assert.deepEqual(a.tree, b.tree);
  } finally {
    await end(all);
  }
});

Deno.test("an idle library writes nothing: facts about facts come to rest (R28)", async () => {
  const all = await library("a", "b", "c");
  const [a] = all as [Station, Station, Station];
  try {
    await a.write("file", "text");
    await meet(...all);
    await a.remove("file");
    await meet(...all);
    let rounds = 0;
    const lsns = () => all.map(({ ledger }) => ledger.lastLsn).join(" ");
    for (let before = ""; before !== lsns(); rounds++) {
      before = lsns();
      await acknowledge(...all);
    }
    assert.ok(rounds <= 3, `${rounds} rounds`);
    for (const station of all) {
      await pass(station);
      assert.equal(await station.gate.watermarks.publish(), false);
      assert.equal(await pass(station), 0);
    }
    // Changes that delete nothing ask for no fact either.
    await a.write("other", "text");
    await meet(...all);
    for (const station of all) assert.equal(await station.gate.watermarks.publish(), false);
  } finally {
    await end(all);
  }
});

Deno.test("nothing is published while placements of a former run are not settled, nor before those under way are recorded", async () => {
  const all = await library("a", "b");
  const [a, b] = all as [Station, Station];
  try {
    await a.write("file", "text");
    await meet(...all);
    const seen = () => b.ledger.catalogue.values.factLsn(SELF, SEEN);
    b.settled = () => Promise.resolve(false);
    assert.equal(await b.gate.watermarks.publish(), false);
    assert.equal(seen(), 0);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    b.settled = () => promise;
    const published = b.gate.watermarks.publish();
    await settleAll();
    assert.equal(seen(), 0);
    // What is recorded meanwhile was decided without what is being published, and comes first.
    await b.write("placed", "text");
    const { lastLsn } = b.ledger;
    resolve(true);
    assert.equal(await published, true);
    assert.ok(seen() > lastLsn);
  } finally {
    await end(all);
  }
});

Deno.test("a path that is written again between the decision and its record keeps its row", async () => {
  const all = await library("a", "b");
  const [a] = all as [Station, Station];
  try {
    await a.write("file", "old");
    await meet(...all);
    await a.remove("file");
    await meet(...all);
    await acknowledge(...all);
    const passing = pass(a);
    // The record of the forgetting is on its way; this one is behind it, or before it: both must do.
    await a.write("file", "new");
    await passing;
    assert.deepEqual(a.tree, [["file", contentOf("new")]]);
    await meet(...all);
    for (const station of all) assert.deepEqual(station.tree, [["file", contentOf("new")]]);
  } finally {
    await end(all);
  }
});

Deno.test("rows of a removed device count for nothing at once, and are gone soon (R32)", async () => {
  const all = await library("a", "b", "thief");
  const [a, b, thief] = all as [Station, Station, Station];
  try {
    for (const path of ["one", "two"]) await a.write(path, path);
    await meet(...all);
    // The thief deletes, and writes what nobody shall have; this is heard of, and not done yet.
    await thief.remove("one");
    await thief.write("evil", "evil");
    b.isFull = true;
    await meet(b, thief);
    b.isFull = false;
    await removeDevice(a.ledger, a.identity, "thief", 1, false);
    await meet(a, b);
    const number = b.ledger.catalogue.ids.device(thief.id);
    await waitFor("its rows to be gone", () => b.ledger.catalogue.leftovers.rowsOf(number, 1).length === 0);
    assert.deepEqual(b.tree.map(([path]) => path), ["one", "two"]);
    for (const other of [a, b]) {
      assert.equal(await other.connect(thief), null);
      assert.equal(await thief.connect(other), null);
    }
    await waitFor("it to be told, and to believe it", () => thief.gate.isRemoved);
    await waitFor(
      "it to hear by whom",
      () => thief.refusals.some(({ code, message }) => code === "removed" && /by a$/.test(message)),
    );
    await settleAll();
    assert.deepEqual(thief.tree.map(([path]) => path), ["evil", "two"], "its files stay");
  } finally {
    await end(all);
  }
});

Deno.test("a session with a device ends when it is removed, whoever hears of it", async () => {
  const all = await library("a", "b", "c");
  const [a, b, c] = all as [Station, Station, Station];
  try {
    await meet(...all);
    const [ab, bc, ac] = [await a.connect(b), await b.connect(c), await a.connect(c)];
    await removeDevice(a.ledger, a.identity, "c", 1, false);
    await waitFor("the sessions to end", () => bc!.ending !== null && ac!.ending !== null);
    assert.equal(ab!.ending, null);
  } finally {
    await end(all);
  }
});

Deno.test("a suspended device counts for nothing and pins every tombstone; confirmed, all that it has is fetched again (R28, R32)", async () => {
  const all = await library("a", "b", "c");
  const [a, b, c] = all as [Station, Station, Station];
  try {
    const late = await Station.start("late");
    all.push(late);
    await meet(a, b, c);
    await late.join(b);
    await late.write("of late", "text");
    await meet(b, late, c);
    await removeDevice(a.ledger, a.identity, "b", 1, false);
    await meet(a, c, late);
    for (const one of [a, c]) {
      await waitFor(
        "what it had brought to count no more",
        () => one.ledger.catalogue.cursors.knownDevices().length === 1,
      );
    }
    await a.write("file", "text");
    await a.remove("file");
    await acknowledge(a, c);
    await acknowledge(a, c);
    assert.equal(await pass(a), 0, "it may come back with anything");
    await confirmDevice(c.ledger, c.identity, "late");
    await meet(a, c);
    await meet(a, c, late);
    const number = a.ledger.catalogue.ids.device(late.id);
    assert.ok(a.ledger.catalogue.leftovers.rowsOf(number, 9).length > 0);
    for (const one of [a, c, late]) assert.ok(one.tree.some(([path]) => path === "of late"), one.name);
    await acknowledge(a, c, late);
    await acknowledge(a, c, late);
    assert.equal(await pass(a), 1);
  } finally {
    await end(all);
  }
});

Deno.test("who leaves says so while it still can, and then talks to nobody", async () => {
  const all = await library("a", "b");
  const [a, b] = all as [Station, Station];
  try {
    await b.write("of-b", "text");
    await a.write("of-a", "text");
    await meet(...all);
    const session = await a.connect(b);
    await removeDevice(b.ledger, b.identity, "b", 1, true);
    await waitFor("the other to hear of it", () => session!.ending !== null);
    assert.equal(a.gate.admit(b.id)?.code, "removed");
    assert.equal(b.gate.isRemoved, true);
    // What it had is nobody's delete.
    for (const { tree } of all) assert.deepEqual(tree.map(([path]) => path).sort(), ["of-a", "of-b"]);
  } finally {
    await end(all);
  }
});

Deno.test("in a new epoch all that was known of others is fetched anew: what they forgot meanwhile is told to nobody (R24, R28)", async () => {
  const all = await library("a", "b");
  const [a, b] = all as [Station, Station];
  try {
    await a.write("stays", "text");
    await a.write("file", "text");
    await meet(...all);
    const number = b.ledger.catalogue.ids.device(a.id);
    const known = () => b.ledger.catalogue.leftovers.rowsOf(number, 9).map(({ path }) => path).sort();
    assert.deepEqual(known(), ["file", "stays"]);
    await b.ledger.newEpoch(b.ledger.epoch);
    await waitFor("what was known to be gone", () => known().length === 0);
    assert.deepEqual(b.tree.map(([path]) => path), ["file", "stays"], "its own rows stay");
    await meet(...all);
    assert.deepEqual(known(), ["file", "stays"]);
    // A start in the same epoch drops nothing.
    await b.close();
    await b.open();
    assert.deepEqual(known(), ["file", "stays"]);
  } finally {
    await end(all);
  }
});

Deno.test("a catalogue that was set back, and a new epoch before it has caught up: all is fetched anew all the same (R24, R28)", async () => {
  const all = await library("a", "b");
  const [a, b] = all as [Station, Station];
  try {
    await a.write("file", "text");
    await meet(...all);
    await acknowledge(...all);
    await b.close();
    b.restoreCatalogue(new Uint8Array(0));
    await b.open();
    // It knows less than it has published: nothing counts yet. And then its journal turns out to be a copy.
    await b.ledger.newEpoch(b.ledger.epoch);
    await meet(...all);
    await waitFor("it to take in what it is told", async () => {
      await meet(...all);
      return b.ledger.catalogue.rows.ignored.size === 0;
    });
    const number = b.ledger.catalogue.ids.device(a.id);
    assert.equal(b.ledger.catalogue.leftovers.rowsOf(number, 9).length, 1);
  } finally {
    await end(all);
  }
});
