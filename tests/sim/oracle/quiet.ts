/** What must hold when all is mended and nobody does anything any more. */
import { openGauges } from "../../../src/daemon/gauges.ts";
import { folderStatuses } from "../../../src/daemon/status.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import type { World } from "../world/world.ts";
import { describe, keyOf } from "./contents.ts";
import type { History, IsSure } from "./history.ts";

/** What sessions say just to show that they live. */
const PINGS_BYTES = 200;

/** Every device runs, is connected to all that it can reach, and says that nothing is left to be done. */
export function allClaimToBeDone(world: World): boolean {
  const { devices, net } = world;
  if (net.bytesInFlight > PINGS_BYTES) return false;
  return devices.every((device) => {
    const links = device.device?.links;
    if (links === undefined || device.folder === null || !device.folder.isUpToDate) return false;
    return devices.every((other) => {
      if (other === device || !net.flows(device.index, other.index)) return true;
      const session = links.session(other.identity.id);
      return session !== null && device.device!.hasIndexOf(session);
    });
  });
}

/** What each device says of its folder, for a failure's message. */
export function whatTheySay(world: World): string {
  return world.devices.map((device) => {
    const daemon = device.device;
    if (daemon === null) return `${device.name}: does not run (${device.startFailure ?? "stopped"})`;
    const [status] = folderStatuses(daemon, openGauges(realClockOf(device)));
    const { folder } = device;
    const sessions = world.devices.filter((other) => daemon.links.session(other.identity.id) !== null);
    const needs = folder?.replica.catalogue.needs.due(folder.replica.number, false, Infinity, 20) ?? [];
    const deletes = folder?.replica.catalogue.needs.due(folder.replica.number, true, Infinity, 20) ?? [];
    return `${device.name}: ${JSON.stringify(status?.state)} stopped=${
      JSON.stringify(folder?.replica.stopped)
    } ` +
      `quiet=${folder?.outbound.isQuiet}/${folder?.inbound.isQuiet}/${folder?.outbound.isReady} ` +
      `sessions=${sessions.map(({ name }) => name).join("")} ` +
      `needs=${
        JSON.stringify([...needs, ...deletes].map(({ path, attempts, cause }) => [path, attempts, cause]))
      } ` +
      `troubles=${JSON.stringify([...(folder?.replica.troubles ?? [])])}`;
  }).join("\n");
}

export function statusKind(device: SimDevice): string {
  const daemon = device.device;
  if (daemon === null) return "not running";
  return folderStatuses(daemon, openGauges(realClockOf(device)))[0]?.state.kind ?? "no folder";
}

function realClockOf(device: SimDevice) {
  return { now: () => device.wallNow(), monotonic: () => 0, after: () => () => {} };
}

/** One line for each path of a tree: kind, mode and what is there. */
export function treeOf(device: SimDevice): Map<string, string> {
  const out = new Map<string, string>();
  device.disk.walk(ROOT, (path, peek) => {
    if (path === ".cairn" || path.startsWith(".cairn/")) return;
    const content = keyOf(peek);
    const mode = peek.kind === "symlink" ? "" : peek.mode.toString(8);
    out.set(path, `${peek.kind} ${mode} ${content ?? ""}`);
  });
  return out;
}

/** Where two trees differ; empty when they do not. */
export function differences(a: SimDevice, b: SimDevice): string[] {
  const [treeA, treeB] = [treeOf(a), treeOf(b)];
  // A disk that lied has the mode that a directory had before, and no sign tells that it should be another.
  const isVague = a.isHomeChanged || b.isHomeChanged;
  const line = (tree: Map<string, string>, path: string) =>
    isVague ? tree.get(path)?.replace(/^directory \d+/, "directory") : tree.get(path);
  const shown = (line: string | undefined) =>
    line === undefined ? "nothing" : line.replace(/ [fl][:#][^]*$/, (key) => ` ${describe(key.slice(1))}`);
  return [...new Set([...treeA.keys(), ...treeB.keys()])].sort()
    .filter((path) => line(treeA, path) !== line(treeB, path))
    .map((path) =>
      `${path}: ${a.name} has ${shown(treeA.get(path))}, ${b.name} has ${shown(treeB.get(path))}`
    );
}

export function allDifferences(devices: readonly SimDevice[]): string[] {
  return devices.slice(1).flatMap((device) => differences(devices[0]!, device));
}

/** Contents that must be somewhere and are not; conflict copies that nobody's doing explains. */
export function whatIsWrong(
  world: World,
  history: History,
  isSure: IsSure,
  isRejected: boolean,
  /** Whether what is found is what a disk made of the last copy. */
  isLeftBad: (content: string, found: ReadonlySet<string>) => boolean,
): string[] {
  const found = new Set<string>();
  for (const { disk } of world.devices) {
    disk.walk(ROOT, (path, peek) => {
      if (path.startsWith(".cairn/") && !/^\.cairn\/(versions\/|put-back-)/.test(path)) return;
      const key = keyOf(peek);
      if (key !== null) found.add(key);
    });
  }
  const isLost = (content: string) => !found.has(content) && !isLeftBad(content, found);
  const lost = history.required().filter(({ content }) => isLost(content!)).map((act) =>
    `lost: ${describe(act.content as string)}, act ${act.number} of ${
      String.fromCharCode(97 + act.device)
    } at ${act.path}`
  );
  // Of a home that is older than its tree, what is in the tree is news, and beats what others deleted meanwhile (R26).
  const mayComeBack = isRejected || world.devices.some(({ isHomeChanged }) => isHomeChanged);
  const wrong: string[] = [];
  world.devices[0]!.disk.walk(ROOT, (path, peek) => {
    const key = keyOf(peek);
    if (key === null || path.startsWith(".cairn/")) return;
    const why = mayComeBack
      ? null
      : history.whyNoConflict(path, key, isSure) ?? history.whyNotThere(path, key, isSure);
    if (why !== null) wrong.push(`${why} (${describe(key)})`);
  });
  return [...lost, ...wrong];
}
