/** What is gone here is durably gone before others hear of it: a power cut must not bring it back everywhere (invariant 1). */
import assert from "node:assert/strict";
import { CRASH_MODES, move, onStage, remove, textAt, write } from "./stage.ts";

for (const mode of CRASH_MODES) {
  for (const what of ["a file", "a moved file", "a directory"] as const) {
    Deno.test(`(stage) what others heard to be gone stays gone after a power cut: ${what} (${mode})`, () =>
      onStage({ disk: { persistence: mode } }, (stage) => {
        const { a, b } = stage;
        write(b, "d/f", "text");
        write(b, "e/x", "x");
        stage.settle();
        stage.go(120_000);
        if (what === "a file") remove(b, "d/f");
        else if (what === "a moved file") move(b, "d/f", "e/g");
        else remove(b, "d");
        stage.until("a has it", () => textAt(a, "d/f") === null);
        stage.go(3_000);
        b.catalogue.mark();
        b.powerCut(mode, 1);
        b.start();
        stage.settle();
        assert.equal(textAt(a, "d/f"), null);
        assert.equal(textAt(b, "d/f"), null);
        if (what === "a moved file") assert.equal(textAt(b, "e/g"), "text");
      }));
  }
}
