/** Devices that fetch the same large file have it from each other as it comes, and complete it when who had it whole is gone. */
import assert from "node:assert/strict";
import { Rng } from "../disk/rng.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { noise } from "./noise.ts";
import { onStage, type Stage } from "./stage.ts";

const STAGE = `${ROOT}/.cairn/stage`;
const LARGE_BYTES = 12 * 2 ** 20;
const STORM_BYTES = 2 ** 20;
/** So slow that the file takes some seconds. */
const BYTES_PER_MS = 1_000;
const LOOK_MS = 10;
/** What one look compares: less than the shortest chunk. */
const BLOCK_BYTES = 8 * 2 ** 10;
const PATIENCE_MS = 10 * 60_000;

Deno.test("the first device goes away when the others have all of a large file between them: they complete it", async () => {
  await onStage({ devices: 4 }, (stage) => {
    const { devices, net } = stage.world;
    const [a, b, ...others] = devices as [SimDevice, SimDevice, ...SimDevice[]];
    net.partition([0, 0, 1, 1]);
    const bytes = begin(stage);
    goUntil(stage, "one of them to have most of it", () => share(here(b, bytes)) > 0.85);
    net.partition([0, 1, 0, 0]);
    goUntil(stage, "them to have all of it between them", () => {
      const blocks = [b, ...others].map((one) => here(one, bytes));
      assert.ok(blocks.every((some) => share(some) < 1), "one of them has it whole");
      return blocks[0]!.every((_, i) => blocks.some((some) => some[i]));
    });
    net.partition([0, 0, 0, 0]);
    others.push(b);
    a.kill();
    complete(stage, others, bytes);
  });
});

Deno.test("devices that were restarted complete what was in their stages, though none that has it all is there", async () => {
  await onStage({ devices: 3 }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    const bytes = begin(stage);
    stage.until(
      "it to be under way",
      () => [b, c].every((one) => here(one, bytes).some(Boolean)),
      PATIENCE_MS,
    );
    for (const device of [a, b, c]) device.kill();
    // No chunk is at the end of both.
    const lost = [[0, LARGE_BYTES / 3], [LARGE_BYTES / 2, LARGE_BYTES]] as const;
    [b, c].forEach((device, i) => {
      const staged = bytes.slice().fill(0, ...lost[i]!);
      device.disk.user.writeFile(stageOf(device)!, staged);
      device.start();
    });
    complete(stage, [b, c], bytes);
  });
});

Deno.test("what none of them has is not there: they say so, and complete it when the first device is back", async () => {
  await onStage({ devices: 3 }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    const bytes = begin(stage);
    stage.until("some of it to be there", () => here(b, bytes).filter(Boolean).length > 100, PATIENCE_MS);
    a.kill();
    const says = ({ folder, device }: SimDevice) =>
      device!.ledger.catalogue.needs.blocked(folder!.replica.number, 10).map(({ cause }) => cause).join();
    stage.until(
      "them to say so",
      () => [b, c].every((one) => /no connected device/.test(says(one))),
      PATIENCE_MS,
    );
    assert.deepEqual(here(b, bytes), here(c, bytes), "each has what the other has");
    a.start();
    complete(stage, [b, c], bytes);
  });
});

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`whoever dies, is cut off or saves it anew while it is under way: all have the same in the end (${seed})`, async () => {
    await onStage({ devices: 4, seed }, (stage) => {
      const { devices, net } = stage.world;
      const rng = new Rng(`storm/${seed}`);
      net.wire.bytesPerMs = 500;
      for (let version = 1; version < 12; version++) {
        const writer = devices[rng.below(4)]!;
        if (writer.device !== null) {
          const bytes = noise(STORM_BYTES, version);
          bytes.set(noise(STORM_BYTES / 2), 0); // what versions have in common
          writer.disk.user.save(`${ROOT}/large`, bytes);
        }
        stage.go(rng.below(3_000));
        const other = devices[rng.below(4)]!;
        if (other.device === null) other.start();
        else other.kill();
        stage.go(rng.below(2_000));
        net.partition(devices.map(() => rng.below(2)));
      }
      net.partition([0, 0, 0, 0]);
      for (const device of devices) if (device.device === null) device.start();
      stage.settle();
    });
  });
}

/** The first device saves a large file over a slow wire. */
function begin({ world: { net, devices } }: Stage): Uint8Array<ArrayBuffer> {
  net.wire.bytesPerMs = BYTES_PER_MS;
  const bytes = noise(LARGE_BYTES);
  devices[0]!.disk.user.save(`${ROOT}/large`, bytes);
  return bytes;
}

/** Looks every few milliseconds: what it looks at is large. */
function goUntil(stage: Stage, what: string, isSo: () => boolean): void {
  for (let ms = 0; !isSo(); ms += LOOK_MS) {
    assert.ok(ms < PATIENCE_MS, `never: ${what}`);
    stage.go(LOOK_MS);
  }
}

function share(blocks: readonly boolean[]): number {
  return blocks.filter(Boolean).length / Math.max(1, blocks.length);
}

/** Where the device has what has come; null while nothing has. */
function stageOf({ disk }: SimDevice): string | null {
  const name = disk.user.list(STAGE).find((one) => /^01[0-9a-f]{64}$/.test(one));
  return name === undefined ? null : `${STAGE}/${name}`;
}

/** Which blocks of the file are in a device's stage; none where there is no stage. */
function here(device: SimDevice, bytes: Uint8Array): boolean[] {
  const at = stageOf(device);
  const staged = at === null ? undefined : device.disk.peek(at)?.bytes;
  if (staged === undefined) return [];
  return Array.from({ length: LARGE_BYTES / BLOCK_BYTES }, (_, i) => {
    const at = i * BLOCK_BYTES;
    return staged[at] === bytes[at] && staged[at + BLOCK_BYTES - 1] === bytes[at + BLOCK_BYTES - 1] &&
      staged[at + BLOCK_BYTES / 2] === bytes[at + BLOCK_BYTES / 2];
  });
}

/** Runs until the devices have placed the file. */
function complete(stage: Stage, devices: readonly SimDevice[], bytes: Uint8Array): void {
  const isThere = ({ disk }: SimDevice) => disk.user.list(ROOT).includes("large");
  stage.until("all to have it", () => devices.every(isThere), PATIENCE_MS);
  for (const { disk } of devices) assert.deepEqual(disk.peek(`${ROOT}/large`)!.bytes, bytes);
}
