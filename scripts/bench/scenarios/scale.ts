/**
 * What a file costs when there are many: the same steps with 10,000 files, 100,000 and a million in one folder, all of 4 KiB, each number
 * with devices of its own. The directories grow in number and not in size, so that only the total differs.
 */
import { formatCount } from "../../../src/cli/format.ts";
import { allOf, holdsNoFile, sizeAt } from "../arrival.ts";
import type { Cairn } from "../cairn.ts";
import { makeFiles, SMALL_BYTES } from "../content.ts";
import { type Figures, median, quantile } from "../figures.ts";
import type { Stage } from "../stage.ts";
import type { Bench, Sizes, Suite } from "../suite.ts";
import { sleep } from "../wait.ts";
import { firstScan, restart } from "./alone.ts";
import { editTimes } from "./edit.ts";
import { withLastWords } from "./pair.ts";

/** The least number, which the cost of a file is held against. */
export const BASE_FILES = 10_000;
const COUNTS = [BASE_FILES, 100_000, 1_000_000];
const TOPS = 10;
const FILES_PER_DIRECTORY = 100;
/** What ends a burst is none of the rest that follows. */
const REST_S = 10;
const IDLE_S = 30;
const EDITS = 20;
const PAUSE_MS = 300;
const SEED = 19;
/** So many files a second come at the least. */
const SLOWEST_PER_S = 100;

/** The numbers of files that are tried. */
export function scaleCounts({ files }: Sizes): number[] {
  return files === null ? COUNTS : files > BASE_FILES ? [BASE_FILES, files] : [files];
}

export const scale: Suite = {
  scenarios: [{
    name: "scale",
    title: (sizes) => `one folder with ${scaleCounts(sizes).map(formatCount).join(", ")} files of 4 KiB`,
  }],
  hasPeer: false,
  isLong: true,
  wantsNamespaces: false,
  // Two trees; journals and catalogues of both; inodes.
  diskBytes: (sizes) => Math.max(...scaleCounts(sizes)) * (2 * SMALL_BYTES + 6144),
  async run(bench, _chosen, _peer, tell) {
    for (const count of scaleCounts(bench.sizes)) {
      const stage = await bench.openCairn(["A", "B"]);
      try {
        tell("scale", await runScale(bench, stage, count), count);
      } catch (error) {
        throw withLastWords(error, stage.peer.lastWords());
      } finally {
        await stage.close();
      }
    }
  },
};

async function runScale(bench: Bench, stage: Stage<Cairn>, count: number): Promise<Figures> {
  const say = (what: string) => bench.say(`cairn: scale, ${formatCount(count)} files: ${what} …`);
  const limitS = 120 + count / SLOWEST_PER_S;
  const paths = Array.from({ length: count }, (_, i) => scalePath(i, count));
  say("making them");
  makeFiles(stage.peer.data("A"), paths, () => SMALL_BYTES, SEED);
  say("first scan");
  const scan = await firstScan(stage, "A", count);
  const firstBytes = await catalogueBytes(stage, "A");
  say("to the second device");
  const sync = await stage.measure(
    "all files to come",
    () => stage.peer.start("B"),
    allOf(paths, (path) => sizeAt(stage.at("B", path)) === SMALL_BYTES),
    { limitS },
  );
  await stage.settle(0, limitS);
  const furtherBytes = await catalogueBytes(stage, "A") - firstBytes;
  const idle = await idleFigures(stage);
  say("edits");
  Deno.mkdirSync(stage.at("A", "edits"));
  const edits = await editTimes(stage, "edits", EDITS, PAUSE_MS);
  say("restart");
  const again = await restart(stage, "A", count + Math.min(EDITS, 8));
  await stage.settle(0, limitS);
  say("rename of a tenth");
  const moved = paths.filter((path) => path.startsWith("t0/"));
  const areThere = allOf(moved, (path) => sizeAt(stage.at("B", `moved/${path.slice(3)}`)) >= 0);
  const rename = await stage.measure(
    "the renamed folder",
    () => Deno.renameSync(stage.at("A", "t0"), stage.at("A", "moved")),
    () => areThere() && holdsNoFile(stage.at("B", "t0")),
    { limitS },
  );
  say("comparing");
  await stage.settle(0, limitS);
  await stage.verify();
  stage.notePeaks();
  return {
    ...times("scan", scan, count),
    ...times("sync", sync, count),
    sync_sent_bytes: sync["sent_bytes"] ?? 0,
    ...times("restart", again, count),
    ...times("rename", rename, moved.length),
    rename_sent_bytes: rename["sent_bytes"] ?? 0,
    first_row_bytes: firstBytes / count,
    further_row_bytes: furtherBytes / count,
    ...idle,
    edit_median_s: median(edits),
    edit_p95_s: quantile(edits, 0.95),
    rss_bytes: stage.peakBytes,
  };
}

/** The i-th path: ten directories at the top, each with directories of a hundred files. */
function scalePath(i: number, count: number): string {
  const directories = Math.max(1, Math.floor(count / TOPS / FILES_PER_DIRECTORY));
  const top = i % TOPS;
  const within = Math.floor(i / TOPS);
  return `t${top}/d${within % directories}/f${within}.dat`;
}

/** `scan_s` and `scan_files_per_s` of a step that is named so. */
function times(step: string, figures: Figures, count: number): Figures {
  const s = figures["s"]!;
  return { [`${step}_s`]: s, [`${step}_files_per_s`]: count / s, [`${step}_cpu_s`]: figures["cpu_s"] ?? 0 };
}

async function idleFigures(stage: Stage<Cairn>): Promise<Figures> {
  await stage.settle(REST_S);
  const meter = await stage.meter();
  await sleep(IDLE_S * 1000);
  const figures = await meter.end();
  return { idle_share: (figures["cpu_most_s"] ?? 0) / IDLE_S, idle_rss_bytes: figures["rss_bytes"] ?? 0 };
}

async function catalogueBytes(stage: Stage<Cairn>, host: string): Promise<number> {
  return (await stage.peer.agent(host).status()).catalogue.bytes;
}
