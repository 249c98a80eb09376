/** Reads the files of a folder now and compares its replicas; tells in the status what reading them again has found. */
import type { Hono } from "hono";
import { streamText } from "hono/streaming";
import * as v from "valibot";
import { SELF } from "../catalogue/interning.ts";
import { CairnError } from "../core/errors.ts";
import type { FolderId } from "../core/ids.ts";
import { DAMAGES } from "../core/limits.ts";
import { foldersOf, REPLICA, replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { compareReplicas } from "../sync/compare_replicas.ts";
import type { Damage } from "../sync/damages.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { SCRUB } from "../sync/scrub.ts";
import type { Problem } from "./api_types.ts";
import type { ScrubStatus } from "./scrub_types.ts";
import { apiError } from "./api_error.ts";
import { bodyOf } from "./body.ts";
import type { Device, DevicePorts } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import type { VerifiedFolder, VerifiedReplica, VerifyEvent, VerifyRequest } from "./verify_types.ts";

const PROGRESS_MS = 200;

export interface VerifyService {
  verify(request: VerifyRequest, isOver: () => boolean): AsyncGenerator<VerifyEvent>;
}

const verifySchema = v.object({ folder: v.nullable(v.pipe(v.string(), v.maxLength(256))) });

export function addVerifyRoutes(app: Hono, service: VerifyService): void {
  app.post("/v1/verify", async (c) => {
    const request = await bodyOf(c, verifySchema);
    return streamText(c, async (out) => {
      for await (const event of service.verify(request, () => out.aborted || out.closed)) {
        await out.writeln(JSON.stringify(event));
      }
    });
  });
}

export function verifyService(device: Device, { clock }: Pick<DevicePorts, "clock">): VerifyService {
  return {
    async *verify(request, isOver) {
      const done: VerifiedFolder[] = [];
      try {
        for (const sync of wanted(device, request)) {
          const total = device.ledger.catalogue.totals(sync.replica.folder);
          let [files, bytes, isDone] = [0, 0, false];
          const told = (nowFiles: number, nowBytes: number) => [files, bytes] = [nowFiles, nowBytes];
          const work = verifyOne(device, clock, sync, told, isOver).finally(() => isDone = true);
          work.catch(() => {});
          while (!isDone) {
            const tick = new Promise<void>((resolve) => void clock.after(PROGRESS_MS, resolve));
            await Promise.race([work.catch(() => {}), tick]);
            if (isDone) break;
            const folder = nameOfFolder(device, sync.replica.folder);
            yield {
              kind: "progress",
              folder,
              files,
              filesTotal: total.files,
              bytes,
              bytesTotal: total.bytes,
            };
          }
          done.push(await work);
        }
        yield { kind: "end", folders: done, error: null };
      } catch (error) {
        yield { kind: "end", folders: done, error: apiError(error) };
      }
    },
  };
}

/** Throws CairnError "folder-unknown", or "path-unusable" for one that is stopped. */
function wanted(device: Device, { folder }: VerifyRequest): FolderSync[] {
  const { catalogue } = device.ledger;
  const only = folder === null ? null : folderNamed(catalogue, folder).id;
  const here = replicasOf(catalogue).filter((config) => only === null || config.folder === only);
  if (here.length === 0) {
    throw new CairnError(
      "folder-unknown",
      folder === null ? "This device has no folder" : `This device has no replica of "${folder}"`,
      "Verify it on a device that has one: `cairn devices` lists them.",
    );
  }
  return here.map((config) => {
    const sync = device.folders.get(config.folder);
    const why = sync === undefined ? "it is not started" : sync.replica.stopped?.cause ?? null;
    if (sync !== undefined && why === null && sync.outbound.isReady) return sync;
    throw new CairnError(
      "path-unusable",
      `${config.path} cannot be verified now: ${why ?? "it is being looked through"}`,
      "See `cairn status`; then try again.",
    );
  });
}

async function verifyOne(
  device: Device,
  clock: DevicePorts["clock"],
  sync: FolderSync,
  told: (files: number, bytes: number) => void,
  isOver: () => boolean,
): Promise<VerifiedFolder> {
  const { catalogue } = device.ledger;
  const { folder, number } = sync.replica;
  const { found, ...read } = await sync.scrub.verify(told, isOver);
  // What was found before and cannot be healed is damage still.
  const all = [...new Map([...sync.scrub.damages.atRisk, ...found].map((one) => [one.path, one])).values()];
  const devices = replicaDevices(device, folder);
  const compared = await compareReplicas(catalogue, clock, number, devices.map((one) => one.number));
  const nameOf = new Map(devices.map((one) => [one.number, one.name]));
  return {
    folder: nameOfFolder(device, folder),
    ...read,
    damaged: all.slice(0, DAMAGES).map(problemOf),
    damagedTotal: all.length,
    replicas: devices.map((one, i): VerifiedReplica => ({
      device: one.name,
      isHere: one.number === SELF,
      connected: one.number === SELF || device.links.session(one.id) !== null,
      lastSeenMs: catalogue.cursors.lastSeen(one.number).lastSeenMs,
      passedMs: passedOf(catalogue.values.fact(one.number, SCRUB + folder)),
      entries: compared.replicas[i]!.entries,
      digest: compared.replicas[i]!.digest,
    })),
    isEqual: compared.isEqual,
    differences: compared.differences.map(({ path, why, has }) => ({
      path,
      why,
      has: Object.fromEntries([...has].map(([one, what]) => [nameOf.get(one)!, what])),
    })),
    differencesTotal: compared.differencesTotal,
    directories: compared.directories,
  };
}

/** Members that say that they have a replica of the folder; this device first. */
function replicaDevices({ ledger: { catalogue }, identity }: Device, folder: FolderId) {
  return membersOf(catalogue)
    .map(({ device, name }) => ({ id: device, name, number: catalogue.ids.device(device) }))
    .filter(({ number }) => number === SELF || catalogue.values.fact(number, REPLICA + folder) !== null)
    .sort((a, b) =>
      Number(b.id === identity.id) - Number(a.id === identity.id) || (a.name < b.name ? -1 : 1)
    );
}

function passedOf(fact: unknown): number {
  const passed = (fact as { passed_ms?: unknown } | null)?.passed_ms;
  return typeof passed === "number" && Number.isFinite(passed) && passed > 0 ? passed : 0;
}

function nameOfFolder({ ledger }: Device, folder: FolderId): string {
  return foldersOf(ledger.catalogue).find(({ id }) => id === folder)?.name ?? "folder";
}

// -------------------------------------------------------------------------------- status

export function scrubStatus({ scrub: { pass, damages } }: FolderSync): ScrubStatus {
  return {
    passedMs: pass.passedMs,
    runningSinceMs: pass.isOn ? pass.startedMs : null,
    files: pass.files,
    bytes: pass.bytes,
    atRisk: damages.atRisk.length,
    healed: damages.all.length - damages.atRisk.length,
  };
}

/** Damaged files of a folder as `status` tells them: those at risk as problems. */
export function damageProblems({ scrub: { damages } }: FolderSync): Problem[] {
  const problems = damages.atRisk.map((damage): Problem => problemOf(damage));
  if (!damages.isFull) return problems;
  return [{
    path: "",
    cause: `${DAMAGES} files and more are damaged: the disk is failing, and is not read any further`,
    remedy: "Save what is on it: take the folder on another disk or device, and remove this one.",
  }, ...problems];
}

function problemOf({ path, found, healed, cause, remedy }: Damage): Problem & { healed: boolean } {
  const what = found === null
    ? "the disk does not give it back"
    : "damaged by the disk: other bytes behind an unchanged time and size";
  if (healed !== null) {
    return {
      path,
      cause: `${what}; healed, and the bad bytes are kept (cairn versions)`,
      remedy: "",
      healed: true,
    };
  }
  return { path, cause: cause === "" ? what : `${what}; at risk: ${cause}`, remedy, healed: false };
}
