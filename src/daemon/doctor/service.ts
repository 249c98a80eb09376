/** What only a running device can tell a doctor: what peers said when they were met, and what its disks do when they are written to. */
import type { Hono } from "hono";
import { messageOf } from "../../core/errors.ts";
import { layoutOf } from "../../folder/layout.ts";
import { replicasOf } from "../../library/folders.ts";
import type { Clock, Fs } from "../../platform/ports.ts";
import type { Device } from "../device.ts";
import type { DiskTried, DoctorAnswer } from "./types.ts";

export interface DoctorService {
  doctor(): Promise<DoctorAnswer>;
}

/** A block of most disks. */
const PROBE_BYTES = 4096;
const PROBE = "doctor-probe";

export function addDoctorRoutes(app: Hono, service: DoctorService): void {
  app.get("/v1/doctor", async (c) => c.json(await service.doctor()));
}

export function doctorService(
  device: Device,
  ports: { readonly fs: Fs; readonly clock: Clock },
  home: string,
): DoctorService {
  // Two at a time would take each other's file away.
  let last: Promise<unknown> = Promise.resolve();
  const look = async (): Promise<DoctorAnswer> => {
    const disks = [await tryDisk(ports, home, home, null)];
    for (const { folder, path } of replicasOf(device.ledger.catalogue)) {
      const replica = device.folders.get(folder)?.replica;
      // Nothing is written to a root that is gone, or another's.
      if (replica === undefined || replica.stopped !== null) continue;
      disks.push(await tryDisk(ports, path, layoutOf(path).own, replica.disk.foldsCase));
    }
    return {
      peers: device.links.sessions().map((session) => ({ id: session.peer, ...device.hellos.of(session) })),
      disks,
    };
  };
  return {
    doctor() {
      const answer = last.then(look);
      last = answer.catch(() => {});
      return answer;
    },
  };
}

/** `path` is what it is told of, `dir` where it is tried. */
async function tryDisk(
  { fs, clock }: { readonly fs: Fs; readonly clock: Clock },
  path: string,
  dir: string,
  foldsCase: boolean | null,
): Promise<DiskTried> {
  const probe = `${dir}/${PROBE}`;
  const bytes = new Uint8Array(PROBE_BYTES).map((_, i) => i % 251);
  const startedMs = clock.monotonic();
  const told = (failure: string | null): DiskTried => ({
    path,
    isHome: path === dir,
    tookMs: Math.round(clock.monotonic() - startedMs),
    failure,
    foldsCase,
  });
  try {
    await fs.writeDurably(probe, bytes, 0o600);
    const read = fs.readSmall(probe, PROBE_BYTES);
    fs.unlink(probe);
    await fs.syncDirectory(dir);
    const isSame = read !== null && read.length === bytes.length &&
      read.every((byte, i) => byte === bytes[i]);
    return told(isSame ? null : "what was read is not what was written");
  } catch (error) {
    return told(messageOf(error));
  }
}
