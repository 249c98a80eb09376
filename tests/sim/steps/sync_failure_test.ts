/**
 * Syncs that fail (R27, invariant 1). Behind a sync that failed the system holds the bytes for written, though the disk does not have
 * them, and the next sync of the same file answers well. What others were told of must outlive a power cut all the same.
 */
import assert from "node:assert/strict";
import { ROOT } from "../world/device.ts";
import { CRASH_MODES, LAST_LOOKS_MS, onStage, ownRow, type Stage, textAt, treeOf, write } from "./stage.ts";

/** The next sync of something whose path matches fails; the answer says how many did. */
function failSyncs({ b }: Stage, path: RegExp, times = 1): () => number {
  let left = times;
  const end = b.disk.faults.add({
    code: "io",
    calls: ["syncFile", "syncFileSystem", "syncDirectory"],
    path: (at) => left > 0 && path.test(at) && left-- > 0,
  });
  return () => {
    end();
    return times - left;
  };
}

/** Power goes now, and comes back. */
function cut(stage: Stage, mode: typeof CRASH_MODES[number]): void {
  stage.b.powerCut(mode, 1);
  stage.b.start();
  stage.settle();
}

for (const mode of CRASH_MODES) {
  Deno.test(`a file whose sync failed is not announced before its bytes are durable (${mode}): a cut takes nothing that others have (R27)`, async () => {
    await onStage({ disk: { persistence: mode } }, (stage) => {
      const { a, b } = stage;
      write(b, "f", "old");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      b.catalogue.mark();
      const failed = failSyncs(stage, /Sync\/(f|g)$/, 2);
      write(b, "f", "new, and longer", "in-place");
      write(b, "g", "new here");
      stage.go(100);
      assert.equal(textAt(a, "f"), "old", "it is not announced");
      assert.ok(troubled(stage, "f"), "it is named");
      stage.until(
        "a has it",
        () => textAt(a, "f") === "new, and longer" && textAt(a, "g") === "new here",
        600_000,
      );
      assert.equal(failed(), 2);
      cut(stage, mode);
      for (const device of [a, b]) {
        assert.deepEqual(treeOf(device), { f: "new, and longer", g: "new here" }, device.name);
      }
    });
  });

  Deno.test(`many files whose file system's sync failed are not announced before they are durable (${mode}) (R27)`, async () => {
    await onStage({ disk: { persistence: mode } }, (stage) => {
      const { a, b } = stage;
      b.catalogue.mark();
      const failed = failSyncs(stage, /Sync$/);
      for (let i = 0; i < 60; i++) write(b, `d/${i}`, `words of ${i}`);
      stage.until("a has them", () => Object.keys(treeOf(a)).length === 60, 600_000);
      assert.equal(failed(), 1);
      cut(stage, mode);
      assert.equal(Object.keys(treeOf(a)).length, 60);
      for (let i = 0; i < 60; i++) assert.equal(textAt(b, `d/${i}`), `words of ${i}`);
    });
  });

  Deno.test(`what an editor has saved over a file is durable, and its name, before it is announced (${mode}) (R16)`, async () => {
    await onStage({ disk: { persistence: mode } }, (stage) => {
      const { a, b } = stage;
      for (let round = 1; round <= 10; round++) {
        const said = `round ${round}`;
        b.catalogue.mark();
        write(b, "f", said);
        stage.until("a knows it", () => textAt(a, "f") === said);
        cut(stage, mode);
        for (const device of [a, b]) assert.deepEqual(treeOf(device), { f: said }, device.name);
      }
    });
  });

  for (const size of ["small", "large"] as const) {
    Deno.test(`a ${size} stage whose sync failed is not placed: a cut after its record takes nothing (${mode}) (R27)`, async () => {
      await onStage({ disk: { persistence: mode } }, (stage) => {
        const { a, b } = stage;
        const text = "what it says. ".repeat(size === "small" ? 10 : 30_000);
        b.catalogue.mark();
        const failed = failSyncs(stage, /\.cairn\/stage\//);
        write(a, "f", text);
        stage.until("b has recorded it", () => ownRow(b, "f") !== null, 600_000);
        assert.equal(failed(), 1);
        assert.equal(textAt(b, "f"), text);
        cut(stage, mode);
        for (const device of [a, b]) assert.deepEqual(treeOf(device), { f: text }, device.name);
        assert.equal(ownRow(b, "f")!.row.entry.writer, a.identity.id);
      });
    });
  }

  Deno.test(`a journal whose sync failed has announced nothing, and goes on by itself (${mode}) (R27)`, async () => {
    await onStage({ disk: { persistence: mode } }, (stage) => {
      const { a, b } = stage;
      const failed = failSyncs(stage, /journal\//, 3);
      write(b, "made", "by b");
      write(a, "received", "from a");
      stage.until("a has it", () => textAt(a, "made") === "by b", 600_000);
      stage.settle();
      assert.equal(failed(), 3);
      const boots = b.device!.ledger.lastLsn;
      cut(stage, mode);
      assert.ok(b.device!.ledger.lastLsn > boots, "no lsn is given twice");
      for (const device of [a, b]) {
        assert.deepEqual(treeOf(device), { made: "by b", received: "from a" }, device.name);
      }
    });
  });

  Deno.test(`a directory whose sync failed after its renames: what was placed is the peer's version, not an edit (${mode}) (R19)`, async () => {
    await onStage({ disk: { persistence: mode } }, (stage) => {
      const { a, b } = stage;
      write(a, "d/f", "first");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      for (let round = 1; round <= 12; round++) {
        const failed = failSyncs(stage, /Sync\/d$/);
        write(a, "d/f", `one of round ${round}`);
        stage.until("the sync has failed", () => textAt(b, "d/f") === `one of round ${round}`);
        b.slowness = 30;
        stage.go(round);
        write(a, "d/f", `two of round ${round}`);
        stage.settle();
        b.slowness = 0.3;
        stage.go(LAST_LOOKS_MS);
        stage.settle();
        assert.equal(failed(), 1);
        for (const device of [a, b]) {
          assert.deepEqual(treeOf(device), { "d/f": `two of round ${round}` }, device.name);
        }
        assert.equal(ownRow(b, "d/f")!.row.entry.writer, a.identity.id, "b has minted nothing");
      }
    });
  });
}

function troubled({ b }: Stage, path: string): boolean {
  return [...b.folder!.replica.troubles.keys()].includes(path as never);
}

Deno.test("a file whose disk stays broken is named in `status`, and never announced (R27, invariant 11)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    b.disk.faults.add({ code: "io", calls: ["syncFile"], path: `${ROOT}/f` });
    b.disk.faults.add({ code: "io", calls: ["syncFile"], path: (at) => at.includes("/.cairn/stage/") });
    write(b, "f", "words");
    write(b, "other", "goes on");
    stage.go(30 * 60_000);
    assert.deepEqual(treeOf(a), { other: "goes on" });
    assert.ok(troubled(stage, "f"));
    b.disk.faults.clear();
    stage.until("a has it", () => textAt(a, "f") === "words", 3_600_000);
  });
});
