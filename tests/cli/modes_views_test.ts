import assert from "node:assert/strict";
import { leaveLines, modeLines, overrideLines, revertLines } from "../../src/cli/folder_modes.ts";
import { modesLine } from "../../src/cli/folders.ts";
import { run } from "../../src/cli/program.ts";
import type { ModeAnswer } from "../../src/daemon/modes_types.ts";
import { fakeContext } from "./fake_terminal.ts";

const folder = { id: "f1", name: "Photos", path: "/home/ann/Photos" };
const none = { taken: 0, takenBytes: 0, deleted: 0, conflicts: 0, given: 0, withdrawn: 0, differing: 0 };
const answer = (over: Partial<ModeAnswer>): ModeAnswer => ({
  schema: "cairn.folders.mode/1",
  folder,
  from: "index",
  to: "sync",
  dryRun: true,
  preview: none,
  ...over,
});

Deno.test("a change of mode says what it means, before and with it", () => {
  assert.deepEqual(modeLines(answer({})), ["Photos: index → sync would mean no change of any file."]);
  assert.deepEqual(modeLines(answer({ to: "index" })), ["Photos is in the mode index already."]);
  const preview = { ...none, taken: 2, takenBytes: 2048, deleted: 1, conflicts: 3, given: 1 };
  assert.deepEqual(modeLines(answer({ dryRun: false, preview })), [
    "Photos: index → sync:",
    "  2 files (2.0 KB) to be taken from the other devices",
    "  1 file to be deleted here, as on the other devices; the version store keeps them",
    "  3 files that differ here and there: both are kept",
    "  1 change made here to be given to the other devices",
  ]);
});

Deno.test("an override, a revert and a leave say what they do, and how to have it done", () => {
  const counts = { replaced: 2, restored: 0, deleted: 1 };
  const told = overrideLines({ schema: "cairn.override/1", folder, done: false, ...counts });
  assert.equal(told[0], "On the other devices Photos would become as it is here:");
  assert.match(told.at(-1)!, /--yes/);
  const same = { replaced: 0, restored: 0, deleted: 0 };
  assert.deepEqual(overrideLines({ schema: "cairn.override/1", folder, done: true, ...same }), [
    "Photos is on the other devices as it is here.",
  ]);
  const reverted = { changed: 1, added: 0, deleted: 2, left: 1 };
  const lines = revertLines({ schema: "cairn.revert/1", folder, done: true, ...reverted });
  assert.equal(
    lines[0],
    "In Photos, 1 changed file and 0 new files go into the version store, and 2 deleted files come back.",
  );
  assert.match(lines[1]!, /^1 file could not be undone now/);
  const left = { files: 3, bytes: 10, onlyHere: 1, isComplete: true };
  assert.deepEqual(leaveLines({ schema: "cairn.folders.remove/1", folder, done: true, ...left }), [
    "This device has left Photos. 3 files (10 B) stay in /home/ann/Photos.",
    "No other device is known to have 1 file of them as here.",
  ]);
});

Deno.test("how each device takes part stands in one line", () => {
  assert.equal(modesLine({ mode: "sync", elsewhere: [] }), "sync here");
  const elsewhere = [{ device: "nas", mode: "receive" }, { device: "tv\u001b[2J", mode: "index" }];
  assert.equal(modesLine({ mode: "send", elsewhere }).startsWith("send here, nas (receive), tv"), true);
  assert.ok(!modesLine({ mode: "send", elsewhere }).includes("\u001b"));
});

Deno.test("a mode that there is not is refused before anybody is asked", async () => {
  for (const args of [["folders", "mode", "Photos", "both"], ["folders", "add", "/x", "--mode", "both"]]) {
    const context = fakeContext();
    assert.equal(await run(args, context), 2);
    assert.match(context.terminal.taken().err, /sync, send, receive, index/);
  }
});
