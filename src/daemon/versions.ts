/** Former contents as the local API tells and restores them. */
import * as v from "valibot";
import type { Context, Hono } from "hono";
import { isAlive } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, RelPath } from "../core/ids.ts";
import { versionId } from "../core/kept.ts";
import { isBelow, nameOf } from "../core/path.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import type { Fs } from "../platform/ports.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { type Failure, restore, type Restoring } from "../sync/restore.ts";
import { isDirectoryHere, movedTo, planRestore, type RestoreItem, type Which } from "../sync/restore_plan.ts";
import type { Device } from "./device.ts";
import { findInFolders, type Found, pathInFolder, type Root } from "./path_in_folder.ts";
import type {
  RestoreAnswer,
  RestoredItem,
  RestoreRequest,
  VersionsAnswer,
  VersionsRequest,
} from "./versions_types.ts";

/** Versions and items told in one answer. */
export const MOST_VERSIONS = 10_000;
const MOST_ITEMS = 1_000;
const MOST_UNKNOWN = 100;
const PATH_CHARACTERS = 8_192;

const pathSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(PATH_CHARACTERS));
const versionsSchema = v.object({
  path: pathSchema,
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_VERSIONS)),
});
const restoreSchema = v.object({
  path: pathSchema,
  atMs: v.nullable(v.pipe(v.number(), v.finite())),
  version: v.nullable(v.pipe(v.string(), v.maxLength(64))),
  to: v.nullable(pathSchema),
  dryRun: v.boolean(),
});

/** What a daemon offers of this. */
export interface VersionsService {
  versions(request: VersionsRequest): Promise<VersionsAnswer>;
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
}

type ReadBody = <Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
) => Promise<v.InferOutput<Schema>>;

export function addVersionRoutes(app: Hono, service: VersionsService, bodyOf: ReadBody): void {
  app.post("/v1/versions", async (c) => c.json(await service.versions(await bodyOf(c, versionsSchema))));
  app.post("/v1/restore", async (c) => c.json(await service.restore(await bodyOf(c, restoreSchema))));
}

export function versionsService(device: Device, fs: Fs): VersionsService {
  return {
    versions: (request) => versionsOf(device, fs, request),
    restore: (request) => restoreAt(device, fs, request),
  };
}

async function versionsOf(device: Device, fs: Fs, request: VersionsRequest): Promise<VersionsAnswer> {
  const { sync, found: { path } } = whereIs(device, fs, request.path);
  const { replica } = sync;
  await replica.exclusive(() => sync.keeper.takeInAll());
  const { catalogue, number } = replica;
  const isDirectory = isDirectoryHere(sync, path);
  const rows = isDirectory
    ? catalogue.kept.below(number, path, request.limit)
    : catalogue.kept.at(number, path);
  const nameOfDevice = namesOf(device);
  const { guard } = sync.outbound;
  return {
    folder: folderName(device, sync),
    path,
    isDirectory,
    versions: rows.slice(0, request.limit).map(({ kept }) => ({
      id: versionId(kept),
      path: kept.path,
      kind: kept.kind,
      size: kept.size,
      sinceMs: kept.sinceMs,
      keptMs: kept.keptMs,
      why: kept.why,
      by: nameOfDevice(kept.by),
    })),
    total: isDirectory ? catalogue.kept.countBelow(number, path) : rows.length,
    heldBack: isDirectory ? guard.heldBelow(path) : guard.isHeld(path) ? [path] : [],
  };
}

async function restoreAt(device: Device, fs: Fs, request: RestoreRequest): Promise<RestoreAnswer> {
  const { sync, roots, found } = whereIs(device, fs, request.path);
  const { replica } = sync;
  if (!sync.outbound.isReady) {
    throw new CairnError(
      "path-unusable",
      "The folder is still being looked through",
      "Try again when `cairn status` says so.",
    );
  }
  await replica.exclusive(() => sync.keeper.takeInAll());
  const which = whichOf(request);
  const plan = planRestore(sync, found.path, which);
  const goesTo = destination(fs, roots, found, request, plan.isDirectory);
  const items = request.to === null && !plan.isDirectory && plan.same > 0 ? [] : plan.items;
  const restoring = items.map((item): Restoring => ({ item, to: goesTo(item) }));
  // Told of what stands there before.
  const planned = restoring.map((one) => itemOf(sync, one));
  const failures = request.dryRun ? [] : await restore(sync, device.stager, restoring);
  const told = planned.map((item, i): RestoredItem => ({ ...item, failure: failures[i] ?? null }));
  const failed = told.filter(({ failure }) => failure !== null);
  if (!plan.isDirectory && failed.length > 0) throw refusal(found.path, failed[0]!.failure!);
  return {
    folder: folderName(device, sync),
    isDirectory: plan.isDirectory,
    dryRun: request.dryRun,
    // What failed is told first.
    items: [...failed, ...told.filter(({ failure }) => failure === null)].slice(0, MOST_ITEMS),
    itemsTotal: told.length,
    failedTotal: failed.length,
    same: plan.same,
    unknown: plan.unknown.slice(0, MOST_UNKNOWN),
    unknownTotal: plan.unknown.length,
  };
}

function refusal(path: RelPath, { cause, remedy }: Failure): CairnError {
  return new CairnError("path-unusable", `${path} was not restored: ${cause}`, remedy);
}

function whichOf({ atMs, version }: RestoreRequest): Which {
  if (atMs !== null && version !== null) {
    throw new CairnError("usage", "A time and a version were given", "Give one of --at and --version.");
  }
  return version !== null
    ? { kind: "version", id: version }
    : atMs !== null
    ? { kind: "at", atMs }
    : { kind: "latest" };
}

/** Where each item comes to stand: where it was, or below `to` (into `to`, where that is a directory and it is a file). */
function destination(
  fs: Fs,
  roots: readonly Root[],
  from: Found,
  { to }: RestoreRequest,
  isDirectory: boolean,
): (item: RestoreItem) => Restoring["to"] {
  if (to === null) return ({ path }) => ({ inside: path });
  const given = to.length > 1 ? to.replace(/\/+$/, "") : to;
  const into = !isDirectory && fs.lstat(given)?.kind === "directory"
    ? `${given}/${nameOf(from.path)}`
    : given;
  const found = findInFolders(fs, roots, into);
  if (found !== null && found.folder === from.folder) {
    if (isDirectory && (found.path === from.path || isBelow(found.path, from.path))) {
      throw new CairnError("usage", `${to} lies in what is restored`, "Give --to a place outside of it.");
    }
    return ({ path }) => ({ inside: movedTo(path, from.path, found.path) });
  }
  return ({ path }) => ({
    outside: path === from.path ? into : `${into}/${movedTo(path, from.path, "" as RelPath)}`,
  });
}

function itemOf({ replica }: FolderSync, { item, to }: Restoring): RestoredItem {
  const own = "inside" in to ? replica.own(to.inside) : null;
  const recorded = replica.own(item.path)?.row.entry;
  return {
    path: item.path,
    to: "inside" in to ? `${replica.root}/${to.inside}` : to.outside,
    replaces: own !== null && isAlive(own.row.entry),
    size: item.kept?.size ?? recorded?.size ?? 0,
    sinceMs: item.kept?.sinceMs ?? 0,
    isExact: item.isExact,
    failure: null,
  };
}

function whereIs(device: Device, fs: Fs, path: string): { sync: FolderSync; roots: Root[]; found: Found } {
  const roots = replicasOf(device.ledger.catalogue).map(({ folder, path: root }) => ({ folder, path: root }));
  const found = pathInFolder(fs, roots, path);
  const sync = device.folders.get(found.folder);
  const stopped = sync === undefined
    ? device.folders.failures.get(found.folder)?.message ?? "it is not started"
    : sync.replica.stopped?.cause;
  if (sync === undefined || stopped !== undefined) {
    throw new CairnError(
      "path-unusable",
      `The folder of ${path} is stopped: ${stopped}`,
      "See `cairn status`.",
    );
  }
  return { sync, roots, found };
}

function folderName(device: Device, { replica }: FolderSync): string {
  return foldersOf(device.ledger.catalogue).find(({ id }) => id === replica.folder)?.name ?? "folder";
}

function namesOf(device: Device): (id: DeviceId) => string {
  const names = new Map(membersOf(device.ledger.catalogue).map((member) => [member.device, member.name]));
  return (id) => id === device.identity.id ? "this device" : names.get(id) ?? id.slice(0, 8);
}
