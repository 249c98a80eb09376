/**
 * Measures what questions cost: deno run -A scripts/questions.ts [FILES] [DATABASE]. Fills a catalogue of five devices (1,000,000 files if
 * nothing else is said), or takes one that was filled before, indexes it, and asks. Times are the program's own work, by the processor's
 * clock: what else runs on the machine does not count.
 */
import { cpuUsage } from "node:process";
import { Catalogue } from "../src/catalogue/catalogue.ts";
import { parseAddress, type PlaceAddress } from "../src/core/address.ts";
import { readPeriod } from "../src/core/periods.ts";
import { formatQuery, hasFilter, parseQuery } from "../src/core/query.ts";
import { readQuestion } from "../src/core/question.ts";
import { usageOf } from "../src/library/disk_usage.ts";
import { findFiles } from "../src/library/find.ts";
import { listPlace } from "../src/library/listing.ts";
import { indexNames } from "../src/library/name_indexer.ts";
import type { Work } from "../src/library/questions.ts";
import { type Asking, resolvePlace } from "../src/library/resolve.ts";
import { walkPlace } from "../src/library/walk.ts";
import { statPlace, whereIsContent } from "../src/library/whereabouts.ts";
import { DEVICE_IDS, FOLDERS, NAMES } from "../tests/support/five_devices.ts";
import { fillCatalogue } from "../tests/support/many_files.ts";

const files = Number(Deno.args[0] ?? 1_000_000);
const path = Deno.args[1] ?? `${Deno.makeTempDirSync({ prefix: "cairn-questions-" })}/catalogue.db`;
const catalogue = new Catalogue(path, DEVICE_IDS[0]!);
const asking: Asking = { catalogue, self: DEVICE_IDS[0]!, isOnline: () => false };
const NOW = +new Date(2026, 0, 20);

interface Run<T> {
  readonly value: T;
  readonly ms: number;
  /** The longest step by the wall clock: what else runs is in it. */
  readonly stepMs: number;
  readonly steps: number;
}

function run<T>(work: Work<T>): Run<T> {
  const before = cpuUsage();
  let [stepMs, steps] = [0, 0];
  for (;;) {
    const beganMs = performance.now();
    const { done, value } = work.next();
    stepMs = Math.max(stepMs, performance.now() - beganMs);
    steps++;
    if (!done) continue;
    const used = cpuUsage(before);
    return { value, ms: (used.user + used.system) / 1000, stepMs, steps };
  }
}

function tell(what: string, runs: readonly Run<unknown>[], more = ""): void {
  const times = runs.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1);
  const step = Math.max(...runs.map(({ stepMs }) => stepMs)).toFixed(1);
  console.log(`${what.padEnd(60)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  longest step ${step} ms  ${more}`);
}

const place = (address: string) => run(resolvePlace(asking, parseAddress(address) as PlaceAddress)).value;

if (catalogue.rows.count() === 0) {
  const beganMs = performance.now();
  const rows = fillCatalogue(catalogue, { files });
  console.log(
    `${files} files, ${rows} rows, in ${
      Math.round(performance.now() - beganMs)
    } ms; ${catalogue.db.size()} bytes`,
  );
}
if (catalogue.views.names.behind > 0) {
  const before = catalogue.db.size();
  const indexed = run(indexNames(catalogue.views.names));
  const bytes = catalogue.db.size() - before;
  const [[states]] = catalogue.db.all("SELECT count(*) FROM states WHERE kind <> 0") as [[number]];
  tell("index all names", [indexed], `${(bytes / states).toFixed(1)} bytes a name`);
}

const folders = new Map(FOLDERS.map(({ id, name }) => [catalogue.ids.folder(id), name]));
const some = catalogue.db.all(
  "SELECT d.folder, d.path, s.name FROM states s JOIN directories d ON d.id = s.directory WHERE s.kind = 1 AND s.id % 997 = 0 LIMIT 500",
).map(([folder, directory, name]) => ({
  directory: `${folders.get(Number(folder))}/${directory}`,
  name: String(name),
}));
const addresses = some.map(({ directory, name }) => `${directory}/${name}`);
const of = <T>(list: readonly T[], ask: (it: T) => Work<unknown>) => list.map((it) => run(ask(it)));

tell(
  "ls of a directory",
  of(some, function* ({ directory }) {
    yield* listPlace(asking, yield* resolvePlace(asking, parseAddress(directory) as PlaceAddress), "", 1_000);
  }),
);
tell(
  "ls of 1,000 names",
  of(["Photos/2023", "Music/2024", "Projects/2022"], function* (address) {
    yield* listPlace(asking, place(address), "", 1_000);
  }),
);
tell(
  "where",
  of(addresses, function* (address) {
    const { entry } = yield* resolvePlace(asking, parseAddress(address) as PlaceAddress);
    yield* whereIsContent(asking, entry!.content!);
  }),
);
tell(
  "stat",
  of(addresses, function* (address) {
    yield* statPlace(asking, yield* resolvePlace(asking, parseAddress(address) as PlaceAddress));
  }),
);
tell(
  "tree, a page of 1,000",
  of(["", "Photos"], (address) => walkPlace(asking, place(address), 9, null, 1_000)),
);
tell("du of a directory", of(some, ({ directory }) => usageOf(asking, place(directory), 0)));
tell("du of everything", of([""], (address) => usageOf(asking, place(address), 1)));

const find = (text: string) => {
  const { query } = hasFilter(text)
    ? parseQuery(text, (period) => readPeriod(period, NOW))
    : readQuestion(text, NOW, { devices: NAMES, folders: FOLDERS.map(({ name }) => name) });
  return { query, work: () => findFiles(asking, query, 50, { tags: null, texts: null }) };
};
const byName = some.slice(0, 300).map(({ name }) => name.split(/[-_.]/).slice(0, 3).join(" "));
tell("find by name (300 names, 3 words of each)", of(byName, (words) => find(words).work()));
const questions = [
  "budget",
  "invoice report",
  "summer winter pdf",
  "ab",
  "mountain -river ext:mp3",
  "budget kind:document date:2024 device:nas",
  "tax documents from last year",
  "videos over 1 GB on the nas",
  "photos from last summer that exist only on the laptop",
  "what changed on desktop yesterday",
  "photos from March 2023",
  "dup:yes kind:audio",
  "backup folder:Projects kind:folder",
];
for (const text of questions) {
  const { query, work } = find(text);
  const runs = Array.from({ length: 20 }, () => run(work()));
  const { found, isCut } = runs[0]!.value;
  tell(text, runs, `${found.length}${isCut ? "+" : ""} found as ${formatQuery(query)}`);
}
catalogue.close();
