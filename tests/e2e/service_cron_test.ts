/** A line @reboot, by a real cron and crontab. */
import assert from "node:assert/strict";
import { Device } from "../support/device.ts";
import { ownSystem } from "../support/own_system.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

const answers = async (device: Device) => (await device.run("status")).code === 0;

Deno.test("cairn service with cron: installed beside other lines, run at boot, taken away", async (t) => {
  using dir = tempDir();
  await using system = await ownSystem(dir.path);
  const hasCron = async () =>
    (await system!.run("sh", "-c", "command -v cron && command -v crontab")).code === 0;
  if (system === null || !await hasCron()) return console.log("no cron can be had here");
  const device = new Device("nas", dir.at(`it's "100%" $HOME ü`), system);
  const service = async (...words: string[]) => await device.cli("service", ...words);
  const crontab = () => {
    const [program, ...args] = system.wrap(["crontab", "-l"]);
    return new Deno.Command(program!, { args, stderr: "null" }).outputSync().stdout;
  };
  // Also bytes that are no text, as an editor may have left them.
  const before = new Uint8Array([
    ...new TextEncoder().encode('# mine\nMAILTO=""\n@reboot /bin/true \\% ü '),
    0xff,
    10,
    10,
  ]);
  Deno.writeFileSync(dir.at("before"), before);
  assert.equal((await system.run("crontab", dir.at("before"))).code, 0);

  await t.step("installed it has a line and runs; the other lines are as they were", async () => {
    assert.match(
      await service("install", "--kind", "cron"),
      /is installed\.\nThe device runs\.\nIt starts with the machine\./,
    );
    const now = crontab();
    assert.deepEqual(now.subarray(0, before.length), before);
    const line = new TextDecoder().decode(now.subarray(before.length));
    assert.match(line, /^@reboot [^\n]+ service run # cairn service cairn-[0-9a-f]{8}\n$/);
    assert.match(await service("install"), /is installed already\.\nThe device runs\./);
    assert.deepEqual(crontab(), now);
    const refused = await device.run("service", "install", "--kind", "systemd");
    assert.deepEqual([refused.code, refused.stderr.split("\n")[0]], [
      2,
      "cairn: A service of the kind cron is installed, and two would start one device twice",
    ]);
  });

  await t.step("a program that was moved has its line name it, and says so", async () => {
    const [now, record] = [crontab(), `${device.home}/service.json`];
    const gone = (text: string) => text.replaceAll(Deno.execPath(), "/gone/deno");
    Deno.writeTextFileSync(record, gone(Deno.readTextFileSync(record)));
    const latin1 = String.fromCharCode(...now);
    Deno.writeFileSync(dir.at("moved"), Uint8Array.from(gone(latin1), (sign) => sign.charCodeAt(0)));
    assert.equal((await system.run("crontab", dir.at("moved"))).code, 0);
    assert.match(await service("status"), /^\/gone\/deno is gone\. Mend it with: cairn service install$/m);
    const { code, stderr } = await device.run("status");
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^The service named \/gone\/deno .*, which is gone\. From its next start on it runs \/.*main\.ts\.\n$/,
    );
    assert.deepEqual(crontab(), now);
    assert.deepEqual((await device.run("status")).stderr, "");
    assert.doesNotMatch(await service("status"), /gone/);
  });

  await t.step("stopped it stays so until the machine starts", async () => {
    assert.match(await service("stop"), /The device is stopped/);
    assert.equal(await answers(device), false);
    const [program, ...args] = system.wrap(["cron", "-f"]);
    const cron = new Deno.Command(program!, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    await waitFor("cron to start the device", () => answers(device));
    const status = JSON.parse(await service("status", "--json"));
    assert.deepEqual([status.kind, status.installed, status.running, status.home], [
      "cron",
      true,
      true,
      device.home,
    ]);
    cron.kill();
    await cron.status;
  });

  await t.step("its words are in the log", async () => {
    assert.match(await service("logs", "-n", "1"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .+$/);
  });

  await t.step("taken away the crontab is what it was, byte for byte", async () => {
    assert.match(await service("uninstall"), /is gone/);
    assert.deepEqual(crontab(), before);
    assert.equal(await answers(device), false);
    assert.equal((await system.run("pgrep", "-f", "service run")).code, 1);
  });

  await t.step("with no other line there is no crontab before and after", async () => {
    assert.equal((await system.run("crontab", "-r")).code, 0);
    await service("install", "--kind", "cron");
    assert.match(new TextDecoder().decode(crontab()), /^@reboot /);
    await service("uninstall");
    assert.match((await system.run("crontab", "-l")).err, /no crontab/);
  });
});
