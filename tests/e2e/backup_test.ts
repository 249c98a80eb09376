/** `cairn export` and `cairn import` through real processes: a machine is lost, and the device is the same again. */
import assert from "node:assert/strict";
import { converge, exists, pairUp, sh, start, statusOf, textOf, World } from "../support/pair.ts";

Deno.test("a device that was exported is lost with its disk, and is imported: the same one, paired, with all its files", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(
    a.data,
    "mkdir d; for i in $(seq 20); do echo $i > d/$i; done; echo old > edited; echo x > deleted",
  );
  await converge("the start", a, b);
  const before = (await statusOf(b)).device;
  const file = `${world.work}/b.export`;
  const secret = `${world.work}/passphrase`;
  Deno.writeTextFileSync(secret, "correct horse\n");
  const { path, encrypted } = JSON.parse(await b.cli("export", file, "--passphrase-file", secret, "--json"));
  assert.deepEqual([path, encrypted], [file, true]);
  assert.equal(Deno.statSync(file).mode! & 0o777, 0o600);
  const again = await b.run("export", file);
  assert.deepEqual([again.code, again.stderr.split("\n")[0]], [2, `cairn: ${file} is there already`]);
  const used = await b.run("import", file, "--yes");
  assert.match(used.stderr, /^cairn: There is a device in /);
  assert.equal(used.code, 1);
  await sh(b.data, "echo new > edited; rm deleted");
  await converge("work after the export", a, b);

  await b.kill();
  Deno.removeSync(b.home, { recursive: true });
  Deno.removeSync(b.data, { recursive: true });
  Deno.mkdirSync(b.data);
  await sh(a.data, "rm d/1; echo since > since");
  const closed = await b.run("import", file);
  assert.deepEqual([closed.code, closed.stderr.split("\n")[0]], [
    2,
    "cairn: The file is encrypted, and nobody can be asked for the passphrase here",
  ]);
  Deno.writeTextFileSync(`${world.work}/wrong`, "wrong horse\n");
  const wrong = await b.run("import", file, "--passphrase-file", `${world.work}/wrong`);
  assert.deepEqual([wrong.code, /passphrase is not the one/.test(wrong.stderr)], [1, true]);
  assert.match(
    await b.cli("import", file, "--passphrase-file", secret),
    /would be in .*\n.*is empty.*\nNothing was done/,
  );
  assert.ok(!exists(b.home), "it has only looked");
  assert.match(await b.cli("import", file, "--passphrase-file", secret, "--yes"), /, is in .*\n.*is empty/);

  await start(b, "up");
  await converge("what it had", a, b);
  const { device, peers } = await statusOf(b);
  assert.deepEqual([device.id, device.name, device.library], [before.id, before.name, before.library]);
  assert.equal(peers.length, 1);
  assert.equal(textOf(`${b.data}/edited`), "new\n");
  assert.equal(textOf(`${b.data}/since`), "since\n");
  for (const gone of ["deleted", "d/1"]) {
    assert.ok(!exists(`${a.data}/${gone}`) && !exists(`${b.data}/${gone}`), gone);
  }
});
