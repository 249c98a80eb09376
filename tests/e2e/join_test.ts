/** Joining: what both sides have already, the ways in, and what is said when it does not work. */
import assert from "node:assert/strict";
import { connect } from "../../src/cli/client.ts";
import type { Device } from "../support/device.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import {
  addressOf,
  answers,
  conflictsIn,
  converge,
  folderOf,
  join,
  PATIENCE_MS,
  sh,
  share,
  start,
  statusOf,
  until,
  World,
} from "../support/pair.ts";

const EQUAL_BYTES = 24 * 2 ** 20;

Deno.test("joining with files on both sides adopts what is equal and keeps both of what is not", async () => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  const large = sampleBytes(7, EQUAL_BYTES);
  for (const { data, name } of [a, b]) {
    await sh(
      data,
      "mkdir -p same/empty differ; for i in $(seq 60); do echo $i > same/$i; done; ln -s 1 same/link",
    );
    Deno.writeFileSync(`${data}/same/large`, large);
    await sh(data, `echo ${name} > differ/a.txt; echo ${name} > differ/.hidden; ln -s ${name} differ/link`);
    await sh(data, `mkdir only-${name}; echo ${name} > only-${name}/file`);
  }
  const inodes = [a, b].map(({ data }) => inodesIn(`${data}/same`));
  await share(a);
  await join(b, a);
  const written = bytesWritten(a);
  const tree = await converge("both sides to be one", a, b);

  assert.deepEqual(
    [a, b].map(({ data }) => inodesIn(`${data}/same`)),
    inodes,
    "equal files stay the files that they are",
  );
  if (written !== null) {
    const sent = bytesWritten(a)! - written;
    assert.ok(sent < EQUAL_BYTES / 2, `alpha wrote ${sent} bytes, though nothing large was missing`);
  }
  const copies = conflictsIn(tree);
  assert.equal(copies.length, 3, copies.join(", "));
  for (const name of ["differ/a", "differ/.hidden", "differ/link"]) {
    assert.equal(copies.filter((path) => path.startsWith(`${name}.conflict-`)).length, 1, name);
  }
  const both = ["a.txt", ".hidden"].map((name) =>
    [...tree.keys()].filter((path) => path.startsWith(`differ/${name.replace(".txt", "")}`))
      .map((path) => Deno.readTextFileSync(`${a.data}/${path}`).trim()).sort()
  );
  assert.deepEqual(both, [["alpha", "beta"], ["alpha", "beta"]]);
  assert.deepEqual((await folderOf(b)).problems, []);
});

Deno.test("a device that runs already takes the join over, and each folder goes where it is told", async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  const second = world.aside("second");
  await sh(a.data, "echo one > one");
  await sh(second, "echo two > two");
  await share(a);
  await start(b, "up", "--no-invite", "--name", b.name);
  const { code } = await connect(a.home).invite();
  const at = await addressOf(a);

  await t.step("join hands the work to it and returns", async () => {
    const said = await b.cli("join", code, b.data, "--at", at);
    assert.match(said, /Paired with alpha\./);
    await converge("the folder", a, b);
  });

  await t.step("an invite on a pipe is the code alone", async () => {
    assert.match(await a.cli("invite"), /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  });

  await t.step("of several folders the name says which", async () => {
    await a.cli("up", second);
    const c = world.device("gamma");
    const joining = async (...more: string[]) => ["join", await a.invite(), c.data, "--at", at, ...more];
    const unclear = await c.run(...await joining("--name", c.name));
    assert.equal(unclear.code, 1);
    for (const says of [/several folders/, /"data"/, /"aside-second"/, /--folder NAME/]) {
      assert.match(unclear.stderr, says);
    }
    const unknown = await c.run(...await joining("--folder", "nothing"));
    assert.match(unknown.stderr, /no folder "nothing"/);
    await c.start(...await joining("--folder", "aside-second"));
    await until("the second folder", async () => {
      const { folders } = await statusOf(c);
      return folders.length === 1 && folders[0]!.state.kind === "up-to-date" &&
        Deno.statSync(`${c.data}/two`).isFile;
    }, c);
    assert.deepEqual([...Deno.readDirSync(c.data)].map(({ name }) => name).sort(), [".cairn", "two"]);
  });
});

Deno.test("a third device joins by the second while the first is off, and all find each other", async () => {
  await using world = new World();
  const [a, b, c] = [world.device("alpha"), world.device("beta"), world.device("gamma")];
  await sh(a.data, "mkdir d; for i in $(seq 40); do echo $i > d/$i; done; seq 100000 > large");
  await share(a);
  await join(b, a);
  await converge("the first two", a, b);
  await a.stop();
  await sh(b.data, "echo from beta > d/1");
  await join(c, b);
  await converge("the third", b, c);
  await sh(c.data, "echo from gamma > d/2; rm d/3");
  await converge("an edit of the third", b, c);
  await sh(a.data, "echo from alpha > d/4");
  await start(a, "up");
  const tree = await converge("all three", a, b, c);
  assert.deepEqual(conflictsIn(tree), []);
  for (const device of [a, b, c]) {
    await until(`${device.name} to be connected with both`, async () => {
      const { peers } = await statusOf(device);
      return peers.length === 2 && peers.every(({ connected }) => connected);
    }, device);
  }
});

Deno.test("what is wrong with a code or an address is said, with what to do", async (t) => {
  await using world = new World();
  const [a, b, c] = [world.device("alpha"), world.device("beta"), world.device("gamma")];
  await share(a);
  const at = await addressOf(a);
  const { code } = await connect(a.home).invite();
  const joining = (device: Device, code: string, ...more: string[]) =>
    device.run("join", code, device.data, ...more);

  await t.step("a code that cannot be one", async () => {
    for (
      const [typed, why] of [["K7QM-2XTD", /too short/], ["UUUU-2XTD-9RWA", /"U".*typo/], [
        `${code}0`,
        /too long/,
      ]] as const
    ) {
      const { code: exit, stderr } = await joining(b, typed);
      assert.equal(exit, 2, stderr);
      assert.match(stderr, why);
      assert.match(stderr, /cairn invite/);
    }
  });

  await t.step("nobody there: where to look for the port, and what may be in the way", async () => {
    const startMs = performance.now();
    const { code: exit, stderr } = await joining(b, code, "--at", closedPort());
    assert.equal(exit, 1);
    assert.match(stderr, /does not answer.*`cairn status` tells.*firewall/s);
    assert.ok(performance.now() - startMs < PATIENCE_MS / 4);
  });

  await t.step("another code than the one shown", async () => {
    const wrong = code.slice(0, -1) + (code.endsWith("7") ? "8" : "7");
    const { code: exit, stderr } = await joining(b, wrong, "--at", at);
    assert.equal(exit, 1);
    assert.match(stderr, /code is not right.*cairn invite/s);
    assert.equal((await statusOf(a)).peers.length, 0);
  });

  await t.step("lower case, and without dashes, is the same code", async () => {
    await b.start(
      "join",
      code.toLowerCase().replaceAll("-", " ").trim(),
      b.data,
      "--at",
      at,
      "--name",
      b.name,
    );
    await answers(b);
    await converge("the join", a, b);
  });

  await t.step("a code that another device has used", async () => {
    const { code: exit, stderr } = await joining(c, code, "--at", at);
    assert.equal(exit, 1);
    assert.match(stderr, /cairn invite/);
    assert.match(stderr, /used|not right|no invite|not inviting|does not/i);
    assert.equal((await statusOf(a)).peers.length, 1);
  });
});

/** Where surely nobody listens. */
function closedPort(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `127.0.0.1:${port}`;
}

function inodesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) =>
    `${name} ${Deno.lstatSync(`${directory}/${name}`).ino}`
  ).sort();
}

/** What the device's process has written, sockets included; null where nobody tells. */
function bytesWritten(device: Device): number | null {
  try {
    return Number(/^wchar: (\d+)/m.exec(Deno.readTextFileSync(`/proc/${device.pid}/io`))![1]);
  } catch {
    return null;
  }
}
