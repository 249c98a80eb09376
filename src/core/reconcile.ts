/**
 * What becomes of a path, given this device's own entry and those that the other devices offer. Pure, total and
 * symmetric (invariant 5): devices that have seen the same entries, and what these gave rise to, hold the same.
 *
 * 1. A content is superseded iff one of its dots is in another's context (R2). What nobody supersedes is maximal.
 * 2. Of the maximal contents one wins: alive beats deleted, a directory (whose children must live somewhere, R6)
 *    beats all else, then the later stamp, then the greater device id (R4).
 * 3. Only the device that *holds* a loser settles the conflict: it keeps a copy, takes the winner, and unites the contexts.
 *    A holder of the winner, or of neither, must not unite with the loser's context: to the loser's device that would
 *    say "superseded", and the copy would never be made.
 * 4. Equal contents met concurrently unite dots and contexts; nobody mints anything.
 * 5. Metadata is decided apart (R3), among entries whose content is the winner's or superseded by it.
 */
import { type Entry, isAlive, sameContent } from "./entry.ts";
import {
  bounded,
  compareDots,
  coversAll,
  coversAny,
  isWithin,
  sameVersion,
  shareDot,
  uniteContexts,
  uniteDots,
  type Version,
  withDot,
} from "./version.ts";

export type Decision =
  /** Nothing to do. */
  | { readonly kind: "none" }
  /** The bytes stay; version, mtime or mode become the entry's. */
  | { readonly kind: "adopt"; readonly entry: Entry }
  /** The path becomes the entry; `copy` is what is kept beside it, our own entry that lost. */
  | { readonly kind: "take"; readonly entry: Entry; readonly copy: Entry | null };

const NONE: Decision = { kind: "none" };

/** Decides for `own` (null: we have no row) among the offered entries of `others`. */
export function decide(own: Entry | null, others: readonly Entry[]): Decision {
  if (others.length === 0) return NONE;
  if (own !== null && others.every((other) => saysTheSame(own, other))) return NONE;
  const all = own === null ? others : [own, ...others];
  const maximal = maximalOf(all);
  const winner = maximal.reduce((best, entry) => compareForWin(entry, best) > 0 ? entry : best);
  if (own === null && !isAlive(winner)) return NONE;

  const entry = withMetadata(unite(winner, maximal, own), all);
  if (own !== null && sameContent(own, entry)) {
    return saysTheSame(own, entry) ? NONE : { kind: "adopt", entry };
  }
  const lost = own !== null && isAlive(own) && own.kind !== "directory" && maximal.includes(own);
  return { kind: "take", entry, copy: lost ? own : null };
}

/**
 * Decides for what is withheld here (R9), among the offered entries of `others`: it is left alone, but where others came to the same by
 * themselves, or went back to it. A mode or time that was set here, on top of what they have, stays too.
 */
export function decideWithheld(own: Entry, others: readonly Entry[]): Decision {
  if (others.length === 0) return NONE;
  const maximal = maximalOf(others);
  const winner = maximal.reduce((best, entry) => compareForWin(entry, best) > 0 ? entry : best);
  if (!sameContent(own, winner)) return NONE;
  const entry = withMetadata(unite(winner, maximal, null), others);
  const isOnTop = isAlive(own) && coversAll(own.version.context, winner.version.dots);
  if (isOnTop && (own.mode !== entry.mode || own.mtimeMs !== entry.mtimeMs)) return NONE;
  return { kind: "adopt", entry };
}

/**
 * Decides for an entry that this device lists and does not keep (R10), among the offered entries of `others`. As for one that it has, but that
 * it cannot keep a loser beside: that is for those to do who hold it (3), so what comes says nothing of the loser.
 */
export function decideDropped(own: Entry, others: readonly Entry[]): Decision {
  if (others.length === 0 || others.every((other) => saysTheSame(own, other))) return NONE;
  const all = [own, ...others];
  const maximal = maximalOf(all);
  const winner = maximal.reduce((best, entry) => compareForWin(entry, best) > 0 ? entry : best);
  const hasLost = maximal.includes(own) && !sameContent(own, winner);
  const entry = withMetadata(unite(winner, maximal, hasLost ? null : own), hasLost ? others : all);
  if (saysTheSame(own, entry)) return NONE;
  return sameContent(own, entry) ? { kind: "adopt", entry } : { kind: "take", entry, copy: null };
}

/** True when `newer` was written with knowledge of `older`'s content. */
export function supersedes(newer: Entry, older: Entry): boolean {
  if (!coversAny(newer.version.context, older.version.dots)) return false;
  // The same dot with other content is concurrent (R24).
  if (shareDot(newer.version.dots, older.version.dots)) return false;
  if (!coversAny(older.version.context, newer.version.dots)) return true;
  // Each knows something of the other, where equal contents have united their dots and one of these was overruled before: an edit that
  // was kept against one delete is still gone by the other, whose writer saw it. Who knows all of the other is the newer one.
  const [knowsAll, isKnown] = [
    coversAll(newer.version.context, older.version.dots),
    coversAll(older.version.context, newer.version.dots),
  ];
  if (knowsAll !== isKnown) return knowsAll;
  // Each has settled a conflict with the other. One took the other's place behind a delete: who knows of that knows more.
  return knowsAll && isWithin(older.version.context, newer.version.context) &&
    !isWithin(newer.version.context, older.version.context);
}

/** Who wins of two concurrent contents (R4): positive when `a` does. A total order on distinct contents. */
export function compareForWin(a: Entry, b: Entry): number {
  return rank(a) - rank(b) || a.stamp - b.stamp || compareText(a.writer, b.writer) ||
    compareText(a.content ?? a.target ?? "", b.content ?? b.target ?? "") || compareText(a.kind, b.kind);
}

function rank(entry: Entry): number {
  return entry.kind === "deleted" ? 0 : entry.kind === "directory" ? 2 : 1;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function maximalOf(all: readonly Entry[]): readonly Entry[] {
  if (all.length === 1) return all;
  const out = all.filter((entry) => !all.some((other) => other !== entry && supersedes(other, entry)));
  // Only forged contexts can supersede in a circle; then all of them stand.
  return out.length === 0 ? all : out;
}

function unite(winner: Entry, maximal: readonly Entry[], own: Entry | null): Entry {
  let dots = winner.version.dots;
  let context = winner.version.context;
  for (const entry of maximal) {
    if (entry === winner || !sameContent(entry, winner)) continue;
    dots = uniteDots(dots, entry.version.dots);
    context = uniteContexts(context, entry.version.context);
  }
  if (own !== null) context = uniteContexts(context, own.version.context);
  if (dots === winner.version.dots && context === winner.version.context) return winner;
  return { ...winner, version: { ...winner.version, dots, context } };
}

function withMetadata(entry: Entry, all: readonly Entry[]): Entry {
  if (!isAlive(entry)) return withVersion(entry, bounded(entry.version));
  const context = entry.version.context;
  const candidates = all.filter((other) =>
    other.kind === entry.kind && (sameContent(other, entry) || coversAny(context, other.version.dots))
  );
  let best = entry;
  for (const other of candidates) if (newerMetadata(other, best)) best = other;
  const { meta, metaStamp } = best.version;
  const known = withDot(context, meta);
  if (best === entry && known === context) return withVersion(entry, bounded(entry.version));
  return {
    ...entry,
    mtimeMs: best.mtimeMs,
    mode: best.mode,
    version: bounded({ ...entry.version, meta, metaStamp, context: known }),
  };
}

/** Where nothing changes it is the same entry, not one more like it: most of thousands that come are taken as they are. */
function withVersion(entry: Entry, version: Version): Entry {
  return version === entry.version ? entry : { ...entry, version };
}

/**
 * By stamps alone, a total order: contexts must not tell. To a device that has just taken its own context in, a concurrent
 * chmod of its own would look like one that the winner has seen, and to all others it would not. What replaces is later (R7).
 */
function newerMetadata(a: Entry, b: Entry): boolean {
  return a.version.metaStamp !== b.version.metaStamp
    ? a.version.metaStamp > b.version.metaStamp
    : compareDots(a.version.meta, b.version.meta) > 0;
}

/** Nothing that anyone could see or later decide by differs. */
export function saysTheSame(a: Entry, b: Entry): boolean {
  return sameContent(a, b) && a.mtimeMs === b.mtimeMs && a.mode === b.mode &&
    sameVersion(a.version, b.version);
}
