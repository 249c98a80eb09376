import assert from "node:assert/strict";
import { changeLines, requestOf, showLines } from "../../src/cli/folder_keep.ts";
import type { KeepAnswer } from "../../src/daemon/folder_keep_types.ts";

const NONE = { files: 0, bytes: 0 };
const ALL: KeepAnswer = {
  folder: "Photos",
  patterns: ["2025/**", "!*.mov"],
  kept: { files: 12, bytes: 12_000 },
  listed: { files: 1, bytes: 500 },
  outside: NONE,
  dropped: NONE,
  coming: NONE,
  absent: NONE,
  refused: [],
  refusedTotal: 0,
  refusedBytes: 0,
  error: null,
};

Deno.test("the patterns are shown with what is kept and listed, and what is here outside of them", () => {
  assert.deepEqual(showLines(ALL), [
    "Photos: this device keeps '2025/**' '!*.mov'",
    "  12 files, 12 KB kept here; 1 file, 500 B listed here, and kept elsewhere",
  ]);
  const lines = showLines({ ...ALL, patterns: [], outside: { files: 2, bytes: 10 } });
  assert.equal(lines[0], "Photos: this device keeps all");
  assert.equal(lines[2], "  2 files, 10 B of what is here outside of the patterns; --again drops it");
});

Deno.test("a change tells what went, what comes and what stays; a preview says that nobody was asked yet", () => {
  assert.deepEqual(changeLines(ALL, false), ["Photos: this device keeps '2025/**' '!*.mov'"]);
  const refused = [{ path: "2019/a.jpg", cause: "nas is not connected", remedy: "Start it." }];
  const some = {
    ...ALL,
    dropped: { files: 3, bytes: 3_000 },
    coming: { files: 1, bytes: 9 },
    absent: { files: 1, bytes: 1 },
    refused,
    refusedTotal: 1,
    refusedBytes: 7,
  };
  assert.deepEqual(changeLines(some, false).slice(1), [
    "  3 files, 3.0 KB dropped; listed here, and kept elsewhere",
    "  1 file, 9 B on the way here",
    "  1 file, 1 B to be kept that no other device has at present: listed still; see `cairn where`",
    "  1 file, 7 B stays:",
    "    2019/a.jpg: nas is not connected. Start it.",
  ]);
  const would = changeLines(some, true);
  assert.match(would[0]!, /would keep/);
  assert.match(would[1]!, /would be dropped, if the devices that have them read them again/);
  assert.match(would[2]!, /would be on the way here/);
});

Deno.test("patterns, --all and --again are one or the other, and a preview is of one of them", () => {
  assert.deepEqual(requestOf("Photos", [], {}), {
    folder: "Photos",
    patterns: null,
    again: false,
    dryRun: false,
  });
  assert.deepEqual(requestOf("Photos", [], { all: true, dryRun: true }).patterns, []);
  assert.deepEqual(requestOf("Photos", ["a"], {}).patterns, ["a"]);
  assert.equal(requestOf("Photos", [], { again: true }).again, true);
  for (const wrong of [{ all: true, again: true }, { dryRun: true }]) {
    assert.throws(() => requestOf("Photos", [], wrong), /do not go together|is for patterns/);
  }
  assert.throws(() => requestOf("Photos", ["a"], { all: true }), /do not go together/);
  assert.throws(() => requestOf("Photos", ["a"], { again: true }), /do not go together/);
});
