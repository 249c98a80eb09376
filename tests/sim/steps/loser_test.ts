/**
 * A device has lost a conflict, and its own edit has to make way for the winner: killed, or refused one call of its disk, before every
 * step of that. Both edits are files on both devices in the end, on disks with hard links and without (R4, R5, invariant 4).
 */
import assert from "node:assert/strict";
import { ROOT, type SimDevice } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, ownRow, type Stage, textAt, treeOf, write } from "./stage.ts";

const BEFORE = "what both have";
const LOSER = "written here";
const WINNER = "written there, and later";
/** Permissions of what loses when its bytes have lost before. */
const AGAIN_MODE = 0o600;
/** Devices that were apart have found each other, and settled it, within this. */
const MEETING_MS = 60_000;

/** Before step after step of the loser's device, where the same bytes have lost before (`isAgain`) or not; how many steps there were. */
function loseAtEveryStep(stage: Stage, what: "kill" | "refuse", isAgain = false): number {
  const { a, b } = stage;
  // Whose clock is late loses, unless it has heard of the other's edit before it reads its own.
  b.wallOffsetMs = -3_600_000;
  for (let step = 1;; step++) {
    const at = `p${step}`;
    write(a, at, BEFORE);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    if (isAgain) {
      loseApart(stage, at, `${WINNER}, the first time`);
      stage.world.net.heal();
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      loseApart(stage, at, WINNER, AGAIN_MODE);
    }
    b.catalogue.mark();
    let hasMetStep = false;
    const end = what === "kill"
      ? stage.endAt(b, step, () => b.kill())
      : stage.watchSteps(b, (number, call) => {
        if (number !== step) return;
        hasMetStep = true;
        if (call !== "commit") b.disk.faults.add({ code: "io", times: 1 });
      });
    if (isAgain) stage.world.net.heal();
    else {
      write(b, at, LOSER);
      stage.go(1);
      write(a, at, WINNER);
    }
    if (what === "kill") stage.world.scheduler.runUntil(() => !b.isRunning, isAgain ? MEETING_MS : 3_000);
    else stage.settle();
    if (!(end() ?? hasMetStep)) return step - 1;
    if (what === "kill") b.start();
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    stage.settle();
    b.disk.faults.clear();
    for (const device of [a, b]) {
      const texts = Object.entries(treeOf(device)).filter(([path]) =>
        path === at || path.startsWith(`${at}.`)
      );
      const found = texts.map(([, text]) => text).sort();
      // What was swapped out when its disk refused to say what that is comes back beside a copy of the same bytes (R21): once too often, not lost.
      assert.deepEqual(
        isAgain ? [...new Set(found)] : found,
        [LOSER, WINNER],
        `${device.name}, ${what} before step ${step}`,
      );
      if (isAgain) assertCopiesAreAsTold(device, at, `${device.name}, ${what} before step ${step}`);
    }
  }
}

/**
 * `b` and `a` write without hearing of each other, `a` by the later clock; they are still apart then. Who had heard of the winner before it
 * reads its own edit would mint that behind it, and win.
 */
function loseApart(stage: Stage, at: string, winner: string, mode = 0o644): void {
  const { a, b, world: { net, devices } } = stage;
  const isRecorded = (device: SimDevice, text: string) => () =>
    ownRow(device, at)!.row.entry.size === text.length && device.folder!.outbound.isQuiet;
  net.partition(devices.map((_, i) => i));
  a.wallOffsetMs = 7_200_000;
  b.wallOffsetMs = -3_600_000;
  write(b, at, LOSER);
  b.disk.user.chmod(`${ROOT}/${at}`, mode);
  stage.go(LAST_LOOKS_MS);
  stage.until("the loser is recorded", isRecorded(b, LOSER));
  write(a, at, winner);
  stage.go(LAST_LOOKS_MS);
  stage.until("the winner is recorded", isRecorded(a, winner));
}

/** What a device's rows say of the copies of a path is what stands there, and their prints are known: they can be given to others. */
function assertCopiesAreAsTold(device: SimDevice, at: string, when: string): void {
  const copies = Object.keys(treeOf(device)).filter((path) => path.startsWith(`${at}.`));
  assert.ok(copies.length > 0, when);
  for (const copy of copies) {
    const { state, row: { entry } } = ownRow(device, copy)!;
    const found = device.disk.peek(`${ROOT}/${copy}`)!;
    assert.equal(entry.mode, found.mode, `${when}: its mode`);
    assert.equal(entry.mtimeMs, Math.floor(found.mtimeMs), `${when}: its time`);
    assert.notEqual(device.folder!.replica.catalogue.prints.get(state), null, `${when}: its print`);
  }
}

Deno.test("a device that loses with the bytes of a copy that stands there gives that the loser's mode and time, and says so (R2, R3)", async () => {
  await onStage({ devices: 3 }, (stage) => {
    const { a, b, world: { devices } } = stage;
    const c = devices[2]!;
    write(a, "p", BEFORE);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    c.kill();
    const bothAreDone = () => {
      stage.go(LAST_LOOKS_MS);
      stage.until("both have the winner and the loser", () => [a, b].every(isDone));
    };
    const isDone = (device: SimDevice) =>
      device.folder!.isUpToDate && Object.keys(treeOf(device)).length === 2 &&
      textAt(device, "p") === textAt(a, "p");
    for (const mode of [0o644, AGAIN_MODE]) {
      loseApart(stage, "p", `${WINNER}, ${mode}`, mode);
      stage.world.net.heal();
      bothAreDone();
      assert.equal(textAt(b, "p"), `${WINNER}, ${mode}`);
    }
    for (const device of [a, b]) {
      assertCopiesAreAsTold(device, "p", device.name);
      const [, copy] = Object.keys(treeOf(device)).sort();
      const { meta } = ownRow(device, copy!)!.row.entry.version;
      assert.match(
        meta.actor,
        /^c0f1/,
        `${device.name}: nobody but the loser's writer has set its mode and time`,
      );
      assert.equal(ownRow(device, copy!)!.row.entry.mode, AGAIN_MODE);
    }
    // Only who has made the copy is there to give it.
    a.kill();
    c.start();
    stage.until(
      "the copy comes from its maker",
      () => c.folder !== null && Object.values(treeOf(c)).includes(LOSER),
    );
  });
});

Deno.test("a file whose print is not known is looked at when somebody asks for it, and comes then (R14)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    b.kill();
    write(a, "p", BEFORE);
    stage.go(LAST_LOOKS_MS);
    stage.until("it is recorded", () => ownRow(a, "p") !== null);
    a.folder!.replica.catalogue.prints.drop(ownRow(a, "p")!.state);
    b.start();
    stage.settle();
    assert.deepEqual(treeOf(b), { p: BEFORE });
  });
});

for (const what of ["kill", "refuse"] as const) {
  Deno.test(`a device that loses again with the same bytes, ${what} before any step of that: every copy is as told (R2, R3, R19)`, async () => {
    const steps = await onStage({}, (stage) => loseAtEveryStep(stage, what, true));
    assert.ok(steps > 20, `there were ${steps} steps`);
  });
}

for (const hardLinks of [true, false]) {
  for (const what of ["kill", "refuse"] as const) {
    const disk = hardLinks ? "with hard links" : "without hard links";
    const deed = what === "kill" ? "killed" : "refused a call";
    Deno.test(`a device that lost a conflict, ${deed} before any step of making way, keeps both edits on a disk ${disk} (R4)`, async () => {
      const steps = await onStage({ disk: { hardLinks } }, (stage) => loseAtEveryStep(stage, what));
      assert.ok(steps > 20, `there were ${steps} steps`);
    });
  }
}
