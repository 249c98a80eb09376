/**
 * The parts (FTS5's segments) of an index of names: each piece that is taken in makes one, and whoever asks looks into all of them, once for
 * each trigram. So few small ones are made one of, and once what is new is worth it all of them: at a million names in 18 parts a question
 * took twice the time of one part.
 */
import type { Database } from "./database.ts";

export type PartedTable = "names" | "directory_words";

/** Pages that one step of merging writes. */
const MERGE_PAGES = 16;
/** A change that `merge` counts where it had nothing to do. */
const IDLE_CHANGES = 2;
/** So few parts stay as they are. */
const FEW_PARTS = 4;
/** All are made one when what is beside the largest has grown to this share of it: each name is written some five times, then, however many come. */
const REST_SHARE = 1 / 4;

/** Makes one of many small parts of an index, for a bounded number of pages. True while there is something to do. */
export function mergeParts(db: Database, table: PartedTable): boolean {
  const changes = () => Number(db.get("SELECT total_changes()")![0]);
  const before = changes();
  db.run(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`, MERGE_PAGES);
  return changes() - before >= IDLE_CHANGES;
}

/** Begins to make one part of all where that is worth it; `mergeParts` goes on, over restarts too. True where it was begun. */
export function beginWhole(db: Database, table: PartedTable): boolean {
  // Of each page that begins with another trigram there is a row: as good as its pages for comparing parts.
  const sizes = db.all(`SELECT count(*) FROM ${table}_idx GROUP BY segid`).map(([pages]) => Number(pages));
  const largest = Math.max(0, ...sizes);
  const rest = sizes.reduce((sum, size) => sum + size, 0) - largest;
  if (sizes.length <= FEW_PARTS || rest < REST_SHARE * largest) return false;
  // Below zero: whatever their sizes.
  db.run(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`, -MERGE_PAGES);
  return true;
}
