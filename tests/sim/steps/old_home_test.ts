/** Homes that know less than the world does of them: put back, cloned, torn, or on a disk that lied (R24, R25, R27). */
import { FRAME_HEAD_BYTES, HEADER_BYTES } from "../../../src/journal/frame.ts";
import assert from "node:assert/strict";
import { changeHome, type HomeCopy } from "../plan/home_faults.ts";
import { statusKind } from "../oracle/quiet.ts";
import { HOME, type SimDevice } from "../world/device.ts";
import {
  CRASH_MODES,
  keptBy,
  LAST_LOOKS_MS,
  move,
  onStage,
  ownRow,
  remove,
  type Stage,
  textAt,
  treeOf,
  troublesOf,
  write,
} from "./stage.ts";

const BACK_UP = { do: "back-up" } as const;
const PUT_BACK = { do: "home", what: "put-back", killed: true, at: 0, downMs: 0 } as const;

/** Everything that a device has or keeps. */
function allOf(device: SimDevice): Set<string> {
  return new Set([...Object.values(treeOf(device)), ...keptBy(device)]);
}

function conflictsIn(device: SimDevice): string[] {
  return Object.keys(treeOf(device)).filter((path) => path.includes(".conflict-"));
}

/** Alone, for a while. */
function apart({ world }: Stage, work: () => void): void {
  world.net.partition([0, 1]);
  work();
  world.net.heal();
}

for (const isOnline of [true, false]) {
  Deno.test(`a home put back from a backup, at work ${isOnline ? "online" : "offline past the lsn that others remember"}: all edits stand (R24)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      const copies = new Map<number, HomeCopy>();
      write(b, "before", "the backup");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      b.kill();
      changeHome(b, BACK_UP, copies);
      b.start();
      for (let i = 0; i < 5; i++) write(b, `lost/${i}`, `known to a, ${i}`);
      write(b, "before", "edited since");
      write(a, "from-a", "received since");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      b.kill();
      changeHome(b, PUT_BACK, copies);
      const epoch = () => b.device!.ledger.epoch;
      const work = () => {
        b.start();
        stage.until("b runs", () => b.folder?.outbound.isReady === true);
        // More records than were lost: the same lsns again, with other rows.
        for (let i = 0; i < 40; i++) {
          write(b, `again/${i}`, `after the backup, ${i}`);
          stage.go(60);
        }
        write(b, "before", "edited with an old home");
        stage.go(500);
      };
      if (isOnline) work();
      else apart(stage, work);
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      stage.settle();
      assert.ok(epoch() > 1, "it has begun a new epoch");
      for (const device of [a, b]) {
        const tree = treeOf(device);
        for (let i = 0; i < 5; i++) assert.equal(tree[`lost/${i}`], `known to a, ${i}`);
        for (let i = 0; i < 40; i++) assert.equal(tree[`again/${i}`], `after the backup, ${i}`);
        assert.equal(tree["before"], "edited with an old home");
        assert.equal(tree["from-a"], "received since");
      }
    });
  });
}

Deno.test("a home put back from a backup is noticed by the folder's marker when nobody is there to tell (R24)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    const copies = new Map<number, HomeCopy>();
    b.kill();
    changeHome(b, BACK_UP, copies);
    b.start();
    stage.settle();
    for (let i = 0; i < 5; i++) write(b, `since/${i}`, `made since, ${i}`);
    stage.settle();
    // The marker is raised once a minute.
    stage.go(70_000);
    write(b, "since/last", "made since the marker");
    stage.settle();
    b.kill();
    changeHome(b, PUT_BACK, copies);
    apart(stage, () => {
      b.start();
      stage.until("b runs", () => b.folder?.outbound.isReady === true);
      assert.ok(b.device!.ledger.epoch > 1, "it has begun a new epoch");
      assert.match(b.said.join(), /home of this device is older than its folder/);
      write(b, "since/0", "edited with an old home");
      stage.go(500);
    });
    stage.settle();
    // The old home knows nothing of that file: to it the edit is a file of its own, and both are kept.
    const all = allOf(a);
    for (
      const text of ["edited with an old home", "made since, 0", "made since, 4", "made since the marker"]
    ) {
      assert.ok(all.has(text), text);
    }
  });
});

Deno.test("two clones of one home that run by turns: nothing of either is lost (R24)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, "f", "before");
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    const clones = [new Map<number, HomeCopy>(), new Map<number, HomeCopy>()];
    b.kill();
    for (const clone of clones) changeHome(b, BACK_UP, clone);
    for (let turn = 0; turn < 8; turn++) {
      changeHome(b, PUT_BACK, clones[turn % 2]!);
      b.start();
      stage.settle();
      write(b, `by-${turn % 2}`, `turn ${turn}`);
      write(b, `new-${turn}`, `made in turn ${turn}`);
      write(a, "by-a", `turn ${turn}`);
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      stage.settle();
      assert.deepEqual(treeOf(a), treeOf(b));
      for (let past = 0; past <= turn; past++) assert.equal(treeOf(a)[`new-${past}`], `made in turn ${past}`);
      assert.equal(treeOf(a)[`by-${turn % 2}`], `turn ${turn}`);
      assert.deepEqual(conflictsIn(a), []);
      b.kill();
      changeHome(b, BACK_UP, clones[turn % 2]!);
    }
  });
});

for (const hasCatalogue of [true, false]) {
  Deno.test(`the journal's last record torn at every byte, the catalogue ${hasCatalogue ? "there" : "gone"}: all comes to be equal, nothing is lost (R24, R27)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      for (let torn = 1;; torn++) {
        const at = `f${torn}`;
        write(b, at, `words of ${torn}`);
        stage.settle();
        b.kill();
        const segment = `${HOME}/journal/${
          b.disk.user.list(`${HOME}/journal`).filter((name) => name.endsWith(".seg")).at(-1)
        }`;
        const { size, bytes } = b.disk.peek(segment)!;
        const last = lastFrameAt(bytes);
        if (torn > size - last) break;
        b.disk.user.truncate(segment, size - torn);
        if (!hasCatalogue) b.catalogue.restore(null);
        b.start();
        stage.settle();
        for (const device of [a, b]) {
          assert.equal(treeOf(device)[at], `words of ${torn}`, `${device.name}, ${torn} bytes`);
          assert.equal(Object.keys(treeOf(device)).length, torn, `${device.name}, ${torn} bytes`);
        }
      }
    });
  });
}

Deno.test("a file made again where a tombstone was forgotten, while another device still has it, lives: counters go on (R1, R28)", async () => {
  for (const maker of ["a", "b"] as const) {
    await onStage({}, (stage) => {
      const device = stage[maker];
      write(device, "f", "first");
      stage.settle();
      const counterOf = () =>
        Math.max(...ownRow(device, "f")!.row.entry.version.dots.map(({ counter }) => counter));
      remove(device, "f");
      stage.settle();
      const before = counterOf();
      // All have published that they have the tombstone; then the other one sleeps, and keeps it.
      stage.go(5 * 60_000);
      const other = maker === "a" ? stage.b : stage.a;
      other.kill();
      stage.until("it has forgotten", () => ownRow(device, "f") === null, 7 * 86_400_000);
      other.start();
      stage.until("the other runs", () => other.folder?.outbound.isReady === true);
      assert.equal(ownRow(other, "f")?.row.entry.kind, "deleted", "the other still has it");
      write(device, "f", "second");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      stage.settle();
      assert.deepEqual(treeOf(stage.a), { f: "second" });
      assert.ok(counterOf() > before, "no dot is given twice");
    });
  }
});

/** Where the last frame of a segment begins. */
function lastFrameAt(segment: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(segment.buffer, segment.byteOffset);
  let at = HEADER_BYTES;
  let last = at;
  while (at < segment.length) {
    last = at;
    at += FRAME_HEAD_BYTES + view.getUint32(at, true);
  }
  return last;
}

for (const mode of CRASH_MODES) {
  Deno.test(`a disk that lied about its syncs loses power (${mode}): it is noticed, all comes to be equal, and what others held is nowhere lost`, async () => {
    for (let seed = 1; seed <= 12; seed++) {
      await onStage({ seed, disk: { persistence: mode } }, (stage) => {
        const { a, b } = stage;
        write(a, "both/old", "old");
        write(b, "both/moved", "moved");
        stage.settle();
        stage.go(LAST_LOOKS_MS);
        b.disk.settle();
        b.disk.lie = "until-cut";
        b.catalogue.mark();
        write(b, "by-b", "told to a");
        write(b, "both/old", "edited by b");
        move(b, "both/moved", "moved-on");
        write(a, "by-a", "received by b");
        stage.settle();
        const held = allOf(a);
        const told = b.device!.ledger.lastLsn;
        b.powerCut(mode, seed % 2);
        b.disk.lie = "no";
        b.start();
        stage.go(10_000);
        // What the cut left empty or full of zeros is held back and named; its remedy is tried (R16).
        for (const [path, cause] of Object.entries(troublesOf(b))) {
          assert.match(cause, /since the machine crashed/);
          write(b, path, textAt(a, path)!);
        }
        stage.settle();
        stage.go(LAST_LOOKS_MS);
        stage.settle();
        const all = new Set([...allOf(a), ...allOf(b)]);
        for (const content of held) assert.ok(all.has(content), `"${content}" is somewhere (seed ${seed})`);
        assert.ok(
          b.device!.ledger.lastLsn > told || b.device!.ledger.epoch > 1,
          `it is noticed (seed ${seed})`,
        );
      });
    }
  });
}

Deno.test("a home that has lost its catalogue and hears from nobody does not say that it is up to date (invariant 11)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    write(a, "from-a", "text");
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    b.kill();
    write(a, "later", "b cannot know of this");
    apart(stage, () => {
      changeHome(b, { do: "home", what: "delete-catalogue", killed: true, at: 0, downMs: 0 }, new Map());
      b.start();
      stage.until("all is looked at", () => b.folder?.isDone === true);
      stage.go(60_000);
      assert.equal(statusKind(b), "waiting");
    });
    stage.settle();
    assert.equal(textAt(b, "later"), "b cannot know of this");
  });
});
