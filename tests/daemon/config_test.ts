import assert from "node:assert/strict";
import { configService } from "../../src/daemon/config.ts";
import type { ConfigRequest } from "../../src/daemon/config_types.ts";
import { Home, type Settings } from "../../src/daemon/home.ts";
import { givenNameOf } from "../../src/library/members.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

function keeping(settings: Settings | null = null) {
  let kept = settings;
  return {
    settings: () => kept,
    saveSettings: (next: Settings) => Promise.resolve(void (kept = next)),
  };
}

function configOf(neighbour: Neighbour, saved = keeping()) {
  const service = configService(neighbour.device, saved);
  const set = (request: Partial<ConfigRequest> & { name: string }) =>
    service.setConfig({ value: null, folder: null, device: null, ...request });
  const text = (name: string) => service.config(null).settings.find((one) => one.name === name)!.text;
  return { ...service, set, text };
}

Deno.test("all settings are listed; one that is set holds over a restart, and unset it is as before", async () => {
  await using world = await Neighbours.open("laptop");
  const [laptop] = world.all;
  const { config, set } = configOf(laptop!);
  assert.deepEqual(
    config(null).settings.map(({ name, folder }) => [name, folder]),
    [
      ...config(null).settings.filter(({ scope }) => scope === "device").map(({ name }) => [name, null]),
      ...config("Notes").settings.map(({ name }) => [name, "Notes"]),
    ],
  );
  const { settings: [changed] } = await set({ name: "versions-size", value: "1.5G", folder: "Notes" });
  assert.equal(changed?.text, "1536M");
  await world.restart(laptop!);
  const again = configOf(laptop!);
  assert.equal(again.text("versions-size"), "1536M");
  await again.set({ name: "versions-size", folder: "Notes" });
  await again.set({ name: "strategy", value: "merge", folder: "Notes" });
  await again.set({ name: "strategy", folder: "Notes" });
  assert.deepEqual([again.text("versions-size"), again.text("strategy")], ["20G", "keep-both"]);
  assert.equal(again.text("name"), "laptop");
});

Deno.test("settings that are set at the same time are all kept", async () => {
  await using world = await Neighbours.open("laptop");
  const { set, text } = configOf(world.all[0]!);
  const names = ["brake-files", "versions-days", "scrub-days", "brake-share"];
  await Promise.all(names.map((name) => set({ name, value: "1", folder: "Notes" })));
  assert.deepEqual(names.map(text), ["1", "1", "1", "100%"]);
});

Deno.test("a device's new name is told to all, and kept for its next start; a name that another has is refused", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all;
  const saved = keeping({ name: "laptop", port: 4711 });
  const { set, text } = configOf(laptop!, saved);
  await set({ name: "name", value: "workbench" });
  assert.deepEqual([text("name"), saved.settings()], ["workbench", { name: "workbench", port: 4711 }]);
  const { ledger } = desktop!.device;
  await waitFor("the name", () => givenNameOf(ledger.catalogue, laptop!.device.identity.id) === "workbench");
  await assert.rejects(set({ name: "name", value: "desktop" }), { code: "usage", message: /already/ });
  await assert.rejects(set({ name: "name", value: "a/b" }), { code: "usage", message: /slash/ });
  await assert.rejects(set({ name: "name" }), { code: "usage" });
});

Deno.test("a port holds from the next start, and that is said; unset, one is chosen then", async () => {
  await using world = await Neighbours.open("laptop");
  using dir = tempDir();
  const home = Home.open(realFs(), dir.at("home"));
  const { set } = configOf(world.all[0]!, home as unknown as ReturnType<typeof keeping>);
  const { settings: [said] } = await set({ name: "port", value: "4711" });
  const now = String(world.all[0]!.device.links.port);
  assert.deepEqual([said!.text, said!.holds, said!.now], ["4711", "from the next start", now]);
  assert.equal(home.settings()!.port, 4711);
  await set({ name: "port" });
  assert.equal(home.settings()!.port, 0);
  for (const value of ["0", "65536", "many", ""]) {
    await assert.rejects(set({ name: "port", value }), { code: "usage", hint: /port 22411/ });
  }
  home.close();
});

Deno.test("a setting that is said of what it does not belong to is refused, with what to say", async () => {
  await using world = await Neighbours.open("laptop");
  const { set, config } = configOf(world.all[0]!);
  await assert.rejects(set({ name: "strateggy", value: "merge" }), {
    code: "usage",
    hint: /mean strategy\?/,
  });
  await assert.rejects(set({ name: "strategy", value: "merge" }), { code: "usage", hint: /--folder Notes/ });
  await assert.rejects(set({ name: "strategy", value: "guess", folder: "Notes" }), { hint: /keep-both/ });
  await assert.rejects(set({ name: "port", value: "4711", folder: "Notes" }), { code: "usage" });
  await assert.rejects(set({ name: "port", value: "4711", device: "laptop" }), { code: "usage" });
  await assert.rejects(set({ name: "text", value: "on", folder: "Nothing" }), { code: "folder-unknown" });
  assert.throws(() => config("Nothing"), { code: "folder-unknown" });
});
