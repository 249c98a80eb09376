/**
 * How a folder is kept: what its people agreed on (shared: the same on all devices), and what each device decides for itself
 * (its own, R9). One table; commands, API and engine read it.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Strategy } from "../core/conflict_name.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, FolderId, Stamp } from "../core/ids.ts";
import type { JournalRecord, SharedField } from "../core/record.ts";

/** Kind of the shared records that folders are. */
export const FOLDER = "folder";

export interface FolderSettings {
  readonly strategy: Strategy;
  /** The brake (R38): a share of the folder's files, 0 to 1, and a number of files that must both be passed. */
  readonly brakeShare: number;
  readonly brakeFiles: number;
  /** How long former contents are kept at most, and in how many bytes (R21). */
  readonly versionsDays: number;
  readonly versionsBytes: number;
  /** Whether words in the folder's files can be found (R39). */
  readonly text: "on" | "off";
  /** Every file is read once within so many days, 0: never; and so many bytes a second at most. */
  readonly scrubDays: number;
  readonly scrubRate: number;
}

export interface Setting {
  readonly key: keyof FolderSettings;
  /** As people type it. */
  readonly name: string;
  readonly isShared: boolean;
  readonly initial: string | number;
  readonly meaning: string;
  /** The value that a text or a stored value stands for; null when it stands for none. */
  read(value: unknown): string | number | null;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

function numberIn(least: number, most: number, isWhole: boolean) {
  return (value: unknown): number | null => {
    const text = String(value).trim();
    const number = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
    if (text === "" || !(number >= least && number <= most)) return null;
    return isWhole && !Number.isInteger(number) ? null : number;
  };
}

/** With less nothing that is replaced could be kept, and so nothing replaced (R21). */
const LEAST_STORE_BYTES = 2 ** 20;

function bytes(value: unknown): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(String(value).trim());
  if (match === null) return null;
  const size = Math.round(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!);
  return Number.isSafeInteger(size) && size >= LEAST_STORE_BYTES ? size : null;
}

export const SETTINGS: readonly Setting[] = [
  {
    key: "strategy",
    name: "strategy",
    isShared: true,
    initial: "keep-both",
    meaning: "what becomes of concurrent edits: keep-both, newest, or merge",
    read: (value) => ["keep-both", "newest", "merge"].find((known) => known === value) ?? null,
  },
  {
    key: "brakeShare",
    name: "brake-share",
    isShared: false,
    initial: 0.5,
    meaning: "others' changes stop when they delete or replace more than this share of the folder's files",
    read: numberIn(0, 1, false),
  },
  {
    key: "brakeFiles",
    name: "brake-files",
    isShared: false,
    initial: 100,
    meaning: "and more than this number of them",
    read: numberIn(0, 2 ** 40, true),
  },
  {
    key: "versionsDays",
    name: "versions-days",
    isShared: false,
    initial: 30,
    meaning: "days for which former contents are kept; each of them for one day at least",
    read: numberIn(1, 36_500, true),
  },
  {
    key: "versionsBytes",
    name: "versions-size",
    isShared: false,
    initial: 20 * 2 ** 30,
    meaning: "bytes that former contents may take, such as 20G; 1M at least",
    read: bytes,
  },
  {
    key: "text",
    name: "text",
    isShared: true,
    initial: "on",
    meaning: "on: words in the folder's files can be found; off: no device reads or keeps them",
    read: (value) => ["on", "off"].find((known) => known === value) ?? null,
  },
  {
    key: "scrubDays",
    name: "scrub-days",
    isShared: false,
    initial: 30,
    meaning:
      "days within which every file is read once to find what the disk has damaged; 0: never by itself",
    read: numberIn(0, 36_500, true),
  },
  {
    key: "scrubRate",
    name: "scrub-rate",
    isShared: false,
    // A hundredth to a tenth of what disks give, and 20 TB a month.
    initial: 8 * 2 ** 20,
    meaning: "bytes a second that this may read, such as 8M; 1M at least",
    read: bytes,
  },
];

const OWN = "settings/";

export function settingNamed(name: string): Setting {
  const setting = SETTINGS.find((known) => known.name === name);
  if (setting !== undefined) return setting;
  throw new CairnError(
    "usage",
    `There is no setting "${name}"`,
    `There is ${SETTINGS.map((known) => known.name).join(", ")}.`,
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

/** The record that makes a setting so. Throws CairnError "usage" for a value that it cannot have. */
export function settingRecord(
  catalogue: Catalogue,
  folder: FolderId,
  setting: Setting,
  text: string,
  writer: { readonly device: DeviceId; stamp(replaced: Stamp): Stamp },
): JournalRecord {
  const { name, isShared, initial, meaning } = setting;
  const value = setting.read(text);
  if (value === null) {
    throw new CairnError(
      "usage",
      `"${text}" is no value for ${name} (${meaning})`,
      `It is ${initial} unless set.`,
    );
  }
  if (!isShared) {
    return { type: "local", key: OWN + folder, value: { ...ownSettings(catalogue, folder), [name]: value } };
  }
  const replaced = catalogue.values.shared(FOLDER, folder, name)?.stamp ?? 0 as Stamp;
  const { device } = writer;
  const field = {
    kind: FOLDER,
    key: folder,
    field: name,
    value,
    stamp: writer.stamp(replaced),
    writer: device,
  };
  return { type: "shared", fields: [field] };
}
