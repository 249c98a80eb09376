/** Modes and times over a power cut: what was recorded of them is durable, and what the cut took back is nobody's edit (R3, R16, R19, invariant 1). */
import assert from "node:assert/strict";
import { ROOT, type SimDevice } from "../world/device.ts";
import { CRASH_MODES, onStage, ownRow, type Stage, write } from "./stage.ts";

const modeOf = (device: SimDevice, path: string) => device.disk.peek(`${ROOT}/${path}`)?.mode;

/** The power of `b` fails right now; afterwards both have the mode. */
function cutAndCompare(stage: Stage, how: (typeof CRASH_MODES)[number], path: string, mode: number): void {
  const { a, b } = stage;
  b.powerCut(how, 1);
  b.start();
  stage.settle();
  assert.deepEqual([modeOf(a, path), modeOf(b, path)], [mode, mode]);
}

for (const how of CRASH_MODES) {
  for (const isSetBack of [false, true]) {
    const words = `${how}${isSetBack ? ", catalogue set back" : ""}`;
    Deno.test(`(stage) what others set of a file's mode outlives a power cut here (${words})`, () =>
      onStage({ disk: { persistence: how } }, (stage) => {
        const { a, b } = stage;
        write(a, "f", "text");
        stage.settle();
        stage.go(120_000);
        b.catalogue.mark();
        a.disk.user.chmod(`${ROOT}/f`, 0o600);
        stage.until("it is recorded", () => ownRow(b, "f")!.row.entry.mode === 0o600);
        stage.go(100);
        if (!isSetBack) b.catalogue.mark();
        cutAndCompare(stage, how, "f", 0o600);
      }));
  }

  for (const restMs of [0, 1_000, 20_000]) {
    Deno.test(`(stage) a directory that others forbid to write to is so after a power cut here (${how}, ${restMs} ms later)`, () =>
      onStage({ disk: { persistence: how } }, (stage) => {
        const { a, b } = stage;
        write(b, "plain", "x");
        stage.settle();
        stage.go(120_000);
        b.catalogue.mark();
        write(a, "d/one", "one");
        a.disk.user.chmod(`${ROOT}/d/one`, 0o444);
        a.disk.user.chmod(`${ROOT}/d`, 0o555);
        stage.until("it is here", () => b.disk.peek(`${ROOT}/d/one`) !== null);
        stage.go(restMs);
        cutAndCompare(stage, how, "d", 0o555);
      }));
  }

  Deno.test(`(stage) the power goes while a directory that others forbid to write to stands open (${how}, catalogue set back)`, () =>
    onStage({ disk: { persistence: how } }, (stage) => {
      const { a, b } = stage;
      write(a, "d/one", "one");
      a.disk.user.chmod(`${ROOT}/d`, 0o555);
      stage.settle();
      stage.go(700_000);
      b.catalogue.mark();
      b.disk.faults.add({
        code: "permission",
        calls: ["link", "rename", "create", "makeDirectory", "unlink"],
        path: (path) => path.startsWith(`${ROOT}/d/`) && (modeOf(b, "d")! & 0o200) === 0,
      });
      write(a, "d/two", "two");
      stage.until("it is opened", () => modeOf(b, "d") === 0o755);
      cutAndCompare(stage, how, "d", 0o555);
    }));

  for (const path of ["d", "d/f"]) {
    Deno.test(`(stage) a mode of our own outlives a power cut once others have it: ${path} (${how})`, () =>
      onStage({ disk: { persistence: how } }, (stage) => {
        const { a, b } = stage;
        write(b, "d/f", "text");
        stage.settle();
        stage.go(120_000);
        b.disk.user.chmod(`${ROOT}/${path}`, 0o700);
        stage.until("a has it", () => modeOf(a, path) === 0o700);
        stage.go(5_000);
        b.catalogue.mark();
        cutAndCompare(stage, how, path, 0o700);
      }));
  }
}

Deno.test("(stage) a directory that others forbid to write to, and go on writing into: its mode is nobody's edit (R3)", async () => {
  const SYNC_MS = 20;
  for (let restMs = 0; restMs <= 240; restMs += 12) {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      write(a, "d/one", "one");
      a.disk.user.chmod(`${ROOT}/d`, 0o555);
      stage.settle();
      stage.go(60_000);
      const { clock, fs } = b.folder!.replica.deps;
      const sync = fs.syncDirectory.bind(fs);
      fs.syncDirectory = async (path) => {
        await new Promise<void>((resolve) => clock.after(SYNC_MS, resolve));
        await sync(path);
      };
      b.disk.faults.add({
        code: "permission",
        calls: ["link", "rename", "create", "makeDirectory", "unlink"],
        path: (path) => path.startsWith(`${ROOT}/d/`) && (modeOf(b, "d")! & 0o200) === 0,
      });
      write(a, "d/two", "two");
      stage.until("two", () => b.disk.peek(`${ROOT}/d/two`) !== null);
      stage.go(restMs);
      write(a, "d/three", "three");
      stage.go(60_000);
      const found = [modeOf(a, "d"), modeOf(b, "d"), ownRow(b, "d")!.row.entry.mode];
      assert.deepEqual(found, [0o555, 0o555, 0o555], `${restMs} ms later`);
    });
  }
});
