import assert from "node:assert/strict";
import { changedLine, configLines, valueLines } from "../../src/cli/config.ts";
import { run } from "../../src/cli/program.ts";
import type { ConfigSetting } from "../../src/daemon/config_types.ts";
import { ALL_SETTINGS } from "../../src/library/settings_table.ts";
import { fakeContext } from "./fake_terminal.ts";

const PORT: ConfigSetting = {
  name: "port",
  scope: "device",
  folder: null,
  device: null,
  value: 4711,
  text: "4711",
  initial: null,
  initialText: "",
  isShared: false,
  holds: "from the next start",
  now: "22411",
  meaning: "TCP port",
};
const TEXT: ConfigSetting = {
  ...PORT,
  name: "text",
  scope: "folder",
  folder: "Notes",
  value: "off",
  text: "off",
  initial: "on",
  initialText: "on",
  isShared: true,
  holds: "at once",
  now: "",
  meaning: "words can be found",
};

Deno.test("settings are listed under whose they are, with default and meaning", () => {
  const settings = [PORT, TEXT, { ...TEXT, folder: "Photos", text: "on", value: "on" }];
  assert.deepEqual(configLines(settings), [
    "This device",
    "  port  4711 from the next start, 22411 until then    TCP port",
    "",
    "Folder Notes",
    "  text  off  default on  words can be found (the same on all devices)",
    "",
    "Folder Photos",
    "  text  on  default  words can be found (the same on all devices)",
  ]);
});

Deno.test("one value is printed alone, several with what they are of", () => {
  assert.deepEqual(valueLines([TEXT]), ["off"]);
  assert.deepEqual(valueLines([TEXT, { ...TEXT, folder: "Photos", text: "on" }]), [
    "Notes   off",
    "Photos  on",
  ]);
});

Deno.test("what was set is said, and when it holds", () => {
  assert.equal(changedLine(PORT), "port: 4711 from the next start, 22411 until then");
  assert.equal(changedLine({ ...TEXT, text: "on" }), "text of Notes: on (default)");
});

for (
  const argv of [
    ["config", "set", "port"],
    ["config", "set", "speed", "high"],
    ["config", "unset", "speed"],
    ["config", "get"],
    ["config", "get", "speed"],
    ["config", "nonsense"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage`, async () => {
    const context = fakeContext({ CAIRN_HOME: "/nonexistent" });
    assert.equal(await run(argv, context), 2);
    assert.match(context.terminal.taken().err, /^cairn: .+\n[^]*→ /);
  });
}

Deno.test("the help of config names every setting", async () => {
  const context = fakeContext({});
  assert.equal(await run(["config", "--help"], context), 0);
  const { out } = context.terminal.taken();
  for (const { name, meaning } of ALL_SETTINGS) {
    assert.ok(out.includes(`  ${name} `) && out.includes(meaning), name);
  }
});
