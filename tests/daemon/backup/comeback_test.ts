/** A device that is lost and comes back out of an export (R24 to R26, R28): all converge, no write is lost, what was deleted stays so. */
import assert from "node:assert/strict";
import { resumeFolder } from "../../../src/daemon/halts.ts";
import { SESSION_PROTOCOL } from "../../../src/peer/links.ts";
import { comesBack, exportOf, folderRuns, imageOf } from "../../support/exports.ts";
import { type Neighbour, Neighbours } from "../../support/neighbours.ts";
import { waitFor } from "../../support/wait.ts";

/** Three files known to all, an export, and then further work on both sides. Answers what was exported. */
async function story(all: Neighbours) {
  const [a, b] = all.all as [Neighbour, Neighbour];
  for (
    const name of ["kept", "edited-by-a", "edited-by-b", "deleted-by-a", "deleted-by-b", "deleted-later"]
  ) {
    b.write(name, `${name}, at first`);
  }
  await all.settle();
  const contents = exportOf(b);
  a.write("edited-by-a", "by a");
  b.write("edited-by-b", "by b");
  a.remove("deleted-by-a");
  b.remove("deleted-by-b");
  a.write("new-of-a", "new of a");
  b.write("new-of-b", "new of b");
  await all.agree();
  return { a, b, contents };
}

const AFTER = {
  kept: "kept, at first",
  "edited-by-a": "by a",
  "edited-by-b": "by b",
  "deleted-by-a": null,
  "deleted-by-b": null,
  "deleted-later": null,
  "new-of-a": "new of a",
  "new-of-b": "new of b",
};

function assertHas(one: Neighbour, expected: Readonly<Record<string, string | null>>): void {
  for (const [path, text] of Object.entries(expected)) {
    assert.equal(one.read(path), text, `${one.name}: ${path}`);
  }
}

/** Nothing was made twice. */
function assertNoConflicts(...some: Neighbour[]): void {
  for (const one of some) assert.deepEqual(one.list().filter((line) => line.includes(".conflict-")), []);
}

function dots(one: Neighbour, path: string): string {
  const { catalogue } = one.device.ledger;
  const row = catalogue.rows.own(catalogue.ids.folder(one.folder), path as never);
  return JSON.stringify(row?.row.entry.version.dots);
}

Deno.test("an export, an empty disk: the same device has all again, pairs with nobody, and nothing is deleted (R26, invariant 8)", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const { a, b, contents } = await story(all);
  const { id } = b.device.identity;
  const actor = b.device.ledger.actor;
  const epoch = b.device.ledger.epoch;
  all.part(b);
  const plan = await comesBack(all, b, contents, () => {
    a.remove("deleted-later");
    Deno.removeSync(b.root, { recursive: true });
    Deno.mkdirSync(b.root);
  });
  assert.deepEqual(plan.map(({ found }) => found), ["empty"]);
  assert.equal(b.device.identity.id, id);
  assert.notEqual(b.device.ledger.actor, actor);
  assert.ok(b.device.ledger.epoch > epoch);
  all.reconnect(b);
  await folderRuns(b);
  await all.agree();
  for (const one of [a, b]) assertHas(one, AFTER);
  assertNoConflicts(a, b);
});

Deno.test("an export, the folder's disk as it was: nothing is said anew, deletes made meanwhile are taken, edits that nobody had seen go out (R2, R26)", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const { a, b, contents } = await story(all);
  const before = dots(b, "kept");
  all.part(b);
  const plan = await comesBack(all, b, contents, () => {
    a.remove("deleted-later");
    a.write("edited-by-a", "by a, again");
    b.write("edited-by-b", "by b, and nobody saw it");
    b.write("unseen", "nobody saw it");
  });
  assert.deepEqual(plan.map(({ found }) => found), ["there"]);
  await a.look();
  assert.equal(b.device.folders.get(b.folder), undefined, "it waits for what others know");
  all.reconnect(b);
  await folderRuns(b);
  await all.agree();
  for (const one of [a, b]) {
    assertHas(one, {
      ...AFTER,
      "edited-by-a": "by a, again",
      "edited-by-b": "by b, and nobody saw it",
      unseen: "nobody saw it",
    });
  }
  assertNoConflicts(a, b);
  assert.equal(dots(b, "kept"), before, "the dots that it had");
});

Deno.test("an export, a disk image from before: the folder halts, and what was deleted or edited since stays so", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const [a, b] = all.all as [Neighbour, Neighbour];
  await all.restart(b); // so that the marker is raised
  await all.settle();
  b.write("early", "there already");
  await all.settle();
  await all.restart(b);
  const putBack = imageOf(b);
  const { contents } = await story(all);
  all.part(b);
  await comesBack(all, b, contents, () => {
    a.remove("deleted-later");
    putBack();
    b.write("unseen", "written into the image");
  });
  await a.look();
  all.reconnect(b);
  await folderRuns(b);
  await waitFor("it to halt", () => b.sync.replica.brake.halt?.kind === "older", 60_000, 5);
  await b.look();
  assertHas(a, { ...AFTER, unseen: null });
  const { aside } = await resumeFolder(b.device, { folder: "Notes", verdict: "reject" });
  await all.agree();
  for (const one of [a, b]) assertHas(one, { ...AFTER, early: "there already", unseen: null });
  assert.equal(Deno.readTextFileSync(`${aside}/unseen`), "written into the image", "nothing is lost");
  assertNoConflicts(a, b);
});

Deno.test("who was exported lives on beside the one that was imported: each is heard in an epoch of its own, and nothing that either wrote is lost (R24)", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const { a, b, contents } = await story(all);
  const home = `${b.home}.former`;
  let former = () => {};
  await all.restart(b, () => {
    copyTree(b.home, home);
    former = imageOf(b);
  });
  const epochs = [b.device.ledger.epoch];
  all.part(b);
  await comesBack(all, b, contents, () => {
    Deno.removeSync(b.root, { recursive: true });
    Deno.mkdirSync(b.root);
  });
  all.reconnect(b);
  await folderRuns(b);
  b.write("by-the-imported", "by the imported");
  await all.agree();
  epochs.push(b.device.ledger.epoch);
  // The old machine is found again, and somebody works on it.
  all.part(b);
  await all.restart(b, () => {
    Deno.removeSync(b.home, { recursive: true });
    copyTree(home, b.home);
    former();
  });
  b.write("by-the-former", "by the former");
  b.write("kept", "edited by the former");
  await b.look();
  all.reconnect(b);
  await all.agree();
  epochs.push(b.device.ledger.epoch);
  assert.ok(epochs[0]! < epochs[1]! && epochs[1]! < epochs[2]!, epochs.join());
  const expected = { ...AFTER, "deleted-later": "deleted-later, at first" };
  for (const one of [a, b]) {
    assertHas(one, {
      ...expected,
      kept: "edited by the former",
      "by-the-imported": "by the imported",
      "by-the-former": "by the former",
    });
  }
});

function copyTree(from: string, to: string): void {
  const { success } = new Deno.Command("cp", { args: ["-a", from, to] }).outputSync();
  assert.ok(success);
}

Deno.test("one that is exported and lives: the other waits, says where it is, and goes on when it is gone (R36)", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const { b, contents } = await story(all);
  all.part(b);
  await comesBack(all, b, contents);
  const port = 22_411;
  const { identity } = b.device;
  const former = await all.net.of("former").listen(
    port,
    identity,
    [SESSION_PROTOCOL],
    (link) => link.destroy(),
  );
  all.reconnect(b);
  b.device.twins.heard(`192.0.2.1:${port}`);
  await waitFor("it to be called", () => b.device.twins.address !== null, 60_000, 5);
  await waitFor("a session", () => b.device.links.sessions().length > 0, 60_000, 5);
  const failure = () => b.device.folders.failures.get(b.folder)?.message ?? "";
  await b.device.folders.startFailed();
  assert.match(failure(), /the one that was exported runs at 192\.0\.2\.1:22411/);
  assert.ok(b.device.restorer.isOn);
  former.close();
  await folderRuns(b);
  await all.agree();
});

Deno.test("nobody is left who knows: what is there counts when a person says so, and not before", async () => {
  await using all = await Neighbours.openInMemory("a", "b");
  const { a, b, contents } = await story(all);
  all.part(b);
  await comesBack(all, b, contents, () => b.write("unseen", "nobody saw it"));
  assert.equal(b.device.folders.get(b.folder), undefined);
  await resumeFolder(b.device, { folder: "Notes", verdict: "accept" });
  await b.look();
  assert.ok(!b.device.restorer.isOn);
  all.reconnect(b);
  await all.agree();
  for (const one of [a, b]) {
    assertHas(one, { ...AFTER, "deleted-later": "deleted-later, at first", unseen: "nobody saw it" });
  }
  assertNoConflicts(a, b);
});

/** The marker as it was some lsns ago: it is written once a minute. */
function lagBehind({ root }: Neighbour, lsn: number): void {
  const path = `${root}/.cairn/marker.json`;
  Deno.writeTextFileSync(path, JSON.stringify({ ...JSON.parse(Deno.readTextFileSync(path)), lsn }));
}

for (const isShown of [true, false]) {
  Deno.test(`a marker that lags behind: the folder ${isShown ? "goes on where its disk shows what was said since" : "halts where its disk does not"}`, async () => {
    await using all = await Neighbours.openInMemory("a", "b");
    const { a, b, contents } = await story(all);
    const before = dots(b, "edited-by-b");
    all.part(b);
    await comesBack(all, b, contents, () => {
      lagBehind(b, contents.lsn);
      if (!isShown) b.write("edited-by-b", "older");
      b.write("unseen", "nobody saw it");
    });
    all.reconnect(b);
    await folderRuns(b);
    if (isShown) {
      await all.agree();
      assert.equal(dots(b, "edited-by-b"), before);
      for (const one of [a, b]) assert.equal(one.read("unseen"), "nobody saw it");
      return;
    }
    await waitFor("it to halt", () => b.sync.replica.brake.halt?.kind === "older", 60_000, 5);
    await b.look();
    assert.equal(a.read("unseen"), null);
    await resumeFolder(b.device, { folder: "Notes", verdict: "accept" });
    await all.agree();
    for (const one of [a, b]) {
      assertHas(one, { "edited-by-b": "older", unseen: "nobody saw it", "deleted-by-b": null });
    }
  });
}
