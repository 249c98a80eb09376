/**
 * Bringing the catalogue up to the journal when a device starts (invariant 9): opened, or made anew where it is damaged; filled from a
 * snapshot where it is empty; and then what the segments have beyond it.
 *
 * 1. Only what is damaged is set aside. A disk that is full or refuses for a moment, or a program that keeps us out, is no damage: the start
 *    ends, and all is in its place.
 * 2. A catalogue that ends before what is left of the journal begins is as good as none: what lies between is in the snapshot alone.
 */
import { Catalogue } from "../catalogue/catalogue.ts";
import type { OpenSqlite } from "../catalogue/database.ts";
import { CairnError, messageOf } from "../core/errors.ts";
import type { DeviceId, Lsn } from "../core/ids.ts";
import { isPassing } from "../core/passing.ts";
import { decodeRecord, type JournalRecord } from "../core/record.ts";
import type { Clock, Fs } from "../platform/ports.ts";
import { listSegments, readFrames, type Segment } from "./segments.ts";
import { readSnapshot } from "./snapshot.ts";

export interface RecoveryOptions {
  readonly fs: Fs;
  readonly clock: Clock;
  /** The device's home directory. */
  readonly home: string;
  readonly self: DeviceId;
  /** How the catalogue's file is opened, where it is none of SQLite's own. */
  readonly openSqlite?: OpenSqlite;
  /** Told of what opening had to mend. */
  readonly say: (line: string) => void;
}

const CATALOGUE = "catalogue.db";
/** Records applied in one transaction. */
const PER_TRANSACTION = 64;

/** Opens the catalogue; one that SQLite cannot read is set aside and made anew. Throws CairnError "catalogue-broken" and "catalogue-newer". */
export function openCatalogue(options: RecoveryOptions): Catalogue {
  const { home, self, openSqlite } = options;
  const path = `${home}/${CATALOGUE}`;
  let catalogue: Catalogue | null = null;
  try {
    catalogue = new Catalogue(path, self, openSqlite);
    // Damage in the middle shows late; after a stop that was none it is looked for.
    const damage = catalogue.values.meta("clean") === 0 ? catalogue.db.check() : null;
    if (damage === null) return catalogue;
    throw new Error(damage);
  } catch (error) {
    catalogue?.close();
    if (error instanceof CairnError && error.code === "catalogue-newer") throw error;
    if (isPassing(error)) {
      throw new CairnError(
        "catalogue-broken",
        `Cannot open ${path}: ${messageOf(error)}`,
        `Free space or mend the disk, and start again. If this stays, move ${path} away: it is rebuilt from the journal.`,
        error,
      );
    }
    return makeAnew(options, `cannot be read (${messageOf(error)})`);
  }
}

/**
 * The catalogue, or an empty one in its place where the journal does not go on from it: it was set back, and the segments that it lacks
 * were pruned behind a snapshot.
 */
export function withoutGap(
  options: RecoveryOptions,
  dir: string,
  catalogue: Catalogue,
  snapshotLsn: Lsn,
): Catalogue {
  const { appliedLsn } = catalogue;
  const first = listSegments(options.fs, dir)[0]?.firstLsn ?? Infinity;
  if (appliedLsn === 0 || appliedLsn >= snapshotLsn || first <= appliedLsn + 1) return catalogue;
  catalogue.close();
  return makeAnew(options, "is older than what is left of the journal");
}

function makeAnew({ fs, home, self, say, clock, openSqlite }: RecoveryOptions, why: string): Catalogue {
  const path = `${home}/${CATALOGUE}`;
  const aside = `${path}.damaged-${clock.now()}`;
  say(`The catalogue ${why}. It is rebuilt from the journal; the old one is kept as ${aside}.`);
  for (const suffix of ["", "-wal", "-shm"]) {
    if (fs.lstat(path + suffix) !== null) fs.rename(path + suffix, aside + suffix);
  }
  return new Catalogue(path, self, openSqlite);
}

/**
 * Fills an empty catalogue from a snapshot. Answers what is wrong with one that cannot be read to its seal, after setting it
 * aside: then the catalogue holds what could be read, and the segments that there are say the rest.
 */
export async function replaySnapshot(fs: Fs, path: string, catalogue: Catalogue): Promise<string | null> {
  try {
    for await (const [lsn, record] of readSnapshot(fs, path)) catalogue.restoreRecord(lsn, record);
    return null;
  } catch (error) {
    // A catalogue that refuses says nothing against the snapshot, which may be all that there is.
    if (!(error instanceof CairnError) || error.code === "catalogue-broken") throw error;
    fs.rename(path, `${path}.damaged`);
    return `${path} is damaged (${error.message})`;
  }
}

/** Applies what the catalogue lacks, some records to a transaction. */
export function replayTail(fs: Fs, segments: readonly Segment[], catalogue: Catalogue): void {
  const from = catalogue.appliedLsn + 1 as Lsn;
  let batch: [Lsn, JournalRecord][] = [];
  const flush = () => {
    catalogue.db.transaction(() => batch.forEach(([lsn, record]) => catalogue.applyRecord(lsn, record)));
    batch = [];
  };
  for (const { lsn, payload } of readFrames(fs, segments, from)) {
    batch.push([lsn, decodeRecord(payload)]);
    if (batch.length >= PER_TRANSACTION) flush();
  }
  flush();
}
