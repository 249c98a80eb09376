import assert from "node:assert/strict";
import { RESTART_PAUSE_MAX_MS, RESTART_WELL_MS } from "../../src/core/limits.ts";
import type { Child } from "../../src/platform/ports.ts";
import { Keeper } from "../../src/service/keeper.ts";
import { restartPause } from "../../src/service/pauses.ts";
import { waitFor } from "../support/wait.ts";

/** A device that ends when it is told to, and a clock that runs when it is told to. */
function stage() {
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const children: { end(code: number): void; stops: number }[] = [];
  const notes: string[] = [];
  const heard: string[] = [];
  let up = false;
  let isMissing = false;
  const ports = {
    clock: {
      monotonic: () => nowMs,
      after(delayMs: number, run: () => void) {
        const timer = { atMs: nowMs + delayMs, run };
        timers.push(timer);
        return () => void (timers = timers.filter((other) => other !== timer));
      },
    },
    start(): Child {
      if (isMissing) throw new Error("no such program");
      const { promise, resolve } = Promise.withResolvers<number>();
      const child = { end: resolve, stops: 0 };
      children.push(child);
      return {
        pid: children.length,
        said: (async function* () {
          yield new TextEncoder().encode(`${children.length} says\n`);
          await promise;
        })(),
        ended: promise,
        stop: () => void child.stops++,
      };
    },
    note: (line: string) => void notes.push(line),
    hear: (bytes: Uint8Array) => Promise.resolve(void heard.push(new TextDecoder().decode(bytes))),
    isUp: () => up,
  };
  return {
    ports,
    children,
    notes,
    heard,
    missing: (is: boolean) => isMissing = is,
    comeUp: () => up = true,
    pass(ms: number) {
      nowMs += ms;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      for (const { run } of due) run();
    },
    waiting: () => timers.length,
  };
}

Deno.test("restartPause() doubles from a second up to its bound", () => {
  assert.deepEqual([0, 1, 2, 3, 8].map(restartPause), [1000, 2000, 4000, 8000, 256_000]);
  for (const failures of [9, 40, 5000]) assert.equal(restartPause(failures), RESTART_PAUSE_MAX_MS);
});

Deno.test("Keeper starts a device that failed again after pauses that grow, and the first again once it was well", async () => {
  const { ports, children, notes, heard, pass, waiting } = stage();
  const keeper = new Keeper(ports, false);
  const running = keeper.run();
  for (const [i, pauseMs] of [1000, 2000, 4000].entries()) {
    await waitFor("the device", () => children.length === i + 1);
    children[i]!.end(1);
    await waitFor("the pause", () => waiting() === 1);
    pass(pauseMs - 1);
    assert.equal(children.length, i + 1, "not a millisecond early");
    pass(1);
  }
  await waitFor("the device", () => children.length === 4);
  pass(RESTART_WELL_MS);
  children[3]!.end(137);
  await waitFor("the pause", () => waiting() === 1);
  pass(1000);
  await waitFor("the device", () => children.length === 5);
  children[4]!.end(0);
  assert.equal(await running, 0);
  assert.deepEqual(notes.map((note) => /code (\d+)\. .* in (\S+) s\.$/.exec(note)?.slice(1)), [
    ["1", "1"],
    ["1", "2"],
    ["1", "4"],
    ["137", "1"],
  ]);
  assert.deepEqual(heard, ["1 says\n", "2 says\n", "3 says\n", "4 says\n", "5 says\n"]);
});

Deno.test("Keeper leaves a device in peace that ended well, or whose words are wrong", async () => {
  for (const code of [0, 2]) {
    const { ports, children } = stage();
    const running = new Keeper(ports, false).run();
    children[0]!.end(code);
    assert.equal(await running, code);
    assert.equal(children.length, 1);
  }
});

Deno.test("Keeper passes each wish to stop on, and starts nothing afterwards, also in a pause", async () => {
  const first = stage();
  const keeper = new Keeper(first.ports, false);
  const running = keeper.run();
  keeper.stop();
  keeper.stop();
  assert.equal(first.children[0]!.stops, 2);
  first.children[0]!.end(1);
  assert.equal(await running, 1);
  assert.equal(first.children.length, 1);

  const second = stage();
  const resting = new Keeper(second.ports, false);
  const rested = resting.run();
  second.children[0]!.end(1);
  await waitFor("the pause", () => second.waiting() === 1);
  resting.stop();
  assert.equal(await rested, 0);
  assert.deepEqual([second.children.length, second.waiting()], [1, 0]);
});

Deno.test("Keeper that must start gives up on a device that never came up, and not on one that did", async () => {
  const never = stage();
  const running = new Keeper(never.ports, true).run();
  never.children[0]!.end(1);
  assert.equal(await running, 1);
  assert.equal(never.waiting(), 0);

  const once = stage();
  const keeper = new Keeper(once.ports, true);
  const kept = keeper.run();
  once.comeUp();
  once.pass(100);
  once.children[0]!.end(1);
  await waitFor("the pause", () => once.waiting() === 1);
  once.pass(1000);
  await waitFor("the device", () => once.children.length === 2);
  once.children[1]!.end(0);
  assert.equal(await kept, 0);
});

Deno.test("Keeper tries again where the program cannot be run", async () => {
  const { ports, children, notes, missing, pass, waiting } = stage();
  missing(true);
  const running = new Keeper(ports, false).run();
  await waitFor("the pause", () => waiting() === 1);
  missing(false);
  pass(1000);
  await waitFor("the device", () => children.length === 1);
  children[0]!.end(0);
  assert.equal(await running, 0);
  assert.equal(notes[0], "The device cannot be started: no such program");
});
