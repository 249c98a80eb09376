import assert from "node:assert/strict";
import { cutMiddle, stackRows, wrapLine, wrapRows, wrapText } from "../../src/cli/fit.ts";
import { statusText } from "../../src/cli/status_view.ts";
import { cellWidth } from "../../src/cli/table.ts";
import { say } from "../../src/cli/terminal.ts";
import { frameOf } from "../../src/cli/watch_screen.ts";
import { fakeTerminal } from "./fake_terminal.ts";
import { sampleFolder, samplePeer, sampleStatus } from "./sample_status.ts";

Deno.test("cutMiddle() keeps beginning and ending, and never passes its cells", () => {
  assert.equal(cutMiddle("Letter to the landlord.md", 13), "Letter…ord.md");
  assert.equal(cutMiddle("short.md", 13), "short.md");
  for (
    const text of [
      "日本語の写真の説明.txt",
      "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301.txt",
      "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧 family.jpg",
    ]
  ) {
    for (let cells = 2; cells < 16; cells++) {
      const cut = cutMiddle(text, cells);
      assert.ok(cellWidth(cut) <= cells, `${cells}: ${cut}`);
    }
  }
});

Deno.test("wrapLine() breaks between words, indents what follows, and keeps a command whole", () => {
  assert.deepEqual(wrapLine("one two three", 80), ["one two three"]);
  assert.deepEqual(wrapLine("  one two three", 10), ["  one two", "    three"]);
  assert.deepEqual(wrapLine("Stop it some day with: cairn down --now", 30), [
    "Stop it some day with:",
    "  cairn down --now",
  ]);
  assert.deepEqual(wrapLine("a_word_that_is_wider_than_all", 10), ["a_word_that_is_wider_than_all"]);
});

Deno.test("wrapText() leaves a text alone where nobody looks", () => {
  const text = "word ".repeat(100) + "\n" + "x".repeat(300);
  assert.equal(wrapText(text, Infinity), text);
});

Deno.test("say() breaks lines for a person alone", () => {
  const [pipe, person] = [fakeTerminal({}, 20), fakeTerminal({ person: true }, 20)];
  for (const terminal of [pipe, person]) say(terminal, "a line of more than twenty cells");
  assert.equal(pipe.taken().out, "a line of more than twenty cells\n");
  assert.equal(person.taken().out, "a line of more than\n  twenty cells\n");
});

Deno.test("wrapRows() shortens names before words, and puts words below where there is no room beside", () => {
  const rows = [["A name that is rather long", "waits for a device that is away"], ["b", "up to date"]];
  const options = { least: { 0: 8 } };
  assert.deepEqual(wrapRows(rows, { ...options, columns: 80 }).length, 2);
  for (const columns of [30, 40, 50, 60]) {
    for (const line of wrapRows(rows, { ...options, columns }).flatMap((row) => row.split("\n"))) {
      assert.ok(cellWidth(line) <= columns, `${columns}: ${line}`);
    }
  }
});

Deno.test("stackRows() stands first cells above the others as soon as one row is too wide", () => {
  const rows = [["  a.txt", "9 B", "laptop"], ["  a long name.txt", "12 KB", "desktop"]];
  assert.equal(stackRows(rows, ["left", "right"], 80).length, 2);
  assert.deepEqual(stackRows(rows, ["left", "right"], 26), [
    "  a.txt",
    "        9 B  laptop",
    "  a long name.txt",
    "      12 KB  desktop",
  ]);
});

Deno.test("statusText() passes no width from 60 cells up, whatever names and reasons there are", () => {
  const long = "A folder with quite a long name 日本語";
  const state = {
    kind: "waiting",
    filesLeft: 12_345,
    reason: "the disk is full, and nothing can be fetched until there is room again",
  } as const;
  const status = sampleStatus({
    folders: [
      sampleFolder({ name: long, path: `/home/ann/Documents/Archive/2024/${long}`, state, problemsTotal: 3 }),
      sampleFolder({
        state: {
          kind: "syncing",
          filesDone: 412,
          filesTotal: 10_412,
          bytesDone: 1.9e9,
          bytesTotal: 3.1e9,
          bytesPerSecond: 41e6,
        },
      }),
    ],
    peers: [
      samplePeer({
        name: long,
        address: "[fe80::1234:5678:9abc:def0%eth0]:22411",
        connected: false,
        reason: "no answer",
      }),
      samplePeer(),
    ],
  });
  for (const columns of [60, 80, 120]) {
    const text = statusText(status, { colour: true, userHome: "/home/ann", nowMs: 2_000_000, columns });
    for (const line of text.split("\n")) assert.ok(cellWidth(line) <= columns, `${columns}: ${line}`);
  }
});

Deno.test("frameOf() writes no line more than the screen has, clears behind each and below the last", () => {
  const frame = frameOf("1\n2\n3\n4\n", { columns: () => 80, rows: () => 3 });
  assert.equal(frame, "\x1b[H1\x1b[K\r\n2\x1b[K\r\n… 2 more lines below\x1b[K\x1b[J");
  assert.equal(frameOf("1\n2\n", { columns: () => 80, rows: () => 3 }), "\x1b[H1\x1b[K\r\n2\x1b[K\x1b[J");
});
