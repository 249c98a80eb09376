/**
 * Runs the tests: `deno task test [PATH …] [-OPTION …]`. Each file has a process of its own, for in one process they wait for each other: memory,
 * SQLite's allocator and the collector's threads are shared there. Options (`--filter=WORDS`) go to `deno test` as they are.
 */
import { jobsFrom } from "./test/jobs.ts";
import { longestFirst } from "./test/order.ts";
import { runAll } from "./test/run.ts";
import { lastLine, sumOf } from "./test/summary.ts";
import { testFilesIn } from "./test/test_files.ts";

const PLACES = ["tests"];

if (import.meta.main) {
  const options = Deno.args.filter((word) => word.startsWith("-"));
  const places = Deno.args.filter((word) => !word.startsWith("-"));
  const jobs = jobsFrom(Deno.env.get("DENO_JOBS"), navigator.hardwareConcurrency);
  if (typeof jobs === "string") {
    console.error(`error: ${jobs}`);
    Deno.exit(2);
  }
  const files = testFilesIn(places.length > 0 ? places : PLACES);
  if (files.length === 0) {
    console.error(
      `error: No test file (NAME_test.ts) is in ${(places.length > 0 ? places : PLACES).join(", ")}`,
    );
    Deno.exit(1);
  }
  const startMs = performance.now();
  const done = await runAll(longestFirst(files), {
    jobs,
    options,
    print: (text) => Deno.stdout.writeSync(text),
  });
  const failed = done.filter(({ isGood }) => !isGood);
  for (const { file, words } of failed) {
    console.log(`\n== FAILED: ${file}`);
    Deno.stdout.writeSync(words);
  }
  // What ended in its middle left a line open.
  if (failed.length > 0) console.log(`\n${failed.map(({ file }) => `FAILED: ${file}`).join("\n")}`);
  console.log(`\n${lastLine(sumOf(done), performance.now() - startMs)}`);
  Deno.exit(failed.length === 0 ? 0 : 1);
}
