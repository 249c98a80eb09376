import assert from "node:assert/strict";
import { pausingService } from "../../src/daemon/pausing.ts";
import { openGauges } from "../../src/daemon/gauges.ts";
import { resumeFolder } from "../../src/daemon/halts.ts";
import { folderStatuses, statusOf } from "../../src/daemon/status.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

type Kind = "all" | "folder" | "device" | "any";

function say({ device }: Neighbour, isPaused: boolean, name = "Notes", kind: Kind = "any") {
  return pausingService(device, realClock()).pause({ kind, name, isPaused });
}

function stateOf({ device }: Neighbour) {
  return folderStatuses(device, openGauges(realClock()))[0]!.state;
}

function peerOf({ device }: Neighbour) {
  const context = { home: "", name: "", startedMs: 0, openInvites: 0, gauges: openGauges(realClock()) };
  return statusOf(device, context).peers[0]!;
}

/** What a device has heard that it needs at a path, and why that does not come. */
function causeOf({ sync }: Neighbour, path: string): string | undefined {
  const { catalogue, number } = sync.replica;
  return catalogue.needs.blocked(number, 100).find((need) => need.path === path)?.cause;
}

function leftOf(neighbour: Neighbour): number {
  const state = stateOf(neighbour);
  return state.kind === "paused" ? state.filesLeft : -1;
}

Deno.test("a paused folder notes and tells what is done in it, takes and gives nothing, and agrees once it goes on", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  laptop.write("both.txt", "one");
  laptop.write("gone.txt", "gone");
  await world.agree();
  await say(desktop, true);
  laptop.write("new.txt", "of the laptop");
  laptop.write("big.bin", "x".repeat(300_000));
  laptop.write("both.txt", "of the laptop");
  laptop.remove("gone.txt");
  desktop.write("mine.txt", "of the desktop");
  desktop.write("both.txt", "of the desktop");
  await Promise.all([laptop.look(), desktop.look()]);
  await waitFor(
    "both to hear of all",
    () => leftOf(desktop) >= 3 && causeOf(laptop, "mine.txt") !== undefined,
  );
  assert.match(causeOf(laptop, "mine.txt")!, /paused/);
  assert.equal(laptop.read("mine.txt"), null);
  assert.deepEqual(desktop.list(), [
    "both.txt: of the desktop",
    "gone.txt: gone",
    "mine.txt: of the desktop",
  ]);
  const own = desktop.sync.replica.own("mine.txt" as never);
  assert.equal(own?.row.entry.kind, "file", "written locally, journalled first");
  await world.restart(desktop);
  await desktop.look();
  await waitFor("the devices to meet", () => desktop.device.links.sessions().length === 1);
  await waitFor("the need to be known again", () => leftOf(desktop) >= 3);
  assert.equal(desktop.read("new.txt"), null, "it stands over a restart");
  await say(desktop, false);
  await world.agree();
  assert.equal(laptop.read("mine.txt"), "of the desktop");
  assert.equal(desktop.read("gone.txt"), null);
  const texts = laptop.list().filter((line) => line.startsWith("both")).map((line) => line.split(": ")[1])
    .sort();
  assert.deepEqual(texts, ["of the desktop", "of the laptop"], "neither edit is lost");
  assert.equal(stateOf(desktop).kind, "up-to-date");
});

Deno.test("what is under way when a folder is paused is not placed before it goes on", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  const { exclusive } = desktop.sync.replica;
  let open = () => {};
  const held = new Promise<void>((resolve) => open = resolve);
  void exclusive.call(desktop.sync.replica, () => held);
  for (let i = 0; i < 50; i++) laptop.write(`${i}.txt`, `text ${i}`);
  laptop.write("large.bin", "y".repeat(3_000_000));
  await laptop.look();
  await waitFor("the desktop to begin", () => !desktop.sync.inbound.isQuiet);
  const paused = say(desktop, true);
  await paused;
  open();
  // A first batch may have been on its way to the disk; nothing more follows.
  await desktop.sync.replica.exclusive(() => Promise.resolve());
  const before = desktop.list().length;
  assert.equal(stateOf(desktop).kind, "paused");
  await desktop.look();
  assert.equal(desktop.list().length, before);
  await say(desktop, false);
  await world.agree();
});

Deno.test("with a paused device there is no session, whoever dials, until it goes on; also over a restart", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  const sessions = () => [laptop, desktop].map(({ device }) => device.links.sessions().length);
  await say(laptop, true, "desktop");
  await waitFor("the sessions to end", () => sessions().every((count) => count === 0));
  assert.ok(peerOf(laptop).paused && !peerOf(desktop).paused);
  await waitFor("the other one to be told why", () => {
    desktop.device.links.refresh();
    return peerOf(desktop).reason.includes("paused");
  });
  await world.restart(laptop);
  desktop.device.links.refresh();
  laptop.write("a.txt", "a");
  await laptop.look();
  assert.deepEqual(sessions(), [0, 0]);
  await say(laptop, false, "desktop", "device");
  await world.agree();
  assert.equal(desktop.read("a.txt"), "a");
});

Deno.test("a pause of all ends all sessions; ended, what was paused for itself stays so, and is told", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  await say(laptop, true);
  const paused = await say(laptop, true, "", "all");
  assert.deepEqual(paused.paused, { all: true, folders: ["Notes"], devices: [] });
  await waitFor("the session to end", () => laptop.device.links.sessions().length === 0);
  assert.deepEqual(stateOf(laptop), { kind: "paused", filesLeft: 0, isAll: true });
  desktop.write("a.txt", "a");
  await desktop.look();
  const { hasChanged, paused: left } = await say(laptop, false, "", "all");
  assert.deepEqual([hasChanged, left.folders], [true, ["Notes"]]);
  await waitFor("the news", () => leftOf(laptop) === 1);
  assert.equal(laptop.read("a.txt"), null);
  assert.equal((await say(laptop, false, "", "all")).hasChanged, false);
  await say(laptop, false, laptop.root);
  await world.agree();
});

Deno.test("a name that is none, or this device's, or a folder's and a device's, is refused with what to say", async () => {
  await using world = await Neighbours.open("laptop", "Notes");
  const [laptop] = world.all as [Neighbour, Neighbour];
  await assert.rejects(say(laptop, true, "Photos"), { code: "folder-unknown", hint: /cairn folders/ });
  await assert.rejects(say(laptop, true, "Photos", "device"), { code: "device-unknown" });
  await assert.rejects(say(laptop, true, "laptop"), { code: "usage", hint: /pause all/ });
  await assert.rejects(say(laptop, true, "Notes"), { code: "usage", hint: /pause device Notes/ });
  assert.equal((await say(laptop, true, "Notes", "folder")).kind, "folder");
  await assert.rejects(resumeFolder(laptop.device, { folder: "Notes", verdict: "accept" }), {
    code: "usage",
    message: /is paused/,
  });
});

Deno.test("a folder that is left and taken again is not paused", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [, desktop] = world.all as [Neighbour, Neighbour];
  await say(desktop, true);
  const { folders, pauses } = desktop.device;
  const { replica } = desktop.sync;
  await folders.remove({ folder: desktop.folder, path: desktop.root, mode: "sync", replica: "" }, false);
  assert.ok(replica.isClosed && !pauses.holdsFolder(desktop.folder));
});
