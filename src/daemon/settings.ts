/** Settings of folders as a person sees and sets them (library/folder_settings.ts). */
import type { Hono } from "hono";
import * as v from "valibot";
import { settingNamed, settingRecord, SETTINGS, settingsOf } from "../library/folder_settings.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import type { FolderSettingsAnswer, SetSettingRequest } from "./settings_types.ts";

export interface SettingsService {
  folderSettings(folder: string): FolderSettingsAnswer;
  /** In effect, and durable, when it is answered. Throws CairnError "usage" or "folder-unknown". */
  setFolderSetting(request: SetSettingRequest): Promise<FolderSettingsAnswer>;
}

export function settingsService({ ledger, identity }: Device): SettingsService {
  const { catalogue } = ledger;
  const answer = (name: string): FolderSettingsAnswer => {
    const folder = folderNamed(catalogue, name);
    const values = settingsOf(catalogue, folder.id);
    return {
      folder: folder.name,
      settings: SETTINGS.map(({ key, name, isShared, initial, meaning }) => ({
        name,
        value: values[key],
        initial,
        isShared,
        meaning,
      })),
    };
  };
  return {
    folderSettings: answer,
    async setFolderSetting({ folder, name, value }) {
      const { id } = folderNamed(catalogue, folder);
      const writer = { device: identity.id, stamp: ledger.mintStamp.bind(ledger) };
      await ledger.commit(settingRecord(catalogue, id, settingNamed(name), value, writer));
      return answer(folder);
    },
  };
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
