/** A file that somebody writes to whenever it is read (R17). */
import assert from "node:assert/strict";
import { STILL_WRITING_MS } from "../../../src/core/limits.ts";
import { ROOT } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, ownRow, type Stage, textAt, troublesOf, write } from "./stage.ts";

const MORE = new TextEncoder().encode("one more line\n");

/** From now on `log` on `b` grows by a line right before each reading of it, between the looks around that. The answer ends it. */
function growWhenRead(stage: Stage): { readonly readings: () => number; readonly end: () => void } {
  const { b } = stage;
  let readings = 0;
  const end = stage.watchSteps(b, (_, step, path) => {
    if (step !== "read" || path !== `${ROOT}/log`) return;
    readings++;
    b.disk.user.append(`${ROOT}/log`, MORE);
  });
  return { readings: () => readings, end };
}

for (const isNew of [true, false]) {
  const which = isNew ? "a new file" : "a file that others have";
  Deno.test(`${which} that changes whenever it is read is not announced half, is named after five minutes, and comes when it rests (R17)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      const before = isNew ? null : "begun\n";
      if (before !== null) {
        write(b, "log", before, "in-place");
        stage.settle();
        stage.go(LAST_LOOKS_MS);
      }
      const recorded = ownRow(b, "log")?.state;
      const { readings, end } = growWhenRead(stage);
      write(b, "log", "begun, and on\n", "in-place");
      stage.go(STILL_WRITING_MS - 15_000);
      assert.deepEqual(troublesOf(b), {}, "it is nothing to tell of yet");
      write(b, "other", "goes on meanwhile");
      stage.go(30_000);
      assert.match(troublesOf(b)["log"] ?? "", /written to all the time/);
      assert.ok(readings() > 20 && readings() < 5_000, `it was read ${readings()} times`);
      assert.equal(ownRow(b, "log")?.state, recorded, "nothing of it is recorded");
      assert.deepEqual([textAt(a, "log"), textAt(a, "other")], [before, "goes on meanwhile"]);
      end();
      stage.settle();
      assert.equal(textAt(a, "log"), textAt(b, "log"));
      assert.ok(textAt(a, "log")!.startsWith("begun, and on\none more line\n"));
      assert.deepEqual(troublesOf(b), {});
    });
  });
}
