import assert from "node:assert/strict";
import { conflictText, diffText } from "../../src/cli/conflicts.ts";
import { settingRows } from "../../src/cli/folders.ts";
import { run } from "../../src/cli/program.ts";
import type { ConflictStatus } from "../../src/daemon/conflicts_types.ts";
import { fakeContext } from "./fake_terminal.ts";

const TIME_MS = new Date(2026, 10, 22, 3, 44, 28).getTime();
const SAMPLE: ConflictStatus = {
  folder: "Notes",
  path: "docs/a.txt",
  copyPath: "docs/a.conflict-20261122-0123abcd.txt",
  root: "/home/ann/Notes",
  standing: { kind: "file", size: 12_345, writtenMs: TIME_MS + 1000, device: "desktop", isOurs: false },
  copy: { kind: "file", size: 9, writtenMs: TIME_MS, device: "laptop", isOurs: true },
  mine: "copy",
  diff: null,
};

Deno.test("conflictText() tells what, whose, when and how large", () => {
  assert.equal(
    conflictText(SAMPLE, false),
    `Notes/docs/a.txt
  docs/a.txt                             12 KB  2026-11-22 03:44:29  desktop
  docs/a.conflict-20261122-0123abcd.txt    9 B  2026-11-22 03:44:28  laptop, this device (mine)`,
  );
});

Deno.test("conflictText() says that nothing stands at the path, names kinds, and adds the comparison", () => {
  const copy = { ...SAMPLE.copy, kind: "symlink", size: 0 } as const;
  const text = conflictText({ ...SAMPLE, standing: null, copy, mine: null, diff: "none\n" }, false);
  assert.match(
    text,
    /^Notes\/docs\/a\.txt\n {2}nothing stands at the path any more\n {2}docs\/a\.conf.* symlink .*\nnone$/,
  );
});

Deno.test("diffText() lets no bytes of a file move the cursor, and keeps tabs", () => {
  assert.equal(diffText("-a\tb\x1b[2J\r\n+c\u202e\n", false), "-a\tb\\u{1b}[2J\n+c\\u{202e}");
  const coloured = diffText("-a\n+b\n same\n", true).replaceAll("\x1b", "ESC");
  assert.match(coloured, /^ESC\[\d+m-aESC\[\d+m\nESC\[\d+m\+b.*\n same$/);
});

Deno.test("settingRows() shows values as they would be typed, and whose they are", () => {
  const meaning = "meaning";
  assert.deepEqual(
    settingRows([
      { meaning, name: "strategy", text: "merge", isShared: true },
      { meaning, name: "brake-share", text: "12.5%", isShared: false },
    ]),
    [
      "strategy     merge  all devices  meaning",
      "brake-share  12.5%  this device  meaning",
    ],
  );
});

for (
  const argv of [
    ["conflicts", "resolve", "a.txt"],
    ["conflicts", "resolve", "a.txt", "--keep", "all"],
    ["conflicts", "resolve", "--keep", "mine"],
    ["conflicts", "diff"],
    ["folders", "set", "Notes", "strategy"],
    ["folders", "settings"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage`, async () => {
    const context = fakeContext({ CAIRN_HOME: "/nonexistent" });
    assert.equal(await run(argv, context), 2);
  });
}
