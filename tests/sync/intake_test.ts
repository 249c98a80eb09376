/** Who is believed what, and how much of it is kept: pages from members, honest and not (R25, R30, R32, invariant 10). */
import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import { BEGINNING } from "../../src/core/cursor.ts";
import { CairnError } from "../../src/core/errors.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import { EPOCHS_AHEAD, FACT_BYTES, FACTS, SHARED_KEYS, SHARED_VALUE_BYTES } from "../../src/core/limits.ts";
import type { SharedField } from "../../src/core/record.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { Intake, type IntakeEvents, subscriptionOf } from "../../src/sync/intake.ts";
import { encodePage, type SentPage } from "../../src/sync/messages.ts";
import { bootOf, deviceOf, dot, entryOf, folderOf, lsnOf, rowOf, stampOf } from "../support/entries.ts";
import { FOLDER, type HandClock, homeAt } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

const PEER = deviceOf(2);
const OTHER = deviceOf(3);
const STRANGER = deviceOf(8);

interface Bench extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly intake: Intake;
  readonly clock: HandClock;
  readonly connected: Set<DeviceId>;
  taken: number;
  take(parts: Partial<SentPage>): Promise<void>;
  /** What is known of a path of a device. */
  says(device: DeviceId, path: string): string | null;
}

async function bench(over: Partial<IntakeEvents> = {}): Promise<Bench> {
  const dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  const connected = new Set<DeviceId>([PEER]);
  const it: Bench = {
    ledger,
    connected,
    clock: home.clock,
    taken: 0,
    intake: new Intake(ledger, home.clock, PEER, {
      accept: (fields) => Promise.resolve([...fields]),
      room: () => Promise.resolve(true),
      counts: (device) => device === PEER || device === OTHER || device === deviceOf(1),
      isConnected: (device) => connected.has(device),
      told: () => {},
      taken: () => void it.taken++,
      turn: () => Promise.resolve(),
      alone: (_, work) => work(),
      ...over,
    }),
    take: (parts) => it.intake.page(decode(encode(encodePage(page(parts))))),
    says: (device, path) => {
      const { catalogue } = ledger;
      const number = catalogue.ids.findDevice(device);
      const held = catalogue.rows.at(catalogue.ids.folder(FOLDER), path as never).find((row) =>
        row.device === number
      );
      return held?.row.entry.kind ?? null;
    },
    async [Symbol.asyncDispose]() {
      await ledger.close();
      dir[Symbol.dispose]();
    },
  };
  return it;
}

function page(parts: Partial<SentPage>): SentPage {
  const to = parts.to ?? { epoch: 1, boot: bootOf(2), lsn: lsnOf(5) };
  return {
    origin: PEER,
    from: { ...BEGINNING, epoch: to.epoch },
    to,
    complete: true,
    folders: [],
    facts: [],
    shared: [],
    ...parts,
  };
}

const at = (epoch: number, lsn: number) => ({ epoch, boot: bootOf(2), lsn: lsnOf(lsn) });
const rows = (path: string, lsn: number, kind: "file" | "deleted" = "file") => [{
  folder: FOLDER,
  rows: [{ lsn: lsnOf(lsn), row: rowOf(path, entryOf({ kind, dots: [dot(2, lsn)] })) }],
}];
const field = (key: string, over: Partial<SharedField> = {}): SharedField => ({
  kind: "folder",
  key,
  field: "name",
  value: "n",
  stamp: stampOf(7),
  writer: PEER,
  ...over,
});
const isTooMuch = (error: unknown) => error instanceof CairnError && error.code === "message-invalid";

Deno.test("a relay is not believed what it says of a device that tells of itself; of one that is away it is (R30)", async () => {
  await using it = await bench();
  await it.take({ origin: OTHER, to: at(1, 5), folders: rows("a", 3) });
  assert.equal(it.says(OTHER, "a"), "file");
  it.connected.add(OTHER);
  await it.take({ origin: OTHER, from: at(1, 5), to: at(1, 9), folders: rows("a", 8, "deleted") });
  assert.equal(it.says(OTHER, "a"), "file");
  assert.ok(it.intake.hasMissed(OTHER), "what was passed by is asked for again when the device has gone");
  it.intake.begunAnew();
  assert.ok(!it.intake.hasMissed(OTHER));
});

Deno.test("what a relay told and the device itself told since has not been missed", async () => {
  await using it = await bench();
  it.connected.add(OTHER);
  await it.take({ origin: OTHER, to: at(1, 5), folders: rows("a", 3) });
  assert.ok(it.intake.hasMissed(OTHER));
  const { catalogue } = it.ledger;
  catalogue.cursors.set(catalogue.ids.device(OTHER), at(1, 5));
  assert.ok(!it.intake.hasMissed(OTHER));
});

Deno.test("pages of strangers and of ourselves are nobody's: they leave nothing behind", async () => {
  await using it = await bench();
  const before = it.ledger.catalogue.cursors.knownDevices();
  await it.take({ origin: STRANGER, folders: rows("a", 3) });
  await it.take({ origin: deviceOf(1), folders: rows("a", 3) });
  assert.equal(it.ledger.catalogue.ids.findDevice(STRANGER), null);
  assert.equal(it.says(deviceOf(1), "a"), null);
  assert.deepEqual(it.ledger.catalogue.cursors.knownDevices(), before);
});

Deno.test("a relay cannot put a device into an epoch that it could never get past (R25)", async () => {
  await using it = await bench();
  await it.take({ origin: OTHER, to: at(EPOCHS_AHEAD + 1, 5), folders: rows("a", 3) });
  assert.equal(it.says(OTHER, "a"), null);
  await it.take({ origin: OTHER, to: at(EPOCHS_AHEAD, 5), folders: rows("a", 3) });
  assert.equal(it.says(OTHER, "a"), "file");
  // The device itself may be wherever it is; relays follow it there.
  await it.take({ to: at(2 ** 40, 5), folders: rows("b", 3) });
  assert.equal(it.says(PEER, "b"), "file");
  assert.equal(it.ledger.catalogue.cursors.toldEpoch(it.ledger.catalogue.ids.device(PEER)), 2 ** 40);
});

Deno.test("only a device's own pages carry shared fields", async () => {
  await using it = await bench();
  await it.take({ origin: OTHER, shared: [field(folderOf(7))] });
  assert.ok(!it.ledger.catalogue.values.isShared("folder", folderOf(7)));
  await it.take({ shared: [field(folderOf(7))] });
  assert.ok(it.ledger.catalogue.values.isShared("folder", folderOf(7)));
});

Deno.test("a new epoch sweeps what a device says it has, and none of the shared records that it told (R25)", async () => {
  await using it = await bench();
  await it.take({ to: at(1, 1), shared: [field(folderOf(7))], folders: rows("a", 1) });
  await it.take({ to: at(2, 1) });
  assert.equal(it.says(PEER, "a"), null, "its rows are swept");
  const { values } = it.ledger.catalogue;
  assert.equal(values.shared("folder", folderOf(7), "name")?.value, "n");
  assert.ok(
    values.sharedAfter(lsnOf(0)).fields.some(({ field }) => field.key === folderOf(7)),
    "it stands in our own journal",
  );
});

Deno.test("shared records have a bound in number and size, and those that are known have room of their own", async () => {
  await using it = await bench();
  const { values } = it.ledger.catalogue;
  const key = (i: number) => i.toString(16).padStart(32, "0");
  const many = Array.from({ length: SHARED_KEYS + 50 }, (_, i) => field(key(i)));
  await it.take({ to: at(1, 1), shared: many.slice(0, 700) });
  await it.take({ to: at(1, 2), from: at(1, 1), shared: many });
  assert.equal(values.sharedKeys("folder"), SHARED_KEYS);
  const later = (over: Partial<SharedField>) => field(key(3), { stamp: stampOf(9), ...over });
  await it.take({ to: at(1, 3), from: at(1, 2), shared: [later({ value: "x".repeat(SHARED_VALUE_BYTES) })] });
  assert.equal(values.shared("folder", key(3), "name")?.value, "n", "one value is too large");
  await it.take({
    to: at(1, 4),
    from: at(1, 3),
    shared: [later({ value: "new" }), later({ field: "strategy", value: "newest" })],
  });
  assert.equal(values.shared("folder", key(3), "name")?.value, "new");
  assert.equal(values.shared("folder", key(3), "strategy")?.value, "newest");
});

Deno.test("facts have a bound in number and size: a device's own page is refused, a relay's is left out", async () => {
  await using it = await bench();
  const fact = (i: number, value: unknown = i) => ({ key: `k${i}`, value, lsn: lsnOf(3) });
  const many = Array.from({ length: FACTS + 1 }, (_, i) => fact(i));
  await assert.rejects(it.take({ facts: many }), isTooMuch);
  await assert.rejects(it.take({ facts: [fact(1, new Uint8Array(FACT_BYTES))] }), isTooMuch);
  await it.take({ origin: OTHER, facts: many });
  assert.equal(it.ledger.catalogue.values.fact(it.ledger.catalogue.ids.device(OTHER), "k1"), null);
  await it.take({ facts: many.slice(1) });
  assert.equal(it.ledger.catalogue.values.fact(it.ledger.catalogue.ids.device(PEER), "k1"), 1);
});

Deno.test("an epoch of thousands of rows is set aside and swept in slices, with turns for others between", async () => {
  let turns = 0;
  await using it = await bench({
    turn: () => {
      turns++;
      return Promise.resolve();
    },
  });
  const many = Array.from(
    { length: 2_500 },
    (_, i) => ({ lsn: lsnOf(i + 1), row: rowOf(`f${i}`, entryOf({ dots: [dot(2, i + 1)] })) }),
  );
  for (let from = 0; from < many.length; from += 500) {
    const folders = [{ folder: FOLDER, rows: many.slice(from, from + 500) }];
    await it.take({ from: at(1, from), to: at(1, from + 500), folders });
  }
  turns = 0;
  await it.take({ to: at(2, 1), folders: rows("f7", 1), complete: false });
  const aside = turns;
  assert.ok(aside >= 2);
  assert.equal(it.says(PEER, "f8"), "file", "they stay until the new epoch is complete (R25)");
  const { taken } = it;
  await it.take({ from: at(2, 1), to: at(2, 2) });
  assert.ok(turns > aside);
  assert.equal(it.taken, taken + 2, "others can be told that it is all once it is swept");
  assert.equal(it.says(PEER, "f8"), null);
  assert.equal(it.says(PEER, "f7"), "file");
  assert.deepEqual(subscriptionOf(it.ledger, [PEER]).get(PEER)?.epoch, 2);
});

Deno.test("others get as much time as a page took, however long that was, but not for a slow disk (invariant 10)", async () => {
  const turns: number[] = [];
  let workMs = 0;
  let it: Bench | null = null;
  await using made = await bench({
    accept: async (fields, turn) => {
      it!.clock.nowMs += workMs;
      await turn();
      it!.clock.nowMs += workMs;
      return [...fields];
    },
    turn: (ms) => {
      turns.push(ms);
      return Promise.resolve();
    },
  });
  it = made;
  workMs = 3_000;
  await made.take({ shared: [field(folderOf(7))] });
  assert.deepEqual(turns, [3_000, 3_000]);
  workMs = 0;
  const { ledger } = made;
  const commit = ledger.commit.bind(ledger);
  ledger.commit = async (record) => {
    const lsn = await commit(record);
    made.clock.nowMs += 60_000;
    return lsn;
  };
  await made.take({ from: at(1, 5), to: at(1, 6), shared: [field(folderOf(8))] });
  assert.deepEqual(turns.slice(2), [100]);
});

Deno.test("a page behind which all that was known of its device was dropped leaves no hole: it is told from the beginning", async () => {
  await using it = await bench();
  const { ledger } = it;
  const { cursors, ids } = ledger.catalogue;
  await it.take({ to: at(1, 50), folders: rows("a", 30) });
  const commit = ledger.commit.bind(ledger);
  ledger.commit = async (record) => {
    const lsn = await commit(record);
    // What counting does in a new epoch of our own, and has done before the record is durable.
    cursors.set(ids.device(PEER), BEGINNING);
    return lsn;
  };
  const shared = [field(folderOf(7))];
  await it.take({ from: at(1, 50), to: at(1, 60), folders: rows("b", 55), shared });
  assert.deepEqual(subscriptionOf(ledger, [PEER]).get(PEER), BEGINNING);
  assert.equal(it.says(PEER, "b"), null);
  assert.ok(
    ledger.catalogue.values.isShared("folder", folderOf(7)),
    "what it shares stands in our own journal",
  );
  ledger.commit = commit;
  await it.take({ to: at(1, 60), folders: [...rows("a", 30), ...rows("b", 55)] });
  assert.deepEqual([it.says(PEER, "a"), it.says(PEER, "b")], ["file", "file"]);
});

Deno.test("a device has not told all that it has while what it told was dropped, counts for nothing, or is told anew (invariant 11)", async () => {
  await using it = await bench();
  const { ledger, intake } = it;
  const { cursors, ids, rows: { ignored } } = ledger.catalogue;
  const peer = ids.device(PEER);
  await it.take({ to: at(1, 50), folders: rows("a", 30) });
  assert.ok(intake.hasIndexOf(PEER));
  cursors.set(peer, BEGINNING);
  assert.ok(!intake.hasIndexOf(PEER), "all that was known of it was dropped");
  await it.take({ to: at(1, 20), complete: false });
  assert.ok(!intake.hasIndexOf(PEER), "it is told from the beginning, and not to its end");
  await it.take({ from: at(1, 20), to: at(1, 50), folders: rows("a", 30) });
  assert.ok(intake.hasIndexOf(PEER));
  ledger.catalogue.rows.ignored = new Set([peer]);
  assert.ok(!intake.hasIndexOf(PEER), "less is known of it than before");
  ledger.catalogue.rows.ignored = ignored;
  await it.take({ to: at(2, 10), complete: false });
  assert.ok(!intake.hasIndexOf(PEER), "it has begun a new epoch");
});
