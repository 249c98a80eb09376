/** Exercises of what has to do with a device, its settings and its machine; they run behind those of `exercises_sync.ts`. */
import assert from "node:assert/strict";
import { ALL_SETTINGS } from "../../src/library/settings_table.ts";
import { atOnce, type Exercise, freePort, isThere, notes, read, write } from "./exercise.ts";
import type { Exercised } from "./exercising.ts";

export const DEVICE_EXERCISES: Readonly<Record<string, Exercise>> = {
  "cairn log": async (x) => {
    assert.match(await x.ok(x.laptop, "log", "--limit", "5"), /^(\d{4}-.*\n){5}$/);
    const lines = (await x.ok(x.laptop, "log", "-n", "3", "--json")).trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).schema), Array(3).fill("cairn.log/1"));
    await x.follow(x.laptop, ["log", "--follow"], /Notes\//);
  },
  "cairn cat": async (x) => {
    assert.equal(await x.ok(x.laptop, "cat", "Notes/c.txt"), "c anew\n");
    const told = await x.run(x.laptop, "cat", "Notes/c.txt", "--verbose");
    assert.deepEqual([told.code, told.stdout], [0, "c anew\n"]);
    assert.match(told.stderr, /this device/);
    const { stderr } = await x.run(x.laptop, "cat", "Notes/c.txt", "--json");
    assert.equal(JSON.parse(stderr.trimEnd().split("\n").at(-1)!).schema, "cairn.cat/1");
  },
  "cairn get": async (x) => {
    const to = x.bare.at("got.txt");
    await x.json(x.laptop, "get", "Notes/c.txt", to);
    write(to, "in the way");
    assert.equal((await x.run(x.laptop, "get", "Notes/c.txt", to)).code, 1);
    await x.quiet(x.laptop, "get", "Notes/c.txt", to, "--force", "--quiet");
    assert.equal(read(to), "c anew\n");
    assert.match(await x.ok(x.laptop, "get", "Notes/c.txt", `${to}2`, "--verbose"), /this device|laptop/);
  },
  "cairn drop": async (x) => {
    assert.match(await x.ok(x.laptop, "drop", "Notes/c.txt", "--dry-run"), /c\.txt|1 file/);
    assert.ok(isThere(notes(x, "c.txt")));
    await x.until(
      "it to be dropped",
      async () => (await x.json(x.laptop, "drop", "Notes/c.txt")).files === 1,
    );
    assert.equal(isThere(notes(x, "c.txt")), false);
    await x.ok(x.laptop, "get", "Notes/c.txt");
    assert.equal(read(notes(x, "c.txt")), "c anew\n");
    await x.quiet(x.laptop, "drop", "Notes/c.txt", "--quiet");
    await x.ok(x.laptop, "get", "Notes/c.txt");
  },
  "cairn verify": async (x) => {
    assert.match(await x.ok(x.laptop, "verify"), /Notes/);
    await x.quiet(x.laptop, "verify", "Notes", "--quiet");
    await x.json(x.laptop, "verify", "Notes");
  },
  "cairn config": async (x) => {
    const listed = await x.ok(x.laptop, "config");
    for (const { name } of ALL_SETTINGS) assert.match(listed, new RegExp(`^ {2}${name} `, "m"));
    assert.doesNotMatch(await x.ok(x.laptop, "config", "--folder", "Notes"), /limit\.up/);
    await x.json(x.laptop, "config");
  },
  "cairn config set": async (x) => {
    await atOnce(ALL_SETTINGS, async ({ name, scope, example }) => {
      const of = scope === "folder" ? ["--folder", "Notes"] : [];
      assert.match(await x.ok(x.laptop, "config", "set", name, example, ...of), new RegExp(`^${name}`), name);
      const [{ text }] = (await x.json(x.laptop, "config", "get", name, ...of)).settings;
      assert.equal(text, example, name);
      // A device has a name always.
      if (name === "name") return;
      const [unset] = (await x.json(x.laptop, "config", "unset", name, ...of)).settings;
      if (unset.initial !== null) assert.equal(unset.text, unset.initialText, name);
    });
  },
  "cairn config get": async (x) => {
    await x.json(x.laptop, "config", "set", "limit.up", "1MB/s", "--device", "desktop");
    assert.equal(await x.ok(x.laptop, "config", "get", "limit.up", "--device", "desktop"), "1MB/s\n");
    assert.equal(await x.ok(x.laptop, "config", "get", "text", "--folder", "Notes"), "on\n");
  },
  "cairn config unset": async (x) => {
    await x.ok(x.laptop, "config", "unset", "limit.up", "--device", "desktop");
    assert.equal(await x.ok(x.laptop, "config", "get", "limit.up"), "off\n");
    assert.match(await x.ok(x.laptop, "config", "unset", "brake-files", "--folder", "Notes"), /default/);
  },
  "cairn ignore": async (x) => {
    assert.match(await x.ok(x.laptop, "ignore", "--help"), /list/);
  },
  "cairn ignore add": async (x) => {
    assert.match(await x.ok(x.laptop, "ignore", "add", "Notes", "*.tmp"), /\*\.tmp/);
    await x.json(x.laptop, "ignore", "add", "Notes", "*.bak");
    assert.equal(read(notes(x, ".cairnignore")), "*.tmp\n*.bak\n");
  },
  "cairn ignore list": async (x) => {
    assert.match(await x.ok(x.laptop, "ignore", "list", "Notes"), /1 +\*\.tmp\n +2 +\*\.bak\n/);
    await x.json(x.laptop, "ignore", "list", "Notes");
  },
  "cairn ignored": async (x) => {
    assert.match(await x.ok(x.laptop, "ignored", notes(x, "x.tmp")), /line 1/);
    assert.equal((await x.json(x.laptop, "ignored", notes(x, "x.tmp"), notes(x, "x"))).paths.length, 2);
  },
  "cairn ignore remove": async (x) => {
    await x.json(x.laptop, "ignore", "remove", "Notes", "*.bak");
    await x.ok(x.laptop, "ignore", "remove", "Notes", "*.tmp");
    assert.doesNotMatch(await x.ok(x.laptop, "ignored", notes(x, "x.tmp")), /line 1/);
  },
  "cairn doctor": async (x) => {
    // What it finds is this machine's affair.
    const { code, stdout } = await x.run(x.laptop, "doctor", "--bundle", x.bare.at("report.json"));
    assert.ok(code === 0 || code === 3, stdout);
    assert.match(stdout, /^The device in .* runs\.\n[^]*\nJournal\n {2}ok/);
    assert.doesNotMatch(read(x.bare.at("report.json")), /laptop|Notes/);
    assert.match(JSON.parse((await x.run(x.laptop, "doctor", "--json")).stdout).schema, /^cairn\.doctor/);
  },
  "cairn metrics": async (x) => {
    assert.match(await x.ok(x.laptop, "metrics"), /^# HELP cairn_[^]*\ncairn_\w+(\{.*\})? \d/m);
  },
  "cairn export": async (x) => {
    const [plain, secret, words] = [
      x.bare.at("plain.export"),
      x.bare.at("secret.export"),
      x.bare.at("words"),
    ];
    write(words, "correct horse\n");
    assert.match(await x.ok(x.laptop, "export", plain), /^Wrote laptop to /);
    assert.equal((await x.run(x.laptop, "export", plain)).code, 2);
    const made = await x.json(x.laptop, "export", secret, "--passphrase-file", words);
    assert.deepEqual([made.encrypted, Deno.statSync(secret).mode! & 0o777], [true, 0o600]);
    await x.ok(x.laptop, "export", plain, "--force");
    // Asking wants somebody to ask.
    const { code, stderr } = await x.run(x.laptop, "export", x.bare.at("asked.export"), "--encrypt");
    assert.deepEqual([code, isThere(x.bare.at("asked.export"))], [2, false], stderr);
  },
  "cairn import": async (x) => {
    const words = ["import", x.bare.at("secret.export"), "--passphrase-file", x.bare.at("words")];
    assert.match(await x.ok(x.again, ...words), /laptop/);
    assert.equal(isThere(x.again.home), false);
    await x.json(x.again, ...words, "--yes");
    assert.ok(isThere(x.again.home));
    assert.notEqual((await x.run(x.again, ...words, "--yes")).code, 0);
  },
  "cairn import syncthing": async (x) => {
    const [config, photos] = [x.bare.at("config.xml"), x.bare.at("Photos")];
    Deno.mkdirSync(photos);
    write(
      config,
      `<configuration version="37"><folder id="p" label="Photos" path="${photos}" type="sendreceive"></folder></configuration>`,
    );
    assert.match(await x.ok(x.laptop, "import", "syncthing", config), /Nothing was done/);
    assert.equal((await x.json(x.laptop, "import", "syncthing", config, "--yes")).done.length, 1);
    assert.match(await x.ok(x.laptop, "folders"), /^Photos /m);
  },
  "cairn completion": async (x) => {
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      assert.match(await x.ok(x.laptop, "completion", shell), /cairn/);
    }
  },
  "cairn man": async (x) => assert.match(await x.ok(x.laptop, "man"), /^\.TH CAIRN 1/im),
  "cairn repair": async (x) => {
    assert.equal((await x.json(x.third, "repair")).done, false);
    assert.match(await x.ok(x.third, "repair", "--yes"), /^Done\./m);
  },
  "cairn service": async (x) => assert.match(await x.ok(x.third, "service", "--help"), /install/),
  "cairn service install": async (x) => {
    // Real systems have it installed in tests/e2e/service_*_test.ts; here nothing is changed.
    for (const more of [["--kind", "systemd"], ["--system", "--kind", "systemd", "--run-as", "root"]]) {
      const told = await x.ok(x.third, "service", "install", "--dry-run", ...more);
      assert.match(told, /^Write [^]*\n {4}ExecStart=[^]*\nRun systemctl /);
    }
    assert.equal(isThere(x.bare.at("home/.config/systemd")), false);
  },
  "cairn service uninstall": async (x) => {
    for (const more of [[], ["--system", "--run-as", "root"]]) {
      const { code, stderr } = await x.run(
        x.third,
        ...["service", "uninstall", "--dry-run", "--kind", "systemd", ...more],
      );
      assert.equal(code, 0, stderr);
    }
  },
  "cairn service start": (x) => notInstalled(x, "start"),
  "cairn service stop": (x) => notInstalled(x, "stop"),
  "cairn service status": (x) => notInstalled(x, "status", "--json"),
  "cairn service run": async (x) => {
    const words = ["service", "run", "--no-log", "--must-start", "--name", "served", "--port", freePort()];
    x.note(words);
    await x.third.startAndWait(...words);
    assert.equal((await x.third.status()).device.name, "served");
  },
  "cairn down": async (x) => {
    assert.match(await x.ok(x.third, "down"), /^Stopped the device/);
    assert.match(await x.ok(x.third, "down"), /No device runs|runs no device|not running/i);
    await x.until("it to end", () => !x.third.running);
  },
  "cairn service logs": (x) => notInstalled(x, "logs", "--limit", "1", "--follow"),
};

/** In the place where the file is there is nothing that starts programs by itself, and that is said. */
async function notInstalled(x: Exercised, word: string, ...options: string[]): Promise<void> {
  for (const more of [[], ["--system"]]) {
    const { code, stdout, stderr } = await x.run(x.third, "service", word, ...more, ...options);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^cairn: (No service is installed|Nothing is known on this machine) ?.*\n→ .+\n$/);
  }
}
