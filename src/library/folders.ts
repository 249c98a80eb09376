/** The folders of the library (shared), and this device's replicas of them (its own, R9). */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isGoodName } from "../core/given_name.ts";
import { type DeviceId, type FolderId, isId, type Stamp } from "../core/ids.ts";
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

export type Mode = "sync" | "send" | "receive" | "index";

/** A replica of this device: where, and how it takes part. */
export interface ReplicaConfig {
  readonly folder: FolderId;
  readonly path: string;
  readonly mode: Mode;
  /** As in the root's marker. */
  readonly replica: string;
}

const configSchema = v.object({
  path: v.string(),
  mode: v.picklist(["sync", "send", "receive", "index"]),
  replica: v.string(),
});

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
  return catalogue.values.localWithPrefix(REPLICA).flatMap(({ key, value }) => {
    const folder = key.slice(REPLICA.length);
    const read = v.safeParse(configSchema, value);
    return read.success && isId("folder", folder) ? [{ folder, ...read.output }] : [];
  });
}

/** The records that make a replica: its place stays here, its mode is told to others. */
export function replicaRecords({ folder, path, mode, replica }: ReplicaConfig): JournalRecord[] {
  return [
    { type: "local", key: REPLICA + folder, value: { path, mode, replica } },
    { type: "fact", key: REPLICA + folder, value: { mode } },
  ];
}
