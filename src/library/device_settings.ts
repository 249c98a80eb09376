/** Settings of this device as its own journal has them (R9): for all, and for single other devices. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { DeviceId } from "../core/ids.ts";
import type { JournalRecord } from "../core/record.ts";
import type { Setting, SettingValue } from "../core/setting.ts";
import { noValue, withValue } from "./folder_settings.ts";

/** How the keys of local values begin that are settings of the device. */
export const DEVICE_SETTINGS_KEY = "device-settings";

function keyFor(device: DeviceId | null): string {
  return device === null ? DEVICE_SETTINGS_KEY : `${DEVICE_SETTINGS_KEY}/${device}`;
}

function valuesFor(catalogue: Catalogue, device: DeviceId | null): Record<string, unknown> {
  const value = catalogue.values.local(keyFor(device));
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

/** What was said of a setting, for one device or (null) for all; null where nothing was, or what cannot be read. */
export function deviceSetting(
  catalogue: Catalogue,
  { name, read }: Setting,
  device: DeviceId | null = null,
): SettingValue | null {
  const value = valuesFor(catalogue, device)[name];
  return value === undefined || value === null ? null : read(value);
}

/** The record that makes a setting so; with null as if nothing had been said. Throws CairnError "usage" for a value that it cannot have. */
export function deviceSettingRecord(
  catalogue: Catalogue,
  setting: Setting,
  text: string | null,
  device: DeviceId | null = null,
): JournalRecord {
  const value = text === null ? null : setting.read(text);
  if (text !== null && value === null) throw noValue(setting, text);
  const values = withValue(valuesFor(catalogue, device), setting.name, value);
  return { type: "local", key: keyFor(device), value: values };
}
