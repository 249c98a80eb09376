/** `deno task test` itself, over files of its own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { jobsFrom } from "../../../scripts/test/jobs.ts";
import { LONG, longestFirst } from "../../../scripts/test/order.ts";
import { testFilesIn } from "../../../scripts/test/test_files.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SCRIPT = `${ROOT}scripts/test.ts`;

async function run(files: Readonly<Record<string, string>>, ...options: string[]) {
  using dir = tempDir();
  for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(dir.at(name), text);
  const done = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-config", SCRIPT, dir.path, ...options],
    env: { DENO_JOBS: "2", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(done.stdout).trimEnd().split("\n");
  return { code: done.code, lines, lastLine: lines.at(-1)!, stderr: new TextDecoder().decode(done.stderr) };
}

const GOOD = `Deno.test("good", async (t) => { await t.step("step", () => {}); });
Deno.test({ name: "left out", ignore: true, fn: () => {} });`;

Deno.test("all files are run, and their counts are told as one", async () => {
  const { code, lines, lastLine } = await run({
    "a_test.ts": GOOD,
    "b_test.ts": GOOD,
    "other.ts": "throw 1;",
  });
  assert.match(lastLine, /^ok \| 2 passed \(2 steps\) \| 0 failed \| 2 ignored \(\d+s\)$/);
  assert.equal(lines.filter((line) => /^good \.\.\..* ok/.test(line)).length, 2, lines.join("\n"));
  assert.equal(code, 0);
});

Deno.test("a test that fails, a file that is none and one that ends in its middle fail the run; all others are run", async () => {
  const { code, lines, lastLine } = await run({
    "a_test.ts": 'Deno.test("bad", () => { throw new Error("words of the failure"); });',
    "b_test.ts": "this is no program",
    "c_test.ts": 'Deno.test("ends", () => Deno.kill(Deno.pid, "SIGKILL"));',
    "d_test.ts": GOOD,
  });
  assert.match(lastLine, /^FAILED \| 1 passed \(1 step\) \| 3 failed \| 1 ignored \(\d+s\)$/);
  for (const name of ["a", "b", "c"]) {
    assert.ok(lines.some((line) => line.startsWith("FAILED: ") && line.endsWith(`/${name}_test.ts`)), name);
  }
  assert.ok(!lines.some((line) => line.startsWith("FAILED: ") && line.endsWith("/d_test.ts")));
  assert.ok(lines.some((line) => line.includes("words of the failure")));
  assert.equal(code, 1);
});

Deno.test("options go to each file's run; a place without tests is an error", async () => {
  const { code, lastLine } = await run({ "a_test.ts": GOOD }, "--filter=nothing");
  assert.deepEqual([code, /^ok \| 0 passed/.test(lastLine)], [0, true]);
  const none = await run({});
  assert.equal(none.code, 1);
  assert.match(none.stderr, /No test file/);
});

Deno.test("the long files that are listed are there, and come first", () => {
  const files = testFilesIn(["tests"].map((place) => ROOT + place)).map((path) => path.slice(ROOT.length));
  assert.deepEqual(LONG.filter((file) => !files.includes(file)), []);
  assert.deepEqual(longestFirst(files).slice(0, LONG.length), LONG);
  assert.deepEqual(longestFirst(files).toSorted(), files);
});

Deno.test("DENO_JOBS is a number of files, or there is one for each core", () => {
  assert.deepEqual([jobsFrom(undefined, 3), jobsFrom("", 3), jobsFrom("7", 3)], [3, 3, 7]);
  for (const given of ["0", "-1", "1.5", "many"]) assert.match(String(jobsFrom(given, 3)), /DENO_JOBS is/);
});
