import assert from "node:assert/strict";
import { pauseLines, wantedOf } from "../../src/cli/pause.ts";
import { run } from "../../src/cli/program.ts";
import type { PauseAnswer } from "../../src/daemon/pausing_types.ts";
import { fakeContext } from "./fake_terminal.ts";

const ANSWER: PauseAnswer = {
  schema: "cairn.pause/1",
  kind: "folder",
  name: "My Photos",
  isPaused: true,
  hasChanged: true,
  paused: { all: false, folders: ["My Photos"], devices: [] },
};

Deno.test("what is paused is a name, a folder or device of that name, or all", () => {
  const wanted = (...what: string[]) => wantedOf(what, "pause", (path) => `/at/${path}`);
  assert.deepEqual(wanted(), { kind: "all", name: "" });
  assert.deepEqual(wanted("all"), { kind: "all", name: "" });
  assert.deepEqual(wanted("folder", "all"), { kind: "folder", name: "all" });
  assert.deepEqual(wanted("device", "nas"), { kind: "device", name: "nas" });
  assert.deepEqual(wanted("folder"), { kind: "any", name: "folder" });
  assert.deepEqual(wanted("./Photos"), { kind: "any", name: "/at/./Photos" });
  assert.deepEqual(wanted(".config"), { kind: "any", name: ".config" });
});

Deno.test("what was paused is said with the words that end it, and what is paused still", () => {
  assert.match(pauseLines(ANSWER)[0]!, /^My Photos is paused: .+ cairn resume "My Photos"$/);
  const paused = { all: true, folders: ["Notes"], devices: ["nas"] };
  assert.deepEqual(pauseLines({ ...ANSWER, isPaused: false, paused }), [
    "My Photos goes on.",
    "All is paused still: cairn resume all",
    "Paused still: folder Notes (cairn resume folder Notes)",
    "Paused still: device nas (cairn resume device nas)",
  ]);
});

for (
  const argv of [
    ["pause", "my", "photos"],
    ["pause", "folder", "a", "b"],
    ["resume", "my", "photos"],
    ["resume", "--accept"],
    ["resume", "device", "nas", "--reject"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage`, async () => {
    const context = fakeContext({ CAIRN_HOME: "/nonexistent" });
    assert.equal(await run(argv, context), 2);
    assert.match(context.terminal.taken().err, /^cairn: .+\n→ Say/);
  });
}
