import assert from "node:assert/strict";
import { lastLines, lastWords, linesToCome, logEnd } from "../../src/cli/log_tail.ts";
import { LOG_FILE_BYTES, LOG_FILES, LOG_LINE_BYTES } from "../../src/core/limits.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { LogFile, logFiles } from "../../src/service/log_file.ts";
import { tempDir } from "../support/temp_dir.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("LogFile writes whole lines with their time, goes on in a file that is there, and cuts what is too long", async () => {
  using dir = tempDir();
  const path = dir.at("cairn.log");
  const log = new LogFile(realFs(), path, () => NOON);
  await log.hear(bytes("one\ntw"));
  await log.hear(bytes("o\n\nü"));
  await log.line("a note");
  await log.close();
  const again = new LogFile(realFs(), path, () => NOON + 1000);
  await again.hear(bytes("x".repeat(LOG_LINE_BYTES + 5) + "\nend"));
  await again.close();
  const lines = Deno.readTextFileSync(path).split("\n");
  const noon = "2026-11-23T12:00:00Z";
  assert.deepEqual(lines.slice(0, 5), [
    `${noon} one`,
    `${noon} two`,
    `${noon} `,
    `${noon} a note`,
    `${noon} ü`,
  ]);
  assert.deepEqual(lines.slice(5).map((line) => line.length), [21 + LOG_LINE_BYTES, 21 + 5, 21 + 3, 0]);
});

Deno.test("LogFile keeps a bounded number of files of bounded size, the newest lines last", async () => {
  using dir = tempDir();
  const path = dir.at("cairn.log");
  const log = new LogFile(realFs(), path, () => NOON);
  const line = "y".repeat(8000);
  const count = Math.ceil(LOG_FILE_BYTES / 8000) * (LOG_FILES + 2);
  for (let i = 0; i < count; i++) await log.line(`${i} ${line}`);
  await log.close();
  const files = [...Deno.readDirSync(dir.path)].map(({ name }) => dir.at(name)).sort();
  assert.deepEqual(files, logFiles(path).toReversed());
  for (const file of files) assert.ok(Deno.statSync(file).size <= LOG_FILE_BYTES);
  const last = lastLines(path, 300).map((text) => Number(text.split(" ")[1]));
  assert.deepEqual(
    last,
    Array.from({ length: 300 }, (_, i) => count - 300 + i),
    "over several files, in order",
  );
  assert.deepEqual(lastLines(dir.at("none.log"), 10), []);
});

Deno.test("LogFile loses lines, and nothing else, while it cannot be written", async () => {
  using dir = tempDir();
  const path = dir.at("logs/cairn.log");
  const log = new LogFile(realFs(), path, () => NOON);
  await log.line("nobody reads this");
  Deno.mkdirSync(dir.at("logs"));
  await log.line("but this");
  await log.close();
  assert.equal(Deno.readTextFileSync(path), "2026-11-23T12:00:00Z but this\n");
});

Deno.test("linesToCome() follows a log over the end of its file", async () => {
  using dir = tempDir();
  const path = dir.at("cairn.log");
  const log = new LogFile(realFs(), path, () => NOON);
  await log.line("before");
  let isOver = false;
  const lines = linesToCome(path, () => isOver);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const line of lines) {
      seen.push(line.slice(21, 40));
      if (seen.length === 3) isOver = true;
    }
  })();
  await log.line("first");
  // Fills the file to its bound, so that the last line opens a new one.
  await log.line(`second ${"z".repeat(LOG_FILE_BYTES - Deno.statSync(path).size - 29 - 21 + 20)}`);
  await log.line("third");
  assert.equal(Deno.readTextFileSync(path), "2026-11-23T12:00:00Z third\n");
  await reading;
  await log.close();
  assert.deepEqual(seen.map((text) => text.split(" ")[0]), ["first", "second", "third"]);
});

Deno.test("lastWords() finds the last error that was said behind a place", () => {
  using dir = tempDir();
  const path = dir.at("cairn.log");
  Deno.writeTextFileSync(path, "T cairn: old\nT → forget it\n");
  const from = logEnd(path);
  assert.deepEqual(lastWords(path, from), { message: "", hint: "" });
  Deno.writeTextFileSync(path, "T hello\nT cairn: new: trouble\nT → do this\n", { append: true });
  assert.deepEqual(lastWords(path, from), { message: "new: trouble", hint: "do this" });
});
