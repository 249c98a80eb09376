/**
 * How a folder is kept: what its people agreed on (shared: the same on all devices), and what each device decides for itself
 * (its own, R9). Which settings there are: settings_table.ts.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, FolderId, Stamp } from "../core/ids.ts";
import { nearestNames } from "../core/nearest.ts";
import type { JournalRecord, SharedField } from "../core/record.ts";
import type { Setting, SettingValue } from "../core/setting.ts";
import { FOLDER_SETTINGS as SETTINGS, type FolderSetting, type FolderSettings } from "./settings_table.ts";

export type { FolderSettings } from "./settings_table.ts";

/** Kind of the shared records that folders are. */
export const FOLDER = "folder";

const OWN = "settings/";

export function settingNamed(name: string): FolderSetting {
  const setting = SETTINGS.find((known) => known.name === name);
  if (setting !== undefined) return setting;
  throw noSetting(name, SETTINGS);
}

/** What is said of a name that no setting has. */
export function noSetting(name: string, settings: readonly Setting[]): CairnError {
  const names = settings.map((known) => known.name);
  const [near] = nearestNames(name, names, 1);
  const meant = near === undefined ? "" : `Did you mean ${near}? `;
  return new CairnError("usage", `There is no setting "${name}"`, `${meant}There is ${names.join(", ")}.`);
}

/** What is said of a value that a setting cannot have. */
export function noValue({ name, meaning, example, initial, show }: Setting, text: string): CairnError {
  const unset = initial === null ? "" : ` It is ${show(initial)} unless set.`;
  return new CairnError(
    "usage",
    `"${text}" is no value for ${name} (${meaning})`,
    `Say it like this: ${name} ${example}.${unset}`,
  );
}

/** What holds for a folder on this device. What cannot be read counts as not set. */
export function settingsOf(catalogue: Catalogue, folder: FolderId): FolderSettings {
  const shared = catalogue.values.sharedOfKind(FOLDER).get(folder);
  const own = ownSettings(catalogue, folder);
  const entries = SETTINGS.map(({ key, name, isShared, initial, read }) => {
    const value = isShared ? shared?.get(name)?.value : own?.[name];
    return [key, value === undefined || value === null ? initial : read(value) ?? initial];
  });
  return Object.fromEntries(entries) as unknown as FolderSettings;
}

/** The numbers of the folders whose texts are neither read nor kept. */
export function foldersWithoutText(catalogue: Catalogue): Set<number> {
  const off = new Set<number>();
  for (const [folder, fields] of catalogue.values.sharedOfKind(FOLDER)) {
    const number = fields.get("text")?.value === "off" ? catalogue.ids.findFolder(folder as FolderId) : null;
    if (number !== null) off.add(number);
  }
  return off;
}

function ownSettings(catalogue: Catalogue, folder: FolderId): Record<string, unknown> {
  const value = catalogue.values.local(OWN + folder);
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

/** Whether a shared field says a setting that this program knows, with a value that it can have. */
export function isSharedSetting({ field, value }: SharedField): boolean {
  return SETTINGS.some((known) => known.isShared && known.name === field && known.read(value) === value);
}

export interface SettingWriter {
  readonly device: DeviceId;
  stamp(replaced: Stamp): Stamp;
}

/**
 * The record that makes a setting so; with null as if nothing had been said. All devices know a shared one by its value, so that its
 * initial one is said then. Throws CairnError "usage" for a value that it cannot have.
 */
export function settingRecord(
  catalogue: Catalogue,
  folder: FolderId,
  setting: FolderSetting,
  text: string | null,
  writer: SettingWriter,
): JournalRecord {
  const { name, isShared, initial } = setting;
  const value = text === null ? null : setting.read(text);
  if (text !== null && value === null) throw noValue(setting, text);
  if (!isShared) {
    return {
      type: "local",
      key: OWN + folder,
      value: withValue(ownSettings(catalogue, folder), name, value),
    };
  }
  const replaced = catalogue.values.shared(FOLDER, folder, name)?.stamp ?? 0 as Stamp;
  const { device } = writer;
  const field = {
    kind: FOLDER,
    key: folder,
    field: name,
    value: value ?? initial,
    stamp: writer.stamp(replaced),
    writer: device,
  };
  return { type: "shared", fields: [field] };
}

/** Values with one more, or one less: null when none is left. */
export function withValue(
  values: Record<string, unknown>,
  name: string,
  value: SettingValue | null,
): Record<string, unknown> | null {
  const { [name]: _, ...others } = values;
  if (value !== null) return { ...others, [name]: value };
  return Object.keys(others).length === 0 ? null : others;
}
