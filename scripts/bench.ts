/**
 * Measures scenarios with real processes, beside another program and beside what Cairn has set itself: see docs/benchmarks.md.
 * Cleans up whatever happens, and tells what it has when it is interrupted. Ends with 0 when all was measured and all trees were the same, with 1 when not, with 2 for wrong usage.
 */
import { buildCairn, canBuild } from "./bench/built.ts";
import { prepareCairn } from "./bench/cairn.ts";
import { Cleanup } from "./bench/cleanup.ts";
import { lackOfRoom, removeAtOnce } from "./bench/disk.ts";
import { type Environment, environmentOf, loadText } from "./bench/environment.ts";
import type { Figures } from "./bench/figures.ts";
import { measureFloors } from "./bench/floors.ts";
import { canMakeNamespaces } from "./bench/hosts.ts";
import { areStandard, type Options, parseOptions } from "./bench/options.ts";
import { type Report, reportText, rowsOf } from "./bench/report.ts";
import { type Found, openBench, play } from "./bench/run.ts";
import { killAll } from "./bench/process.ts";
import { SCENARIOS, SUITES, USUAL } from "./bench/suites.ts";
import { syncthingVersion } from "./bench/syncthing.ts";
import { runTool, Usage } from "./bench/usage.ts";

const HELP = `deno task bench [SCENARIO…] [--peer syncthing] [--files N] [--json]

Scenarios: ${SCENARIOS.join(", ")}; all.
Without one: ${USUAL.join(", ")}.

  --peer syncthing  plays what can be compared with Syncthing too
  --files N         how many files, instead of the scenario's own number
  --size MIB        how large the large file is, instead of 1024 MiB
  --runs N          how often each is played, instead of 3 times; the median counts
  --dir DIR         where the files are made, instead of the system's directory for temporary ones
  --cairn CMD       measures this command instead of what is built of this checkout
  --source          measures the modules of this checkout as they stand
  --json            everything as one JSON object on standard output`;

/** Measures; the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, SCENARIOS, USUAL);
  const suites = SUITES.filter(({ scenarios }) =>
    scenarios.some(({ name }) => options.scenarios.includes(name))
  );
  if (options.withSyncthing && await syncthingVersion() === null) {
    throw new Usage("There is no syncthing in the PATH (Debian: apt-get install syncthing)");
  }
  const areApart = await canMakeNamespaces();
  if (!areApart && suites.some(({ wantsNamespaces }) => wantsNamespaces)) {
    throw new Usage("slow needs network namespaces: Linux, root, and ip (Debian: apt-get install iproute2)");
  }
  const parent = options.dir === null ? undefined : Deno.realPathSync(options.dir);
  const work = Deno.makeTempDirSync({
    prefix: "cairn-bench-",
    ...(parent === undefined ? {} : { dir: parent }),
  });
  const cleanup = new Cleanup();
  cleanup.add(() => Deno.remove(work, { recursive: true }));
  try {
    // One suite after the other, each clearing up behind itself.
    const lack = lackOfRoom(work, Math.max(...suites.map((suite) => suite.diskBytes(options.sizes))));
    if (lack !== null) throw new Usage(lack);
    return await measure(options, suites, work, cleanup, areApart);
  } catch (error) {
    // What fails since it was taken away is no news; the signal's own way ends this process, with what was found.
    if (cleanup.isInterrupted) return await new Promise<never>(() => {});
    throw error;
  } finally {
    await cleanup.run();
  }
}

async function measure(
  options: Options,
  suites: typeof SUITES,
  work: string,
  cleanup: Cleanup,
  areApart: boolean,
): Promise<number> {
  const found: Found = { samples: [], failures: [] };
  let environment: Environment = {};
  let floors: Figures = {};
  const tell = () => print({ environment, floors, ...found }, options);
  cleanup.onSignals(say, () => {
    killAll();
    removeAtOnce(work);
    if (found.samples.length > 0) tell();
  });
  environment = await environmentOf(work, areApart, options.withSyncthing);
  say(Object.entries(environment).map(([name, what]) => `${name}: ${what}`).join("\n"));
  await prepareCairn();
  const isBuilt = options.command === null && !options.isSource && canBuild();
  if (isBuilt) {
    say("building …");
    Deno.mkdirSync(`${work}/program`);
    options = { ...options, command: await buildCairn(`${work}/program`) };
  }
  environment = {
    ...environment,
    cairn: isBuilt
      ? "the portable file of this checkout"
      : options.command?.join(" ") ?? "modules of this checkout",
  };
  say("floors …");
  Deno.mkdirSync(`${work}/floors`);
  floors = await measureFloors(`${work}/floors`, options.sizes.bigBytes, cleanup);
  await play(suites, options, openBench(options, { work, cleanup, profileDir: null, say }), found);
  if (cleanup.isInterrupted) throw new Error("Interrupted");
  tell();
  return found.failures.length === 0 ? 0 : 1;
}

/** Writes what was found to standard output. */
function print(
  { environment, floors, samples, failures }: { environment: Environment; floors: Figures } & Found,
  { isJson, sizes, withSyncthing }: Options,
): void {
  const report: Report = {
    environment: { ...environment, "load at the end": loadText() },
    floors,
    samples,
    failures,
    isStandard: areStandard(sizes),
    withPeer: withSyncthing,
    titles: new Map(
      SUITES.flatMap(({ scenarios }) => scenarios.map(({ name, title }) => [name, title(sizes)] as const)),
    ),
  };
  if (isJson) {
    const { environment } = report;
    console.log(JSON.stringify({ environment, floors, rows: rowsOf(report), samples, failures }, null, 2));
  } else console.log(`\n${reportText(report)}`);
}

/** A line for who waits; what was found goes to standard output alone. */
function say(line: string): void {
  console.error(line);
}

if (import.meta.main) await runTool("bench", HELP, main);
