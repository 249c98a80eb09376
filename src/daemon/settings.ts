/** Settings of folders as a person sees and sets them (library/folder_settings.ts). */
import type { Hono } from "hono";
import * as v from "valibot";
import { settingNamed, settingRecord, settingsOf } from "../library/folder_settings.ts";
import type { Folder } from "../library/folders.ts";
import { inOrder } from "../library/in_order.ts";
import { FOLDER_SETTINGS } from "../library/settings_table.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import type { FolderSetting, FolderSettingsAnswer, SetSettingRequest } from "./settings_types.ts";

export interface SettingsService {
  folderSettings(folder: string): FolderSettingsAnswer;
  /** In effect, and durable, when it is answered. Throws CairnError "usage" or "folder-unknown". */
  setFolderSetting(request: SetSettingRequest): Promise<FolderSettingsAnswer>;
}

export function settingsService(device: Device): SettingsService {
  const { catalogue } = device.ledger;
  const answer = (name: string): FolderSettingsAnswer => {
    const folder = folderNamed(catalogue, name);
    return { folder: folder.name, settings: settingsOfFolder(device, folder) };
  };
  return {
    folderSettings: answer,
    async setFolderSetting({ folder, name, value }) {
      await setForFolder(device, folderNamed(catalogue, folder), name, value);
      return answer(folder);
    },
  };
}

export function settingsOfFolder({ ledger }: Device, folder: Folder): FolderSetting[] {
  const values = settingsOf(ledger.catalogue, folder.id);
  return FOLDER_SETTINGS.map(({ key, name, isShared, initial, meaning, show }) => ({
    name,
    value: values[key],
    text: show(values[key]),
    initial,
    initialText: show(initial),
    isShared,
    meaning,
  }));
}

/** Durable when it is done; null unsets it. */
export function setForFolder(
  { ledger, identity }: Device,
  folder: Folder,
  name: string,
  value: string | null,
): Promise<void> {
  const writer = { device: identity.id, stamp: ledger.mintStamp.bind(ledger) };
  return inOrder(ledger, async () => {
    await ledger.commit(settingRecord(ledger.catalogue, folder.id, settingNamed(name), value, writer));
  });
}

export function addSettingsRoutes(app: Hono, service: SettingsService): void {
  app.get("/v1/folders/:name/settings", (c) => c.json(service.folderSettings(c.req.param("name"))));
  app.put("/v1/folders/:name/settings", async (c) => {
    const body = await bodyOf(c, settingSchema);
    return c.json(await service.setFolderSetting({ folder: c.req.param("name"), ...body }));
  });
}

const settingSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(64)),
  value: v.pipe(v.string(), v.maxLength(256)),
});
