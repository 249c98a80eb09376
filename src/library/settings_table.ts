/**
 * All settings: whose they are, what they can be, what holds when nothing is said, what they mean. One table: the listing, checks,
 * help, docs/cli.md and the engine read it.
 */
import type { Strategy } from "../core/conflict_name.ts";
import { isGoodName } from "../core/given_name.ts";
import { readRatePlan, showRatePlan } from "../core/rate_plan.ts";
import { readWeekHours, showWeekHours } from "../core/week_hours.ts";
import { bytesFrom, numberIn, oneOf, type Setting, shownBytes, shownShare } from "../core/setting.ts";

/** How a folder is kept, as it is now. */
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

export interface FolderSetting extends Setting {
  readonly scope: "folder";
  readonly key: keyof FolderSettings;
  readonly initial: string | number;
}

/** With less nothing that is replaced could be kept, and so nothing replaced (R21). */
const LEAST_STORE_BYTES = 2 ** 20;
const OWN = { scope: "folder", isShared: false, holds: "at once", show: String } as const;
const SHARED = { ...OWN, isShared: true } as const;

export const FOLDER_SETTINGS: readonly FolderSetting[] = [
  {
    ...SHARED,
    key: "strategy",
    name: "strategy",
    initial: "keep-both",
    meaning: "what becomes of concurrent edits: keep-both, newest, or merge",
    example: "merge",
    read: oneOf("keep-both", "newest", "merge"),
  },
  {
    ...OWN,
    key: "brakeShare",
    name: "brake-share",
    initial: 0.5,
    meaning: "others' changes stop when they delete or replace more than this share of the folder's files",
    example: "25%",
    read: numberIn(0, 1, false),
    show: shownShare,
  },
  {
    ...OWN,
    key: "brakeFiles",
    name: "brake-files",
    initial: 100,
    meaning: "and more than this number of them",
    example: "1000",
    read: numberIn(0, 2 ** 40, true),
  },
  {
    ...OWN,
    key: "versionsDays",
    name: "versions-days",
    initial: 30,
    meaning: "days for which former contents are kept; each of them for one day at least",
    example: "90",
    read: numberIn(1, 36_500, true),
  },
  {
    ...OWN,
    key: "versionsBytes",
    name: "versions-size",
    initial: 20 * 2 ** 30,
    meaning: "bytes that former contents may take, such as 20G; 1M at least",
    example: "50G",
    read: bytesFrom(LEAST_STORE_BYTES),
    show: shownBytes,
  },
  {
    ...SHARED,
    key: "text",
    name: "text",
    initial: "on",
    meaning: "on: words in the folder's files can be found; off: no device reads or keeps them",
    example: "off",
    read: oneOf("on", "off"),
  },
  {
    ...OWN,
    key: "scrubDays",
    name: "scrub-days",
    initial: 30,
    meaning:
      "days within which every file is read once to find what the disk has damaged; 0: never by itself",
    example: "7",
    read: numberIn(0, 36_500, true),
  },
  {
    ...OWN,
    key: "scrubRate",
    name: "scrub-rate",
    // A hundredth to a tenth of what disks give, and 20 TB a month.
    initial: 8 * 2 ** 20,
    meaning: "bytes a second that this may read, such as 8M; 1M at least",
    example: "20M",
    read: bytesFrom(2 ** 20),
    show: shownBytes,
  },
];

const DEVICE = { scope: "device", isShared: false, holds: "at once", show: String } as const;

/** Stored as it is shown, so that no form of it is known to one program alone. */
function readPlan(value: unknown): string | null {
  const plan = typeof value === "string" ? readRatePlan(value) : null;
  return plan === null ? null : showRatePlan(plan);
}

export const LIMIT_UP: Setting = {
  ...DEVICE,
  name: "limit.up",
  isByDevice: true,
  initial: "off",
  meaning:
    "bytes a second that are sent, at most: 1MB/s, or by the hour, as 08:00-18:00 mon-fri 1MB/s; 5MB/s",
  example: "08:00-18:00 mon-fri 1MB/s",
  read: readPlan,
};

export const LIMIT_DOWN: Setting = {
  ...LIMIT_UP,
  name: "limit.down",
  meaning: "bytes a second that are received, at most; 128K at least, in the same form",
};

export const LIMIT_LAN: Setting = {
  ...DEVICE,
  name: "limit.lan",
  initial: "on",
  meaning: "off: the limits for all do not hold for devices in the same network; those for one device do",
  example: "off",
  read: oneOf("on", "off"),
};

export const SCRUB_HOURS: Setting = {
  ...DEVICE,
  name: "scrub.hours",
  initial: "00:00-24:00",
  meaning: "hours in which files are read again to find damage, such as 01:00-06:00 or 22:00-06:00 mon-fri",
  example: "01:00-06:00",
  read: (value) => {
    const hours = typeof value === "string" ? readWeekHours(value) : null;
    return hours === null ? null : showWeekHours(hours);
  },
};

export const DEVICE_SETTINGS: readonly Setting[] = [
  {
    ...DEVICE,
    name: "name",
    isShared: true,
    initial: null,
    meaning: "what this device is called",
    example: "laptop",
    read: (value) => typeof value === "string" && isGoodName(value) ? value : null,
  },
  {
    ...DEVICE,
    name: "port",
    holds: "from the next start",
    initial: null,
    meaning: "TCP port on which other devices reach this one, 1 to 65535",
    example: "22411",
    read: numberIn(1, 65_535, true),
  },
  LIMIT_UP,
  LIMIT_DOWN,
  LIMIT_LAN,
  SCRUB_HOURS,
];

export const ALL_SETTINGS: readonly Setting[] = [...DEVICE_SETTINGS, ...FOLDER_SETTINGS];
