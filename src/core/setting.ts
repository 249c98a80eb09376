/** What a setting is, and how the values of settings are read and shown: the same in files, answers and on the command line. Pure. */

export type SettingValue = string | number;

/** Whose a setting is: this device's, or that of each folder. */
export type SettingScope = "device" | "folder";

export interface Setting {
  /** As people type it. */
  readonly name: string;
  readonly scope: SettingScope;
  /** The same on all devices; else this device's own. */
  readonly isShared: boolean;
  /** May also be said for one other device. */
  readonly isByDevice?: boolean;
  /** When a new value holds. */
  readonly holds: "at once" | "from the next start";
  /** What holds unless it is set; null where the program chooses. */
  readonly initial: SettingValue | null;
  readonly meaning: string;
  /** A value as it is typed. */
  readonly example: string;
  /** The value that a text or a stored value stands for; null when it stands for none. */
  read(value: unknown): SettingValue | null;
  /** A value as it would be typed. */
  show(value: SettingValue): string;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

export function numberIn(least: number, most: number, isWhole: boolean) {
  return (value: unknown): number | null => {
    const text = String(value).trim();
    const number = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
    if (text === "" || !(number >= least && number <= most)) return null;
    return isWhole && !Number.isInteger(number) ? null : number;
  };
}

/** A number of bytes, with its unit or without: powers of 1024. */
export function bytesFrom(least: number) {
  return (value: unknown): number | null => {
    const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(String(value).trim());
    if (match === null) return null;
    const size = Math.round(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!);
    return Number.isSafeInteger(size) && size >= least ? size : null;
  };
}

export function oneOf(...words: readonly string[]) {
  return (value: unknown): string | null => words.find((word) => word === value) ?? null;
}

/** The largest unit of which it is a whole number. */
export function shownBytes(value: SettingValue): string {
  const units = Object.keys(UNITS);
  let unit = 0;
  let size = Number(value);
  while (size > 0 && size % 1024 === 0 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size}${units[unit]}`;
}

export function shownShare(value: SettingValue): string {
  return `${Math.round(Number(value) * 1000) / 10}%`;
}
