/** A beacon with our own id is a hint and no more: a clone is told of once it has shown our own certificate (R36). */
import assert from "node:assert/strict";
import { BEACON_MS } from "../../../src/core/limits.ts";
import { encodeBeacon } from "../../../src/peer/beacon.ts";
import { BEACON_PORT } from "../../../src/peer/discovery.ts";
import { SESSION_PROTOCOL } from "../../../src/peer/links.ts";
import type { TlsIdentity } from "../../../src/platform/ports.ts";
import type { SimDevice } from "../world/device.ts";
import { addressOf } from "../world/net.ts";
import { onStage, type Stage } from "./stage.ts";

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

function twinOf(device: SimDevice): string | null {
  return device.device!.twin;
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
