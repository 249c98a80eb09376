/**
 * Plays one scenario with Cairn and leaves CPU profiles of its devices: `deno task profile SCENARIO`. Prints where the time of each thread
 * went. The files open in Chrome's developer tools (Performance, Load profile), among others.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { prepareCairn } from "./bench/cairn.ts";
import { Cleanup } from "./bench/cleanup.ts";
import { removeAtOnce } from "./bench/disk.ts";
import { formatFigure } from "./bench/format.ts";
import { parseOptions } from "./bench/options.ts";
import { killAll } from "./bench/process.ts";
import { type Found, openBench, play } from "./bench/run.ts";
import { SCENARIOS, SUITES } from "./bench/suites.ts";
import { runTool, Usage } from "./bench/usage.ts";
import { type CpuProfile, parseProfile, type Stretch, timesOf } from "./profile/cpu_profile.ts";
import { partOf } from "./profile/parts.ts";
import { summaryText, type Thread, threadText } from "./profile/text.ts";

const HELP = `deno task profile SCENARIO [--files N] [--size MIB] [--out DIR] [--top N]

Scenarios: ${SCENARIOS.join(", ")}.

  --files N, --size MIB  as with deno task bench
  --dir DIR              where the files are made
  --out DIR              where the profiles are left, instead of tmp/profile/SCENARIO
  --top N                functions shown of each thread, instead of 15`;

interface ProfileOptions {
  readonly scenario: string;
  readonly out: string;
  readonly top: number;
  /** What the bench is to be told. */
  readonly rest: readonly string[];
}

function parse(args: readonly string[]): ProfileOptions {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: {
      out: { type: "string" },
      top: { type: "string", default: "15" },
      files: { type: "string" },
      size: { type: "string" },
      dir: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values["help"] === true) throw new Usage("help");
  const unknown = tokens.find((token) => token.kind === "option" && !KNOWN.has(token.name));
  if (unknown?.kind === "option") throw new Usage(`${unknown.rawName} is no option`);
  const [scenario, ...more] = positionals;
  if (scenario === undefined || more.length > 0) throw new Usage("Name one scenario");
  const top = Number(values["top"]);
  if (!Number.isInteger(top) || top < 1) {
    throw new Usage(`--top wants a whole number, not "${values["top"]}"`);
  }
  const out = resolve(typeof values["out"] === "string" ? values["out"] : `tmp/profile/${scenario}`);
  const rest = ["files", "size", "dir"].flatMap((name) =>
    typeof values[name] === "string" ? [`--${name}`, values[name]] : []
  );
  return { scenario, out, top, rest };
}

const KNOWN = new Set(["out", "top", "files", "size", "dir", "help"]);

/** Plays the scenario and tells; the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { scenario, out, top, rest } = parse(args);
  const options = { ...parseOptions([scenario, "--runs", "1", ...rest], SCENARIOS, []), withFloor: false };
  const suites = SUITES.filter(({ scenarios }) => scenarios.some(({ name }) => name === scenario));
  const work = Deno.makeTempDirSync({
    prefix: "cairn-profile-",
    ...(options.dir === null ? {} : { dir: Deno.realPathSync(options.dir) }),
  });
  const cleanup = new Cleanup();
  cleanup.onSignals(console.error, () => {
    killAll();
    removeAtOnce(work);
  });
  cleanup.add(() => Deno.remove(work, { recursive: true }));
  try {
    await prepareCairn();
    // Profiles of a former run would be taken for this one's.
    if (isThere(out)) Deno.removeSync(out, { recursive: true });
    Deno.mkdirSync(out, { recursive: true });
    const bench = openBench(options, { work, cleanup, profileDir: out, say: console.error });
    const found: Found = { samples: [], failures: [] };
    await play(suites, options, bench, found);
    if (cleanup.isInterrupted) throw new Error("Interrupted");
    const { samples, failures } = found;
    const figures = samples.find((sample) => sample.scenario === scenario)?.figures ?? {};
    for (const [name, value] of Object.entries(figures)) {
      if (!name.includes("uptime")) console.log(`${name}: ${formatFigure(name, value)}`);
    }
    const { from_uptime_s: from, to_uptime_s: to } = figures;
    const stretch = from === undefined || to === undefined ? null : { from: from * 1e6, to: to * 1e6 };
    const threads = profilesBelow(out).flatMap((path) => threadOf(path, out, stretch) ?? []);
    for (const thread of threads) console.log(`\n${threadText(thread, top)}`);
    if (threads.length > 0) console.log(`\n${summaryText(threads)}`);
    console.log(`\nThe profiles are in ${out}`);
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    return failures.length === 0 ? 0 : 1;
  } catch (error) {
    // The signal's own way ends this process.
    if (cleanup.isInterrupted) return await new Promise<never>(() => {});
    throw error;
  } finally {
    await cleanup.run();
  }
}

/** One thread's times, in the timed part if it is known; null when it did nothing then. */
function threadOf(path: string, out: string, stretch: Stretch | null): Thread | null {
  const profile = parseProfile(Deno.readTextFileSync(path));
  const part = stretch === null ? null : overlap(profile, stretch);
  if (stretch !== null && part === null) return null;
  const times = timesOf(profile, partOf, part);
  const name = path.slice(out.length + 1);
  return times.busyUs === 0 ? null : {
    name,
    host: name.slice(0, name.indexOf("/")),
    isWorker: name.includes(".worker-"),
    isTimedPart: part !== null,
    times,
  };
}

/** The part of the stretch that the profile covers; null when there is none. */
function overlap({ startTime, endTime }: CpuProfile, { from, to }: Stretch): Stretch | null {
  const stretch = { from: Math.max(from, startTime), to: Math.min(to, endTime) };
  return stretch.from < stretch.to ? stretch : null;
}

function profilesBelow(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    return isDirectory ? profilesBelow(path) : name.endsWith(".cpuprofile") ? [path] : [];
  }).sort();
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) await runTool("profile", HELP, main);
