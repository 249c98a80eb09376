/**
 * One device by itself reads a tree: every file identified by its whole content. The files are durable before, as those of a tree that has
 * been there for a while are; how fast the disk writes is no part of a scan.
 */
import { formatCount } from "../../../src/cli/format.ts";
import { type Cairn, isUpToDate } from "../cairn.ts";
import { KIB, makeFiles, makeLargeFile } from "../content.ts";
import { type Figures, median } from "../figures.ts";
import { outputOf } from "../process.ts";
import type { Stage } from "../stage.ts";
import type { Bench, Sizes, Suite } from "../suite.ts";
import { ASKING } from "../wait.ts";
import { sizeText } from "./big.ts";
import { withLastWords } from "./pair.ts";

const LEAST_BYTES = 4 * KIB;
const MOST_BYTES = 64 * KIB;
const FILES_PER_DIRECTORY = 100;
const BIG_FILES = 4;
const SEED = 11;
const RESTARTS = 3;
const RESTART_LIMIT_S = 3600;

const scanCount = ({ files }: Sizes) => files ?? 100_000;
const bigSize = ({ bigBytes }: Sizes) => Math.floor(bigBytes / 2);
/** Sizes that look random and are the same in every run. */
const sizeOf = (i: number) => LEAST_BYTES + (i * 2_654_435_761 % 2 ** 32) % (MOST_BYTES - LEAST_BYTES + 1);

export const scan: Suite = {
  scenarios: [
    { name: "scan", title: (sizes) => `first scan of ${formatCount(scanCount(sizes))} files of 4 to 64 KiB` },
    { name: "rescan", title: () => "started again with nothing changed" },
  ],
  hasPeer: false,
  isLong: false,
  wantsNamespaces: false,
  diskBytes: (sizes) => scanCount(sizes) * (MOST_BYTES / 2 + 8 * KIB),
  run: (bench, chosen, _peer, tell) =>
    withDevice(bench, ["A", "empty"], async (stage) => {
      const count = scanCount(bench.sizes);
      const paths = Array.from(
        { length: count },
        (_, i) => `d${Math.floor(i / FILES_PER_DIRECTORY)}/f${i}.dat`,
      );
      makeFiles(stage.peer.data("A"), paths, sizeOf, SEED);
      const bytes = paths.reduce((sum, _, i) => sum + sizeOf(i), 0);
      bench.say(`cairn: scan of ${formatCount(count)} files …`);
      const figures = await firstScan(stage, "A", count);
      if (chosen.has("scan")) tell("scan", withRates(figures, count, bytes));
      if (!chosen.has("rescan")) return;
      await stage.settle();
      await share(stage, "empty");
      bench.say(`cairn: rescan of ${formatCount(count)} files …`);
      tell("rescan", await rescan(stage, count));
    }),
};

export const scanbig: Suite = {
  scenarios: [{
    name: "scanbig",
    title: (sizes) => `first scan of ${BIG_FILES} files of ${sizeText(bigSize(sizes))}`,
  }],
  hasPeer: false,
  isLong: false,
  wantsNamespaces: false,
  diskBytes: (sizes) => BIG_FILES * bigSize(sizes),
  run: (bench, _chosen, _peer, tell) =>
    withDevice(bench, ["A"], async (stage) => {
      const paths = Array.from({ length: BIG_FILES }, (_, i) => stage.at("A", `big${i}.bin`));
      for (const [i, path] of paths.entries()) makeLargeFile(path, bigSize(bench.sizes), SEED + i);
      bench.say("cairn: scan of large files …");
      const bytes = BIG_FILES * bigSize(bench.sizes);
      const figures = await firstScan(stage, "A", BIG_FILES);
      const oneS = await timed(["sha256sum", ...paths]);
      const allS = await timed(
        ["xargs", "-P", String(navigator.hardwareConcurrency), "-n", "1", "sha256sum"],
        paths,
      );
      tell("scanbig", {
        ...withRates(figures, BIG_FILES, bytes),
        sha256sum_mb_per_s: bytes / 1e6 / oneS,
        sha256sum_all_cores_mb_per_s: bytes / 1e6 / allS,
      });
    }),
};

/** Devices that share nothing yet; the body is given the first's stage. */
async function withDevice(
  bench: Bench,
  names: readonly string[],
  body: (stage: Stage<Cairn>) => Promise<void>,
): Promise<void> {
  const stage = await bench.openCairn(names);
  try {
    await body(stage);
  } catch (error) {
    throw withLastWords(error, stage.peer.lastWords());
  } finally {
    await stage.close();
  }
}

/** Starts the host's device with what lies in its directory, and measures from the word to share it until it says that it is up to date. */
export async function firstScan(stage: Stage<Cairn>, host: string, files: number): Promise<Figures> {
  await outputOf(["sync", "-f", stage.peer.data(host)]);
  stage.peer.run(host, "up", "--no-invite", "--name", host);
  await stage.peer.answers(host);
  return await stage.measure(
    "the first scan",
    () => stage.peer.agent(host).add(stage.peer.data(host)),
    () => hasScanned(stage, host, files),
    { pace: ASKING, limitS: RESTART_LIMIT_S },
  );
}

async function share(stage: Stage<Cairn>, host: string): Promise<void> {
  await firstScan(stage, host, 0);
}

async function hasScanned(stage: Stage<Cairn>, host: string, files: number): Promise<boolean> {
  const status = await stage.peer.agent(host).status().catch(() => null);
  return status !== null && isUpToDate(status) && status.folders[0]!.files === files;
}

/** Stops the host's device and starts it again: seconds from its process until it says that it is up to date, with as many files. */
export async function restart(stage: Stage<Cairn>, host: string, files: number): Promise<Figures> {
  stage.notePeaks();
  await stage.peer.stop(host);
  return await stage.measure(
    "the device to be up to date again",
    () => stage.peer.run(host, "up", "--no-invite"),
    () => hasScanned(stage, host, files),
    { pace: ASKING, limitS: RESTART_LIMIT_S },
  );
}

/** What a start with files takes beyond one with an empty folder, each the median of some. */
async function rescan(stage: Stage<Cairn>, count: number): Promise<Figures> {
  const [full, empty]: [Figures[], Figures[]] = [[], []];
  for (let i = 0; i < RESTARTS; i++) {
    full.push(await restart(stage, "A", count));
    empty.push(await restart(stage, "empty", 0));
  }
  const [fullS, emptyS] = [full, empty].map((figures) => median(figures.map(({ s }) => s!)));
  return {
    ...full[0]!,
    s: fullS! - emptyS!,
    start_s: emptyS!,
    files_per_s: count / Math.max(0.001, fullS! - emptyS!),
  };
}

function withRates(figures: Figures, files: number, bytes: number): Figures {
  const s = figures["s"]!;
  return { ...figures, files_per_s: files / s, mb_per_s: bytes / 1e6 / s };
}

/** Seconds that a program takes; `lines` are its standard input. */
async function timed(argv: readonly string[], lines: readonly string[] = []): Promise<number> {
  const startMs = performance.now();
  const [program, ...args] = argv;
  const child = new Deno.Command(program!, { args, stdin: "piped", stdout: "null" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines.map((line) => line + "\n").join("")));
  await writer.close();
  const { success } = await child.status;
  if (!success) throw new Error(`${argv[0]} has failed`);
  return (performance.now() - startMs) / 1000;
}
