/** `cairn doctor`, `metrics` and `repair` through the program: beside a device, without one, and what the report to pass on does not say. */
import assert from "node:assert/strict";
import type { DoctorReport } from "../../src/daemon/doctor/types.ts";
import { Device } from "../support/device.ts";
import { parseExposition } from "../support/prometheus.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

async function reportOf(device: Device): Promise<DoctorReport> {
  const { code, stdout, stderr } = await device.run("doctor", "--json");
  const report = JSON.parse(stdout) as DoctorReport;
  // A machine for tests may be in no network.
  assert.equal(code, report.attention === 0 ? 0 : 3, stderr);
  assert.equal(report.attention, report.findings.filter(({ verdict }) => verdict === "attention").length);
  return report;
}

const verdicts = (report: DoctorReport) =>
  Object.fromEntries(report.findings.map(({ code, verdict }) => [code, verdict]));

Deno.test("doctor: a running device, its bundle without a secret or name, and its home at rest", async (t) => {
  using dir = tempDir();
  const device = new Device("zanzibar-laptop", dir.at("quokka-work"));
  Deno.writeTextFileSync(`${device.data}/wombat-diary.txt`, "dear diary");
  await device.startAndWait("up", device.data, "--name", "zanzibar-laptop");
  const bundle = dir.at("bundle.json");
  try {
    await waitFor("the folder to be looked at", () => device.upToDate());

    await t.step("beside a running device all that it needs is looked at", async () => {
      const report = await reportOf(device);
      assert.equal(report.schema, "cairn.doctor/1");
      assert.ok(report.running);
      const found = verdicts(report);
      for (
        const code of [
          "clock-year",
          "disk-room",
          "disk-durable",
          "permissions-good",
          "journal-good",
          "catalogue-good",
          "broadcast-answered",
        ]
      ) {
        assert.equal(found[code], "good", code);
      }
      const durable = report.findings.filter(({ code }) => code === "disk-durable").map(({ subject }) =>
        subject
      );
      assert.deepEqual(
        durable.sort(),
        [device.data, device.home].map((path) => Deno.realPathSync(path)).sort(),
      );
    });

    await t.step("the bundle says nothing that is the user's, and replaces no file", async () => {
      // What goes wrong is told in words with names in them.
      Deno.chmodSync(`${device.home}/settings.json`, 0o644);
      const code = await device.invite();
      const status = await device.status();
      assert.equal((await device.run("doctor", "--bundle", bundle)).code, 3);
      Deno.chmodSync(`${device.home}/settings.json`, 0o600);
      const text = Deno.readTextFileSync(bundle);
      assert.equal(Deno.statSync(bundle).mode! & 0o777, 0o600);
      const read = JSON.parse(text);
      assert.equal(read.schema, "cairn.doctor-bundle/1");
      assert.equal(read.device.folders[0].files, 1);
      assert.ok(read.findings.some((one: { code: string }) => one.code === "secret-open"));
      const { certificate, key } = JSON.parse(Deno.readTextFileSync(`${device.home}/identity.json`));
      const { token } = JSON.parse(Deno.readTextFileSync(`${device.home}/api.json`));
      const lines = (pem: string) => pem.split("\n").filter((line) => line.length > 20);
      const addresses = Deno.networkInterfaces().map(({ address }) => address);
      const secrets = [
        ...[
          "wombat",
          "diary",
          "zanzibar",
          "quokka",
          dir.path,
          "/home",
          "data",
          token,
          code,
          code.replaceAll("-", ""),
        ],
        ...[status.device.id, status.device.library, status.folders[0]!.id, status.device.id.slice(0, 8)],
        ...[...lines(certificate), ...lines(key), ...addresses],
      ];
      // The words that say what is in it are the same for all.
      const said = JSON.stringify({ ...read, contains: "" });
      for (const secret of secrets) assert.ok(secret.length > 2 && !said.includes(secret), secret);
      const again = await device.run("doctor", "--bundle", bundle);
      assert.equal(again.code, 1);
      assert.match(again.stderr, /it is there already/);
    });
    await t.step(
      "metrics are told to who has the token, in the format of Prometheus, and to nobody else",
      async () => {
        const read = parseExposition(await device.cli("metrics") + "\n");
        assert.equal(read.get("cairn_folder_files")!.samples[0]!.value, 1);
        const { port, token } = JSON.parse(Deno.readTextFileSync(`${device.home}/api.json`));
        const ask = (headers: Record<string, string>) =>
          fetch(`http://127.0.0.1:${port}/metrics`, { headers });
        const refused = await ask({});
        await refused.body?.cancel();
        assert.equal(refused.status, 401);
        const answered = await ask({ authorization: `Bearer ${token}` });
        assert.match(answered.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
        assert.deepEqual([...parseExposition(await answered.text()).keys()], [...read.keys()]);
      },
    );
  } finally {
    await device.stop();
  }

  await t.step(
    "without one nothing in the home is touched; an open key is told with its remedy",
    async () => {
      const image = () =>
        [...Deno.readDirSync(device.home)].map((
          { name },
        ) => [name, Deno.statSync(`${device.home}/${name}`).mtime?.getTime()]).sort();
      const before = image();
      const found = verdicts(await reportOf(device));
      assert.deepEqual(image(), before);
      for (const code of ["journal-good", "catalogue-good", "catalogue-beside", "port-free"]) {
        assert.equal(
          found[code],
          "good",
          code,
        );
      }
      Deno.chmodSync(`${device.home}/identity.json`, 0o644);
      const { code, stdout, stderr } = await device.run("doctor");
      assert.equal(code, 3);
      assert.match(stdout, /!! .*identity\.json: other users .*\n {6}→ chmod 600 .*identity\.json/);
      assert.match(stderr, /^cairn: \d+ findings? needs? attention\n→ /);
    },
  );

  await t.step(
    "repair: refused while the device runs; without --yes it only tells; then all is as before",
    async () => {
      Deno.chmodSync(`${device.home}/identity.json`, 0o600);
      await device.startAndWait("up");
      const refused = await device.run("repair", "--yes");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /is running already/);
      await waitFor("the folder to be looked at", () => device.upToDate());
      await device.stop();
      const homeNames = () => [...Deno.readDirSync(device.home)].map(({ name }) => name).sort();
      const names = homeNames();
      assert.match(
        await device.cli("repair"),
        /is sound; a repair is not needed[^]*Nothing was done\. Do it with: cairn repair --yes/,
      );
      assert.deepEqual(homeNames(), names);
      const done = JSON.parse(await device.cli("repair", "--yes", "--json"));
      assert.deepEqual([done.schema, done.done, done.folders.length], ["cairn.repair/1", true, 1]);
      assert.ok(Deno.statSync(done.aside).isFile);
      await device.startAndWait("up");
      await waitFor("the folder to be looked at", () => device.upToDate());
      assert.equal((await device.status()).folders[0]!.files, 1);
      await device.stop();
    },
  );

  await t.step("wrong words", async () => {
    for (
      const args of [
        ["doctor", "extra"],
        ["doctor", "--bundle"],
        ["doctor", "--nothing"],
        [
          "repair",
          "extra",
        ],
        ["repair", "--no"],
        ["metrics", "x"],
      ]
    ) {
      assert.equal((await device.run(...args)).code, 2, args.join(" "));
    }
    const nowhere = await device.run("repair", "--home", dir.at("nowhere"));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /No device was ever started in/);
  });
});
