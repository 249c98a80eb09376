/** The folders of the library (shared), and this device's replicas of them (its own, R9). */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isGoodName } from "../core/given_name.ts";
import { type DeviceId, type FolderId, isId, type Stamp } from "../core/ids.ts";
import { type Mode, MODES } from "../core/mode.ts";
import type { JournalRecord, SharedField } from "../core/record.ts";
import { FOLDER, isSharedSetting } from "./folder_settings.ts";
import { uniqueName } from "./members.ts";

const NAME = "name";
/** Key of the local value and of the fact of a replica, before the folder. */
export const REPLICA = "replica/";

export interface Folder {
  readonly id: FolderId;
  /** Unique in the library (R34). */
  readonly name: string;
}

/** A replica of this device: where, and how it takes part. */
export interface ReplicaConfig {
  readonly folder: FolderId;
  readonly path: string;
  readonly mode: Mode;
  /** As in the root's marker. */
  readonly replica: string;
  /** The mode is new, and not all rows of this device follow it yet. */
  readonly isChanging?: boolean;
}

const configSchema = v.object({
  path: v.string(),
  mode: v.picklist(MODES),
  replica: v.string(),
  isChanging: v.optional(v.boolean(), false),
});
const modeSchema = v.object({ mode: v.picklist(MODES) });

export function foldersOf(catalogue: Catalogue): Folder[] {
  const taken = new Set<string>();
  return [...catalogue.values.sharedOfKind(FOLDER)]
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([id, fields]) => ({
      id: id as FolderId,
      name: uniqueName(String(fields.get(NAME)?.value ?? "folder"), taken),
    }));
}

export function folderField(id: FolderId, name: string, stamp: Stamp, writer: DeviceId): SharedField {
  return { kind: FOLDER, key: id, field: NAME, value: name, stamp, writer };
}

export function isAcceptableFolder(field: SharedField): boolean {
  if (!isId("folder", field.key)) return false;
  if (field.field !== NAME) return isSharedSetting(field);
  return typeof field.value === "string" && isGoodName(field.value);
}

export function replicasOf(catalogue: Catalogue): ReplicaConfig[] {
  return catalogue.values.localWithPrefix(REPLICA).flatMap(({ key, value }) => replicaFrom(key, value) ?? []);
}

/** The replica that a local value says; null when it says none. */
export function replicaFrom(key: string, value: unknown): ReplicaConfig | null {
  const folder = key.slice(REPLICA.length);
  const read = v.safeParse(configSchema, value);
  return key.startsWith(REPLICA) && read.success && isId("folder", folder)
    ? { folder, ...read.output }
    : null;
}

/** The records that make a replica: its place stays here, its mode is told to others. */
export function replicaRecords(
  { folder, path, mode, replica, isChanging = false }: ReplicaConfig,
): JournalRecord[] {
  return [
    {
      type: "local",
      key: REPLICA + folder,
      value: { path, mode, replica, ...isChanging ? { isChanging } : {} },
    },
    { type: "fact", key: REPLICA + folder, value: { mode } },
  ];
}

/** How a device (by its number in the catalogue) says that it takes part in a folder; null where it does not, or says what makes no sense. */
export function modeOf(catalogue: Catalogue, device: number, folder: FolderId): Mode | null {
  const read = v.safeParse(modeSchema, catalogue.values.fact(device, REPLICA + folder));
  return read.success ? read.output.mode : null;
}

// ------------------------------------------------------------------------------------ leaving a folder (R11)

const LEAVING = "leaving/";

/** A folder of which this device withdraws what it said, and where it had it. */
export interface Leaving {
  readonly folder: FolderId;
  readonly path: string;
  readonly purgesVersions: boolean;
}

const leavingSchema = v.object({ path: v.string(), purgesVersions: v.boolean() });

/** The records after which the folder is none of this device's any more; what is left to be done for it outlives a restart. */
export function leavingRecords({ folder, path, purgesVersions }: Leaving): JournalRecord[] {
  return [
    { type: "local", key: LEAVING + folder, value: { path, purgesVersions } },
    { type: "local", key: REPLICA + folder, value: null },
    { type: "fact", key: REPLICA + folder, value: null },
  ];
}

export function leftRecord(folder: FolderId): JournalRecord {
  return { type: "local", key: LEAVING + folder, value: null };
}

export function leavingOf(catalogue: Catalogue): Leaving[] {
  return catalogue.values.localWithPrefix(LEAVING).flatMap(({ key, value }) => {
    const folder = key.slice(LEAVING.length);
    const read = v.safeParse(leavingSchema, value);
    return read.success && isId("folder", folder) ? [{ folder, ...read.output }] : [];
  });
}
