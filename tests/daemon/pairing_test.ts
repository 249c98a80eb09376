/** What is said to who joins and gets no answer: the remedy is another one for each cause. */
import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { JOIN_WAIT_MS } from "../../src/core/limits.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import { join } from "../../src/daemon/pairing.ts";
import { encodeBeacon } from "../../src/peer/beacon.ts";
import { BEACON_PORT, startDiscovery } from "../../src/peer/discovery.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { manualClock } from "../support/clock.ts";
import { Neighbours } from "../support/neighbours.ts";

const NOBODY = "127.0.0.1:9";
const BEACON = encodeBeacon({
  device: "ab".repeat(32) as DeviceId,
  port: 9,
  instance: 1,
  inviting: true,
  answerPlease: false,
});

/** The error of joining, with a beacon heard or none, the clock moved on to the end of its patience. */
async function refusalOf(beacon: Uint8Array | null, at: string | null): Promise<CairnError> {
  await using neighbours = await Neighbours.open("alpha");
  const { device } = neighbours.all[0]!;
  const clock = manualClock();
  const ports = { clock, random: realRandom(), net: neighbours.net.of("alpha") };
  device.discovery = await startDiscovery({
    ...ports,
    device: device.identity.id,
    tcpPort: device.links.port,
    isKnown: () => false,
    sighted: () => {},
  });
  if (beacon !== null) device.discovery.hear(beacon, "127.0.0.1", BEACON_PORT);
  let isOver = false;
  const joining = join(ports, device, "alpha", "K7QM-2XTD-9RWA", at).catch((error) => error)
    .finally(() => isOver = true);
  for (let ms = 0; !isOver && ms <= JOIN_WAIT_MS; ms += 1_000) await clock.advance(1_000);
  const error = await joining;
  assert.ok(error instanceof CairnError, String(error));
  assert.equal(error.code, "no-answer");
  return error;
}

Deno.test("where no inviting device is heard, that is said, and how to name an address", async () => {
  const { message, hint } = await refusalOf(null, null);
  assert.match(message, /^No inviting device was heard/);
  assert.match(hint, /--at HOST:PORT/);
});

Deno.test("one that is heard inviting and cannot be reached is not called silent", async () => {
  const { message, hint } = await refusalOf(BEACON, null);
  assert.match(message, /^127\.0\.0\.1:9 does not answer/);
  assert.match(hint, /firewall/);
});

Deno.test("who named an address is not told to name one", async () => {
  const { message, hint } = await refusalOf(null, NOBODY);
  assert.match(message, /^127\.0\.0\.1:9 does not answer/);
  assert.doesNotMatch(hint, /--at/);
});
