/** What becomes of what is needed: when a batch cannot be placed, and when more is due than can be had. */
import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { NEED_WINDOW } from "../../src/core/limits.ts";
import { type Clock, type DiskSpace, type Fs, FsError } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { Stager } from "../../src/sync/stager.ts";
import { failingFs } from "../support/broken_fs.ts";
import { bootOf, contentOf, deviceOf, dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";
import { type Side, twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

const LARGE = "x".repeat(200_000);

function stages({ fs, replica }: Side): string[] {
  return fs.list(replica.layout.stage).map(({ name }) => name);
}

Deno.test("a batch that cannot be made durable leaves no stage behind, its intent known, and what is on its way under way", async () => {
  const { fs, failing } = failingFs(realFs(), new FsError("io", "the disk"));
  await using both = await twoFolders(() => fs);
  const { a, b } = both;
  let comes = () => {};
  b.beforeFetch = (path) => path === "large" ? new Promise((resolve) => comes = resolve) : Promise.resolve();
  await a.write("large", LARGE);
  await a.write("small", "small");
  await a.look();
  failing.on = "syncFile syncFileSystem";
  a.tell(b);
  await waitFor("the batch to have failed", () => b.blocked().some((line) => line.startsWith("small:")));
  assert.deepEqual(stages(b), []);
  assert.ok(b.replica.catalogue.openIntents(b.replica.number).length > 0);
  assert.equal(b.replica.intents.at("small" as never, null)?.isPlaced, false);
  b.replica.catalogue.needs.retryAll(b.replica.number);
  b.sync.inbound.evaluate();
  await waitFor("it to have failed again", () => b.fetched.filter((path) => path === "small").length > 1);
  assert.equal(
    b.fetched.filter((path) => path === "large").length,
    1,
    "one content is not staged twice at a time",
  );
  assert.ok(!b.blocked().some((line) => line.startsWith("large:")));
  failing.on = null;
  comes();
  await both.settle();
  await b.look();
  await both.settle();
  assert.deepEqual(b.list(), a.list());
  assert.deepEqual(stages(b), []);
  assert.deepEqual(b.replica.catalogue.openIntents(b.replica.number), []);
});

Deno.test("a catalogue that refuses while directories get their modes: they are owed still, and what stands on the disk is no edit (R3)", async () => {
  await using both = await twoFolders((fs) => fs);
  const { a, b } = both;
  a.fs.makeDirectory(`${a.root}/d`);
  a.fs.chmod(`${a.root}/d`, 0o555);
  await a.look();
  await both.settle();
  const { prints } = b.replica.catalogue;
  const modeOnDisk = () => b.fs.lstat(`${b.root}/d`)!.mode;
  assert.equal(modeOnDisk(), 0o555);
  const row = b.replica.own("d" as never)!;
  b.fs.chmod(`${b.root}/d`, 0o755);
  prints.put(row.state, { ...prints.get(row.state)!, mode: 0o755 });
  b.replica.directoryModes.owe("d" as never);
  const put = prints.put;
  prints.put = () => {
    throw new CairnError("catalogue-broken", "the disk of the home is full");
  };
  b.sync.inbound.settleModes();
  await b.replica.exclusive(() => Promise.resolve());
  prints.put = put;
  assert.ok(!b.replica.directoryModes.isEmpty);
  b.sync.inbound.settleModes();
  await b.replica.exclusive(() => Promise.resolve());
  assert.equal(modeOnDisk(), 0o555);
  await b.look();
  assert.deepEqual(b.replica.own("d" as never)!.row, row.row);
});

Deno.test("a stage that the disk does not let us look at counts as none, and ends nothing", () => {
  const { fs, failing } = failingFs(realFs(), new FsError("io", "the disk"));
  failing.on = "lstat";
  const replica = { deps: { fs }, layout: { stage: "/nowhere" } } as never;
  assert.equal(new Stager({} as never).hasStage(replica, contentOf("text")), false);
});

/** `fs` on a disk that has so much room. */
function withSpace(fs: Fs, space: () => DiskSpace): Fs {
  return new Proxy(fs, {
    get(object, property) {
      if (property === "freeSpace") return space;
      const value = Reflect.get(object, property);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}

Deno.test("a file that fits does not wait behind any number of files that do not; these come when there is room", async () => {
  const space = { free: 11_000, total: 1_000_000 }; // a hundredth is kept free
  await using both = await twoFolders((fs) => withSpace(fs, () => space));
  const { a, b } = both;
  for (let i = 0; i <= NEED_WINDOW; i++) await a.write(`a/${i}`, `${i}`.padEnd(2_000));
  await a.write("b/small", "small");
  await a.look();
  a.tell(b);
  await waitFor("the file that fits", () => b.list().includes("b/small=small"));
  assert.match(b.sync.inbound.full?.cause ?? "", /a file of 2\.0 KiB waits/);
  assert.deepEqual(b.fetched, ["b/small"]);
  space.free = 500_000_000;
  space.total = 1_000_000_000;
  b.sync.inbound.evaluate();
  await both.settle();
  assert.equal(b.sync.inbound.full, null);
  assert.deepEqual(b.list(), a.list());
});

Deno.test("what one device has does not wait for another that brings nothing, however much that one owes (invariant 10)", async () => {
  await using both = await twoFolders((fs) => fs);
  const { a, b } = both;
  let answer = () => {};
  const silence = new Promise<void>((resolve) => answer = resolve);
  b.beforeFetch = (path) => path.startsWith("slow/") ? silence : Promise.resolve();
  for (let i = 0; i < 2 * NEED_WINDOW; i++) await a.write(`slow/${i}`, `${i}`);
  await a.look();
  a.tell(b);
  const { epoch } = a.ledger;
  b.ledger.catalogue.applyPage({
    origin: deviceOf(3),
    from: { epoch, boot: null, lsn: lsnOf(0) },
    to: { epoch, boot: bootOf(3), lsn: lsnOf(1) },
    complete: true,
    folders: [{
      folder: b.replica.folder,
      rows: [{ lsn: lsnOf(1), row: rowOf("quick", entryOf({ text: "7", dots: [dot(3, 1)] })) }],
    }],
    facts: [],
  });
  b.sync.inbound.evaluate();
  await waitFor("the file of the device that answers", () => b.list().includes("quick=7"));
  assert.ok(!b.isSettled);
  answer();
  await both.settle();
  assert.deepEqual(b.list(), a.list());
  assert.equal(b.list().length, 2 * NEED_WINDOW + 2);
});

Deno.test("what failed once is tried again while another fetch takes long", async () => {
  // By which nothing takes long, and nothing that comes by every few seconds lends a hand.
  const real = realClock();
  const after: Clock["after"] = (ms, run) => ms < 5_000 ? real.after(ms, run) : () => {};
  const clock: Clock = { ...real, monotonic: () => 0, after };
  await using both = await twoFolders((fs) => fs, clock);
  const { a, b } = both;
  let comes = () => {};
  let tries = 0;
  b.beforeFetch = (path) => {
    if (path === "long") return new Promise((resolve) => comes = resolve);
    return path === "q" && ++tries === 1 ? Promise.reject(new Error("a hiccup")) : Promise.resolve();
  };
  await a.write("long", LARGE);
  await a.write("q", "small");
  await a.look();
  a.tell(b);
  await waitFor("it to come, though the other has not", () => b.list().includes("q=small"));
  assert.equal(tries, 2);
  comes();
  await both.settle();
  assert.deepEqual(b.list(), a.list());
});

Deno.test("a directory that others made a file of waits for what is needed below it, and is not fetched for all that time", async () => {
  await using both = await twoFolders((fs) => fs);
  const { a, b } = both;
  await a.write("d/f", "old");
  await a.look();
  a.tell(b);
  await both.settle();
  // Of a device that is away: its edit of the file is known, and cannot be had.
  const edit = entryOf({ text: "edited", dots: [dot(3, 1)], stamp: 2 ** 50, writer: 3 });
  const announce = (lsn: number, entry: typeof edit) =>
    b.ledger.catalogue.applyPage({
      origin: deviceOf(3),
      from: { epoch: 1, boot: null, lsn: lsnOf(lsn - 1) },
      to: { epoch: 1, boot: bootOf(3), lsn: lsnOf(lsn) },
      complete: true,
      folders: [{ folder: b.replica.folder, rows: [{ lsn: lsnOf(lsn), row: rowOf("d/f", entry) }] }],
      facts: [],
    });
  b.beforeFetch = (path) => path === "d/f" ? Promise.reject(new Error("it is away")) : Promise.resolve();
  announce(1, edit);
  a.remove("d");
  await a.write("d", "a file");
  await a.look();
  a.tell(b);
  const { needs } = b.replica.catalogue;
  const tries = () => needs.attempts(b.replica.number, "d" as never);
  await waitFor(
    "it to say what it waits for",
    () => b.blocked().some((line) => line.startsWith("d: what is above or below it")),
  );
  const fetches = () => b.fetched.filter((path) => path === "d").length;
  const before = { tries: tries(), fetches: fetches() };
  for (let i = 1; i <= 3; i++) {
    needs.retryAll(b.replica.number);
    b.sync.inbound.evaluate();
    await waitFor("another try", () => tries() >= before.tries + i);
  }
  assert.equal(fetches(), before.fetches);
  assert.ok(b.list().includes("d/f=old"));
  announce(
    2,
    entryOf({ kind: "deleted", dots: [dot(3, 2)], seen: edit.version.dots, stamp: 2 ** 50 + 1, writer: 3 }),
  );
  b.beforeFetch = () => Promise.resolve();
  needs.retryAll(b.replica.number);
  b.sync.inbound.evaluate();
  await waitFor("the file", () => b.list().includes("d=a file"));
});

Deno.test("a file that others move keeps the suspicion that it may have been written since it was read (R14)", async () => {
  await using both = await twoFolders((fs) => fs);
  const { a, b } = both;
  await b.write("p", "text");
  // Its ctime is of this moment, and a write could hide behind it still; its mtime says nothing of that.
  Deno.utimeSync(`${b.root}/p`, 1_000_000_000, 1_000_000_000);
  await b.look();
  b.tell(a);
  await waitFor("it to come", () => a.list().includes("p=text") && a.isSettled);
  a.rename("p", "q");
  await a.look();
  const settled = (path: string) => {
    const own = b.replica.own(path as never);
    return own === null ? null : b.replica.catalogue.prints.get(own.state)?.settled;
  };
  assert.equal(settled("p"), false);
  a.tell(b);
  await waitFor("it to move", () => b.list().includes("q=text") && settled("q") !== null);
  assert.equal(settled("q"), false);
  await both.settle();
});
