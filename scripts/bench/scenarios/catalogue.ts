/**
 * One catalogue of everything: five devices that list what they have, a sixth that comes and is told all of it, and what people ask of it. Each
 * answer is looked at outside of the timed part.
 */
import { DatabaseSync } from "node:sqlite";
import { formatCount } from "../../../src/cli/format.ts";
import type { FindAnswer } from "../../../src/daemon/find_types.ts";
import type { DupesAnswer, GuardAnswer } from "../../../src/daemon/guardian_types.ts";
import type { LsAnswer, WhereAnswer } from "../../../src/daemon/places_types.ts";
import type { Question } from "../agent.ts";
import type { Cairn } from "../cairn.ts";
import { type Figures, quantile } from "../figures.ts";
import { isText, libraryFile, makeLibrary, pieceOfName, rareWord, SHARED_EVERY } from "../library.ts";
import { usageOf } from "../proc.ts";
import { outputOf } from "../process.ts";
import type { Stage } from "../stage.ts";
import type { Bench, Sizes, Suite } from "../suite.ts";
import { ASKING, sleep, until } from "../wait.ts";
import { peersFigures } from "./catalogue_peers.ts";
import { withLastWords } from "./pair.ts";

const HOLDERS = ["A", "B", "C", "D", "E"];
const NEWCOMER = "F";
const FOLDER = "Files";
/** What such a file and its row take on disk: a block, an inode, and a row on each of six devices. */
const BYTES_A_FILE = 4096 + 512 + 6 * 400;
/** So many files a second are listed by all five together, at the least. */
const SLOWEST_PER_S = 400;
/** How often each question is asked, with other words each time. */
const TIMES = 100;
const LONG_TIMES = 20;
const TOLD = 20;
const JOIN_LIMIT_S = 120;
const REST_MS = 10_000;
const COMMON = ["guitar", "invoice", "mountain", "budget", "camera"];

export const catalogue: Suite = {
  scenarios: [{
    name: "catalogue",
    title: (sizes) => `${formatCount(countOf(sizes))} files of five devices in one catalogue, and questions`,
  }],
  hasPeer: false,
  isLong: true,
  wantsNamespaces: true,
  diskBytes: (sizes) => countOf(sizes) * BYTES_A_FILE,
  async run(bench, _chosen, _peer, tell) {
    const stage = await bench.openCairn([...HOLDERS, NEWCOMER]);
    try {
      tell("catalogue", await runCatalogue(bench, stage, countOf(bench.sizes)));
    } catch (error) {
      throw withLastWords(error, stage.peer.lastWords());
    } finally {
      await stage.close();
    }
  },
};

const countOf = ({ files }: Sizes) => files ?? 1_000_000;

async function runCatalogue(bench: Bench, stage: Stage<Cairn>, count: number): Promise<Figures> {
  const each = Math.floor(count / HOLDERS.length);
  const say = (what: string) => bench.say(`cairn: catalogue of ${formatCount(count)} files: ${what} …`);
  const limitS = 300 + count / SLOWEST_PER_S;
  say("making them");
  HOLDERS.forEach((host, device) => makeLibrary(stage.peer.data(host), device, HOLDERS.length, each));
  await outputOf(["sync", "-f", stage.aside]);
  say("listing them on five devices");
  await list(stage, each, limitS);
  say("reading texts, counting copies");
  await until("all indexes to be filled", () => isIndexed(stage, each), ASKING, limitS);
  await stage.quiet(limitS);
  say("telling a sixth");
  const received = await receive(stage, limitS);
  // What it makes of that by itself, and what ends a burst, is no part of the questions to another.
  await stage.quiet(limitS);
  await sleep(REST_MS);
  say("questions");
  const answers = await questions(stage, each);
  say("what others take for it");
  return { ...received, ...answers, ...await peersFigures(stage, HOLDERS, each) };
}

/** All five list their files, and each is told what all others have. */
async function list(stage: Stage<Cairn>, each: number, limitS: number): Promise<void> {
  const { peer } = stage;
  for (const [i, host] of HOLDERS.entries()) {
    if (i === 0) {
      peer.run(host, "up", "--no-invite", "--name", host);
      await peer.answers(host);
    } else await join(stage, host);
    await peer.agent(host).add(peer.data(host), i === 0 ? { name: FOLDER } : { take: FOLDER });
  }
  await until(
    "each to have listed all that it has",
    async () => {
      const statuses = await Promise.all(HOLDERS.map((host) => peer.agent(host).status()));
      return statuses.every(({ folders }) => folders[0]?.files === each) && await peer.isSettled();
    },
    ASKING,
    limitS,
  );
  const told = await toldBy(stage);
  const isKnown = () => HOLDERS.every((host) => hasHeard(peer.home(host), told));
  await until("each to know what all have", isKnown, ASKING, limitS);
}

/** How far each device's journal is, by device id. */
async function toldBy({ peer }: Stage<Cairn>): Promise<ReadonlyMap<string, number>> {
  const statuses = await Promise.all(HOLDERS.map((host) => peer.agent(host).status()));
  return new Map(statuses.map(({ device, journal }) => [device.id, journal.lsn]));
}

/** Whether the catalogue in a home has every device's rows so far: its cursors say so (R24). */
function hasHeard(home: string, told: ReadonlyMap<string, number>): boolean {
  const db = new DatabaseSync(`${home}/catalogue.db`, { readOnly: true });
  try {
    const cursors = db.prepare("SELECT lower(hex(device)) AS device, lsn FROM devices").all();
    const heard = new Map(cursors.map(({ device, lsn }) => [String(device), Number(lsn)]));
    const [own] = db.prepare("SELECT lower(hex(device)) AS device FROM devices WHERE id = 1").all();
    return [...told].every(([device, lsn]) => device === own!["device"] || (heard.get(device) ?? 0) >= lsn);
  } finally {
    db.close();
  }
}

async function join({ peer, hosts }: Stage<Cairn>, host: string): Promise<void> {
  const first = peer.agent(HOLDERS[0]!);
  const [code, { device }] = [await first.invite(), await first.status()];
  peer.run(host, "join", code, "--name", host, "--at", `${hosts.address(HOLDERS[0]!)}:${device.port}`);
  await peer.answers(host);
  const isPaired = async () => (await peer.agent(host).status()).peers.length > 0;
  await until(`${host} to have joined`, isPaired, ASKING, JOIN_LIMIT_S);
}

/** A device comes and is told everything: how long that takes, and what it is sent. */
async function receive(stage: Stage<Cairn>, limitS: number): Promise<Figures> {
  const told = await toldBy(stage);
  const before = await stage.hosts.bytes(NEWCOMER);
  const startMs = performance.now();
  await join(stage, NEWCOMER);
  const isTold = () => hasHeard(stage.peer.home(NEWCOMER), told);
  await until("the sixth device to know what all have", isTold, ASKING, limitS);
  const s = (performance.now() - startMs) / 1000;
  const after = await stage.hosts.bytes(NEWCOMER);
  stage.notePeaks();
  return {
    received_s: s,
    received_cpu_s: usageOf(stage.peer.pid(NEWCOMER))?.cpuS ?? 0,
    ...(before === null || after === null ? {} : { received_bytes: after.received - before.received }),
    rss_bytes: stage.peakBytes,
  };
}

/** Names, copies and texts of all devices are in the first one's indexes. */
async function isIndexed(stage: Stage<Cairn>, each: number): Promise<boolean> {
  const agent = stage.peer.agent(HOLDERS[0]!);
  const guard = (await agent.ask({ what: "guard" })).answer as GuardAnswer;
  if (guard.behind > 0) return false;
  for (const [device] of HOLDERS.entries()) {
    for (const index of someTexts(each, 10)) {
      const found = await find(agent.ask({ what: "find", text: rareWord(device, index), limit: TOLD }));
      if (found.found.length === 0 || found.behind > 0) return false;
    }
  }
  return true;
}

async function find(asked: Promise<{ readonly answer: unknown }>): Promise<FindAnswer> {
  return (await asked).answer as FindAnswer;
}

/** Numbers of texts, spread over all that a device has; the last is among them. */
function someTexts(each: number, count: number): number[] {
  const all = Array.from({ length: each }, (_, i) => i).filter(isText);
  return Array.from({ length: count }, (_, i) => all[Math.floor((all.length - 1) * i / (count - 1))]!);
}

/** Numbers of files that a device made itself, spread over all. */
function someFiles(each: number): { readonly device: number; readonly index: number }[] {
  return Array.from({ length: TIMES }, (_, i) => {
    const index = Math.floor((each - SHARED_EVERY) * i / TIMES);
    return { device: i % HOLDERS.length, index: index - index % SHARED_EVERY };
  });
}

async function questions(stage: Stage<Cairn>, each: number): Promise<Figures> {
  const agent = stage.peer.agent(HOLDERS[0]!);
  const files = someFiles(each).map(({ device, index }) => ({
    device,
    index,
    ...libraryFile(device, index),
  }));
  const figures: Record<string, number> = {};
  const measure = async <A>(
    name: string,
    asked: readonly Question[],
    check: (answer: A, i: number) => void,
  ) => {
    const ms: number[] = [];
    for (const [i, question] of asked.entries()) {
      const { ms: took, answer } = await agent.ask(question);
      check(answer as A, i);
      ms.push(took);
    }
    figures[`${name}_median_ms`] = quantile(ms, 0.5);
    figures[`${name}_p95_ms`] = quantile(ms, 0.95);
  };
  const addresses = files.map(({ path }) => `${FOLDER}/${path}`);
  await measure<FindAnswer>(
    "name",
    // A piece of the name that begins and ends within words, as people remember them.
    files.map(({ path }) => ({ what: "find", text: pieceOfName(path), limit: TOLD })),
    ({ found }, i) => must(found.some(({ address }) => address === addresses[i]), `found by ${addresses[i]}`),
  );
  await measure<FindAnswer>(
    "common",
    Array.from({ length: TIMES }, (_, i) => ({
      what: "find",
      text: COMMON[i % COMMON.length]!,
      limit: TOLD,
    })),
    ({ found }) => must(found.length === TOLD, "found by a common word"),
  );
  const texts = files.map(({ device }, i) => ({ device, index: someTexts(each, TIMES)[i]! }));
  await measure<FindAnswer>(
    "text",
    texts.map(({ device, index }) => ({ what: "find", text: rareWord(device, index), limit: TOLD })),
    ({ found }) => must(found.length > 0 && found[0]!.snippet !== null, "found by its text"),
  );
  await measure<FindAnswer>(
    "question",
    Array.from({ length: TIMES }, (_, i) => ({
      what: "find",
      text: `${COMMON[i % COMMON.length]} images on ${HOLDERS[i % HOLDERS.length]}`,
      limit: TOLD,
    })),
    ({ wasQuestion }) => must(wasQuestion, "understood as a question"),
  );
  await measure<LsAnswer>(
    "ls",
    addresses.map((address) => ({ what: "ls", address: address.slice(0, address.lastIndexOf("/")) })),
    ({ entries }, i) => must(entries.some(({ address }) => address === addresses[i]), "listed"),
  );
  await measure<WhereAnswer>(
    "where",
    addresses.map((address) => ({ what: "where", address })),
    ({ content }) => must((content?.places.length ?? 0) > 0, "known where it is"),
  );
  await measure<GuardAnswer>(
    "guard",
    Array.from({ length: LONG_TIMES }, () => ({ what: "guard" })),
    (guard) => must(guard.behind === 0 && guard.files > 0, "guarded"),
  );
  await measure<DupesAnswer>(
    "dupes",
    Array.from({ length: LONG_TIMES }, () => ({ what: "dupes" })),
    ({ groups, behind }) => must(behind === 0 && groups.length > 0, "found twice"),
  );
  return figures;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`It was not ${what}`);
}
