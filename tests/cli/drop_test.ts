import assert from "node:assert/strict";
import { dropText } from "../../src/cli/drop.ts";
import type { DropAnswer } from "../../src/daemon/dropping_types.ts";

const ALL: DropAnswer = {
  folder: "Photos",
  path: "2019",
  files: 1_204,
  bytes: 6_100_000_000,
  refused: [],
  refusedTotal: 0,
  refusedBytes: 0,
  error: null,
};

Deno.test("what was dropped is told in a line, and a preview says that nobody was asked yet", () => {
  assert.deepEqual(dropText(ALL, false), [
    "Photos/2019: 1,204 files, 6.1 GB dropped; listed here, and kept elsewhere",
  ]);
  assert.match(
    dropText({ ...ALL, path: "" }, true)[0]!,
    /^Photos: 1,204 files, 6.1 GB would be dropped, if /,
  );
});

Deno.test("each file that stays is named with its cause and what helps; of many some, and how many more", () => {
  const refused = Array.from({ length: 25 }, (_, i) => ({
    path: `2019/${i}.jpg`,
    cause: "nas is not connected",
    remedy: "Start it.",
  }));
  const lines = dropText(
    { ...ALL, files: 0, bytes: 0, refused, refusedTotal: 25, refusedBytes: 50_000 },
    false,
  );
  assert.equal(lines[1], "25 files, 50 KB stay:");
  assert.equal(lines[2], "  2019/0.jpg: nas is not connected. Start it.");
  assert.equal(lines.at(-1), "  … and 5 more");
  assert.equal(lines.length, 23);
});
