/** Three devices, of which one is removed, is told, and comes back as a new one. */
import assert from "node:assert/strict";
import type { Device } from "../support/device.ts";
import {
  addressOf,
  converge,
  exists,
  folderOf,
  join,
  share,
  start,
  statusOf,
  textOf,
  until,
  World,
} from "../support/pair.ts";

function peerNames(device: Device): Promise<string[]> {
  return statusOf(device).then(({ peers }) => peers.map(({ name }) => name).sort());
}

Deno.test("a removed device is refused by all, is told, works on alone, and comes back as a new one (R32)", async (t) => {
  await using world = new World();
  const [a, b, c] = [world.device("alpha"), world.device("beta"), world.device("gamma")];
  await share(a);
  await join(b, a);
  await join(c, a);
  for (const name of ["keep", "gone", "also gone"]) Deno.writeTextFileSync(`${a.data}/${name}`, name);
  await converge("the start", a, b, c);

  await t.step("names that name nobody, several or oneself are told with what to do", async () => {
    assert.match(
      (await a.run("devices", "remove", "delta")).stderr,
      /no device "delta"[^]*beta \([0-9a-f]{8}\)/,
    );
    assert.match((await a.run("devices", "remove", "alpha")).stderr, /is this device[^]*--self/);
    assert.match((await a.run("devices", "confirm", "beta")).stderr, /member already/);
  });

  await t.step("its sessions end, and it learns by whom it was removed and what to do", async () => {
    assert.match(await a.cli("devices", "remove", "gamma"), /gamma is removed/);
    await until(
      "both others to have no session with it",
      async () => {
        const connected = await Promise.all([a, b].map(peerNames));
        return connected.every((names) => !names.includes("gamma"));
      },
      a,
      b,
      c,
    );
    await until("it to be told", async () => {
      const { notes } = await statusOf(c);
      return notes.some(({ cause, remedy }) =>
        /removed from the library by alpha on 20/.test(cause) && /--again/.test(remedy)
      );
    }, c);
    assert.match(await b.cli("devices"), /gamma {2}removed by alpha/);
    assert.match((await a.run("devices", "remove", "gamma")).stderr, /was removed already/);
  });

  await t.step("its files stay and it works on; nothing goes either way", async () => {
    Deno.writeTextFileSync(`${c.data}/mine`, "mine");
    Deno.writeTextFileSync(`${a.data}/theirs`, "theirs");
    for (const name of ["gone", "also gone"]) Deno.removeSync(`${a.data}/${name}`);
    await converge("the two others", a, b);
    await until("it to be up to date by itself", async () => (await folderOf(c)).files === 4, c);
    assert.ok(!exists(`${a.data}/mine`) && !exists(`${c.data}/theirs`));
    assert.equal(textOf(`${c.data}/gone`), "gone");
    const { stderr } = await c.run("join", "K7QM-2XTD-9RWA", "--at", await addressOf(a));
    assert.match(stderr, /removed from its library[^]*--again/);
    assert.match((await c.run("invite")).stderr, /removed from its library/);
  });

  const again = async (...args: string[]) =>
    await c.run("join", await a.invite(), c.data, "--at", await addressOf(a), ...args);

  await t.step("it comes back as a new device; what only it has is listed before it is added", async () => {
    assert.match((await again("--again")).stderr, /Stop it first/);
    await c.stop();
    const { code, stderr } = await again("--again", "--name", "gamma");
    assert.equal(code, 1);
    assert.match(stderr, /3 of the files[^]*also gone, gone, mine[^]*--folder \S+ --add/);
    assert.ok(!exists(`${a.data}/mine`) && !exists(`${a.data}/gone`));
    Deno.removeSync(`${c.data}/also gone`);
    const { name } = await folderOf(a);
    await start(c, "up", c.data, "--folder", name, "--add");
    const tree = await converge("all three", a, b, c);
    assert.deepEqual([...tree.keys()].sort(), ["gone", "keep", "mine", "theirs"]);
    assert.equal((await statusOf(a)).removed.length, 1);
    assert.ok((await peerNames(b)).some((peer) => peer === "gamma"));
  });

  await t.step("once is enough: a member does not come back", async () => {
    await c.stop();
    assert.match((await again("--again")).stderr, /was not removed/);
  });
});
