import assert from "node:assert/strict";
import { settingsService } from "../../src/daemon/settings.ts";
import { Neighbours } from "../support/neighbours.ts";

Deno.test("a shared setting holds on all devices, a device's own on that one alone; both hold at once", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all.map(({ device }) => settingsService(device));
  const set = (name: string, value: string) => laptop!.setFolderSetting({ folder: "Notes", name, value });
  await set("strategy", "newest");
  const { settings } = await set("versions-days", "7");
  const valueOf = (all: typeof settings, name: string) => all.find((one) => one.name === name)!.value;
  assert.deepEqual([valueOf(settings, "strategy"), valueOf(settings, "versions-days")], ["newest", 7]);
  await world.settle();
  const theirs = desktop!.folderSettings("Notes").settings;
  assert.deepEqual([valueOf(theirs, "strategy"), valueOf(theirs, "versions-days")], ["newest", 30]);
});

Deno.test("what is no setting, no value or no folder is refused, with what there is", async () => {
  await using world = await Neighbours.open("laptop");
  const { setFolderSetting, folderSettings } = settingsService(world.all[0]!.device);
  const set = (folder: string, name: string, value: string) => setFolderSetting({ folder, name, value });
  await assert.rejects(set("Notes", "speed", "high"), { code: "usage", hint: /strategy/ });
  await assert.rejects(set("Notes", "strategy", "guess"), { code: "usage" });
  await assert.rejects(set("Nothing", "strategy", "merge"), { code: "folder-unknown", hint: /"Notes"/ });
  assert.throws(() => folderSettings("Nothing"), { code: "folder-unknown" });
});
