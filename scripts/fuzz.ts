/**
 * Attacks a real device from all sides and looks whether it stands: `deno task fuzz --minutes N [--seed S]`. What is tried, and what
 * must hold meanwhile, stands in docs/security.md ("Hostile peers") and docs/reliability.md ("Fuzzing").
 */
import { parseArgs } from "node:util";
import { World } from "../tests/support/pair.ts";
import { prepareField } from "./fuzz/field.ts";
import { lanesOf, mib, runFuzzer, type Summary } from "./fuzz/runner.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    lanes: { type: "string", default: "" },
    only: { type: "string", default: "" },
    from: { type: "string", default: "0" },
    patience: { type: "string", default: "20" },
    keep: { type: "boolean", default: false },
  },
});

function report(summary: Summary, seed: string): void {
  const { cases, byAttack, broken, violations, latencies, most, history } = summary;
  console.log(`\n${cases} cases with seed ${seed}:`);
  for (const [name, count] of byAttack) console.log(`  ${String(count).padStart(6)}  ${name}`);
  console.log(
    `The victim: ${mib(most.rssBytes)} at most, ${most.handles} handles at most. ` +
      `Honest edits: ${latencies.count}, ${Math.round(latencies.meanMs)} ms each, ${
        Math.round(latencies.worstMs)
      } ms at worst.`,
  );
  for (const [name, stack] of broken) console.log(`The attack ${name} failed by itself: ${stack}`);
  if (violations.length === 0) return console.log("Nothing was violated.");
  console.log(`\nVIOLATED:\n${violations.map((what) => `- ${what}`).join("\n")}`);
  console.log(`\nThe last cases:\n${history.map((line) => `  ${line}`).join("\n")}`);
  console.log(`\nTo run it again: deno task fuzz --seed ${seed} --minutes ${values.minutes}`);
  console.log("To run one case: add --lanes LANE --from CASE.");
}

const world = new World();
let summary: Summary | null = null;
try {
  const field = await prepareField(world);
  const { seed } = values;
  console.log(`Attacking ${field.victim.name} (process ${field.victim.pid}) in ${world.work}, seed ${seed}.`);
  summary = await runFuzzer(field, {
    minutes: Number(values.minutes),
    seed: Number(seed),
    lanes: lanesOf(values.lanes),
    only: values.only,
    from: Number(values.from),
    patienceMs: Number(values.patience) * 1000,
    answerMs: Math.max(10_000, Number(values.patience) * 500),
    commandEveryMs: 20_000,
    say: (line) => console.log(line),
  });
  report(summary, seed);
  if (summary.violations.length > 0) console.log(`\nThe victim's last words:\n${field.victim.logTail()}`);
} finally {
  if (values.keep) console.log(`Kept: ${world.work}`);
  else await world[Symbol.asyncDispose]();
}
Deno.exit(summary === null || summary.violations.length > 0 ? 1 : summary.broken.size > 0 ? 2 : 0);
