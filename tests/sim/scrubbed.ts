/**
 * A day passes: every device reads all its files again by itself. What its disk has changed it has found then, and heals it where a device that it
 * reaches has the right bytes; of the rest it says that it is at risk, and a person takes it as it is (R15).
 */
import type { RelPath } from "../../src/core/ids.ts";
import { keyOf } from "./oracle/contents.ts";
import type { Rots } from "./oracle/rot.ts";
import type { SimUser } from "./plan/user.ts";
import { ROOT, type SimDevice } from "./world/device.ts";
import type { World } from "./world/world.ts";

const DAY_MS = 25 * 3_600_000;
const LOOK_MS = 1_000;
/** Until all have looked, and again until all has been read. */
const MOST_MS = 30 * 60_000;
/** What could not be healed is tried again each hour. */
const HEAL_MS = 70 * 60_000;

/** What is wrong, or null. */
export function scrubbed(
  { devices, net, scheduler }: World,
  rots: Rots,
  users: readonly SimUser[],
  go: (ms: number) => void,
): string | null {
  const until = (isDone: () => boolean, mostMs: number): boolean => {
    const untilMs = scheduler.nowMs + mostMs;
    while (!isDone()) {
      if (scheduler.nowMs > untilMs) return false;
      go(LOOK_MS);
    }
    return true;
  };
  const passOf = ({ folder }: SimDevice) => folder?.scrub.pass ?? null;
  // A home that somebody changed does not know how often.
  const reading = devices.filter(({ isHomeChanged }) => !isHomeChanged);
  if (!until(() => reading.every((one) => (passOf(one)?.startedMs ?? 0) > 0), MOST_MS)) {
    return "not all have begun to count the days until all is read again";
  }
  for (const device of devices) {
    // A clock that went back since the days are counted from has so much more to go.
    const aheadMs = Math.max(0, (passOf(device)?.startedMs ?? 0) - device.wallNow());
    device.wallOffsetMs += aheadMs + DAY_MS;
  }
  const since = new Map(reading.map((device) => [device, Math.floor(device.wallNow())]));
  const hasRead = (device: SimDevice) => {
    const pass = passOf(device);
    return pass !== null && !pass.isOn && pass.startedMs >= since.get(device)!;
  };
  if (!until(() => reading.every(hasRead), MOST_MS)) {
    const slow = reading.filter((one) => !hasRead(one)).map((one) =>
      `${one.name} ${JSON.stringify(passOf(one))}`
    );
    return `not read again within a day: ${slow}`;
  }
  const bad = () => reading.flatMap((device) => rots.standing(device).map((path) => ({ device, path })));
  const untold = () =>
    bad().filter(({ device, path }) => device.folder?.scrub.damages.isAtRisk(path) !== true);
  if (!until(() => untold().length === 0, MOST_MS)) {
    return `all was read again, and nothing tells of ${words(untold())}`;
  }
  const isHealable = ({ device, path }: { device: SimDevice; path: RelPath }) => {
    const own = device.folder?.replica.own(path);
    const good = rots.meant(device, device.disk.peek(`${ROOT}/${path}`));
    if (own?.row.offered !== true) return false;
    return devices.some((other) => {
      const there = other === device || !net.flows(device.index, other.index)
        ? null
        : other.disk.peek(`${ROOT}/${path}`);
      return there !== null && keyOf(there) === good;
    });
  };
  if (!until(() => !bad().some(isHealable), HEAL_MS)) {
    return `others have it, and it is not healed: ${words(bad().filter(isHealable))}`;
  }
  // Whose home was changed may not know that it is to read so often: a person has it do so.
  for (const { isHomeChanged, folder } of devices) {
    if (isHomeChanged && folder !== null) scheduler.wait(folder.scrub.verify(() => {}, () => false), MOST_MS);
  }
  for (const { folder, index } of devices) {
    for (const { path } of folder?.scrub.damages.atRisk ?? []) {
      if (folder!.replica.own(path)?.row.offered === true) users[index]!.accept(path);
    }
  }
  return null;
}

function words(all: readonly { readonly device: SimDevice; readonly path: string }[]): string {
  return all.map(({ device, path }) => `${device.name}:${path}`).join(", ");
}
