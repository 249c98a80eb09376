/** What a start finds of the run before, and what a run does when its file events end. */
import assert from "node:assert/strict";
import { openGauges } from "../../../src/daemon/gauges.ts";
import { folderStatuses } from "../../../src/daemon/status.ts";
import type { DevicePorts } from "../../../src/daemon/device.ts";
import type { SecureLink } from "../../../src/platform/ports.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { noise } from "./noise.ts";
import { LAST_LOOKS_MS, onStage, textAt, treeOf, write } from "./stage.ts";

const STAGE = `${ROOT}/.cairn/stage`;
const LARGE_BYTES = 16 * 2 ** 20;
/** So slow that the file takes some seconds. */
const BYTES_PER_MS = 4_000;
const KILLED_AT = 0.6;
/** Of the file, what was under way when the device was killed, and comes again. */
const AGAIN = 0.25;

Deno.test("small stages that a killed run left are removed at the next start; a large one stays, to be gone on with", async () => {
  await onStage({}, (stage) => {
    const { b } = stage;
    b.kill();
    const large = `01${"ab".repeat(32)}`;
    const small = ["s-7", "copy-1", "link-2", "merge-3", "move-4"];
    for (const name of [...small, large]) b.disk.user.writeFile(`${STAGE}/${name}`, new Uint8Array(100));
    b.start();
    stage.settle();
    assert.deepEqual(b.disk.user.list(STAGE), [large]);
    assert.deepEqual(treeOf(stage.a), {});
  });
});

Deno.test("file events run out: changes are looked for instead, and `status` says why and what to do", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    b.disk.failWatches("there are no more watches");
    stage.until("it to be told", () => notesOf(b).length > 0);
    assert.match(notesOf(b)[0]!, /looked for every few seconds.*no more watches.*max_user_watches/);
    write(b, "made", "without an event");
    stage.until("it to be found", () => textAt(a, "made") === "without an event", 5 * 60_000);
  });
});

Deno.test("a device that is killed in the middle of a large file goes on with what it has, and fetches the rest", async () => {
  await onStage({}, (stage) => {
    const { a, b, world: { net } } = stage;
    a.kill();
    let sent = 0;
    a.breakPorts = (ports) => counting(ports, (bytes) => sent += bytes);
    a.start();
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    net.wire.bytesPerMs = BYTES_PER_MS;
    sent = 0;
    a.disk.user.save(`${ROOT}/large`, noise(LARGE_BYTES));
    stage.until("much of it to be sent", () => sent > LARGE_BYTES * KILLED_AT, 10 * 60_000);
    b.kill();
    assert.equal(textAt(b, "large"), null, "it was over before it was killed");
    b.start();
    stage.settle();
    assert.deepEqual(b.disk.peek(`${ROOT}/large`)!.bytes, a.disk.peek(`${ROOT}/large`)!.bytes);
    assert.ok(sent < LARGE_BYTES * (1 + AGAIN), `${sent} bytes were sent, of a file of ${LARGE_BYTES}`);
  });
});

function notesOf({ device }: SimDevice): string[] {
  const clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
  const [folder] = folderStatuses(device!, openGauges(clock));
  return folder!.notes.map(({ cause, remedy }) => `${cause} ${remedy}`);
}

/** The same ports, telling how many bytes are written to all links. */
function counting(ports: DevicePorts, tell: (bytes: number) => void): DevicePorts {
  const counted = (link: SecureLink) => {
    const write = link.write.bind(link);
    link.write = (bytes) => {
      tell(bytes.length);
      write(bytes);
    };
    return link;
  };
  const { net } = ports;
  return {
    ...ports,
    net: {
      beacons: net.beacons.bind(net),
      dial: async (...args) => counted(await net.dial(...args)),
      listen: (port, identity, protocols, accept) =>
        net.listen(port, identity, protocols, (link) => accept(counted(link))),
    },
  };
}
