import assert from "node:assert/strict";
import fc from "fast-check";
import { type DeviceId, fromHex, toHex } from "../../src/core/ids.ts";
import { BEACON_MS, BEACON_SIGHTINGS } from "../../src/core/limits.ts";
import { type Beacon, BEACON_BYTES, decodeBeacon, encodeBeacon } from "../../src/peer/beacon.ts";
import { Discovery } from "../../src/peer/discovery.ts";
import { NEWS_PER_SECOND, type Sighting, SIGHTING_ADDRESSES, Sightings } from "../../src/peer/sightings.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { manualClock } from "../support/clock.ts";

const beacon: fc.Arbitrary<Beacon> = fc.record({
  device: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes) as DeviceId),
  port: fc.integer({ min: 1, max: 65535 }),
  instance: fc.nat(2 ** 32 - 1),
  inviting: fc.boolean(),
  answerPlease: fc.boolean(),
}, { noNullPrototype: true });

function deviceOf(n: number): DeviceId {
  return n.toString(16).padStart(64, "0") as DeviceId;
}

function beaconOf(n: number, over: Partial<Beacon> = {}): Beacon {
  return { device: deviceOf(n), port: 22000, instance: 7, inviting: false, answerPlease: false, ...over };
}

Deno.test("beacons are decoded as they were encoded", () => {
  fc.assert(fc.property(beacon, (it) => assert.deepEqual(decodeBeacon(encodeBeacon(it)), it)));
});

Deno.test("a beacon has the bytes of the fixture", () => {
  const bytes = encodeBeacon({
    device: "ab".repeat(32) as DeviceId,
    port: 22077,
    instance: 0x01020304,
    inviting: true,
    answerPlease: false,
  });
  const fixture = Deno.readTextFileSync(new URL("../fixtures/beacon.hex", import.meta.url)).trim();
  assert.equal(toHex(bytes), fixture);
  assert.equal(decodeBeacon(fromHex(fixture))?.inviting, true);
});

Deno.test("what is no beacon of this version is ignored; later flags are not", () => {
  const good = encodeBeacon(beaconOf(1));
  const bad = [
    new Uint8Array(0),
    good.subarray(0, BEACON_BYTES - 1),
    new Uint8Array([...good, 0]),
    good.with(0, 0x63),
    good.with(5, 2),
    good.with(38, 0).with(39, 0),
  ];
  for (const bytes of bad) assert.equal(decodeBeacon(bytes), null, toHex(bytes));
  assert.deepEqual(decodeBeacon(good.with(44, 0xfc)), beaconOf(1));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => assert.equal(decodeBeacon(bytes), null)),
  );
});

Deno.test("sightings tell of what is new or changed, and of nothing else", () => {
  const sightings = new Sightings(() => false);
  assert.deepEqual(sightings.hear(beaconOf(1), "10.0.0.1", 5)?.addresses, ["10.0.0.1:22000"]);
  assert.equal(sightings.hear(beaconOf(1), "10.0.0.1", 6), null);
  assert.equal(sightings.get(deviceOf(1))?.lastHeardMs, 6);
  assert.deepEqual(sightings.hear(beaconOf(1), "fd00::1", 7)?.addresses, [
    "[fd00::1]:22000",
    "10.0.0.1:22000",
  ]);
  assert.ok(sightings.hear(beaconOf(1, { instance: 8 }), "10.0.0.1", 8));
  assert.equal(sightings.hear(beaconOf(1, { instance: 8, inviting: true }), "10.0.0.1", 9)?.inviting, true);
});

Deno.test("a device has at most SIGHTING_ADDRESSES addresses, the latest first (invariant 10)", () => {
  const sightings = new Sightings(() => false);
  for (let n = 0; n <= SIGHTING_ADDRESSES; n++) sightings.hear(beaconOf(1), `10.0.0.${n}`, n);
  const { addresses } = sightings.get(deviceOf(1))!;
  assert.equal(addresses.length, SIGHTING_ADDRESSES);
  assert.equal(addresses[0], `10.0.0.${SIGHTING_ADDRESSES}:22000`);
});

Deno.test("forged beacons cost bounded memory and news, and push out no known device (invariant 10)", () => {
  const member = deviceOf(1);
  const sightings = new Sightings((device) => device === member);
  sightings.hear(beaconOf(1), "10.0.0.1", 0);
  let news = 0;
  const forged = 200_000;
  const startMs = performance.now();
  for (let n = 0; n < forged; n++) if (sightings.hear(beaconOf(n + 2), "10.9.9.9", n / 100)) news++;
  assert.ok(news <= NEWS_PER_SECOND * (forged / 100 / 1000 + 1), `${news} news`);
  for (let second = 10; second < 100; second++) {
    for (let n = 0; n < NEWS_PER_SECOND; n++) {
      sightings.hear(beaconOf(1000 * second + n), "10.9.9.9", second * 1000);
    }
  }
  assert.equal(sightings.all().length, BEACON_SIGHTINGS);
  assert.ok(sightings.get(member) !== null);
  assert.ok(sightings.hear(beaconOf(1), "10.0.0.2", 99_000), "a member's news are told in the flood");
  assert.ok(performance.now() - startMs < 20_000);
});

interface Told {
  clock: ReturnType<typeof manualClock>;
  sent: string[];
  sighted: Sighting[];
  twins: string[];
  discovery: Discovery;
}

/** A discovery over a socket that only notes what is sent: `flags` or `flags to host:port`. */
function discover(): Told {
  const clock = manualClock();
  const sent: string[] = [];
  const sighted: Sighting[] = [];
  const twins: string[] = [];
  const flags = (bytes: Uint8Array) => {
    const { inviting, answerPlease } = decodeBeacon(bytes)!;
    return [inviting ? "inviting" : "here", answerPlease ? "answer" : ""].join(" ").trim();
  };
  const options = {
    net: null as never,
    clock,
    random: realRandom(),
    device: deviceOf(1),
    tcpPort: 22000,
    isKnown: () => false,
    sighted: (sighting: Sighting) => void sighted.push(sighting),
    twin: (address: string) => void twins.push(address),
  };
  const discovery = new Discovery(options, {
    broadcast: (bytes) => void sent.push(flags(bytes)),
    answer: (bytes, host, port) => void sent.push(`${flags(bytes)} to ${host}:${port}`),
    close: () => void sent.push("closed"),
  });
  return { clock, sent, sighted, twins, discovery };
}

Deno.test("a beacon is sent at start, once more, then each BEACON_MS, and at changes", async () => {
  const { clock, sent, discovery } = discover();
  await clock.advance(2000);
  assert.deepEqual(sent.splice(0), ["here answer", "here answer"]);
  await clock.advance(2 * BEACON_MS);
  assert.deepEqual(sent.splice(0), ["here", "here"]);
  discovery.setInviting(true);
  discovery.setInviting(true);
  assert.deepEqual(sent.splice(0), ["inviting"]);
  discovery.ask();
  await clock.advance(BEACON_MS);
  assert.deepEqual(sent.splice(0), ["inviting answer", "inviting"]);
  discovery.close();
  assert.deepEqual(sent.splice(0), ["closed"]);
  assert.equal(clock.waiting, 0);
});

Deno.test("newcomers are answered at once, and only so many a second", () => {
  const { sent, discovery, sighted } = discover();
  sent.length = 0;
  discovery.hear(encodeBeacon(beaconOf(2)), "10.0.0.2", 5000);
  assert.deepEqual(sent, []);
  for (let n = 0; n < 100; n++) {
    discovery.hear(encodeBeacon(beaconOf(3, { answerPlease: true })), "10.0.0.3", 5000);
  }
  assert.equal(sent.length, 16);
  assert.equal(sent[0], "here to 10.0.0.3:5000");
  assert.deepEqual(sighted.map(({ device }) => device), [deviceOf(2), deviceOf(3)]);
});

Deno.test("own beacons are ignored; those of a twin are told, seldom (R36)", async () => {
  const { clock, sent, discovery, sighted, twins } = discover();
  sent.length = 0;
  for (let n = 0; n < 10; n++) discovery.hear(encodeBeacon(beaconOf(1, { instance: n })), "10.0.0.9", 5000);
  assert.deepEqual(twins, ["10.0.0.9:22000"]);
  await clock.advance(BEACON_MS);
  discovery.hear(encodeBeacon(beaconOf(1)), "fd00::9", 5000);
  assert.deepEqual(twins, ["10.0.0.9:22000", "[fd00::9]:22000"]);
  assert.deepEqual(sighted, []);
});
