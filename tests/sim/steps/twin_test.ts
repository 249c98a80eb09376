/** A beacon with our own id is a hint and no more: a clone is told of once it has shown our own certificate (R36). */
import assert from "node:assert/strict";
import { BEACON_MS } from "../../../src/core/limits.ts";
import { encodeBeacon } from "../../../src/peer/beacon.ts";
import { BEACON_PORT } from "../../../src/peer/discovery.ts";
import { SESSION_PROTOCOL } from "../../../src/peer/links.ts";
import type { TlsIdentity } from "../../../src/platform/ports.ts";
import { openGauges } from "../../../src/daemon/gauges.ts";
import { statusOf } from "../../../src/daemon/status.ts";
import { changeHome, type HomeCopy } from "../plan/home_faults.ts";
import { HOME, ROOT, type SimDevice } from "../world/device.ts";
import { addressOf } from "../world/net.ts";
import { LAST_LOOKS_MS, onStage, type Stage } from "./stage.ts";

const PORT = 23_000;
/** More than a dial may take, with the look whether it came back to ourselves. */
const LOOKED_MS = 60_000;

/** From the machine of `a` somebody says that `b` is there too, and answers as `shown` when they are called; null: nobody answers. */
function pretend(stage: Stage, shown: TlsIdentity | null): { readonly called: () => number } {
  const { world, a, b } = stage;
  const net = world.net.forProcess({ host: a.index, isAlive: true });
  let called = 0;
  if (shown !== null) void net.listen(PORT, shown, [SESSION_PROTOCOL], () => called++);
  const beacon = { device: b.identity.id, port: PORT, instance: 7, inviting: false, answerPlease: false };
  stage.go(BEACON_MS);
  void net.beacons(BEACON_PORT, () => {}).then((socket) => {
    socket.broadcast(encodeBeacon(beacon));
    socket.close();
  });
  stage.go(LOOKED_MS);
  return { called: () => called };
}

/** What the device tells of another one with its identity. */
function alarmsOf({ device }: SimDevice): string[] {
  const clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
  const context = { home: HOME, name: "", startedMs: 0, openInvites: 0, gauges: openGauges(clock) };
  return statusOf(device!, context).notes.map(({ cause }) => cause).filter((cause) => /identity/.test(cause));
}

function twinOf(device: SimDevice): string | null {
  return device.device!.twins.address;
}

Deno.test("a forged beacon with our id, behind which nobody is, raises no alarm (R36)", async () => {
  await onStage({}, (stage) => {
    pretend(stage, null);
    assert.equal(twinOf(stage.b), null);
  });
});

Deno.test("a beacon with our id that leads to another device raises no alarm (R36)", async () => {
  await onStage({}, (stage) => {
    const { called } = pretend(stage, stage.a.identity);
    assert.equal(called(), 1, "it was looked at");
    assert.equal(twinOf(stage.b), null);
  });
});

Deno.test("a clone that shows our own certificate is told of, with its address (R36)", async () => {
  await onStage({}, (stage) => {
    pretend(stage, stage.b.identity);
    assert.equal(twinOf(stage.b), `${addressOf(stage.a.index)}:${PORT}`);
    assert.equal(twinOf(stage.a), null);
  });
});

Deno.test("two devices that run with one home are each told of the other in `status`, with its address (R36)", async () => {
  await onStage({ devices: 3 }, (stage) => {
    const [, b, clone] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    stage.go(LAST_LOOKS_MS);
    for (const device of [b, clone]) device.kill();
    // A copied disk: the home, and the folder with its marker.
    const copies = new Map<number, HomeCopy>();
    changeHome(b, { do: "back-up" }, copies);
    copies.set(clone.index, copies.get(b.index)!);
    changeHome(clone, { do: "home", what: "put-back", killed: true, at: 0, downMs: 0 }, copies);
    const marker = `${ROOT}/.cairn/marker.json`;
    clone.disk.user.writeFile(marker, b.disk.user.read(marker)!);
    Object.assign(clone, { identity: b.identity });
    for (const device of [b, clone]) device.start();
    const others = [[b, clone], [clone, b]] as const;
    for (const [device, other] of others) {
      stage.until(
        `${device.name} to be told`,
        () => device.device !== null && alarmsOf(device).length > 0,
        5 * 60_000,
      );
      assert.match(
        alarmsOf(device)[0]!,
        new RegExp(`identity at .*${addressOf(other.index).replaceAll(".", "\\.")}`),
      );
    }
    assert.deepEqual(alarmsOf(stage.a), []);
  });
});
