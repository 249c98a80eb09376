import assert from "node:assert/strict";
import { openGauges } from "../../src/daemon/gauges.ts";
import { folderStatuses } from "../../src/daemon/status.ts";
import { PROMISES } from "../../src/sync/messages.ts";
import { pathOf } from "../support/entries.ts";
import { ask, askFor, causes, drop, getBack, settleAtOnce, standingOf } from "../support/dropping.ts";
import { Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

async function three(): Promise<Neighbours> {
  const neighbours = await Neighbours.openInMemory("laptop", "nas", "desk");
  settleAtOnce(neighbours);
  return neighbours;
}

Deno.test("what is dropped goes from the disk, stays listed over a scan and a restart, and comes back (R10)", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all as [typeof neighbours.all[0], typeof neighbours.all[0]];
  laptop!.write("a/one.txt", "one");
  laptop!.write("a/two.txt", "two");
  laptop!.write("three.txt", "three");
  await neighbours.agree();
  const preview = await drop(neighbours, laptop!, "a", true);
  assert.deepEqual([preview.files, preview.bytes, causes(preview)], [2, 6, []]);
  assert.equal(laptop!.read("a/one.txt"), "one", "a preview drops nothing");
  const done = await drop(neighbours, laptop!, "a");
  assert.deepEqual([done.files, done.bytes, causes(done)], [2, 6, []]);
  assert.deepEqual(laptop!.list(), ["a/", "three.txt: three"]);
  assert.deepEqual(laptop!.kept(), [], "no version of it takes room");
  const [status] = folderStatuses(laptop!.device, openGauges(neighbours.clock));
  assert.deepEqual([status!.files, status!.dropped], [1, { files: 2, bytes: 6 }]);
  await neighbours.settle();
  await neighbours.restart(laptop!);
  await neighbours.settle();
  assert.deepEqual(nas!.list(), ["a/", "a/one.txt: one", "a/two.txt: two", "three.txt: three"]);
  assert.equal(standingOf(laptop!, "a/one.txt"), "listed");
  assert.deepEqual(laptop!.list(), ["a/", "three.txt: three"]);

  const back = await getBack(neighbours, laptop!, "a/one.txt");
  assert.deepEqual([back.files, back.failedTotal, back.error], [1, 0, null]);
  assert.deepEqual(laptop!.list("a"), ["one.txt: one"]);
  assert.equal(standingOf(laptop!, "a/one.txt"), "kept");
  await getBack(neighbours, laptop!, "a");
  await neighbours.agree();
});

Deno.test("others' edits, deletes and renames of what is dropped are listed, and nothing of it comes", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  for (const name of ["edited", "deleted", "renamed", "turned"]) laptop!.write(`d/${name}`, name);
  await neighbours.agree();
  assert.deepEqual(causes(await drop(neighbours, laptop!, "d")), []);
  await neighbours.settle();
  nas!.write("d/edited", "another text");
  nas!.remove("d/deleted");
  nas!.remove("d/turned");
  nas!.write("d/turned/inside", "of a directory");
  await neighbours.settle();
  assert.deepEqual(laptop!.list(), ["d/", "d/turned/", "d/turned/inside: of a directory"]);
  assert.equal(standingOf(laptop!, "d/edited"), "listed");
  assert.equal(laptop!.sync.replica.own(pathOf("d/edited"))!.row.entry.size, "another text".length);
  assert.equal(standingOf(laptop!, "d/deleted"), "deleted");
  await getBack(neighbours, laptop!, "d");
  await neighbours.agree();
  assert.equal(laptop!.read("d/edited"), "another text");
});

Deno.test("a file that is put where one was dropped is that one again, or concurrent with what its user never saw", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  for (const name of ["same", "other"]) nas!.write(name, `${name} of the nas`);
  await neighbours.agree();
  assert.deepEqual(causes(await drop(neighbours, laptop!, "")), []);
  await neighbours.settle();
  laptop!.write("same", "same of the nas");
  laptop!.write("other", "other of the laptop");
  await neighbours.settle();
  assert.equal(standingOf(laptop!, "same"), "kept");
  const texts = nas!.list().map((line) => line.slice(line.indexOf(": ") + 2)).sort();
  assert.deepEqual(texts, ["other of the laptop", "other of the nas", "same of the nas"]);
});

Deno.test("nothing is dropped that nobody else has, that others cannot be asked for, or that is asked for here", async () => {
  await using neighbours = await three();
  const [laptop, nas, desk] = neighbours.all;
  laptop!.write("a", "text");
  await neighbours.agree();
  neighbours.part(desk!);
  await waitFor("the desk to go", () => laptop!.device.links.session(desk!.device.identity.id) === null);
  await ask(laptop!, { copies: 2 });
  const refused = causes(await drop(neighbours, laptop!, "a"));
  assert.equal(refused.length, 1);
  assert.match(refused[0]!, /desk is not connected/);
  await ask(laptop!, { copies: 3 });
  assert.match(
    causes(await drop(neighbours, laptop!, "a"))[0]!,
    /3 copies on other disks are asked for, and there are 2/,
  );
  await ask(laptop!, { copies: 1, on: [laptop!.device.identity.id] });
  assert.match(causes(await drop(neighbours, laptop!, "a"))[0]!, /a policy asks for a copy on this device/);
  assert.equal(laptop!.read("a"), "text");
  await ask(laptop!, { copies: 1, on: null });
  assert.deepEqual(causes(await drop(neighbours, laptop!, "a")), []);
  // The laptop lists it, and so counts for nobody.
  await neighbours.settle([laptop!, nas!]);
  assert.match(causes(await drop(neighbours, nas!, "a"))[0]!, /desk is not connected/);
  assert.equal(nas!.read("a"), "text");
});

Deno.test("two devices that drop the same at once do not both drop it", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  const names = Array.from({ length: 30 }, (_, i) => `f${i}`);
  for (const name of names) laptop!.write(name, name);
  await neighbours.agree();
  await Promise.all([drop(neighbours, laptop!, ""), drop(neighbours, nas!, "")]);
  for (let i = 0; i < 3; i++) {
    await neighbours.settle();
    for (const name of names) {
      assert.ok([laptop!, nas!].some((one) => one.read(name) === name), `${name} is somewhere`);
    }
    await Promise.all([drop(neighbours, nas!, ""), drop(neighbours, laptop!, "")]);
  }
  await neighbours.settle();
  for (const name of names) {
    assert.equal([laptop!, nas!].filter((one) => one.read(name) === name).length, 1);
  }
});

Deno.test("a promise outlives both devices' restarts, until who it was given to says that it does not count on it", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  laptop!.write("a", "text");
  await neighbours.agree();
  const { promises } = nas!.device.selective;
  const answered = askFor(laptop!, nas!, "a");
  assert.deepEqual(await answered, [0]);
  assert.equal(promises.promisedTo(nas!.sync.replica, pathOf("a")), laptop!.device.identity.id);
  neighbours.part(laptop!);
  await neighbours.restart(nas!);
  settleAtOnce(neighbours);
  await waitFor("the first scan", () => nas!.sync.outbound.isReady);
  const counts = nas!.device.selective.promises.promisedTo(nas!.sync.replica, pathOf("a"));
  assert.equal(counts, laptop!.device.identity.id);
  assert.match(
    causes(await drop(neighbours, nas!, "a"))[0]!,
    /laptop drops its own copy and counts on this one/,
  );
  await neighbours.restart(laptop!);
  settleAtOnce(neighbours);
  await neighbours.meet();
  await waitFor(
    "the promise to be over",
    () => nas!.device.selective.promises.promisedTo(nas!.sync.replica, pathOf("a")) === null,
  );
  assert.deepEqual(causes(await drop(neighbours, nas!, "a")), []);
  assert.deepEqual([laptop!.read("a"), nas!.read("a")], ["text", null]);
});

Deno.test("a copy that has rotted is promised to nobody, and what is there is not dropped", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  laptop!.write("a", "text that is good");
  await neighbours.agree();
  const { pool } = nas!.sync.replica.deps;
  const rotten = {
    ...pool,
    readSmall: () => Promise.resolve([null]),
    hash: () => Promise.resolve([{ content: "01".padEnd(66, "0"), size: 17, chunks: null }]),
  };
  (nas!.sync.replica.deps as { pool: unknown }).pool = rotten;
  assert.match(causes(await drop(neighbours, laptop!, "a"))[0]!, /nas found its copy damaged/);
  assert.equal(laptop!.read("a"), "text that is good");
  (nas!.sync.replica.deps as { pool: unknown }).pool = pool;
});

Deno.test("a device of an older protocol promises nothing, and so nothing is dropped", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  laptop!.write("a", "text");
  await neighbours.agree();
  const session = laptop!.device.links.session(nas!.device.identity.id)!;
  (session.agreement.capabilities as Set<string>).delete(PROMISES);
  assert.match(causes(await drop(neighbours, laptop!, "a"))[0]!, /nas runs an older Cairn/);
  assert.equal(laptop!.read("a"), "text");
});
