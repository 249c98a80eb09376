import assert from "node:assert/strict";
import { haltCause, haltRemedy, rootStopProblem } from "../../src/daemon/halts.ts";
import type { Halt } from "../../src/sync/halt.ts";

const halt = (over: Partial<Halt>): Halt => ({
  kind: "changes",
  deletes: 0,
  replaces: 0,
  taken: 0,
  files: 400,
  sinceMs: 1,
  ...over,
});

Deno.test("haltCause() says what would go, of how much, and what went before", () => {
  const cases: readonly (readonly [Partial<Halt>, string])[] = [
    [{ deletes: 300 }, "other devices' changes would delete 300 of its 400 files"],
    [{ replaces: 201 }, "other devices' changes would replace 201 of its 400 files"],
    [
      { deletes: 100, replaces: 2, taken: 120 },
      "other devices' changes would delete 100 and replace 2 of its 400 files, after 120 within the hour before",
    ],
    [{ kind: "emptied", files: 1 }, "its root is empty, and 1 file was in it; nothing counts as deleted"],
    [{ kind: "emptied" }, "its root is empty, and 400 files were in it; nothing counts as deleted"],
    [
      { kind: "older" },
      "its root is older than it was, as if put back from a backup; nothing in it counts as deleted or changed",
    ],
  ];
  for (const [over, words] of cases) assert.equal(haltCause(halt(over)), words);
});

Deno.test("haltRemedy() is a line to type, for any name of a folder", () => {
  assert.match(
    haltRemedy(halt({}), "Photos", "sync"),
    /cairn resume Photos --reject.*cairn resume Photos --accept/,
  );
  assert.match(
    haltRemedy(halt({ kind: "older" }), "Photos", "sync"),
    /cairn resume Photos --reject.*cairn resume Photos --accept/,
  );
  assert.match(
    haltRemedy(halt({ kind: "emptied" }), "My Photos", "sync"),
    /cairn resume "My Photos" --reject/,
  );
});

Deno.test("rootStopProblem() says whose root it is, what is the matter with it, and where to look", () => {
  const { cause, remedy } = rootStopProblem("alpha", "Photos", "unmarked");
  assert.match(
    cause,
    /^alpha has stopped taking and sending changes of Photos: its root has lost its marker/,
  );
  assert.match(remedy, /cairn status/);
});

Deno.test("haltRemedy() promises only what the mode of the folder does (R9)", () => {
  for (const kind of ["emptied", "older"] as const) {
    for (const mode of ["send", "index"] as const) {
      const remedy = haltRemedy(halt({ kind }), "Photos", mode);
      assert.doesNotMatch(remedy, /bring the files back|have what the other devices have/);
      assert.match(
        remedy,
        /--reject\); the other devices' files come after that with: cairn folders mode Photos sync/,
      );
    }
    assert.match(
      haltRemedy(halt({ kind }), "Photos", "receive"),
      /--reject\) and have what the other devices have/,
    );
    assert.match(
      haltRemedy(halt({ kind }), "Photos", "index"),
      /change nothing elsewhere: cairn resume Photos --accept/,
    );
  }
  assert.match(haltRemedy(halt({}), "Photos", "receive"), /keep the files on this device/);
});
