/** How this device takes part in its folders, as a person sees and changes it (R9, R11). */
import type { Hono } from "hono";
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { SELF } from "../catalogue/interning.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, FolderId } from "../core/ids.ts";
import { givesOwn, type Mode, MODES } from "../core/mode.ts";
import { foldersOf, leavingOf, modeOf, type ReplicaConfig, replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { type Clock, FsError } from "../platform/ports.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { previewMode } from "../sync/mode_preview.ts";
import { override } from "../sync/override.ts";
import { revert } from "../sync/revert.ts";
import type { FolderStatus } from "./api_types.ts";
import { bodyOf } from "./body.ts";
import { unlessCountedOn } from "./counted_on.ts";
import type { Device } from "./device.ts";
import type {
  FolderHere,
  FoldersAnswer,
  LeaveAnswer,
  LeaveRequest,
  ModeAnswer,
  ModeRequest,
  OverrideAnswer,
  RevertAnswer,
  WordRequest,
} from "./modes_types.ts";

/** Devices that are told of a folder, and folders that are told of: a member may have made up thousands. */
const DEVICES_TOLD = 100;
const FOLDERS_TOLD = 1_000;
/** Paths looked at between two turns of the event loop. */
const TURN_PATHS = 500;

export interface ModesService {
  folders(): FoldersAnswer;
  /** Says what the change means, and unless that is all that was asked makes it. */
  changeMode(request: ModeRequest): Promise<ModeAnswer>;
  overrideFolder(request: WordRequest): Promise<OverrideAnswer>;
  revertFolder(request: WordRequest): Promise<RevertAnswer>;
  leaveFolder(request: LeaveRequest): Promise<LeaveAnswer>;
}

export function modesService(
  device: Device,
  clock: Pick<Clock, "after">,
  statuses: () => readonly FolderStatus[],
): ModesService {
  const { ledger: { catalogue }, identity } = device;
  return {
    folders() {
      const here = statuses();
      const ids = new Set([...here.map(({ id }) => id), ...leavingOf(catalogue).map(({ folder }) => folder)]);
      const others = foldersOf(catalogue).filter(({ id }) => !ids.has(id)).slice(0, FOLDERS_TOLD);
      return {
        schema: "cairn.folders/1",
        folders: here,
        notHere: others.map(({ id, name }) => ({
          id,
          name,
          elsewhere: modesElsewhere(catalogue, identity.id, id),
        })),
      };
    },
    async changeMode({ folder, mode, dryRun }) {
      const { sync, here } = atWork(device, folder);
      const from = sync.replica.mode;
      refuseInParts(sync, here, mode);
      const preview = await asked(here, () => previewMode(sync.replica, mode));
      const change = async () => {
        if (!dryRun && from !== mode) await sync.modes.change(mode);
      };
      const isWithdrawn = givesOwn(from) && !givesOwn(mode);
      await (isWithdrawn
        ? unlessCountedOn(device, clock, [sync.replica.folder, here.name], change)
        : change());
      return { schema: "cairn.folders.mode/1", folder: here, from, to: mode, dryRun, preview };
    },
    async overrideFolder({ folder, isMeant }) {
      const { sync, here } = atWork(device, folder);
      requireMode(sync, here, "send", "takes what others changed, or gives nothing");
      const done = await asked(here, () => override(sync.replica, isMeant));
      sync.inbound.evaluate();
      return { schema: "cairn.override/1", folder: here, done: isMeant, ...done };
    },
    async revertFolder({ folder, isMeant }) {
      const { sync, here } = atWork(device, folder);
      requireMode(sync, here, "receive", "keeps no changes of its own back");
      if (isMeant) await sync.outbound.fullScan();
      const done = await asked(here, () => revert(sync.replica, isMeant));
      sync.inbound.evaluate();
      return { schema: "cairn.revert/1", folder: here, done: isMeant, ...done };
    },
    async leaveFolder({ folder, purgeVersions, dryRun }) {
      const { config, here } = replicaNamed(device, folder);
      const { files, bytes } = catalogue.totals(config.folder);
      const onlyHere = await countOnlyHere(device, clock, config.folder);
      const leave = async () => {
        if (!dryRun) await device.folders.remove(config, purgeVersions);
      };
      // Where the disk is gone nothing can be got back from here, whoever counts on it.
      const isThere = device.folders.get(config.folder) !== undefined;
      await (isThere ? unlessCountedOn(device, clock, [config.folder, here.name], leave) : leave());
      const isComplete = !leavingOf(catalogue).some((leaving) => leaving.folder === config.folder);
      return {
        schema: "cairn.folders.remove/1",
        folder: here,
        done: !dryRun,
        files,
        bytes,
        onlyHere,
        isComplete,
      };
    },
  };
}

/** How the other members say that they take part in a folder. */
export function modesElsewhere(
  catalogue: Catalogue,
  self: DeviceId,
  folder: FolderId,
): { device: string; mode: string }[] {
  return membersOf(catalogue).filter(({ device }) => device !== self).slice(0, DEVICES_TOLD)
    .flatMap(({ device, name }) => {
      const mode = modeOf(catalogue, catalogue.ids.device(device), folder);
      return mode === null ? [] : [{ device: name, mode }];
    });
}

/** A root that is a replica already is not added again in another mode. Throws CairnError "usage". */
export function refuseOtherMode({ path, mode }: ReplicaConfig, wanted: Mode | undefined): void {
  if (wanted === undefined || wanted === mode) return;
  throw new CairnError(
    "usage",
    `${path} is a folder of this device already, in the mode ${mode}`,
    `Change it with: cairn folders mode FOLDER ${wanted}`,
  );
}

function replicaNamed(device: Device, name: string): { config: ReplicaConfig; here: FolderHere } {
  const { catalogue } = device.ledger;
  const names = new Map(foldersOf(catalogue).map((folder) => [folder.id, folder.name]));
  const here = replicasOf(catalogue).map((config) => ({
    config,
    here: { id: config.folder, name: names.get(config.folder) ?? "folder", path: config.path },
  }));
  const found = here.find((one) => one.here.name === name) ??
    here.find(({ config }) => config.folder === name || config.path === name);
  if (found !== undefined) return found;
  throw new CairnError(
    "folder-unknown",
    `There is no folder "${name}" on this device`,
    names.values().some((known) => known === name)
      ? `Take it with: cairn folders add ${name} PATH`
      : "See `cairn folders`.",
  );
}

/** A folder whose root is what it was, and of which all was looked at. Throws CairnError. */
function atWork(device: Device, name: string): { sync: FolderSync; here: FolderHere } {
  const { config, here } = replicaNamed(device, name);
  const sync = device.folders.get(config.folder);
  const halt = sync?.replica.brake.halt ?? null;
  if (sync === undefined || sync.replica.stopped !== null || (halt !== null && halt.kind !== "changes")) {
    throw new CairnError(
      "path-unusable",
      `"${here.name}" is stopped on this device`,
      "See why, and what to do about it, with: cairn status",
    );
  }
  if (sync.outbound.isReady && sync.modes.isSettled) return { sync, here };
  throw new CairnError(
    "usage",
    `"${here.name}" is still being looked at, so nobody knows yet what would happen`,
    "Say it again when `cairn status` shows that it is done.",
  );
}

function requireMode(
  { replica: { mode } }: FolderSync,
  { name }: FolderHere,
  wanted: Mode,
  why: string,
): void {
  if (mode === wanted) return;
  throw new CairnError(
    "usage",
    `"${name}" is in the mode ${mode} on this device, which ${why}`,
    `This is for a folder in the mode ${wanted}. See the modes with: cairn folders`,
  );
}

/** What only lists a folder forgets which of it was not to be kept: back in another mode all of it would come. */
function refuseInParts({ replica: { keep } }: FolderSync, { name }: FolderHere, mode: Mode): void {
  if (mode !== "index" || keep.patterns.length === 0) return;
  throw new CairnError(
    "usage",
    `This device keeps only a part of "${name}", which has no meaning in the mode index`,
    `End that first: cairn folders keep ${JSON.stringify(name)} --all`,
  );
}

async function asked<T>({ path }: FolderHere, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new CairnError(
      "path-unusable",
      `${path} cannot be used (${error.code})`,
      "Mend it and say it again.",
      error,
    );
  }
}

/** Living files here whose content no other device is known to hold at the same path. */
async function countOnlyHere(
  { ledger: { catalogue } }: Device,
  clock: Pick<Clock, "after">,
  folder: FolderId,
): Promise<number> {
  let count = 0;
  let looked = 0;
  for (const rows of catalogue.everyPath.of(catalogue.ids.folder(folder))) {
    const own = rows.find(({ device }) => device === SELF)?.row;
    const isOurs = own?.held === true && (own.entry.kind === "file" || own.entry.kind === "symlink");
    const isElsewhere = rows.some(({ device, row }) =>
      device !== SELF && row.held && row.entry.content === own?.entry.content &&
      row.entry.target === own?.entry.target
    );
    if (isOurs && !isElsewhere) count++;
    if (++looked % TURN_PATHS === 0) await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  return count;
}

export function addModeRoutes(app: Hono, door: ModesService): void {
  app.get("/v1/folders", (c) => c.json(door.folders()));
  app.post("/v1/folders/mode", async (c) => c.json(await door.changeMode(await bodyOf(c, modeSchema))));
  app.post("/v1/folders/leave", async (c) => c.json(await door.leaveFolder(await bodyOf(c, leaveSchema))));
  app.post("/v1/override", async (c) => c.json(await door.overrideFolder(await bodyOf(c, wordSchema))));
  app.post("/v1/revert", async (c) => c.json(await door.revertFolder(await bodyOf(c, wordSchema))));
}

const name = v.pipe(v.string(), v.maxLength(4_096));
const modeSchema = v.object({ folder: name, mode: v.picklist(MODES), dryRun: v.boolean() });
const wordSchema = v.object({ folder: name, isMeant: v.boolean() });
const leaveSchema = v.object({ folder: name, purgeVersions: v.boolean(), dryRun: v.boolean() });
