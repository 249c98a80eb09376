/** What a person can ask of conflicts: to see them, to compare the two sides, to settle them (R8). */
import type { Hono } from "hono";
import * as v from "valibot";
import type { HeldRow } from "../catalogue/rows.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, RelPath } from "../core/ids.ts";
import { isBelow, nameOf } from "../core/path.ts";
import { stampMs } from "../core/stamp.ts";
import { MERGE_BYTES, textOf, unifiedDiff } from "../core/text_merge.ts";
import { Pins } from "../folder/pins.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { type Conflict, conflictsIn } from "../sync/conflicts.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import type { Replica } from "../sync/replica.ts";
import { settleConflict, type Settling } from "../sync/resolving.ts";
import { bodyOf } from "./body.ts";
import type {
  ConflictsAnswer,
  ConflictSide,
  ConflictsRequest,
  ConflictStatus,
  ResolveAnswer,
  ResolvedConflict,
  ResolveRequest,
} from "./conflicts_types.ts";
import type { Device } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import { pathInFolder } from "./path_in_folder.ts";

export interface ConflictsService {
  conflicts(request: ConflictsRequest): ConflictsAnswer;
  /** Throws CairnError "conflict-unknown" or "conflict-unsettled". */
  resolveConflict(request: ResolveRequest): Promise<ResolveAnswer>;
}

interface Found {
  readonly sync: FolderSync;
  readonly folder: string;
  readonly conflict: Conflict;
}

export function conflictsService(device: Device, fs: Fs): ConflictsService {
  return {
    conflicts(request) {
      const nameOfDevice = deviceNames(device);
      const all = find(device, fs, request.path, request.folder);
      return { conflicts: all.map((found) => statusOf(found, nameOfDevice, device, request.diff)) };
    },
    async resolveConflict({ path, keep }) {
      const all = find(device, fs, path, null, true);
      if (all.length === 0) {
        throw new CairnError(
          "conflict-unknown",
          `There is no conflict at ${path}`,
          "`cairn conflicts` lists those that nobody has settled.",
        );
      }
      if (keep !== "both" && all.length > 1) {
        const names = all.map(({ conflict }) => conflict.copy.row.path).join(", ");
        throw new CairnError(
          "usage",
          `${path} is in ${all.length} conflicts`,
          `Say which, by the path of its copy: ${names}`,
        );
      }
      const resolved: ResolvedConflict[] = [];
      for (const found of all) resolved.push(await resolve(found, keep, deviceNames(device), device));
      return { resolved };
    },
  };
}

export function addConflictRoutes(app: Hono, service: ConflictsService): void {
  app.post("/v1/conflicts", async (c) => c.json(service.conflicts(await bodyOf(c, conflictsSchema))));
  app.post(
    "/v1/conflicts/resolve",
    async (c) => c.json(await service.resolveConflict(await bodyOf(c, resolveSchema))),
  );
}

const conflictsSchema = v.object({
  path: v.nullable(v.string()),
  folder: v.nullable(v.string()),
  diff: v.boolean(),
});
const resolveSchema = v.object({ path: v.string(), keep: v.picklist(["mine", "theirs", "both"]) });

/** Conflicts with a side at the path, or, unless `exactly`, below it. */
function find(
  device: Device,
  fs: Fs,
  path: string | null,
  folder: string | null,
  exactly = false,
): Found[] {
  const { catalogue } = device.ledger;
  const names = new Map(foldersOf(catalogue).map(({ id, name }) => [id, name]));
  const chosen = folder === null ? null : folderNamed(catalogue, folder).id;
  const at = path === null ? null : pathInFolder(fs, replicasOf(catalogue), path);
  return [...device.folders.all()].flatMap((sync): Found[] => {
    const { folder: id } = sync.replica;
    if ((chosen !== null && id !== chosen) || (at !== null && id !== at.folder)) return [];
    return conflictsIn(sync.replica)
      .filter((conflict) => at === null || concerns(conflict, at.path, exactly))
      .map((conflict) => ({ sync, folder: names.get(id) ?? "folder", conflict }));
  });
}

function concerns({ path, copy }: Conflict, at: RelPath, exactly: boolean): boolean {
  const sides = [path, copy.row.path];
  return sides.includes(at) || (!exactly && sides.some((side) => isBelow(side, at)));
}

function deviceNames(device: Device): (id: DeviceId) => string {
  const names = new Map(membersOf(device.ledger.catalogue).map((member) => [member.device, member.name]));
  return (id) => names.get(id) ?? "a removed device";
}

function statusOf(
  { sync: { replica }, folder, conflict }: Found,
  nameOfDevice: (id: DeviceId) => string,
  device: Device,
  diff: boolean,
): ConflictStatus {
  const side = ({ row: { entry } }: HeldRow): ConflictSide => ({
    kind: entry.kind as ConflictSide["kind"],
    size: entry.size,
    writtenMs: stampMs(entry.stamp),
    device: nameOfDevice(entry.writer),
    isOurs: entry.writer === device.identity.id,
  });
  const { path, standing, copy } = conflict;
  return {
    folder,
    path,
    copyPath: copy.row.path,
    root: replica.root,
    standing: standing === null ? null : side(standing),
    copy: side(copy),
    mine: mineOf(conflict, device.identity.id),
    diff: diff ? diffOf(replica, conflict, nameOfDevice) : null,
  };
}

/** "Mine" is what was written on this device; when neither side was, or both, what stands at the path. */
function mineOf({ standing, copy }: Conflict, self: DeviceId): "standing" | "copy" | null {
  if (standing === null) return null;
  const isOurs = ({ row: { entry } }: HeldRow) => entry.writer === self;
  return isOurs(copy) && !isOurs(standing) ? "copy" : "standing";
}

// -------------------------------------------------------------------------------- comparing

function diffOf(
  replica: Replica,
  { path, standing, copy }: Conflict,
  nameOfDevice: (id: DeviceId) => string,
): string {
  if (standing === null) return "Nothing stands at the path any more.\n";
  const sides = [standing, copy];
  const [a, b] = sides.map(({ row }) => row.entry);
  if (a!.kind !== "file" || b!.kind !== "file") {
    return sides.map(({ row: { path, entry } }) =>
      `${path}: ${entry.kind}${entry.target === null ? "" : ` to ${entry.target}`}\n`
    ).join("");
  }
  const pins = new Pins(replica.deps.fs, replica.root);
  try {
    const [before, after] = sides.map(({ row }) => read(replica, pins, row.path, row.entry.size));
    const labels = sides.map(({ row: { path, entry } }) => `${path}\t${nameOfDevice(entry.writer)}`);
    const text = before == null || after == null
      ? null
      : unifiedDiff(labels as [string, string], before, after);
    if (text === "") return "The two are the same.\n";
    return text ?? `${nameOf(path)}: binary, ${a!.size} and ${b!.size} bytes\n`;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return `${nameOf(path)}: cannot be read (${error.code})\n`;
  } finally {
    pins.close();
  }
}

function read({ deps: { fs } }: Replica, pins: Pins, path: RelPath, size: number): string | null {
  if (size > MERGE_BYTES) return null;
  const bytes = fs.readSmall(pins.at(path), MERGE_BYTES);
  return bytes === null ? null : textOf(bytes);
}

// -------------------------------------------------------------------------------- settling

async function resolve(
  { sync, folder, conflict }: Found,
  keep: ResolveRequest["keep"],
  nameOfDevice: (id: DeviceId) => string,
  device: Device,
): Promise<ResolvedConflict> {
  const { path, copy } = conflict;
  const settling = settlingOf(conflict, keep, nameOfDevice, device.identity.id);
  try {
    const copyPath = await settleConflict(sync.replica, conflict, settling);
    const kept = settling.keep as ResolvedConflict["kept"];
    return { folder, path, kept, copyPath: kept === "both" ? copyPath : null };
  } finally {
    // Also what was done only in part is found.
    sync.outbound.lookAgain([path, copy.row.path]);
  }
}

function settlingOf(
  conflict: Conflict,
  keep: ResolveRequest["keep"],
  nameOfDevice: (id: DeviceId) => string,
  self: DeviceId,
): Settling {
  const { path, copy } = conflict;
  if (keep === "both") {
    const mark = nameOfDevice(copy.row.entry.writer).replaceAll(/[^\p{L}\p{N}._-]+/gu, "-");
    return { keep, mark: mark.slice(0, MARK_LENGTH) };
  }
  const mine = mineOf(conflict, self);
  if (mine === null) {
    throw new CairnError(
      "conflict-unsettled",
      `Nothing stands at ${path} any more, so there is only one side`,
      "Keep it under the plain name with --keep both, or delete the copy.",
    );
  }
  return { keep: (keep === "mine") === (mine === "standing") ? "standing" : "copy" };
}

/** Of a device's name, as a part of a file's: the file's own name matters more. */
const MARK_LENGTH = 32;
