import assert from "node:assert/strict";
import { restoreText } from "../../src/cli/restore.ts";
import { versionsText } from "../../src/cli/versions.ts";
import type { KeptVersion, RestoreAnswer, VersionsAnswer } from "../../src/daemon/versions_types.ts";
import { run } from "../../src/cli/program.ts";
import { fakeContext } from "./fake_terminal.ts";

const SINCE_MS = new Date(2026, 10, 20, 9, 0, 0).getTime();
const KEPT_MS = new Date(2026, 10, 21, 14, 30, 0).getTime();
const VERSION: KeptVersion = {
  id: "mb3k2z1q-1",
  path: "docs/a.txt",
  kind: "file",
  size: 12_000,
  sinceMs: SINCE_MS,
  keptMs: KEPT_MS,
  why: "replaced",
  by: "laptop",
};
const ANSWER: VersionsAnswer = {
  folder: "Notes",
  path: "docs/a.txt",
  isDirectory: false,
  versions: [VERSION],
  total: 1,
  heldBack: [],
};
const RESTORED: RestoreAnswer = {
  folder: "Notes",
  isDirectory: false,
  dryRun: false,
  items: [{
    path: "docs/a.txt",
    to: "/home/ann/Notes/docs/a.txt",
    replaces: true,
    size: 12_000,
    sinceMs: SINCE_MS,
    isExact: true,
    failure: null,
  }],
  itemsTotal: 1,
  failedTotal: 0,
  same: 0,
  unknown: [],
  unknownTotal: 0,
};

Deno.test("a version is told with its id, its times, its size, why and by whom", () => {
  assert.deepEqual(versionsText(ANSWER, false), [
    "Notes/docs/a.txt: 1 version",
    "VERSION     WRITTEN              TAKEN AWAY            SIZE  WHY",
    "mb3k2z1q-1  2026-11-20 09:00:00  2026-11-21 14:30:00  12 KB  replaced by laptop",
  ]);
});

Deno.test("of a directory the paths are told, how many more there are, and what is held back; nothing forges a line", () => {
  const text = versionsText({
    ...ANSWER,
    path: "",
    isDirectory: true,
    versions: [{ ...VERSION, path: "a\nb", why: "deleted", by: "x\x1b[2J" }],
    total: 1_234,
    heldBack: ["torn"],
  }, false);
  assert.match(text[0]!, /^torn was emptied by a crash and is held back; `cairn restore`/);
  assert.match(text.join("\n"), /deleted by x\\u\{1b\}\[2J {2}a\\nb\n… and 1,233 older; see --limit$/);
});

Deno.test("that nothing is kept is said, and where it may be", () => {
  assert.deepEqual(versionsText({ ...ANSWER, versions: [], total: 0 }, false), [
    "Nothing is kept of Notes/docs/a.txt on this device.",
    "→ Kept is what another device's change replaced or deleted here. What was changed here is kept on the others: ask there.",
  ]);
});

Deno.test("what was restored, what would be, and what was not is told", () => {
  assert.deepEqual(restoreText(RESTORED, null, "/home/ann"), [
    "Restored 1 file:",
    "  ~/Notes/docs/a.txt  12 KB  written 2026-11-20 09:00:00, replaces what is there",
  ]);
  const asOf = restoreText({ ...RESTORED, dryRun: true }, KEPT_MS, undefined);
  assert.equal(asOf[0], "Would restore 1 file as of 2026-11-21 14:30:00:");
  const failed = restoreText(
    {
      ...RESTORED,
      isDirectory: true,
      items: [{
        ...RESTORED.items[0]!,
        failure: { cause: "a directory stands there now", remedy: "Use --to." },
      }],
      itemsTotal: 3,
      failedTotal: 1,
      same: 1,
      unknown: ["x"],
      unknownTotal: 1,
    },
    KEPT_MS,
    "/home/ann",
  ).join("\n");
  assert.match(failed, /^Restored 2 files as of 2026-11-21 14:30:00, 1 failed:/);
  assert.match(
    failed,
    /a directory stands there now\. Use --to\.\n… and 2 more\n1 file is as then already\./,
  );
  assert.match(failed, /1 file stays as now, since nothing of that time is kept: x$/);
});

Deno.test("nothing to restore is said so, and why", () => {
  const none = { ...RESTORED, items: [], itemsTotal: 0, same: 1 };
  assert.deepEqual(restoreText(none, null, undefined), ["Nothing to restore: the content is there already."]);
});

for (
  const argv of [
    ["restore"],
    ["restore", "a", "--at", "1h ago", "--version", "x-1"],
    ["restore", "a", "--at", "whenever"],
    ["restore", "a", "--version"],
    ["versions"],
    ["versions", "a", "--limit", "0"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage: exit 2`, async () => {
    const context = fakeContext({ CAIRN_HOME: "/nonexistent" });
    assert.equal(await run(argv, context), 2);
    assert.match(context.terminal.taken().err, /^cairn: /);
  });
}

Deno.test("--version is the program's before a command, and the command's own behind it", async () => {
  for (const argv of [["--version"], ["-V"], ["--home", "/x", "--version"]]) {
    const context = fakeContext();
    assert.equal(await run(argv, context), 0);
    assert.match(context.terminal.taken().out, /^cairn \d/);
  }
  const context = fakeContext({ CAIRN_HOME: "/nonexistent" });
  assert.equal(await run(["restore", "a", "--version", "x-1"], context), 1);
  assert.match(context.terminal.taken().err, /No device is running/);
});
