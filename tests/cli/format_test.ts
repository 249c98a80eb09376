import assert from "node:assert/strict";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  plural,
  printable,
  tildePath,
} from "../../src/cli/format.ts";
import { alignRows, cellWidth, cutToWidth } from "../../src/cli/table.ts";

Deno.test("formatBytes() keeps three digits at most and never shows 1000 of a unit", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [-1, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KB"],
    [1549, "1.5 KB"],
    [9949, "9.9 KB"],
    [9960, "10 KB"],
    [999_499, "999 KB"],
    [999_500, "1.0 MB"],
    [3.1e9, "3.1 GB"],
    [5e15, "5.0 PB"],
    [5e18, "5000 PB"],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text, String(bytes));
});

Deno.test("formatCount() groups thousands", () => {
  assert.deepEqual([0, 999, 1000, 10412, 1234567].map(formatCount), [
    "0",
    "999",
    "1,000",
    "10,412",
    "1,234,567",
  ]);
});

Deno.test("plural() knows one from many", () => {
  assert.deepEqual([plural(0, "file"), plural(1, "file"), plural(2000, "file")], [
    "0 files",
    "1 file",
    "2,000 files",
  ]);
});

Deno.test("formatDuration() speaks in the largest fitting unit", () => {
  const cases: [number, string][] = [
    [0, "1 s"],
    [40_000, "40 s"],
    [59_499, "59 s"],
    [59_500, "1 min"],
    [3_569_999, "59 min"],
    [3_590_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [86_399_000, "23 h 59 min"],
    [86_400_000, "1 day"],
    [3 * 86_400_000, "3 days"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text, String(ms));
});

Deno.test("formatAgo() knows never and now", () => {
  assert.deepEqual([formatAgo(0, 9e9), formatAgo(9e9 - 500, 9e9), formatAgo(9e9 - 40_000, 9e9)], [
    "never",
    "just now",
    "40 s ago",
  ]);
});

Deno.test("printable() escapes what could move the cursor, forge a line or disguise a name", () => {
  assert.equal(printable("a\x1b[2Jb"), "a\\u{1b}[2Jb");
  assert.equal(printable("a\nb\tc\r"), "a\\nb\\tc\\u{d}");
  assert.equal(printable("txt.\u202eexe"), "txt.\\u{202e}exe");
  assert.equal(printable("\ud800x"), "\\u{d800}x");
  assert.equal(printable("naïve 🪨 日本 e\u0301"), "naïve 🪨 日本 e\u0301");
});

Deno.test("tildePath() shortens the user's directory and nothing that only begins like it", () => {
  assert.equal(tildePath("/home/ann/Notes", "/home/ann"), "~/Notes");
  assert.equal(tildePath("/home/ann", "/home/ann/"), "~");
  assert.equal(tildePath("/home/anna/Notes", "/home/ann"), "/home/anna/Notes");
  assert.equal(tildePath("/srv/x", undefined), "/srv/x");
});

Deno.test("alignRows() pads by cells, wide names and colours included", () => {
  assert.deepEqual(
    alignRows([["日本", "1", "x"], ["abc", "22", ""], ["\x1b[32mab\x1b[0m", "3", "y"]], ["left", "right"]),
    [
      "日本   1  x",
      "abc   22",
      "\x1b[32mab\x1b[0m     3  y",
    ],
  );
});

Deno.test("cutToWidth() never goes over the width", () => {
  assert.equal(cutToWidth("short", 5), "short");
  assert.equal(cutToWidth("a longer text", 5), "a lo…");
  for (let width = 1; width < 9; width++) assert.ok(cellWidth(cutToWidth("日本語日本語", width)) <= width);
});
