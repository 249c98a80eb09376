/** Who is counted on when something is dropped (R10): who may be, until when, and what is looked at once more before the files go. */
import assert from "node:assert/strict";
import type { Mode } from "../../src/core/mode.ts";
import { modesService } from "../../src/daemon/modes.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import { ask, askFor, causes, drop, getBack, settleAtOnce, standingOf } from "../support/dropping.ts";
import { pathOf } from "../support/entries.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

type Two = readonly [Neighbours, laptop: Neighbour, nas: Neighbour];

/** A laptop and a nas that have the file `a`. */
async function withTwo(run: (...two: Two) => Promise<void>): Promise<void> {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  laptop!.write("a", "text");
  await neighbours.agree();
  await run(neighbours, laptop!, nas!);
}

/** Does something right before the files of a drop would go: the marker is written by then. */
function beforeTheyGo({ sync }: Neighbour, work: () => Promise<unknown>): void {
  const markNow = sync.markNow.bind(sync);
  sync.markNow = async () => {
    const isMarked = await markNow();
    await work();
    return isMarked;
  };
}

function modesOf({ clock }: Neighbours, { device }: Neighbour) {
  const service = modesService(device, clock, () => []);
  return {
    change: (mode: Mode, dryRun = false) => service.changeMode({ folder: "Notes", mode, dryRun }),
    leave: () => service.leaveFolder({ folder: "Notes", purgeVersions: false, dryRun: false }),
  };
}

Deno.test("a device that gives nothing of its own, or ignores the path, promises nothing and counts for nobody", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  laptop!.write("a", "text");
  await neighbours.agree();
  const modes = modesOf(neighbours, nas!);
  // The mode has changed, and the laptop has not heard of it: it asks, and is refused.
  nas!.sync.replica.mode = "receive";
  assert.match(causes(await drop(neighbours, laptop!, "a"))[0]!, /nas ignores it, or keeps to itself/);
  nas!.sync.replica.mode = "sync";
  await modes.change("receive");
  await neighbours.settle();
  const refused = causes(await drop(neighbours, laptop!, "a", true));
  assert.match(refused[0]!, /nas ignores it, or keeps to itself/);
  assert.equal(laptop!.read("a"), "text");
  await modes.change("sync");
  await neighbours.settle();
  const { ignore } = nas!.sync.replica;
  nas!.sync.replica.ignore = { ...ignore, ignores: () => true };
  assert.deepEqual(await askFor(laptop!, nas!, "a"), [6]);
  nas!.sync.replica.ignore = ignore;
  assert.deepEqual(causes(await drop(neighbours, laptop!, "a")), []);
});

Deno.test("who is counted on neither takes the folder into a mode that gives nothing, nor leaves it", async () => {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas", "desk");
  settleAtOnce(neighbours);
  const [laptop, nas, desk] = neighbours.all;
  laptop!.write("a", "text");
  laptop!.write("b", "others have it");
  await neighbours.agree();
  const modes = modesOf(neighbours, nas!);
  assert.deepEqual(await askFor(laptop!, nas!, "a"), [0]);
  await assert.rejects(modes.change("receive"), /"Notes" is counted on: laptop is dropping/);
  laptop!.device.selective.promises.tell(laptop!.device.links.session(nas!.device.identity.id)!);
  await waitFor(
    "the promise to be over",
    () => nas!.device.selective.promises.countingOn(nas!.folder).length === 0,
  );
  const over = nas!.device.selective.promises.withhold(nas!.folder);
  assert.deepEqual(await askFor(laptop!, nas!, "a"), [6], "the mode is being changed");
  over();
  for (const one of [laptop!, desk!]) {
    assert.deepEqual(causes(await drop(neighbours, one, "a")), []);
    await neighbours.settle();
  }
  for (const what of [() => modes.change("receive"), () => modes.change("index", true), modes.leave]) {
    await assert.rejects(what, /"Notes" is counted on: (laptop, desk|desk, laptop) has dropped/);
  }
  await getBack(neighbours, desk!, "a");
  await neighbours.agree().catch(() => {}); // the laptop has it listed only
  await modes.change("receive");
  assert.equal(nas!.sync.replica.mode, "receive");
});

Deno.test("what is asked for, and who holds it, is looked at again when all have promised, and right before it goes", () =>
  withTwo(async (neighbours, laptop, nas) => {
    const session = laptop.device.links.session(nas.device.identity.id)!;
    const request = session.request.bind(session);
    session.request = async (...args) => {
      const answer = await request(...args);
      await ask(laptop, { on: [laptop.device.identity.id] });
      return answer;
    };
    const { lsn } = laptop.sync.replica.own(pathOf("a"))!;
    assert.match(causes(await drop(neighbours, laptop, "a"))[0]!, /a policy asks for a copy on this device/);
    assert.equal(laptop.sync.replica.own(pathOf("a"))!.lsn, lsn, "nothing was recorded");
    session.request = request;
    await ask(laptop, { on: null });
    beforeTheyGo(laptop, async () => {
      nas.write("a", "edited meanwhile");
      await nas.look();
      const number = laptop.device.ledger.catalogue.ids.device(nas.device.identity.id);
      await waitFor(
        "the edit to be heard of",
        () =>
          laptop.sync.replica.rowsAt(pathOf("a")).some(({ device, row }) =>
            device === number && row.entry.size === "edited meanwhile".length
          ),
      );
    });
    assert.match(causes(await drop(neighbours, laptop, "a"))[0]!, /nas has something else there by now/);
    await neighbours.agree();
    assert.deepEqual(laptop.list(), ["a: edited meanwhile"]);
  }));

Deno.test("with a marker that cannot be written all is held again at once, and an edit elsewhere makes no copy beside it", () =>
  withTwo(async (neighbours, laptop, nas) => {
    const { markNow } = laptop.sync;
    laptop.sync.markNow = () => Promise.resolve(false);
    assert.match(causes(await drop(neighbours, laptop, "a"))[0]!, /marker cannot be written/);
    assert.equal(standingOf(laptop, "a"), "kept");
    laptop.sync.markNow = markNow;
    nas.write("a", "an edit");
    await neighbours.agree();
    assert.deepEqual(laptop.list(), ["a: an edit"]);
  }));

Deno.test("what is promised while an older word of the same device becomes durable stands, and whatever its older rows say", () =>
  withTwo(async (neighbours, laptop, nas) => {
    const { ledger, selective: { promises } } = nas.device;
    const promisedTo = () => promises.promisedTo(nas.sync.replica, pathOf("a"));
    const commit = ledger.commit.bind(ledger);
    const [isOver, isNoted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    assert.deepEqual(await askFor(laptop, nas, "a"), [0]);
    ledger.commit = async (record) => {
      const done = await commit(record);
      if (record.type !== "local" || !record.key.startsWith("promised/")) return done;
      if (record.value !== null) isNoted.resolve();
      else isOver.resolve();
      if (record.value === null) await isNoted.promise;
      return done;
    };
    laptop.device.selective.promises.tell(laptop.device.links.session(nas.device.identity.id)!);
    await isOver.promise;
    assert.deepEqual(await askFor(laptop, nas, "a"), [0]);
    assert.equal(promisedTo(), laptop.device.identity.id);
    ledger.commit = commit;
    assert.deepEqual(causes(await drop(neighbours, laptop, "a")), []);
    await waitFor("the promise to be over", () => promisedTo() === null);
    await neighbours.settle();
    // The laptop may have got it back, and its row not be heard of here.
    assert.deepEqual(await askFor(laptop, nas, "a"), [0]);
    assert.equal(promisedTo(), laptop.device.identity.id);
  }));

Deno.test("who says that it counts on nothing is believed when its rows have come up to what it knew", () =>
  withTwo(async (neighbours, laptop, nas) => {
    laptop.write("b", "another");
    await neighbours.agree();
    const { selective: { promises } } = nas.device;
    const promisedTo = () => promises.promisedTo(nas.sync.replica, pathOf("a"));
    assert.deepEqual(await askFor(laptop, nas, "a"), [0]);
    const lsn = laptop.device.ledger.lastLsn + 1;
    laptop.device.links.session(nas.device.identity.id)!.send("control", MESSAGE.standing, [lsn, []]);
    assert.deepEqual(await askFor(laptop, nas, "b"), [0]); // behind that
    assert.equal(promisedTo(), laptop.device.identity.id);
    laptop.write("c", "a row behind it");
    await laptop.look();
    await waitFor("the promise to be over", () => promisedTo() === null);
  }));

Deno.test("what lies on another disk within the root is not dropped, and not promised", () =>
  withTwo(async (neighbours, laptop, nas) => {
    laptop.write("m/x", "on a disk of its own");
    await neighbours.agree();
    const mounted = ({ sync: { replica } }: Neighbour, disk: number) =>
      replica.catalogue.mounts.set(replica.number, pathOf("m"), disk);
    mounted(laptop, 7);
    assert.match(causes(await drop(neighbours, laptop, "m"))[0]!, /lies on another disk than the folder's/);
    mounted(laptop, 0);
    mounted(nas, 7);
    assert.match(causes(await drop(neighbours, laptop, "m"))[0]!, /nas has it on another disk/);
    mounted(nas, 0);
    assert.deepEqual(causes(await drop(neighbours, laptop, "m")), []);
  }));
