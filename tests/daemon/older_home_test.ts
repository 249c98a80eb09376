/** Homes that are older than their folders, told by the marks in these alone (R24): what was dropped since is nowhere deleted (R10). */
import assert from "node:assert/strict";
import type { BootId, Lsn } from "../../src/core/ids.ts";
import { EPOCHS_AHEAD } from "../../src/core/limits.ts";
import { readMarker } from "../../src/folder/marker.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { epochOf, isBeyond, type JournalMark, markOf } from "../../src/sync/journal_mark.ts";
import { drop, settleAtOnce, standingOf } from "../support/dropping.ts";
import { cp } from "../support/exports.ts";
import { homeAt } from "../support/ledgers.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { tempDir } from "../support/temp_dir.ts";

import { waitFor } from "../support/wait.ts";

const LAPTOP = "laptop";

/** Two devices of which the first has dropped "a" since its home was copied, which is put back; it is alone, and has not been started again. */
async function putBack(neighbours: Neighbours, start: () => unknown): Promise<Neighbour> {
  const [laptop] = neighbours.all as [Neighbour];
  settleAtOnce(neighbours);
  for (const name of ["a", "b"]) laptop.write(name, `text of ${name}`);
  await neighbours.agree();
  const copy = `${laptop.home}-copy`;
  await neighbours.restart(laptop, () => cp(laptop.home, copy));
  settleAtOnce(neighbours);
  await neighbours.settle();
  assert.deepEqual((await drop(neighbours, laptop, "a")).refused, []);
  await neighbours.settle();
  neighbours.part(laptop);
  await neighbours.restart(laptop, () => {
    Deno.removeSync(laptop.home, { recursive: true });
    Deno.renameSync(copy, laptop.home);
    return start();
  });
  return laptop;
}

/** So much happens elsewhere that the lsn which the mark says is given again. */
async function workOn({ device: { ledger } }: Neighbour, upTo: number): Promise<void> {
  while (ledger.lastLsn <= upTo) await ledger.commit({ type: "local", key: "work", value: ledger.lastLsn });
}

async function keepsAll(neighbours: Neighbours, laptop: Neighbour): Promise<void> {
  await waitFor("the first look", () => laptop.sync.outbound.isReady);
  await neighbours.meet();
  await neighbours.agree();
  for (const one of neighbours.all) assert.equal(one.read("a"), "text of a", one.name);
  assert.equal(standingOf(laptop, "a"), "kept");
}

Deno.test("a root that comes late, when a home from a backup has given its mark's lsn again, is newer all the same: nothing dropped counts as deleted", async () => {
  await using neighbours = await Neighbours.openInMemory(LAPTOP, "nas");
  const away = `${neighbours.all[0]!.root}-away`;
  const laptop = await putBack(neighbours, () => Deno.renameSync(neighbours.all[0]!.root, away));
  const marker = readMarker(neighbours.fs, away);
  assert.ok(marker !== null && marker !== "unreadable");
  await workOn(laptop, marker.lsn + 5);
  const before = laptop.device.ledger.epoch;
  Deno.renameSync(away, laptop.root);
  await laptop.device.folders.startFailed();
  assert.equal(laptop.device.ledger.epoch, before + 1);
  await laptop.device.folders.startFailed();
  assert.equal(laptop.device.ledger.epoch, before + 1, "and that is noticed once");
  await keepsAll(neighbours, laptop);
});

Deno.test("so is one that has moved meanwhile, and is named where it is", async () => {
  await using neighbours = await Neighbours.openInMemory(LAPTOP, "nas");
  const moved = `${neighbours.all[0]!.root}-moved`;
  const laptop = await putBack(neighbours, () => Deno.renameSync(neighbours.all[0]!.root, moved));
  const marker = readMarker(neighbours.fs, moved);
  assert.ok(marker !== null && marker !== "unreadable");
  await workOn(laptop, marker.lsn + 5);
  await laptop.device.folders.add(laptop.folder, "Notes", moved);
  await waitFor("the first look", () => laptop.sync.outbound.isReady && laptop.sync.outbound.isQuiet);
  assert.equal(standingOf(laptop, "a"), "on its way", "nobody deleted it");
});

Deno.test("a mark is beyond a journal that lacks its boot, its end or its epoch, and one of an older epoch is not", async () => {
  using home = tempDir();
  const { open } = homeAt(home.path);
  const ledger = await open();
  const own = markOf(ledger);
  assert.deepEqual([own.lsn, own.epoch], [ledger.lastLsn, 1]);
  const judge = (over: Partial<JournalMark>, of: Ledger = ledger) => isBeyond(of, { ...own, ...over });
  assert.equal(judge({}), false);
  assert.equal(judge({ lsn: own.lsn + 1 as Lsn }), true, "its end is lost");
  assert.equal(judge({ boot: "another" as BootId }), true, "another journal's, and no further than ours");
  assert.equal(judge({ epoch: 2 }), true);
  assert.equal(isBeyond(ledger, { lsn: own.lsn }), false, "an older program's");
  assert.equal(isBeyond(ledger, { lsn: own.lsn + 1 }), true, "an older program's");
  assert.equal(epochOf(ledger, { ...own, epoch: 7 }), 7);
  assert.equal(epochOf(ledger, { ...own, epoch: EPOCHS_AHEAD + 1 }), 1, "peers would not believe that one");
  await ledger.newEpoch(1);
  assert.equal(judge({ boot: "another" as BootId }), false, "it was noticed");
  assert.equal(judge({}), false);
  await ledger.close();
});

Deno.test("a home that an older program has left in a later epoch: what was deleted before the upgrade is deleted", async () => {
  await using neighbours = await Neighbours.openInMemory(LAPTOP, "nas");
  const [laptop, nas] = neighbours.all as [Neighbour, Neighbour];
  for (const name of ["a", "b"]) laptop.write(name, `text of ${name}`);
  await neighbours.agree();
  const { ledger } = laptop.device;
  await ledger.newEpoch(ledger.epoch);
  await neighbours.agree();
  const key = `scanned/${laptop.folder}`;
  assert.equal(ledger.catalogue.values.local(key), 2);
  // It said nothing of where it has looked.
  await ledger.commit({ type: "local", key, value: null });
  await neighbours.restart(laptop, () => laptop.remove("a"));
  await neighbours.agree();
  assert.deepEqual([laptop.read("a"), nas.read("a"), nas.read("b")], [null, null, "text of b"]);
  assert.equal(laptop.device.ledger.epoch, 2);
});

Deno.test("a folder is looked at in the epoch in which it is added, whatever becomes of the device before the first look is over", async () => {
  await using neighbours = await Neighbours.openInMemory(LAPTOP);
  const [laptop] = neighbours.all as [Neighbour];
  const { ledger } = laptop.device;
  assert.equal(ledger.catalogue.values.local(`scanned/${laptop.folder}`), 1);
});
