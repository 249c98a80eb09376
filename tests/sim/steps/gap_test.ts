/**
 * A program writes between the sync of a file and its reading: what is announced must be what the disk has (R16, invariant 1). Peers
 * would otherwise have bytes that a power cut takes back here, and the older ones would come to them as an edit.
 */
import assert from "node:assert/strict";
import { ROOT } from "../world/device.ts";
import { CRASH_MODES, LAST_LOOKS_MS, onStage, type Stage, textAt, treeOf, write } from "./stage.ts";

const ROUNDS = 12;

/** Writes in place right before the next look at a path that follows a sync. The answer says whether it came to that. */
function writeInGap(stage: Stage, what: string, at: string, text: string): () => boolean {
  let isSynced = false;
  let isWritten = false;
  const { b } = stage;
  const end = stage.watchSteps(b, (_, step, path) => {
    if (step === "syncFile" || step === "syncFileSystem") isSynced ||= path === what;
    if (isWritten || !isSynced || step !== "lstat" || path !== `${ROOT}/${at}`) return;
    isWritten = true;
    write(b, at, text, "in-place");
  });
  return () => {
    end();
    return isWritten;
  };
}

for (const mode of CRASH_MODES) {
  for (const { how, others } of [{ how: "one file", others: 0 }, { how: "one of many files", others: 60 }]) {
    Deno.test(`what is written between the sync and the reading of ${how} is durable before it is announced (${mode}) (R16)`, async () => {
      await onStage({ disk: { persistence: mode } }, (stage) => {
        const { a, b } = stage;
        for (let round = 1; round <= ROUNDS; round++) {
          const at = `d${round}/f`;
          write(b, at, "before");
          stage.settle();
          stage.go(LAST_LOOKS_MS);
          b.catalogue.mark();
          const wasWritten = writeInGap(stage, others > 0 ? ROOT : `${ROOT}/${at}`, at, `last of ${round}`);
          write(b, at, "first", "in-place");
          for (let i = 0; i < others; i++) write(b, `d${round}/${i}`, `first ${i}`, "in-place");
          stage.until("a has one of the two", () => textAt(a, at) !== "before");
          assert.ok(wasWritten(), "it came to that");
          const announced = textAt(a, at);
          b.powerCut(mode, 1);
          b.start();
          stage.settle();
          for (const device of [a, b]) {
            const text = textAt(device, at);
            assert.ok(
              text === announced || text === `last of ${round}`,
              `${device.name}: ${announced}, then ${text}`,
            );
          }
          assert.ok(!Object.keys(treeOf(a)).some((path) => path.includes(".conflict-")), "no copy is made");
        }
      });
    });
  }
}
