/** All settings as a person sees and sets them, by the one table (library/settings_table.ts). */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import type { Setting, SettingValue } from "../core/setting.ts";
import { deviceSetting, deviceSettingRecord } from "../library/device_settings.ts";
import { noSetting, noValue } from "../library/folder_settings.ts";
import { type Folder, foldersOf, replicasOf } from "../library/folders.ts";
import { inOrder } from "../library/in_order.ts";
import { membersOf } from "../library/members.ts";
import { renameDevice } from "../library/naming.ts";
import { deviceNamed } from "../library/removal.ts";
import { ALL_SETTINGS, DEVICE_SETTINGS } from "../library/settings_table.ts";
import { bodyOf } from "./body.ts";
import type { ConfigAnswer, ConfigRequest, ConfigSetting } from "./config_types.ts";
import type { Device } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import type { Home } from "./home.ts";
import { setForFolder, settingsOfFolder } from "./settings.ts";

export interface ConfigService {
  /** The device's settings and those of its folders, or those of one folder. Throws CairnError "folder-unknown". */
  config(folder: string | null): ConfigAnswer;
  /** Durable when it is answered. Throws CairnError "usage", "folder-unknown" or "device-unknown". */
  setConfig(request: ConfigRequest): Promise<ConfigAnswer>;
}

/** Where name and port are kept: they are wanted before the journal is open. */
export type SavedSettings = Pick<Home, "settings" | "saveSettings">;

export function configService(device: Device, saved: SavedSettings): ConfigService {
  const { ledger } = device;
  const { catalogue } = ledger;
  return {
    config(name) {
      if (name !== null) return answerOf(ofFolder(device, folderNamed(catalogue, name)));
      const here = new Set(replicasOf(catalogue).map(({ folder }) => folder));
      const folders = foldersOf(catalogue).filter(({ id }) => here.has(id));
      return answerOf([
        ...ofDevice(device, saved),
        ...folders.flatMap((folder) => ofFolder(device, folder)),
      ]);
    },
    async setConfig(request) {
      const setting = ALL_SETTINGS.find(({ name }) => name === request.name);
      if (setting === undefined) throw noSetting(request.name, ALL_SETTINGS);
      checkPlace(device, setting, request);
      if (setting.scope === "folder") {
        const folder = folderNamed(catalogue, request.folder!);
        await setForFolder(device, folder, setting.name, request.value);
        return answerOf(ofFolder(device, folder).filter(({ name }) => name === setting.name));
      }
      const other = request.device === null ? null : deviceNamed(catalogue, request.device).device;
      await inOrder(ledger, () => setForDevice(device, saved, setting, request.value, other));
      const named = other === null ? null : nameOf(device, other);
      const said = ofDevice(device, saved).filter((one) => one.name === setting.name);
      // Unset for one device, what is said for all holds for it.
      return answerOf(
        said.some((one) => one.device === named)
          ? said.filter((one) => one.device === named)
          : said.filter((one) => one.device === null),
      );
    },
  };
}

function answerOf(settings: readonly ConfigSetting[]): ConfigAnswer {
  return { schema: "cairn.config/1", settings };
}

/** A setting that is said of nothing, or of what it does not belong to, is refused with what to say. */
function checkPlace({ ledger }: Device, setting: Setting, { folder, device, value }: ConfigRequest): void {
  const { name, scope } = setting;
  const verb = value === null ? `unset ${name}` : `set ${name} ${setting.example}`;
  if (scope === "folder" && folder === null) {
    const [first] = foldersOf(ledger.catalogue);
    throw new CairnError(
      "usage",
      `${name} is a setting of a folder, and no folder is given`,
      `Say which: cairn config ${verb} --folder ${first?.name ?? "NAME"}`,
    );
  }
  if (scope === "device" && folder !== null) {
    throw new CairnError("usage", `${name} is no setting of a folder`, `Say: cairn config ${verb}`);
  }
  if (device !== null && setting.isByDevice !== true) {
    throw new CairnError(
      "usage",
      `${name} cannot be said for one device alone`,
      `Leave out --device, or say it on that device.`,
    );
  }
}

function ofFolder(device: Device, folder: Folder): ConfigSetting[] {
  return settingsOfFolder(device, folder).map((setting) => ({
    ...setting,
    scope: "folder",
    folder: folder.name,
    device: null,
    holds: "at once",
    now: "",
  }));
}

function ofDevice(device: Device, saved: SavedSettings): ConfigSetting[] {
  const { ledger: { catalogue }, identity } = device;
  const others = membersOf(catalogue).filter((member) => member.device !== identity.id);
  return DEVICE_SETTINGS.flatMap((setting) => {
    const forOne = setting.isByDevice !== true ? [] : others.flatMap((member) => {
      const value = deviceSetting(catalogue, setting, member.device);
      return value === null ? [] : [shown(setting, value, member.name)];
    });
    return [withNow(device, shown(setting, valueOf(device, saved, setting), null)), ...forOne];
  });
}

function shown(setting: Setting, value: SettingValue | null, device: string | null): ConfigSetting {
  const { name, scope, initial, isShared, holds, meaning, show } = setting;
  return {
    name,
    scope,
    folder: null,
    device,
    value,
    text: value === null ? "" : show(value),
    initial,
    initialText: initial === null ? "" : show(initial),
    isShared,
    holds,
    now: "",
    meaning,
  };
}

function valueOf(device: Device, saved: SavedSettings, setting: Setting): SettingValue | null {
  if (setting.name === "name") return nameOf(device, device.identity.id);
  if (setting.name === "port") return saved.settings()?.port || null;
  return deviceSetting(device.ledger.catalogue, setting) ?? setting.initial;
}

/** A port that another program has taken, or that was set since the start, is not the one that is listened on. */
function withNow({ links }: Device, setting: ConfigSetting): ConfigSetting {
  const isOther = setting.name === "port" && setting.value !== links.port;
  return isOther ? { ...setting, now: String(links.port) } : setting;
}

function nameOf({ ledger: { catalogue } }: Device, device: DeviceId): string | null {
  return membersOf(catalogue).find((member) => member.device === device)?.name ?? null;
}

async function setForDevice(
  { ledger, identity, links }: Device,
  saved: SavedSettings,
  setting: Setting,
  text: string | null,
  other: DeviceId | null,
): Promise<void> {
  const { name, read } = setting;
  if (name !== "name" && name !== "port") {
    await ledger.commit(deviceSettingRecord(ledger.catalogue, setting, text, other));
    return;
  }
  const kept = saved.settings() ?? { name: "", port: links.port };
  if (name === "port") {
    const port = text === null ? 0 : read(text);
    if (port === null) throw noValue(setting, text!);
    return await saved.saveSettings({ ...kept, port: Number(port) });
  }
  if (text === null) {
    throw new CairnError(
      "usage",
      "A device has a name always",
      "Give it another: cairn config set name NAME",
    );
  }
  const own = deviceNamed(ledger.catalogue, identity.id);
  await renameDevice(ledger, identity.id, own, text);
  await saved.saveSettings({ ...kept, name: text });
}

export function addConfigRoutes(app: Hono, service: ConfigService): void {
  app.get("/v1/config", (c) => c.json(service.config(c.req.query("folder") ?? null)));
  app.put("/v1/config", async (c) => c.json(await service.setConfig(await bodyOf(c, configSchema))));
}

const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const configSchema = v.object({
  name: nameSchema,
  value: v.nullable(v.pipe(v.string(), v.maxLength(256))),
  folder: v.nullable(nameSchema),
  device: v.nullable(nameSchema),
});
