/** New names of folders and devices, and new local paths of folders, as the local API offers them. */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { layoutOf } from "../folder/layout.ts";
import { readMarker, refuseForeign } from "../folder/marker.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { inOrder } from "../library/in_order.ts";
import { renameDevice, renameFolder } from "../library/naming.ts";
import { deviceNamed } from "../library/removal.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { bodyOf } from "./body.ts";
import type { SavedSettings } from "./config.ts";
import type { Device } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import type { MoveAnswer, MoveRequest, RenameAnswer, RenameRequest } from "./renaming_types.ts";
import { targetOfMove } from "./root_path.ts";

export interface RenamingService {
  renameFolder(request: RenameRequest): Promise<RenameAnswer>;
  renameDevice(request: RenameRequest): Promise<RenameAnswer>;
  moveFolder(request: MoveRequest): Promise<MoveAnswer>;
}

export function renamingService(device: Device, fs: Fs, home: string, saved: SavedSettings): RenamingService {
  const { ledger, identity } = device;
  const { catalogue } = ledger;
  return {
    async renameFolder({ of, name }) {
      const folder = folderNamed(catalogue, of);
      await inOrder(ledger, () => renameFolder(ledger, identity.id, folder, name));
      return { id: folder.id, from: folder.name, name };
    },
    async renameDevice({ of, name }) {
      const member = deviceNamed(catalogue, of);
      await inOrder(ledger, async () => {
        await renameDevice(ledger, identity.id, member, name);
        const kept = saved.settings();
        if (member.device === identity.id && kept !== null) await saved.saveSettings({ ...kept, name });
      });
      return { id: member.device, from: member.name, name };
    },
    moveFolder: (request) => inOrder(ledger, () => move(device, fs, home, request)),
  };
}

async function move(device: Device, fs: Fs, home: string, { folder, to }: MoveRequest): Promise<MoveAnswer> {
  const { ledger: { catalogue }, identity, folders } = device;
  const { id, name } = folderNamed(catalogue, folder);
  const replicas = replicasOf(catalogue);
  const config = replicas.find((one) => one.folder === id);
  if (config === undefined) {
    throw new CairnError(
      "folder-unknown",
      `"${name}" is not on this device`,
      `Take it there: cairn folders add "${name}" ${to}`,
    );
  }
  const from = config.path;
  if (from === to) throw new CairnError("usage", `"${name}" is in ${to} already`, "See: cairn folders");
  const names = new Map(foldersOf(catalogue).map((one) => [one.id, one.name]));
  const taken = replicas.map((one) => ({ path: one.path, name: names.get(one.folder) ?? "folder" }));
  const { real, kind } = targetOfMove(fs, to, home, taken);
  if (real === from) throw new CairnError("usage", `"${name}" is in ${from} already`, "See: cairn folders");
  if (kind === "root") {
    const marker = readMarker(fs, real);
    refuseForeign(real, marker, identity.id);
    if (marker === null || marker === "unreadable" || marker.replica !== config.replica) {
      throw new CairnError(
        "root-foreign",
        `${to} is another folder's directory (${layoutOf(real).marker})`,
        `Give a path where nothing is, or the directory of "${name}" that you have moved there.`,
      );
    }
    await folders.mover.goOnAt(real, marker);
  } else {
    requireRoot(fs, from, config.replica, name, to);
    await folders.mover.rename(id, real);
  }
  return { folder: { id, name, path: real }, from, wasThere: kind === "root" };
}

/** What is not where it was cannot be moved by us. */
function requireRoot(fs: Fs, from: string, replica: string, name: string, to: string): void {
  try {
    const marker = readMarker(fs, from);
    if (marker !== null && marker !== "unreadable" && marker.replica === replica) return;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
  }
  throw new CairnError(
    "path-unusable",
    `"${name}" is neither in ${from} nor in ${to}`,
    `Move its directory, with .cairn in it, to ${to} and say this again; or mount or mend ${from}.`,
  );
}

const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const renameSchema = v.object({ of: nameSchema, name: v.pipe(v.string(), v.maxLength(256)) });
const moveSchema = v.object({
  folder: nameSchema,
  to: v.pipe(v.string(), v.regex(/^(?:\/|[A-Za-z]:[\\/])/, "the path is not absolute"), v.maxLength(4096)),
});

export function addRenamingRoutes(app: Hono, service: RenamingService): void {
  app.post(
    "/v1/folders/rename",
    async (c) => c.json(await service.renameFolder(await bodyOf(c, renameSchema))),
  );
  app.post(
    "/v1/devices/rename",
    async (c) => c.json(await service.renameDevice(await bodyOf(c, renameSchema))),
  );
  app.post("/v1/folders/move", async (c) => c.json(await service.moveFolder(await bodyOf(c, moveSchema))));
}
