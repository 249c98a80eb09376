/**
 * Runs seeds of the simulated world (tests/sim): deno task sim --seeds 1000 --from 1
 * One seed with its trace: deno task sim --seed 17 --trace
 */
import { parseArgs } from "node:util";
import { availableParallelism } from "node:os";
import { FAULT_CLASSES, type FaultClass } from "../tests/sim/plan/step.ts";
import { generatePlan, type PlanOptions } from "../tests/sim/plan/generate.ts";
import { runPlan } from "../tests/sim/run.ts";
import { shrink } from "../tests/sim/shrink.ts";
import type { Answer, Order, Seeds } from "./sim_worker.ts";

const USAGE =
  `deno task sim [--seeds N] [--from S] [--jobs J] [--only class,class] [--chance P] [--renames] [--modes] [--rot] [--drops] [--keeps]
             --seed S [--trace] [--shrink]
Classes of faults: ${
    FAULT_CLASSES.join(", ")
  }. Without --only any of them may occur. --renames: directories are renamed whole, again and again.
--modes: devices take part in different ways, and change them. --rot: disks flip bits, and every file is read again.
--drops: people drop what is kept elsewhere, and get it back.
--keeps: people change which part of the folder their devices keep.`;

/** Seeds that a worker is given at a time. */
const BATCH = 10;
/** In a log, a line about so many seeds. */
const TOLD_SEEDS = 1_000;
/** Simulated disks throw an error for each name that is not there: who wants the stack of a failure runs its seed alone. */
const WORKER_FLAGS = "--v8-flags=--stack-trace-limit=0,--min-semi-space-size=16";
/** Failures that are shown in full. */
const SHOWN = 20;
/** A seed that takes longer than this has gone astray: one of the longest takes some seconds. */
const ASTRAY_MS = 300_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    jobs: { type: "string", default: String(availableParallelism()) },
    seed: { type: "string" },
    only: { type: "string" },
    chance: { type: "string" },
    renames: { type: "boolean", default: false },
    modes: { type: "boolean", default: false },
    rot: { type: "boolean", default: false },
    drops: { type: "boolean", default: false },
    keeps: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const options: PlanOptions = {
  ...(values.only === undefined ? {} : { faults: values.only.split(",").filter(isFaultClass) }),
  ...(values.chance === undefined ? {} : { faultChance: Number(values.chance) }),
  renames: values.renames,
  modes: values.modes,
  rot: values.rot,
  drops: values.drops,
  keeps: values.keeps,
};

function isFaultClass(text: string): text is FaultClass {
  if ((FAULT_CLASSES as readonly string[]).includes(text)) return true;
  if (text !== "none" && text !== "") throw new Error(`"${text}" is no class of faults`);
  return false;
}

/** How to run a seed again. */
function command(seed: number): string {
  const only = values.only === undefined ? "" : ` --only ${values.only}`;
  const chance = values.chance === undefined ? "" : ` --chance ${values.chance}`;
  return `deno task sim --seed ${seed}${only}${chance}${values.renames ? " --renames" : ""}${
    values.modes ? " --modes" : ""
  }${values.rot ? " --rot" : ""}${values.drops ? " --drops" : ""}${values.keeps ? " --keeps" : ""} --trace`;
}

async function runOne(seed: number): Promise<boolean> {
  let plan = generatePlan(seed, options);
  if (values.shrink) plan = await shrink(plan, (line) => console.error(line));
  console.log(JSON.stringify({ ...plan, steps: undefined }));
  for (const step of plan.steps) console.log(`  ${JSON.stringify(step)}`);
  const outcome = await runPlan(plan, values.trace ? { onLine: (line) => console.log(line) } : {});
  console.log(`trace ${outcome.traceHash}, ${(outcome.virtualMs / 1000).toFixed(1)} s of virtual time`);
  console.log(outcome.failure ?? "all is well");
  return outcome.failure === null;
}

async function runMany(from: number, count: number, jobs: number): Promise<boolean> {
  const startedMs = performance.now();
  let next = from;
  let done = 0;
  const failed: { seed: number; failure: string }[] = [];
  const tell = () => {
    const seconds = (performance.now() - startedMs) / 1000;
    const line = `${done} of ${count} seeds, ${(done / seconds).toFixed(1)}/s, ${failed.length} failed`;
    if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r${line}  `));
    else if (done % TOLD_SEEDS === 0) console.log(`${line}, from ${from}`);
    return line;
  };
  const fail = (seed: number, failure: string) => {
    failed.push({ seed, failure });
    if (failed.length <= SHOWN) console.log(`\nseed ${seed}: ${failure}\n  ${command(seed)}`);
  };
  /** Seeds that a worker was to run when it went astray. */
  const left: Seeds[] = [];
  const nextSeeds = (): Seeds | null => {
    if (left.length > 0) return left.pop()!;
    if (next >= from + count) return null;
    const seeds = { from: next, count: Math.min(BATCH, from + count - next) };
    next += seeds.count;
    return seeds;
  };
  /** One process, until there are no more seeds or one of them comes to no end. */
  const runWorker = async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--cached-only",
        "--no-check",
        WORKER_FLAGS,
        new URL("./sim_worker.ts", import.meta.url).pathname,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const writer = child.stdin.getWriter();
    let [seed, end] = [0, 0];
    let isAstray = false;
    let astray: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(astray);
      astray = setTimeout(() => {
        isAstray = true;
        child.kill("SIGKILL");
      }, ASTRAY_MS);
    };
    const ask = async () => {
      const seeds = nextSeeds();
      if (seeds === null) return void await writer.close();
      [seed, end] = [seeds.from, seeds.from + seeds.count];
      const order: Order = { ...seeds, options };
      await writer.write(new TextEncoder().encode(JSON.stringify(order) + "\n"));
    };
    watch();
    await ask();
    for await (const answer of lines(child.stdout)) {
      const { failures, isLast } = JSON.parse(answer) as Answer;
      done++;
      seed++;
      watch();
      for (const failure of failures) fail(failure.seed, failure.failure);
      tell();
      if (isLast) await ask();
    }
    clearTimeout(astray);
    const { success } = await child.status;
    if (isAstray) {
      done++;
      fail(seed, "it comes to no end");
      if (seed + 1 < end) left.push({ from: seed + 1, count: end - seed - 1 });
    } else if (!success) throw new Error("a worker has died");
  };
  await Promise.all(Array.from({ length: jobs }, async () => {
    while (next < from + count || left.length > 0) await runWorker();
  }));
  console.log(`\n${tell()}`);
  if (failed.length > 0) {
    console.log(`failed: ${failed.map(({ seed }) => seed).sort((a, b) => a - b).join(" ")}`);
  }
  return failed.length === 0;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

if (values.help) console.log(USAGE);
else {
  const isGood = values.seed === undefined
    ? await runMany(Number(values.from), Number(values.seeds), Number(values.jobs))
    : await runOne(Number(values.seed));
  if (!isGood) Deno.exit(1);
}
