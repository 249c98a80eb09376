import assert from "node:assert/strict";
import { printOf } from "../../src/core/fingerprint.ts";
import { Touched } from "../../src/sync/touched.ts";
import { pathOf } from "../support/entries.ts";

const PATH = pathOf("file");
const NOW_MS = 1_000_000;
const LEFT = { size: 3, mtimeMs: 500_000, ctimeMs: NOW_MS, birthMs: 1, ino: 7, dev: 0, mode: 0o644 };

Deno.test("a kept version is as it was left where only ctime moved, and is asked for once", () => {
  const touched = new Touched();
  touched.note(PATH, LEFT, NOW_MS);
  touched.noteKept(PATH, LEFT, "kept");
  assert.equal(touched.isKeptAsLeft("another", LEFT), false);
  assert.equal(touched.isKeptAsLeft("kept", { ...LEFT, ctimeMs: NOW_MS + 1 }), true);
  assert.equal(touched.isKeptAsLeft("kept", LEFT), false);
});

Deno.test("a kept version that somebody wrote to is not as it was left", () => {
  for (const change of [{ mtimeMs: NOW_MS }, { size: 4 }, { ino: 8 }]) {
    const touched = new Touched();
    touched.note(PATH, LEFT, NOW_MS);
    touched.noteKept(PATH, LEFT, "kept");
    assert.equal(touched.isKeptAsLeft("kept", { ...LEFT, ...change }), false);
  }
});

Deno.test("of a file that was written to before it was kept nothing is known, nor where a write could have the same time", () => {
  const touched = new Touched();
  touched.note(PATH, LEFT, NOW_MS);
  touched.noteKept(PATH, { ...LEFT, mtimeMs: NOW_MS }, "written");
  assert.equal(touched.isKeptAsLeft("written", { ...LEFT, mtimeMs: NOW_MS }), false);
  const now = { ...LEFT, mtimeMs: NOW_MS };
  touched.note(PATH, now, NOW_MS);
  touched.noteKept(PATH, now, "coarse");
  assert.equal(touched.isKeptAsLeft("coarse", now), false);
  assert.equal(touched.isAsLeft(PATH, printOf(now, NOW_MS), now), false);
});

Deno.test("a copy that took the place of a file that was left is as that one was left", () => {
  const touched = new Touched();
  const copy = { ...LEFT, ino: 9, ctimeMs: NOW_MS + 1 };
  touched.note(PATH, LEFT, NOW_MS);
  touched.follow(PATH, LEFT, copy, NOW_MS + 1);
  const print = printOf(copy, NOW_MS + 1);
  assert.equal(print.settled, false);
  assert.equal(touched.isAsLeft(PATH, print, LEFT), true, "the row tells of the file before");
  assert.equal(touched.isAsLeft(PATH, print, copy), true, "the row tells of the copy");
  assert.equal(touched.isAsLeft(PATH, print, { ...LEFT, ino: 8 }), false, "the row tells of another file");
  assert.equal(touched.isAsLeft(PATH, print, null), false);
});

Deno.test("a copy of what somebody wrote to a file since it was left is none that was left", () => {
  const touched = new Touched();
  const written = { ...LEFT, mtimeMs: LEFT.mtimeMs + 1 };
  const copy = { ...written, ino: 9 };
  touched.note(PATH, LEFT, NOW_MS);
  touched.follow(PATH, written, copy, NOW_MS);
  assert.equal(touched.isAsLeft(PATH, printOf(copy, NOW_MS), written), false);
});
