/** `cairn import syncthing` through the program. */
import assert from "node:assert/strict";
import { Device } from "../support/device.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("import: Syncthing's folders are told first, then taken, without what it ignored", async () => {
  using dir = tempDir();
  const photos = dir.at("Photos");
  Deno.mkdirSync(`${photos}/.stversions`, { recursive: true });
  for (const name of ["a.jpg", "b.tmp", ".stversions/old.jpg"]) {
    Deno.writeTextFileSync(`${photos}/${name}`, name);
  }
  Deno.writeTextFileSync(`${photos}/.stignore`, "*.tmp\nx**y\n");
  const config = dir.at("config.xml");
  Deno.writeTextFileSync(
    config,
    `<configuration version="37"><folder id="p" label="Photos" path="${photos}" type="sendreceive"></folder>` +
      `<folder id="q" label="Gone" path="${dir.at("gone")}" type="sendreceive"></folder></configuration>`,
  );
  const device = new Device("d", dir.at("d"));

  const told = await device.cli("import", "syncthing", config);
  assert.match(told, /Photos in \S+: becomes a new folder, mode sync\n/);
  assert.match(told, /\.stignore line 2: x\*\*y\n {4}\*\* can only stand for whole names here\n/);
  assert.match(told, /Gone in \S+: left out, its directory is not there\nNothing was done/);
  assert.deepEqual([...Deno.readDirSync(photos)].map(({ name }) => name).sort(), [
    ".stignore",
    ".stversions",
    "a.jpg",
    "b.tmp",
  ]);
  assert.match((await device.run("import", "syncthing", config, "--yes")).stderr, /No device is running/);

  await device.startAndWait("up");
  try {
    const { schema, done } = JSON.parse(await device.cli("import", "syncthing", config, "--yes", "--json"));
    assert.deepEqual([schema, done], ["cairn.import-syncthing/1", [{
      name: "Photos",
      path: photos,
      error: "",
    }]]);
    await waitFor("the folder to be looked at", () => device.upToDate());
    const [folder] = (await device.status()).folders;
    assert.deepEqual(
      [folder!.name, folder!.mode, folder!.files],
      ["Photos", "sync", 2],
      "a.jpg and .cairnignore",
    );
  } finally {
    await device.stop();
  }

  for (
    const args of [["import"], ["import", "syncthing"], ["import", "syncthing", config, "more"], [
      "import",
      "rsync",
    ]]
  ) {
    assert.equal((await device.run(...args)).code, 2, args.join(" "));
  }
  Deno.writeTextFileSync(config, "<configuration>");
  const bad = await device.run("import", "syncthing", config);
  assert.equal(bad.code, 2);
  assert.match(
    bad.stderr,
    /This is no configuration of Syncthing, or not all of it\n→ Name Syncthing's own file/,
  );
});
