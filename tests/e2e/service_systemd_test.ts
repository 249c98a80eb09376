/** A user's unit, by a real systemd of the user's. */
import assert from "node:assert/strict";
import { systemdUnit } from "../../src/service/systemd_unit.ts";
import { Device } from "../support/device.ts";
import { ownSystem, startSystemd } from "../support/own_system.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("cairn service with systemd: installed, started again after a crash, stopped, taken away", async (t) => {
  using dir = tempDir();
  await using system = await ownSystem(dir.path);
  if (system === null || !await startSystemd(system)) {
    return console.log("no systemd of the user's can be had here");
  }
  // What systemd would take for its own, all in one path.
  const device = new Device("laptop", dir.at(`it's "100%" $HOME ü`), system);
  const service = async (...words: string[]) => await device.cli("service", ...words);
  const show = async (what: string) => {
    const name = JSON.parse(await service("status", "--json")).name;
    return (await system.run("systemctl", "--user", "show", name, "--value", "-p", what)).out.trim();
  };

  await t.step("a dry run writes nothing", async () => {
    const said = await service("install", "--dry-run");
    assert.match(said, /^Write .*\/config\/systemd\/user\/cairn-[0-9a-f]{8}\.service:\n/);
    assert.match(said, /Run systemctl --user enable cairn-[0-9a-f]{8}\.service\n/);
    assert.throws(() => Deno.lstatSync(dir.at("config")), Deno.errors.NotFound);
    assert.throws(() => Deno.lstatSync(device.home), Deno.errors.NotFound);
  });

  await t.step("installed it runs in the home, which it makes, and again it says so", async () => {
    assert.match(await service("install"), /is installed\.\nThe device runs\.\nIt starts with your login/);
    assert.equal((await device.status()).device.name !== "", true);
    assert.match(await service("install"), /is installed already\.\nThe device runs\./);
    const status = JSON.parse(await service("status", "--json"));
    assert.deepEqual(
      [status.kind, status.installed, status.enabled, status.running, status.startsAt, status.gone],
      ["systemd", true, true, true, "login", null],
    );
    assert.equal(status.home, device.home);
  });

  await t.step("within its sandbox it gives and takes files", async () => {
    Deno.writeTextFileSync(`${device.data}/a.txt`, "a");
    await device.cli("up", device.data);
    const other = new Device("desktop", dir.at("desktop"), system);
    await other.start("join", await device.invite(), other.data, "--at", await device.address());
    await waitFor("the file to be there", () => Deno.readTextFileSync(`${other.data}/a.txt`) === "a");
    Deno.mkdirSync(`${other.data}/new`);
    Deno.writeTextFileSync(`${other.data}/new/b.txt`, "b");
    Deno.writeTextFileSync(`${other.data}/a.txt`, "another a");
    Deno.writeFileSync(`${other.data}/big`, new Uint8Array(3 * 2 ** 20).fill(7));
    await waitFor(
      "what changed there to be here",
      () =>
        Deno.readTextFileSync(`${device.data}/a.txt`) === "another a" &&
        Deno.readTextFileSync(`${device.data}/new/b.txt`) === "b" &&
        Deno.statSync(`${device.data}/big`).size === 3 * 2 ** 20,
    );
    Deno.removeSync(`${other.data}/big`);
    await waitFor(
      "the delete to be here",
      async () => !(await Array.fromAsync(Deno.readDir(device.data))).some(({ name }) => name === "big"),
    );
    await waitFor("all to be well", () => device.upToDate());
    assert.match(await other.cli("down"), /^Stopped the device/);
    await waitFor("it to end", () => !other.running);
  });

  const pidOf = async () => Number(JSON.parse(await service("status", "--json")).pid);

  await t.step("after a crash systemd, or the keeper, starts it again", async () => {
    const before = await pidOf();
    assert.equal((await system.run("kill", "-KILL", String(before))).code, 0);
    await waitFor("another process", async () => {
      const now = await pidOf();
      return now > 0 && now !== before;
    });
  });

  await t.step("down ends it well, and nobody starts it again", async () => {
    assert.match(await device.cli("down"), /^Stopped the device/);
    await waitFor("the unit to be inactive", async () => await show("ActiveState") === "inactive");
    assert.equal(await show("Result"), "success");
    assert.match(await service("start"), /The device runs\./);
    assert.match(await service("stop"), /The device is stopped\./);
    assert.equal(await show("ActiveState"), "inactive");
  });

  await t.step("as a newer systemd has it, without a keeper, it does the same", async () => {
    const { file, command, home, name } = JSON.parse(await service("status", "--json"));
    const description = { command, home, name, isSystem: false, user: "root" };
    Deno.writeTextFileSync(file, systemdUnit(description, 254));
    assert.equal((await system.run("systemctl", "--user", "daemon-reload")).code, 0);
    await service("start");
    const before = await pidOf();
    assert.equal(Number(await show("MainPID")), before);
    assert.equal((await system.run("kill", "-KILL", String(before))).code, 0);
    await waitFor("another process", async () => {
      const now = await pidOf();
      return now > 0 && now !== before;
    });
    assert.equal(await show("NRestarts"), "1");
    await device.cli("down");
    await waitFor("the unit to be inactive", async () => await show("ActiveState") === "inactive");
    // What was changed by hand is brought back.
    assert.match(await service("install"), /is installed already\.\nThe device runs\./);
    await service("stop");
  });

  await t.step("a device in the background makes way for the service", async () => {
    await device.cli("up", "--detach");
    const said = await service("start");
    assert.match(said, /stops, and goes on as the service\.\nThe device runs\./);
    assert.equal(await show("ActiveState"), "active");
  });

  await t.step("taken away it is gone", async () => {
    const { file } = JSON.parse(await service("status", "--json"));
    Deno.lstatSync(file);
    assert.match(await service("uninstall"), /is gone\. The device and its files stay/);
    assert.throws(() => Deno.lstatSync(file), Deno.errors.NotFound);
    assert.equal((await device.run("status")).code, 1);
    assert.equal(JSON.parse(await service("status", "--json")).installed, false);
    assert.match(await service("uninstall"), /No service is installed/);
    assert.equal(Deno.readTextFileSync(`${device.data}/a.txt`), "another a");
  });
});
