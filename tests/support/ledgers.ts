/** A ledger in a home of a test's own, opened and opened again, and all that it knows in a form that can be compared. */
import { SELF } from "../../src/catalogue/interning.ts";
import type { Row } from "../../src/core/entry.ts";
import type { Lsn } from "../../src/core/ids.ts";
import type { JournalRecord } from "../../src/core/record.ts";
import { Ledger, type LedgerOptions } from "../../src/journal/ledger.ts";
import type { Clock, Random } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { deviceOf, dot, entryOf, folderOf, lsnOf, pathOf, rowOf } from "./entries.ts";

export const FOLDER = folderOf(5);

export interface HandClock extends Clock {
  nowMs: number;
}

/** Wall clock by hand; what is to run at once does, what is to run later never does. */
export function handClock(nowMs = Date.UTC(2026, 0, 2)): HandClock {
  const clock: HandClock = {
    nowMs,
    now: () => clock.nowMs,
    monotonic: () => clock.nowMs,
    after(delayMs, run) {
      const timer = delayMs === 0 ? setTimeout(run, 0) : null;
      return () => timer !== null && clearTimeout(timer);
    },
  };
  return clock;
}

export interface Home {
  readonly path: string;
  readonly clock: HandClock;
  readonly said: string[];
  readonly options: LedgerOptions;
  open(over?: Partial<LedgerOptions>): Promise<Ledger>;
  /** The files of the journal with this ending, oldest first. */
  files(ending: string): string[];
}

export function homeAt(path: string): Home {
  const clock = handClock();
  const said: string[] = [];
  let drawn = 0;
  const random: Random = {
    bytes: (length) => {
      const bytes = new Uint8Array(length).fill(++drawn);
      return bytes;
    },
  };
  const options: LedgerOptions = {
    fs: realFs(),
    clock,
    random,
    home: path,
    self: deviceOf(1),
    osBoot: "os-1",
    say: (line) => said.push(line),
  };
  return {
    path,
    clock,
    said,
    options,
    open: (over = {}) => Ledger.open({ ...options, ...over }),
    files: (ending) =>
      [...Deno.readDirSync(`${path}/journal`)].map(({ name }) => `${path}/journal/${name}`)
        .filter((name) => name.endsWith(ending)).sort(),
  };
}

export function removeCatalogue(home: Home): void {
  for (const { name } of [...Deno.readDirSync(home.path)]) {
    if (name.startsWith("catalogue.db")) Deno.removeSync(`${home.path}/${name}`);
  }
}

/** A "rows" record of this device, of files whose text is their path and version. */
export function rowsRecord(
  rows: readonly Row[],
  over: Partial<Extract<JournalRecord, { type: "rows" }>> = {},
) {
  return {
    type: "rows",
    folder: FOLDER,
    cause: "local",
    timeMs: 1,
    closes: lsnOf(0),
    rows,
    fresh: [],
    ...over,
  } as const;
}

/** Row `path` as the ledger's actor writes it: the counter is minted. */
export function ownRow(ledger: Ledger, path: string, text = path): Row {
  const { counter } = ledger.mintDot();
  const entry = entryOf({ text, dots: [dot(1, counter)], stamp: ledger.mintStamp() });
  const version = entry.version;
  const own = { actor: ledger.actor, counter };
  return rowOf(path, {
    ...entry,
    version: { ...version, dots: [own], meta: own, context: new Map([[own.actor, counter]]) },
  });
}

/** Everything of this device that the journal is the truth of (invariant 9). */
export function truthOf({ catalogue, epoch, actor }: Ledger) {
  const rows = catalogue.rows.page(SELF, 0 as Lsn, Infinity as Lsn, 1_000_000)
    .map(({ folder, placed: { lsn, row } }) => ({ folder: catalogue.ids.folderOf(folder), lsn, row }));
  return {
    epoch,
    actor,
    rows: rows.sort((a, b) => a.row.path < b.row.path ? -1 : 1),
    shared: catalogue.values.sharedAfter(0 as Lsn).fields,
    facts: catalogue.values.factsAfter(SELF, 0 as Lsn),
    local: catalogue.values.localWithPrefix(""),
    intents: catalogue.openIntents(catalogue.ids.folder(FOLDER)),
    totals: catalogue.totals(FOLDER),
  };
}

/** Some of everything. */
export async function fill(ledger: Ledger, round = 0): Promise<void> {
  await ledger.commit(rowsRecord([ownRow(ledger, `a${round}`), ownRow(ledger, `d/b${round}`)]));
  await ledger.commit({ type: "local", key: `local ${round}`, value: { path: "/x" } });
  await ledger.commit({ type: "intent", folder: FOLDER, rows: [ownRow(ledger, `about to be ${round}`)] });
  await ledger.commit({ type: "fact", key: "mode", value: `round ${round}` });
  const field = { kind: "folder", key: FOLDER, field: "name", value: `Notes ${round}` };
  await ledger.commit({
    type: "shared",
    fields: [{ ...field, stamp: ledger.mintStamp(), writer: deviceOf(1) }],
  });
  const changed = ledger.catalogue.rows.own(ledger.catalogue.ids.folder(FOLDER), pathOf(`a${round}`))!.row;
  const gone = {
    ...entryOf({ kind: "deleted", dots: changed.entry.version.dots }),
    stamp: ledger.mintStamp(),
  };
  await ledger.commit(rowsRecord([rowOf(`a${round}`, gone), ownRow(ledger, "always", `text ${round}`)]));
}

/** A home whose journal holds some of everything, and what it says. */
export async function filled(
  path: string,
  rounds = 1,
): Promise<{ home: Home; truth: ReturnType<typeof truthOf> }> {
  const home = homeAt(path);
  const ledger = await home.open();
  for (let round = 0; round < rounds; round++) await fill(ledger, round);
  const truth = truthOf(ledger);
  await ledger.close();
  return { home, truth };
}
