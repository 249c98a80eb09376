/** Every command of every day and every setting against a running device, by the words that people type; wrong ones too. */
import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import type { ConfigAnswer } from "../../src/daemon/config_types.ts";
import { ALL_SETTINGS } from "../../src/library/settings_table.ts";
import { fakeContext } from "../cli/fake_terminal.ts";
import { Device } from "../support/device.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("settings, pauses, patterns, names and places, as they are typed", async (t) => {
  using dir = tempDir();
  const device = new Device("laptop", dir.path);
  const cairn = async (...argv: string[]) => {
    const context = fakeContext({ CAIRN_HOME: device.home });
    const code = await run(argv, context);
    return { code, ...context.terminal.taken() };
  };
  const says = async (...argv: string[]) => {
    const { code, out, err } = await cairn(...argv);
    assert.equal(code, 0, `${argv.join(" ")}: ${err}`);
    return out.trim();
  };
  const isWrong = async (words: RegExp, ...argv: string[]) => {
    const { code, out, err } = await cairn(...argv);
    assert.deepEqual([code, out], [2, ""], argv.join(" "));
    assert.match(err, /^cairn: .+\n→ .+\n$/);
    assert.match(err, words);
  };
  await device.startAndWait("up", device.data, "--name", "laptop", "--no-invite");
  const folderOf = (scope: string) => scope === "folder" ? ["--folder", "data"] : [];
  try {
    await t.step("every setting is set, read, unset; a value that it cannot have is refused", async () => {
      for (const { name, scope, example, read, show } of ALL_SETTINGS) {
        const of = folderOf(scope);
        const text = show(read(example)!);
        assert.ok((await says("config", "set", name, ...example.split(" "), ...of)).includes(text), name);
        assert.equal(await says("config", "get", name, ...of), text);
        await isWrong(new RegExp(`no value for ${name}|cannot name`), "config", "set", name, "a/:b", ...of);
        if (name !== "name") await says("config", "unset", name, ...of);
      }
      assert.match(await says("config"), /^This device\n[^]+\n\nFolder data\n/);
      const { settings } = JSON.parse(await says("config", "--json")) as ConfigAnswer;
      assert.equal(settings.length, ALL_SETTINGS.length);
      await isWrong(/name always/, "config", "unset", "name");
      await isWrong(/mean strategy/, "config", "set", "stratgy", "merge");
      await isWrong(/no folder is given/, "config", "set", "strategy", "merge");
      await isWrong(/no setting of a folder/, "config", "get", "port", "--folder", "data");
      assert.equal((await cairn("config", "set", "limit.up", "1M", "--device", "nas")).code, 1);
    });

    await t.step("pauses", async () => {
      assert.match(await says("pause", "data"), /data is paused/);
      assert.match(await says("status"), /paused/);
      assert.match(await says("pause"), /This device is paused/);
      assert.match(await says("resume", "all"), /goes on.\nPaused still: folder data/);
      assert.match(await says("resume", "data"), /^data goes on\.$/);
      await isWrong(/neither halted nor paused/, "resume", "data");
      await isWrong(/names nothing/, "pause", "my", "photos");
      assert.equal((await cairn("pause", "nothing")).code, 1);
    });

    await t.step("patterns", async () => {
      await says("ignore", "add", "data", "build/");
      assert.match(await says("ignore", "list", "data"), /\n +1 {2}build\/$/);
      assert.match(
        await says("ignored", `${device.data}/build/a.o`),
        /ignored: line 1 of .+: build\/ \(of build\//,
      );
      await isWrong(/no pattern/, "ignore", "add", "data", "#");
      await isWrong(/no line/, "ignore", "remove", "data", "bulid/");
      await says("ignore", "remove", "data", "build/");
      assert.match(await says("ignored", `${device.data}/a`), /not ignored/);
    });

    await t.step("names and places", async () => {
      const to = `${dir.path}/moved`;
      assert.equal(
        await says("folders", "rename", "data", "Papers"),
        "data is called Papers now, on all devices.",
      );
      assert.match(await says("folders", "move", "Papers", to), /Papers is moved from .+ to .+\/moved\.$/);
      // Beside .cairnignore, which stays when its last pattern goes.
      Deno.writeTextFileSync(`${to}/a.txt`, "a");
      await waitFor("the file to be found", async () => (await device.status()).folders[0]!.files === 2);
      await isWrong(/already/, "folders", "move", "Papers", to);
      await isWrong(/cannot name/, "folders", "rename", "Papers", "a/b");
      assert.match(await says("devices", "rename", "laptop", "workbench"), /workbench/);
      await device.stop();
      await device.startAndWait("up", "--no-invite");
      const { device: { name }, folders } = await device.status();
      assert.deepEqual([name, folders.map((one) => [one.name, one.path])], ["workbench", [["Papers", to]]]);
    });
  } finally {
    await device.stop();
  }
});
