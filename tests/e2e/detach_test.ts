/** A device in the background. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Device } from "../support/device.ts";
import { ownSystem } from "../support/own_system.ts";
import { tempDir } from "../support/temp_dir.ts";
import { addressOf, exists, share, World } from "../support/pair.ts";
import { waitFor } from "../support/wait.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const answers = async (device: Device) => (await device.run("status")).code === 0;

Deno.test("cairn up --detach outlives its terminal, comes back after a crash, and ends by cairn down", async (t) => {
  using dir = tempDir();
  await using system = await ownSystem(dir.path);
  if (system === null) return console.log("no namespaces can be had here");
  const device = new Device("laptop", dir.at("laptop"), system);
  const pid = () => Number(JSON.parse(Deno.readTextFileSync(`${device.home}/api.json`)).pid);

  await t.step("what cannot be shared is told at once, and nothing goes on", async () => {
    const { code, stderr } = await device.run("up", "/proc/nothing", "--detach");
    assert.deepEqual([code, stderr.split("\n")[0]], [1, "cairn: /proc/nothing cannot be used (not-found)"]);
    assert.equal(await answers(device), false);
    const wrong = await device.run("up", "--detach", "--name", "a/b");
    assert.deepEqual([wrong.code, wrong.stderr.split("\n")[0]], [2, 'cairn: "a/b" cannot name a device']);
  });

  await t.step("started in a terminal that closes", async () => {
    // `script` runs it on a terminal of its own, and closes that when it has ended.
    const words = [
      Deno.execPath(),
      "run",
      "-A",
      "--cached-only",
      MAIN,
      "--home",
      device.home,
      "up",
      device.data,
      "-d",
    ];
    const { code, out } = await system.run(
      "script",
      "-qec",
      words.map((word) => `'${word}'`).join(" "),
      "/dev/null",
    );
    assert.equal(code, 0, out);
    assert.match(
      out,
      /Sharing .* as "data" from .*\r\n.*cairn join .*\r\nCairn goes on in the background, and writes to\s+.*cairn\.log/,
    );
    await waitFor("the device to answer", () => answers(device));
  });

  await t.step("killed, it is started again, and the log says so", async () => {
    const before = pid();
    assert.equal((await system.run("kill", "-KILL", String(before))).code, 0);
    await waitFor("another process that answers", async () => pid() !== before && await answers(device));
    assert.match(
      await device.cli("service", "logs"),
      /The device ended with exit code 137\. It is started again in 1 s\./,
    );
  });

  await t.step("a second one is refused, and a folder is handed to the first", async () => {
    assert.match((await device.run("up", "--detach")).stderr, /A device already runs/);
    assert.match(await device.cli("up", dir.at("more"), "--detach"), /Sharing .*more/);
  });

  await t.step("it ends by cairn down, with who looks after it", async () => {
    assert.match(await device.cli("down"), /^Stopped the device in /);
    assert.match(await device.cli("down"), /^No device runs in /);
    assert.equal((await system.run("pgrep", "-f", "service run")).code, 1);
  });
});

Deno.test("cairn join --detach pairs, goes on in the background, and leaves nothing behind where it cannot", async () => {
  await using world = new World();
  const a = world.device("alpha");
  const b = world.device("beta");
  await share(a);
  Deno.writeTextFileSync(`${a.data}/f`, "hello\n");
  const at = ["--at", await addressOf(a)];
  const wrong = await b.run("join", "K7QM-2XTD-9RWA", b.data, ...at, "--detach");
  assert.notEqual(wrong.code, 0);
  assert.equal(await answers(b), false, "a join that fails leaves no device running");
  const again = await b.run("join", "K7QM-2XTD-9RWA", b.data, "--again", "--detach");
  assert.deepEqual([again.code, /begins in the foreground/.test(again.stderr)], [2, true]);

  const [code] = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(await a.cli("invite"))!;
  const told = await b.cli("join", code, b.data, ...at, "--detach", "--name", "beta");
  try {
    assert.match(told, /Paired with .*\n.*Cairn goes on in the background/);
    await waitFor("the file", () => exists(`${b.data}/f`));
  } finally {
    await b.cli("down");
  }
  assert.equal(await answers(b), false);
});
