/**
 * Making the catalogue anew out of the journal (invariant 9), because a person wants it: a start does it by itself only where SQLite cannot
 * read the file. The home is locked, and no device runs in it.
 *
 * 1. The old catalogue is kept, whole: renamed, its main file first. A log that stays behind alone is one of an empty database, which SQLite removes.
 * 2. From there on it is what a start does that finds no catalogue, which may be stopped anywhere and begun anew.
 * 3. It is refused where the journal lacks what the catalogue still has.
 */
import { CairnError } from "../core/errors.ts";
import { sizeInWords } from "../core/bytes.ts";
import { Ledger, type LedgerOptions } from "../journal/ledger.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import type { HostFacts } from "../platform/real/host_facts.ts";
import { checkRecords } from "./doctor/records.ts";

export interface RepairPlan {
  /** What is wrong with the catalogue, in words; "" where nothing is. */
  readonly damage: string;
  readonly catalogueBytes: number;
  readonly records: number;
  readonly segments: number;
  /** Where the old one will be kept; null where there is none. */
  readonly aside: string | null;
}

export interface Repaired extends RepairPlan {
  readonly folders: readonly { readonly name: string; readonly path: string; readonly files: number }[];
}

export interface RepairOptions extends LedgerOptions {
  readonly host: HostFacts;
}

const CATALOGUE = "catalogue.db";
/** The new one is as large as the old one, and SQLite's log comes to it. */
const ROOM_FACTOR = 1.5;

/** What a repair would do. Throws CairnError where it would do harm: "journal-broken", "catalogue-newer". */
export async function planRepair({ fs, host, home, self, clock }: RepairOptions): Promise<RepairPlan> {
  const { findings } = await checkRecords(fs, host, home, self, false);
  const found = new Set(findings.map(({ code }) => code));
  if (found.has("journal-none")) {
    throw new CairnError(
      "journal-broken",
      `There is no journal in ${home} to make a catalogue of`,
      "Put it back from a backup. Without one start the device: it announces everything anew.",
    );
  }
  if (found.has("journal-newer") || found.has("catalogue-newer")) {
    throw new CairnError(
      "catalogue-newer",
      `A newer Cairn has written into ${home}`,
      "Start or repair it with the newer version; nothing has been changed.",
    );
  }
  const lacks = findings.find(({ check, verdict, code }) =>
    (check === "journal" && verdict === "attention") || code === "catalogue-ahead"
  );
  if (lacks !== undefined && found.has("catalogue-good")) {
    throw new CairnError(
      "journal-broken",
      `The journal lacks what the catalogue still has: ${lacks.says}`,
      "Do not make the catalogue anew. Start the device: it goes on from the catalogue, and announces everything anew.",
    );
  }
  const path = `${home}/${CATALOGUE}`;
  const catalogueBytes = ["", "-wal"].reduce((sum, end) => sum + (fs.lstat(path + end)?.size ?? 0), 0);
  const space = fs.freeSpace(home);
  if (space !== null && space.free < catalogueBytes * ROOM_FACTOR) {
    throw new CairnError(
      "catalogue-broken",
      `There is no room for a second catalogue: ${sizeInWords(space.free)} are free`,
      `Free ${sizeInWords(catalogueBytes * ROOM_FACTOR)} on the disk of ${home}.`,
    );
  }
  const bad = findings.find(({ check, verdict, code }) =>
    check === "catalogue" && verdict !== "good" && code !== "catalogue-behind"
  );
  const { records = 0, segments = 0 } = findings.find(({ check }) => check === "journal")?.facts ?? {};
  return {
    damage: bad === undefined ? "" : bad.says,
    catalogueBytes,
    records: Number(records),
    segments: Number(segments),
    aside: fs.lstat(path) === null ? null : `${path}.before-repair-${clock.now()}`,
  };
}

/** Does it. Throws CairnError "catalogue-broken" where the disk refuses: the old one is kept then, too. */
export async function repair(options: RepairOptions, plan: RepairPlan): Promise<Repaired> {
  const { fs, home } = options;
  const path = `${home}/${CATALOGUE}`;
  if (plan.aside !== null) {
    for (const end of ["", "-wal", "-shm"]) {
      if (fs.lstat(path + end) !== null) fs.rename(path + end, plan.aside + end);
    }
    await fs.syncDirectory(home);
  }
  const ledger = await Ledger.open(options);
  const { catalogue } = ledger;
  const names = new Map(foldersOf(catalogue).map(({ id, name }) => [id, name]));
  const folders = replicasOf(catalogue).map(({ folder, path }) => ({
    name: names.get(folder) ?? "folder",
    path,
    files: catalogue.totals(folder).files,
  }));
  const damage = catalogue.db.check();
  await ledger.close();
  if (damage !== null) {
    throw new CairnError(
      "catalogue-broken",
      `The new catalogue cannot be read either: ${damage}`,
      `The disk of ${home} is failing: copy the home to another one.`,
    );
  }
  return { ...plan, folders };
}
