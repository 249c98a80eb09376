/** What is gone here is durably gone before others hear of it: a power cut must not bring it back everywhere (invariant 1). */
import assert from "node:assert/strict";
import { ROOT } from "../world/device.ts";
import { CRASH_MODES, move, onStage, remove, textAt, troublesOf, write } from "./stage.ts";

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

for (const isRestarted of [false, true]) {
  const when = isRestarted ? "since a start" : "now";
  Deno.test(`(stage) one directory whose sync fails ${when} holds up what is gone in it alone, and says so`, () =>
    onStage({}, (stage) => {
      const { a, b } = stage;
      for (const path of ["d/f", "d/k", "e/x"]) write(b, path, path);
      stage.settle();
      stage.go(120_000);
      const mend = b.disk.faults.add({
        code: "io",
        calls: ["syncDirectory"],
        path: (path) => path === `${ROOT}/d`,
      });
      if (isRestarted) b.kill();
      move(b, "d/f", "e/f");
      stage.go(1_000);
      if (isRestarted) b.start();
      stage.go(60_000);
      write(b, "new", "of its own");
      remove(b, "e/x");
      write(a, "theirs", "theirs");
      stage.until(
        "all else to go on",
        () => textAt(a, "new") !== null && textAt(a, "e/x") === null && textAt(b, "theirs") !== null,
      );
      assert.ok("d/f" in troublesOf(b));
      assert.equal(textAt(a, "d/f"), "d/f");
      mend();
      stage.settle();
      assert.equal(textAt(a, "d/f"), null);
      assert.equal(textAt(a, "e/f"), "d/f");
    }));
}

Deno.test("(stage) a file in the place of a directory whose end the disk does not keep waits alone, and comes when it does", () =>
  onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, "d/s/below", "below");
    stage.settle();
    stage.go(120_000);
    // The new names are synced first, and that works.
    let syncs = 0;
    const mend = b.disk.faults.add({
      code: "io",
      calls: ["syncDirectory"],
      path: (path) => path === `${ROOT}/d` && ++syncs > 1,
    });
    remove(b, "d/s");
    b.disk.user.writeFile(`${ROOT}/d/s`, new TextEncoder().encode("a file now"));
    b.disk.user.writeFile(`${ROOT}/d/f1`, new TextEncoder().encode("beside it"));
    stage.until("all else to come", () => textAt(a, "d/f1") === "beside it");
    assert.ok("d/s" in troublesOf(b));
    assert.equal(textAt(a, "d/s"), null);
    mend();
    stage.settle();
    assert.equal(textAt(a, "d/s"), "a file now");
  }));
