/** What must hold when nothing is left to be done while devices take part in different ways (R9). */
import { givesOwn, takesOthers } from "../../../src/core/mode.ts";
import type { SimDevice } from "../world/device.ts";
import type { World } from "../world/world.ts";
import { allDifferences } from "./quiet.ts";

const PINGS_BYTES = 200;

function modeOf({ folder }: SimDevice) {
  return folder!.replica.mode;
}

/** Every device runs, is connected to all that it can reach, and has nothing to do that it would do by itself. */
export function allAreAtRest(world: World): boolean {
  const { devices, net } = world;
  if (net.bytesInFlight > PINGS_BYTES) return false;
  return devices.every((device) => {
    if (device.device === null || !isAtRest(device)) return false;
    return devices.every((other) => {
      if (other === device || !net.flows(device.index, other.index)) return true;
      const session = device.device!.links.session(other.identity.id);
      return session !== null && device.device!.hasIndexOf(session);
    });
  });
}

/** What it would still take is kept away by what was changed on it, and it says so. */
function isAtRest({ folder }: SimDevice): boolean {
  if (folder === null || folder.isDone) return folder !== null;
  const { catalogue, number, mode, stopped, brake } = folder.replica;
  const isWaiting = mode === "receive" && stopped === null && brake.halt === null && folder.modes.isSettled &&
    folder.outbound.isReady && folder.outbound.isQuiet && folder.inbound.isQuiet;
  const { count, blocked } = catalogue.needs.total(number);
  return isWaiting && count === blocked &&
    catalogue.needs.blocked(number, count).every(({ cause }) => KEPT_AWAY.test(cause));
}

const KEPT_AWAY = /was changed on this device|what is above or below it/;

/** Where those that take and give differ, and what was given by who gives nothing, and never did. */
export function whatIsNotApart(world: World, neverChanged: (device: SimDevice) => boolean): string[] {
  const { devices } = world;
  const full = devices.filter((device) => takesOthers(modeOf(device)) && givesOwn(modeOf(device)));
  const wrong = allDifferences(full);
  for (const device of devices.filter((one) => !givesOwn(modeOf(one)) && neverChanged(one))) {
    for (const other of devices) {
      const { catalogue, number } = other.folder!.replica;
      for (const rows of catalogue.everyPath.of(number)) {
        for (const { row: { path, entry, offered } } of rows) {
          const { actor } = device.device!.ledger;
          const isIts = entry.writer === device.identity.id || entry.version.meta.actor === actor ||
            entry.version.dots.some((dot) => dot.actor === actor);
          if (offered && isIts) {
            wrong.push(
              `${device.name} is in the mode ${modeOf(device)}, and ${other.name} has ${path} as its write`,
            );
          }
        }
      }
    }
  }
  return wrong;
}
