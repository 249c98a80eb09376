/** The bench's own arithmetic, and what it says. What it measures is for a machine, not for a test. */
import assert from "node:assert/strict";
import { allOf, holdsNoFile, isAbsent, sizeAt } from "../../scripts/bench/arrival.ts";
import { Cleanup } from "../../scripts/bench/cleanup.ts";
import { makeSmallFiles, patchFile, RandomBytes, readAt, smallPath } from "../../scripts/bench/content.ts";
import { lackOfRoom } from "../../scripts/bench/disk.ts";
import { median, quantile, type Sample, summaryOf } from "../../scripts/bench/figures.ts";
import { formatFigure, table } from "../../scripts/bench/format.ts";
import { linesOfStream } from "../../scripts/bench/lines.ts";
import { areStandard, parseOptions } from "../../scripts/bench/options.ts";
import { cpuOfStat, machineOf } from "../../scripts/bench/proc.ts";
import { Wire } from "../../scripts/bench/relay.ts";
import { type Report, reportText, rowsOf } from "../../scripts/bench/report.ts";
import { differencesOf } from "../../scripts/bench/same_trees.ts";
import { SCENARIOS, USUAL } from "../../scripts/bench/suites.ts";
import { syncthingConfig } from "../../scripts/bench/syncthing_config.ts";
import { isKept, LINES } from "../../scripts/bench/targets.ts";
import { Usage } from "../../scripts/bench/usage.ts";
import { QUICK, restMs, until } from "../../scripts/bench/wait.ts";
import { tempDir } from "../support/temp_dir.ts";

const parse = (...args: string[]) => parseOptions(args, SCENARIOS, USUAL);

Deno.test("without arguments the bench plays what can be compared, three times, with the sizes of the targets", () => {
  const options = parse();
  assert.deepEqual(options.scenarios, USUAL);
  assert.equal(options.runs, 3);
  assert.equal(options.withSyncthing, false);
  assert.ok(areStandard(options.sizes));
  assert.deepEqual(parse("all").scenarios, SCENARIOS);
  assert.deepEqual(parse("edit", "scan").scenarios, ["edit", "scan"]);
});

Deno.test("the bench's options are taken, in any order", () => {
  const options = parse(
    "--files",
    "10,000",
    "small",
    "--peer",
    "syncthing",
    "--size",
    "16",
    "--json",
    "--cairn",
    "a b",
  );
  assert.deepEqual(options.scenarios, ["small"]);
  assert.deepEqual(options.sizes, { files: 10_000, bigBytes: 16 * 2 ** 20 });
  assert.deepEqual(options.command, ["a", "b"]);
  assert.equal(options.withSyncthing && options.isJson, true);
  assert.equal(areStandard(options.sizes), false);
  assert.deepEqual([options.isSource, parse("--source").isSource], [false, true]);
});

const wrong: Record<string, readonly [string[], RegExp]> = {
  "a scenario that is none": [["smal"], /"smal" is no scenario: choose from small, /],
  "another peer": [["--peer", "rsync"], /"rsync" is no peer/],
  "a number that is none": [
    ["--files", "1e4"],
    /--files wants a whole number from 10 to 10000000, not "1e4"/,
  ],
  "too many files": [["--files", "99999999"], /--files wants a whole number/],
  "a large file that is small": [["--size", "1"], /--size wants a whole number from 4/],
  "a command and the source": [["--cairn", "a", "--source"], /exclude each other/],
  "no run": [["--runs", "0"], /--runs wants a whole number from 1/],
  "an option that is none": [["--fast"], /--fast/],
  "an option without its value": [["--files"], /--files/],
};
for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`the bench refuses ${what} and says why`, () => {
    assert.throws(() => parse(...args), (error) => error instanceof Usage && message.test(error.message));
  });
}

Deno.test("median() and quantile() take what a person would", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([7]), 7);
  const forty = Array.from({ length: 40 }, (_, i) => i + 1);
  assert.equal(quantile(forty, 0.95), 38);
  assert.equal(quantile([5], 0.95), 5);
  assert.throws(() => median([]));
});

Deno.test("figures are formatted by the unit that ends their names", () => {
  assert.equal(formatFigure("s", 0.0234), "0.023 s");
  assert.equal(formatFigure("median_s", 12.345), "12.35 s");
  assert.equal(formatFigure("sent_bytes", 438), "438 B");
  assert.equal(formatFigure("sent_bytes", 4_380), "4.4 KB");
  assert.equal(formatFigure("sent_bytes", 351_000), "0.35 MB");
  assert.equal(formatFigure("rss_bytes", 130e6), "130 MB");
  assert.equal(formatFigure("scan_files_per_s", 15_000.4), "15,000 files/s");
  assert.equal(formatFigure("mb_per_s", 612.3), "612 MB/s");
  assert.equal(formatFigure("idle_share", 0.005), "0.50 %");
});

Deno.test("a table's columns stand below each other", () => {
  assert.equal(table(["a", ""], [["long", "x"]]), "| a    |   |\n|------|---|\n| long | x |");
});

function sample(peer: Sample["peer"], run: number, figures: Sample["figures"], scenario = "patch"): Sample {
  return { scenario, peer, run, figures };
}

function reportOf(samples: readonly Sample[], isStandard = true): Report {
  return {
    environment: { date: "today" },
    floors: { wire_mb_per_s: 1000 },
    samples,
    failures: [],
    isStandard,
    withPeer: true,
    titles: new Map([["patch", "4 KiB changed"]]),
  };
}

Deno.test("the floor that was played stands beside Cairn, and is judged by nothing", () => {
  const cairn = sample("cairn", 1, { s: 3 });
  const [alone] = rowsOf(reportOf([cairn]));
  assert.equal(alone!.floor, null);
  const report = reportOf([cairn, sample("floor", 1, { s: 2 }), sample("floor", 2, { s: 1 })]);
  const [row] = rowsOf(report);
  assert.deepEqual([row!.floor!.median, row!.peer, row!.isKept], [1.5, null, null]);
  assert.match(reportText(report), /\| Scenario +\| Figure +\| Cairn +\| Floor +\|/);
  assert.doesNotMatch(reportText(reportOf([cairn])), /\| Floor +\|/);
});

Deno.test("a target that is a ratio is judged by the medians of one sitting", () => {
  const peers = [10, 11, 12].map((s, i) => sample("syncthing", i + 1, { s, sent_bytes: 1e6 }));
  const own = [1, 9, 5].map((s, i) => sample("cairn", i + 1, { s, sent_bytes: 0.36e6 }));
  const [time, wire] = rowsOf(reportOf([...peers, ...own]));
  assert.equal(time!.cairn.median, 5);
  assert.deepEqual([time!.cairn.least, time!.cairn.most, time!.peer!.median], [1, 9, 11]);
  assert.equal(time!.isKept, true, "5 of 11 is less than half");
  assert.equal(wire!.isKept, false, "0.36 MB are more than 0.35");
  assert.equal(wire!.ratio, 0.36);
});

Deno.test("without a peer, or with other sizes, nothing is said to be kept", () => {
  const own = [sample("cairn", 1, { s: 1, sent_bytes: 1 })];
  const [time, wire] = rowsOf(reportOf(own));
  assert.deepEqual([time!.isKept, time!.ratio, wire!.isKept], [null, null, true]);
  assert.deepEqual(rowsOf(reportOf(own, false)).map(({ isKept }) => isKept), [null, null]);
  assert.match(reportText(reportOf(own, false)), /nothing is judged/);
});

Deno.test("a figure that was not measured is no row, and none of the others' scenarios is there", () => {
  const rows = rowsOf(reportOf([sample("cairn", 1, { s: 1 })]));
  assert.deepEqual(rows.map(({ scenario, figure }) => `${scenario} ${figure}`), ["patch s"]);
  assert.equal(summaryOf([], "patch", "s", "cairn"), null);
});

Deno.test("a target at its limit is kept", () => {
  assert.equal(isKept({ most: 2 }, 2, null), true);
  assert.equal(isKept({ least: 2 }, 1.99, null), false);
  assert.equal(isKept({ ratio: 0.5 }, 5, 10), true);
  assert.equal(isKept({ ratio: 0.5 }, 5, null), null);
});

Deno.test("every target is that of a scenario that there is", () => {
  for (const { scenario } of LINES) assert.ok(SCENARIOS.includes(scenario), scenario);
  for (const scenario of SCENARIOS) {
    assert.ok(scenario === "scale" || LINES.some((line) => line.scenario === scenario), scenario);
  }
});

Deno.test("the cost of a file with many is held against that with few", () => {
  const of = (files: number, perS: number): Sample => ({
    ...sample("cairn", 1, { scan_files_per_s: perS, rss_bytes: 1e6 * files / 2500 }, "scale"),
    files,
  });
  const text = reportText(reportOf([of(10_000, 10_000), of(1_000_000, 5_000)]));
  assert.match(text, /first scan, a file\s*\| 100 µs\s*\| 200 µs\s*\| growth ≤ 1.5\s*\| 2.00, missed/);
  assert.match(text, /memory, the most at any time\s*\| 4.00 MB\s*\| 400 MB\s*\| ≤ 450 MB\s*\| kept/);
  assert.doesNotMatch(reportText(reportOf([of(10_000, 10_000), of(20_000, 5_000)])), /missed/);
});

Deno.test("who else was busy is named", () => {
  const figures = { s: 10, from_uptime_s: 100, to_uptime_s: 110, other_cpu_s: 8, stolen_cpu_s: 1 };
  assert.match(
    reportText(reportOf([sample("cairn", 2, figures)])),
    /meanwhile: patch of cairn, run 2 \(0.90 cores\)/,
  );
  const quiet = { ...figures, other_cpu_s: 0.5, stolen_cpu_s: 0 };
  assert.doesNotMatch(reportText(reportOf([sample("cairn", 2, quiet)])), /meanwhile/);
});

Deno.test("allOf() looks at each thing until it is there, and never again", () => {
  const there = new Set<number>();
  const looks: number[] = [];
  const areThere = allOf([0, 1, 2], (i) => {
    looks.push(i);
    return there.has(i);
  });
  assert.equal(areThere(), false);
  there.add(0).add(2);
  assert.equal(areThere(), false);
  there.add(1);
  assert.equal(areThere(), true);
  assert.equal(areThere(), true);
  assert.deepEqual(looks, [0, 0, 1, 1, 2]);
});

Deno.test("a look on disk tells what is there from what is not", () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.at("a/b"), { recursive: true });
  assert.equal(sizeAt(dir.at("a/f")), -1);
  assert.equal(sizeAt(dir.at("a")), -1, "a directory is no file");
  assert.ok(holdsNoFile(dir.at("a")) && holdsNoFile(dir.at("gone")) && isAbsent(dir.at("gone")));
  Deno.writeTextFileSync(dir.at("a/b/f"), "1234");
  assert.equal(sizeAt(dir.at("a/b/f")), 4);
  assert.equal(holdsNoFile(dir.at("a")), false);
  assert.equal(readAt(dir.at("a/b/f"), 2, 4), null);
  patchFile(dir.at("a/b/f"), 1, new Uint8Array([65]));
  assert.equal(Deno.readTextFileSync(dir.at("a/b/f")), "1A34");
});

Deno.test("the rest between two looks grows with the time that has passed, within its bounds", () => {
  assert.deepEqual([0, 1000, 60_000].map((ms) => restMs(QUICK, ms)), [2, 10, 20]);
});

Deno.test("waiting in vain says for what", async () => {
  await assert.rejects(until("rain", () => false, QUICK, 0.01), /in vain: rain$/);
});

Deno.test("files are the same in every run, and others with another seed", () => {
  const [one, other, third] = [7, 7, 8].map((seed) => new RandomBytes(seed).next(1000).slice());
  assert.deepEqual(one, other);
  assert.notDeepEqual(one, third);
  const random = new RandomBytes(7);
  assert.deepEqual(new Uint8Array([...random.next(300), ...random.next(700)]), new Uint8Array(one!));
});

Deno.test({
  name: "trees differ by a byte, a bit of the mode, a name; not by what programs keep for themselves",
  ignore: Deno.build.os === "windows",
}, () => {
  using dir = tempDir();
  for (const name of ["a", "b"]) {
    makeSmallFiles(dir.at(name), 5, 1);
    Deno.mkdirSync(dir.at(`${name}/.cairn`));
    Deno.writeTextFileSync(dir.at(`${name}/.cairn/${name}`), name);
  }
  const differences = () => differencesOf(dir.at("a"), dir.at("b"));
  assert.deepEqual(differences(), []);
  Deno.chmodSync(dir.at(`b/${smallPath(0)}`), 0o600);
  patchFile(dir.at(`b/${smallPath(1)}`), 4095, new Uint8Array(1));
  Deno.removeSync(dir.at(`b/${smallPath(2)}`));
  Deno.writeTextFileSync(dir.at("b/new"), "");
  assert.equal(differences().length, 4);
  assert.equal(differencesOf(dir.at("a"), dir.at("b"), 2).length, 2);
});

Deno.test("what /proc tells is read, whatever the process is called", () => {
  const stat = "4711 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 99";
  assert.equal(cpuOfStat(stat), 3);
  assert.deepEqual(machineOf("cpu  100 10 200 5000 600 7 8 900 0 0\ncpu0 1\n"), { busyS: 3.25, stolenS: 9 });
});

Deno.test("bytes share a wire in the order in which they come", () => {
  const wire = new Wire(1000, 50);
  assert.equal(wire.send(100, 1000), 1150);
  assert.equal(wire.send(100, 1000), 1250, "behind the first");
  assert.equal(wire.behindMs(1000), 200);
  assert.equal(wire.behindMs(1300), 0);
  assert.equal(wire.send(100, 5000), 5150, "a wire at rest gains nothing");
});

Deno.test("Syncthing is told its devices, and odd signs in paths stay signs", () => {
  const devices = ["A", "B"].map((name) => ({ name, id: `${name}-ID`, address: `10.0.0.1:${name}` }));
  const config = syncthingConfig({
    devices,
    folder: '/tmp/<&">',
    listen: "0.0.0.0:1",
    api: "/s",
    apiKey: "k",
  });
  assert.match(config, /path="\/tmp\/&#60;&#38;&#34;&#62;"/);
  assert.equal(config.match(/<device id="A-ID"/g)?.length, 2, "once known and once in the folder");
  assert.match(config, /<address>\/s<\/address>/);
});

Deno.test("lines are whole however they come", async () => {
  const bytes = new TextEncoder().encode("one\ntwö\nthree");
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  assert.deepEqual(await Array.fromAsync(linesOfStream(stream)), ["one", "twö", "three"]);
});

Deno.test("what was made last is taken away first, once, and a failure keeps nothing", async () => {
  const done: string[] = [];
  const cleanup = new Cleanup();
  cleanup.add(() => void done.push("first"));
  const early = cleanup.add(() => void done.push("early"));
  cleanup.add(() => void done.push("last"));
  await early();
  await Promise.all([cleanup.run(), cleanup.run()]);
  await early();
  assert.deepEqual(done, ["early", "last", "first"]);
});

Deno.test("a disk with too little room is told before anything is made", () => {
  using dir = tempDir();
  assert.equal(lackOfRoom(dir.path, -1e15), null);
  assert.match(lackOfRoom(dir.path, 1e15) ?? "", /free, and 1\.0 PB are needed: .*--dir/);
});
