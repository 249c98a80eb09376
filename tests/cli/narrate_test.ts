import assert from "node:assert/strict";
import { narrate } from "../../src/cli/narrate.ts";
import { sampleFolder, samplePeer, sampleStatus } from "./sample_status.ts";

const SYNCING = {
  kind: "syncing",
  filesDone: 1,
  filesTotal: 2,
  bytesDone: 0,
  bytesTotal: 9,
  bytesPerSecond: 0,
} as const;

function withFolder(...changes: Parameters<typeof sampleFolder>) {
  return sampleStatus({ folders: [sampleFolder(...changes)] });
}

Deno.test("narrate() tells at first what stands, then nothing while it stays", () => {
  const status = sampleStatus();
  assert.deepEqual(narrate(null, status), ["desktop connected from 10.0.0.2.", "Notes is up to date."]);
  assert.deepEqual(narrate(status, status), []);
});

Deno.test("narrate() leaves work under way to the progress and tells its end", () => {
  const [busy, done] = [withFolder({ state: SYNCING }), withFolder()];
  assert.deepEqual(narrate(done, busy), []);
  assert.deepEqual(narrate(busy, done), ["Notes is up to date."]);
});

Deno.test("narrate() tells a stop with its remedy once", () => {
  const stopped = withFolder({
    state: { kind: "stopped", reason: "its root is gone", remedy: "Mount the disk" },
  });
  assert.deepEqual(narrate(sampleStatus(), stopped), ["Notes stopped: its root is gone\n  → Mount the disk"]);
  assert.deepEqual(narrate(stopped, stopped), []);
});

Deno.test("narrate() tells peers that come and go, with the reason", () => {
  const gone = sampleStatus({ peers: [samplePeer({ connected: false, reason: "no answer for 45 s" })] });
  assert.deepEqual(narrate(sampleStatus(), gone), ["desktop disconnected: no answer for 45 s."]);
  assert.deepEqual(
    narrate(null, gone).filter((line) => line.includes("desktop")),
    [],
    "was never seen connected",
  );
});

Deno.test("narrate() tells each new problem once and sums up a flood", () => {
  const problem = (path: string) => ({ path, cause: "permission denied", remedy: "Make it readable" });
  const one = withFolder({ problems: [problem("a")] });
  assert.deepEqual(narrate(sampleStatus(), one), [
    "Notes/a is not in sync: permission denied\n  → Make it readable",
  ]);
  const many = withFolder({ problems: ["a", "b", "c", "d", "e", "f", "g", "h"].map(problem) });
  const lines = narrate(one, many);
  assert.equal(lines.length, 6);
  assert.equal(lines.at(-1), "… and 2 more problems. List them with: cairn status");
});
