/** A device whose machine is lost, and comes back out of an export. */
import { type BackupContents, contentsOf } from "../../src/daemon/backup/contents.ts";
import { importHome, type PlannedRoot } from "../../src/daemon/backup/import_home.ts";
import { encodeIdentity } from "../../src/peer/identity.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import type { Neighbour, Neighbours } from "./neighbours.ts";
import { waitFor } from "./wait.ts";

/** What `cairn export` writes. */
export function exportOf({ device, name }: Neighbour): BackupContents {
  const contents = contentsOf(device.ledger, { name, port: device.links.port }, Date.now());
  return { ...contents, identity: encodeIdentity(device.identity) };
}

/** The home is gone; what `world` makes of the disk is there when the export is imported. Nobody has heard of the device since it died. */
export async function comesBack(
  neighbours: Neighbours,
  neighbour: Neighbour,
  contents: BackupContents,
  world: () => void = () => {},
): Promise<PlannedRoot[]> {
  let plan: PlannedRoot[] = [];
  await neighbours.restart(neighbour, async () => {
    Deno.removeSync(neighbour.home, { recursive: true });
    Deno.mkdirSync(neighbour.home);
    world();
    const ports = { fs: realFs(), clock: realClock(), random: realRandom(), osBoot: "" };
    plan = await importHome(ports, neighbour.home, contents, () => {});
  });
  return plan;
}

/** Its folder runs. */
export async function folderRuns({ device, folder, name }: Neighbour): Promise<void> {
  await waitFor(`the folder of ${name} to run`, () => device.folders.get(folder) !== undefined, 60_000, 5);
}

/** A copy of the whole root, marker and versions with it. */
export function imageOf({ root }: Neighbour): () => void {
  const image = `${root}.image`;
  cp(root, image);
  return () => {
    Deno.removeSync(root, { recursive: true });
    cp(image, root);
  };
}

export function cp(from: string, to: string): void {
  const { success } = new Deno.Command("cp", { args: ["-a", from, to] }).outputSync();
  if (!success) throw new Error(`cp ${from} ${to} failed`);
}
