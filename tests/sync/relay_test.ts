/** What a relay tells of a device that is away, and what comes of it when that device is back (R24, R25, R30). */
import assert from "node:assert/strict";
import { BEGINNING } from "../../src/core/cursor.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import type { Session } from "../../src/peer/session.ts";
import { Announcer } from "../../src/sync/announce.ts";
import { Intake, subscriptionOf } from "../../src/sync/intake.ts";
import { decodePage, type SentPage } from "../../src/sync/messages.ts";
import { deviceOf } from "../support/entries.ts";
import { type Home, homeAt, ownRow, rowsRecord } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Devices 1 to n, with journals and no network. */
class Devices implements AsyncDisposable {
  readonly ledgers: Ledger[] = [];
  readonly #homes: { home: Home; dir: Disposable }[] = [];

  static async of(count: number): Promise<Devices> {
    const it = new Devices();
    for (let i = 0; i < count; i++) {
      const dir = tempDir();
      const home = homeAt(dir.path);
      it.#homes.push({ home, dir });
      it.ledgers.push(await home.open({ self: deviceOf(i + 1) }));
    }
    return it;
  }

  async restart(i: number): Promise<Ledger> {
    await this.ledgers[i]!.close();
    return this.ledgers[i] = await this.#homes[i]!.home.open({ self: deviceOf(i + 1) });
  }

  async [Symbol.asyncDispose]() {
    for (const ledger of this.ledgers) await ledger.close();
    for (const { dir } of this.#homes) dir[Symbol.dispose]();
  }
}

async function write(ledger: Ledger, name: string, rows: number): Promise<void> {
  for (let i = 0; i < rows; i += 400) {
    const batch = Array.from(
      { length: Math.min(400, rows - i) },
      (_, k) => ownRow(ledger, `${name}${i + k}`),
    );
    await ledger.commit(rowsRecord(batch));
  }
}

/** What `from` tells `to` in a session that breaks after so many pages. Answers these. */
async function meet(from: Ledger, to: Ledger, peers: readonly [number, number], pages = Infinity) {
  const [fromId, toId] = peers.map(deviceOf) as [DeviceId, DeviceId];
  const said: SentPage[] = [];
  const headers: unknown[] = [];
  const session = {
    peer: toId,
    agreement: { capabilities: new Set() },
    ending: null,
    roomFor: () => pages - said.length,
    onRoom: () => {},
    close: (reason: string) => assert.fail(reason),
    send(_lane: string, _type: number, header: unknown) {
      headers.push(header);
      said.push(decodePage(header));
    },
  } as unknown as Session;
  const announcer = new Announcer(from, session);
  const intake = new Intake(to, { now: () => 0, monotonic: () => 0, after: () => () => {} }, fromId, {
    accept: (fields) => Promise.resolve([...fields]),
    counts: () => true,
    isConnected: (device) => device === fromId,
    told: () => {},
    room: () => Promise.resolve(true),
    taken: () => {},
    turn: () => Promise.resolve(),
    alone: (_, work) => work(),
  });
  await announcer.subscribed(subscriptionOf(to, [1, 2, 3].map(deviceOf)));
  for (const header of headers) await intake.page(header);
  return said;
}

const rowsOf = (ledger: Ledger, device: number) =>
  ledger.catalogue.rows.counts.of(ledger.catalogue.ids.device(deviceOf(device)));
const cursorOf = (ledger: Ledger, device: number) =>
  ledger.catalogue.cursors.of(ledger.catalogue.ids.device(deviceOf(device)));

Deno.test("a device that is told of in part by a relay goes on from there when it is back, and does not take itself for a copy (R24)", async () => {
  await using it = await Devices.of(3);
  await write(it.ledgers[0]!, "a", 1_600);
  await it.restart(0);
  await write(it.ledgers[0]!, "b", 800);
  const [origin, relay, late] = it.ledgers as [Ledger, Ledger, Ledger];
  await meet(origin, relay, [1, 2]);
  assert.equal(rowsOf(relay, 1), 2_400);
  // One page of the relay's own, one of what it has of the origin; then the link breaks.
  await meet(relay, late, [2, 3], 2);
  const { lsn } = cursorOf(late, 1);
  assert.ok(lsn > 0 && lsn < cursorOf(relay, 1).lsn, "it has come to the middle");
  const { epoch } = origin;
  const pages = await meet(origin, late, [1, 3]);
  assert.equal(origin.epoch, epoch);
  assert.equal(pages[0]!.from.lsn, lsn, "nothing is told twice");
  assert.equal(rowsOf(late, 1), 2_400);
});

Deno.test("a copy of an older home is found out by what a relay told in part (R24)", async () => {
  await using it = await Devices.of(3);
  await write(it.ledgers[0]!, "a", 1_600);
  const [origin, relay, late] = it.ledgers as [Ledger, Ledger, Ledger];
  await meet(origin, relay, [1, 2]);
  const { catalogue } = relay;
  const device = catalogue.ids.device(deviceOf(1));
  // The journal of which the relay heard had another opening at its end.
  catalogue.cursors.set(device, { ...catalogue.cursors.of(device), boot: "ff".repeat(8) as never });
  await meet(relay, late, [2, 3], 2);
  const { epoch } = origin;
  await meet(origin, late, [1, 3]);
  assert.ok(origin.epoch > epoch);
  assert.notDeepEqual(cursorOf(late, 1), BEGINNING);
});

Deno.test("the half of an epoch that a relay has is not taken for all of it: nothing is swept before the rest is told (R25)", async () => {
  await using it = await Devices.of(3);
  await write(it.ledgers[0]!, "a", 2_400);
  const [origin, relay, late] = it.ledgers as [Ledger, Ledger, Ledger];
  await meet(origin, late, [1, 3]);
  await origin.newEpoch(1);
  // The relay hears of the device for the first time, and the link breaks behind the first page.
  await meet(origin, relay, [1, 2], 1);
  const half = await meet(relay, late, [2, 3]);
  assert.deepEqual(half.map(({ complete }) => complete), [true, false], "its own is all, the other is not");
  assert.equal(cursorOf(late, 1).epoch, 2);
  assert.equal(rowsOf(late, 1), 2_400);
  await meet(origin, relay, [1, 2]);
  const rest = await meet(relay, late, [2, 3]);
  assert.ok(rest.at(-1)!.complete);
  assert.equal(rowsOf(late, 1), 2_400);
  assert.ok(!late.catalogue.cursors.isSweeping(late.catalogue.ids.device(deviceOf(1))));
});
