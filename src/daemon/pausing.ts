/** Pausing folders, devices or all, and going on (sync/pauses.ts). */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { type Folder, foldersOf, replicasOf } from "../library/folders.ts";
import { inOrder } from "../library/in_order.ts";
import { givenNameOf, type Member, membersOf } from "../library/members.ts";
import { deviceNamed } from "../library/removal.ts";
import type { Clock } from "../platform/ports.ts";
import type { Pausable } from "../sync/pauses.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import type { PauseAnswer, PauseRequest } from "./pausing_types.ts";

export interface PausingService {
  /** Durable, and in force, when it is answered. Throws CairnError "usage", "folder-unknown" or "device-unknown". */
  pause(request: PauseRequest): Promise<PauseAnswer>;
}

type Found = Pausable & { readonly name: string };

export function pausingService(device: Device, clock: Pick<Clock, "now">): PausingService {
  const { ledger, pauses } = device;
  return {
    async pause(request) {
      const found = find(device, request);
      const { isPaused } = request;
      const hasChanged = await inOrder(ledger, () => pauses.set(found, isPaused, clock.now()));
      return {
        schema: "cairn.pause/1",
        kind: found.kind,
        name: found.name,
        isPaused,
        hasChanged,
        paused: {
          all: pauses.isAll,
          folders: foldersHere(device).filter(({ id }) => pauses.has({ kind: "folder", folder: id }))
            .map(({ name }) => name),
          devices: othersOf(device).filter(({ device }) => pauses.has({ kind: "device", device }))
            .map(({ name }) => name),
        },
      };
    },
  };
}

function find(device: Device, { kind, name }: PauseRequest): Found {
  if (kind === "all") return { kind, name: "" };
  const folder = kind === "device" ? undefined : folderCalled(device, name);
  const other = kind === "folder" ? null : deviceCalled(device, name, kind === "any");
  if (folder !== undefined && other !== null) {
    throw new CairnError(
      "usage",
      `There is a folder and a device called "${name}"`,
      `Say which: cairn pause folder ${name}, or cairn pause device ${name} (likewise cairn resume).`,
    );
  }
  if (folder !== undefined) return { kind: "folder", folder: folder.id, name: folder.name };
  if (other !== null) return { kind: "device", device: other.device, name: other.name };
  const what = kind === "folder" ? "folder" : "folder or device";
  throw new CairnError(
    "folder-unknown",
    `There is no ${what} "${name}" on this device`,
    "See `cairn folders` and `cairn devices`.",
  );
}

function foldersHere({ ledger: { catalogue } }: Device): Folder[] {
  const here = new Set(replicasOf(catalogue).map(({ folder }) => folder));
  return foldersOf(catalogue).filter(({ id }) => here.has(id));
}

function othersOf({ ledger: { catalogue }, identity }: Device): Member[] {
  return membersOf(catalogue).filter(({ device }) => device !== identity.id);
}

function folderCalled(device: Device, name: string): Folder | undefined {
  const { catalogue } = device.ledger;
  const here = foldersHere(device);
  const byPath = replicasOf(catalogue).find(({ path }) => path === name)?.folder;
  return here.find((folder) => folder.name === name) ??
    here.find(({ id }) => id === name || id === byPath);
}

/** Null where it may be a folder that is meant, and there is no such device. */
function deviceCalled(
  { ledger: { catalogue }, identity }: Device,
  name: string,
  mayBeNone: boolean,
): Member | null {
  const isOne = membersOf(catalogue).some((member) =>
    member.name === name || givenNameOf(catalogue, member.device) === name ||
    (name.length >= 4 && member.device.startsWith(name.toLowerCase()))
  );
  if (mayBeNone && !isOne) return null;
  const found = deviceNamed(catalogue, name);
  if (found.device !== identity.id) return found;
  throw new CairnError(
    "usage",
    `"${name}" is this device itself`,
    "To pause all that it does with others: cairn pause all",
  );
}

export function addPausingRoutes(app: Hono, service: PausingService): void {
  app.post("/v1/pause", async (c) => c.json(await service.pause(await bodyOf(c, pauseSchema))));
}

const pauseSchema = v.object({
  kind: v.picklist(["all", "folder", "device", "any"]),
  name: v.pipe(v.string(), v.maxLength(4096)),
  isPaused: v.boolean(),
});
