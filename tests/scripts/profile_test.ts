/** Where a profile's time went. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type CpuProfile, parseProfile, timesOf } from "../../scripts/profile/cpu_profile.ts";
import { partOf, PARTS } from "../../scripts/profile/parts.ts";
import { summaryText, type Thread, threadText } from "../../scripts/profile/text.ts";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const at = (file: string) => `file:///somewhere/src/${file}`;

function node(id: number, functionName: string, url: string, children: number[] = []) {
  return { id, callFrame: { functionName, url, lineNumber: id * 10 }, children };
}

/**
 * (root) ─ scan ─ walk ─ walk ─ lstat (native)
 *        ├ commit ─ encode (serves its callers)
 *        ├ (garbage collector)
 *        └ (idle)
 * A sample each 10 µs: lstat, walk, encode, (garbage collector), (idle), scan.
 */
const PROFILE: CpuProfile = {
  nodes: [
    node(1, "(root)", "", [2, 6, 8, 9]),
    node(2, "scan", at("folder/scan.ts"), [3]),
    node(3, "walk", at("folder/scan.ts"), [4]),
    {
      ...node(4, "walk", at("folder/scan.ts"), [5]),
      callFrame: node(3, "walk", at("folder/scan.ts")).callFrame,
    },
    node(5, "lstat", ""),
    node(6, "commit", at("journal/journal.ts"), [7]),
    node(7, "encode", at("core/record.ts")),
    node(8, "(garbage collector)", ""),
    node(9, "(idle)", ""),
  ],
  startTime: 1000,
  endTime: 1070,
  samples: [5, 4, 7, 8, 9, 2],
  timeDeltas: [10, 10, 10, 10, 10, 10],
};

const of = (name: string, { functions }: ReturnType<typeof timesOf>) =>
  functions.find((times) => times.name.startsWith(name));

Deno.test("a sample's time is its function's, until the next sample", () => {
  const times = timesOf(PROFILE, partOf);
  assert.equal(times.spanUs, 60);
  assert.equal(times.busyUs, 50);
  assert.equal(of("lstat", times)!.selfUs, 10);
  assert.equal(of("scan ", times)!.selfUs, 10);
});

Deno.test("a function's total has all that it called, and a recursion once", () => {
  const times = timesOf(PROFILE, partOf);
  assert.deepEqual(of("walk", times), { name: "walk folder/scan.ts:31", selfUs: 10, totalUs: 20 });
  assert.equal(of("scan ", times)!.totalUs, 30);
  assert.equal(of("commit", times)!.totalUs, 10);
});

Deno.test("time without a part of its own is the caller's; the collector's is nobody's", () => {
  assert.deepEqual(
    new Map(timesOf(PROFILE, partOf).parts),
    new Map([["scan", 30], ["journal", 10], ["(garbage collector)", 10]]),
  );
});

Deno.test("only the stretch that was asked for counts, to the microsecond", () => {
  const times = timesOf(PROFILE, partOf, { from: 1015, to: 1035 });
  assert.equal(times.spanUs, 20);
  assert.deepEqual(new Map(times.parts), new Map([["scan", 15], ["journal", 5]]));
});

Deno.test("what is no profile is refused", () => {
  assert.throws(() => parseProfile("{}"), /no nodes/);
  assert.deepEqual(parseProfile(JSON.stringify(PROFILE)).samples, PROFILE.samples);
});

Deno.test("files outside of the program have no part", () => {
  assert.equal(partOf("ext:core/01_core.js"), null);
  assert.equal(partOf("file:///x/node_modules/msgpack/src/journal/journal.ts"), null);
  assert.equal(partOf("file:///work/src/main/src/journal/journal.ts"), "journal");
});

Deno.test("each pattern of a part has files that are there", () => {
  const files: string[] = [];
  const walk = (directory: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(directory)) {
      if (isDirectory) walk(`${directory}${name}/`);
      else files.push(`src/${directory.slice(SRC.length)}${name}`);
    }
  };
  walk(SRC);
  for (const [part, pattern] of PARTS) {
    assert.ok(files.some((file) => pattern.test(file)), `${part}: ${pattern}`);
  }
});

Deno.test("threads stand beside each other by host, main threads and workers apart", () => {
  const slower = { timeDeltas: PROFILE.timeDeltas.map((us) => us * 1000), endTime: 71_000 };
  const times = timesOf({ ...PROFILE, ...slower }, partOf);
  const thread = (host: string, isWorker: boolean): Thread => ({
    name: `${host}/CPU`,
    host,
    isWorker,
    isTimedPart: true,
    times,
  });
  const lines = summaryText([thread("B", true), thread("A", false), thread("B", true)]).split("\n");
  assert.match(lines[0]!, /Part +\| A main +\| B workers/);
  assert.match(lines[2]!, /scan +\| 30 ms +\| 60 ms/);
  assert.match(lines.at(-1)!, /all +\| 50 ms +\| 100 ms/);
  assert.match(threadText(thread("A", false), 1), /A\/CPU: 50 ms busy of 60 ms, the timed part/);
});
