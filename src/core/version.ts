/**
 * Dots and contexts (R1, R2). A dot names one write of one actor; a context says which dots of a path its holder
 * has seen, as the highest counter for each actor. One counter serves all paths of an actor.
 */
import type { ActorId, Stamp } from "./ids.ts";
import { VERSION_ACTORS, VERSION_DOTS } from "./limits.ts";

export interface Dot {
  readonly actor: ActorId;
  readonly counter: number;
}

/** Highest counter seen for each actor. */
export type Context = ReadonlyMap<ActorId, number>;

export interface Version {
  /** Content dots, usually one, in the order of `compareDots`. */
  readonly dots: readonly Dot[];
  /** The metadata's own dot and stamp (R3). */
  readonly meta: Dot;
  readonly metaStamp: Stamp;
  readonly context: Context;
}

/** No write: every context covers it, so whatever has a dot of its own supersedes what has only this. */
export const NO_DOT: Dot = { actor: "0".repeat(16) as ActorId, counter: 0 };

/**
 * What a device says without writing anything (R9): it has no dot, and knows `context`. It never stands against what others wrote.
 */
export function withheldVersion(metaStamp: Stamp, context: Context): Version {
  return { dots: [], meta: NO_DOT, metaStamp, context };
}

/** The version of what is withheld, and is to make way for whatever others have there, mode and time too. */
export const YIELDING: Version = {
  dots: [NO_DOT],
  meta: NO_DOT,
  metaStamp: 0 as Stamp,
  context: new Map(),
};

/** True of a version that names no write. */
export function isWithheld({ dots }: Version): boolean {
  return dots.every(({ counter }) => counter === 0);
}

/** True of what is withheld and makes way for others' (`YIELDING`). */
export function isYielding({ dots }: Version): boolean {
  return dots.length > 0 && dots.every(({ counter }) => counter === 0);
}

/** A total order, so that equal sets of dots are equal lists. */
export function compareDots(a: Dot, b: Dot): number {
  return a.actor < b.actor ? -1 : a.actor > b.actor ? 1 : a.counter - b.counter;
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.counter === b.counter && a.actor === b.actor;
}

/** The next counter of an actor (R1): monotone, and beyond what a lost journal could have used. */
export function nextCounter(last: number, nowMs: number): number {
  return Math.max(last + 1, Math.floor(nowMs));
}

export function covers(context: Context, dot: Dot): boolean {
  return (context.get(dot.actor) ?? 0) >= dot.counter;
}

export function coversAny(context: Context, dots: readonly Dot[]): boolean {
  return dots.some((dot) => covers(context, dot));
}

export function coversAll(context: Context, dots: readonly Dot[]): boolean {
  return dots.every((dot) => covers(context, dot));
}

export function shareDot(a: readonly Dot[], b: readonly Dot[]): boolean {
  return a.some((x) => b.some((y) => sameDot(x, y)));
}

export function uniteContexts(a: Context, b: Context): Context {
  if (a === b || isWithin(b, a)) return a;
  if (isWithin(a, b)) return b;
  const out = new Map(a);
  for (const [actor, counter] of b) if (counter > (out.get(actor) ?? 0)) out.set(actor, counter);
  return out;
}

/** True when everything that `inner` has seen, `outer` has seen too. */
export function isWithin(inner: Context, outer: Context): boolean {
  for (const [actor, counter] of inner) if ((outer.get(actor) ?? 0) < counter) return false;
  return true;
}

export function withDot(context: Context, dot: Dot): Context {
  return covers(context, dot) ? context : new Map(context).set(dot.actor, dot.counter);
}

export function uniteDots(a: readonly Dot[], b: readonly Dot[]): readonly Dot[] {
  const missing = b.filter((y) => !a.some((x) => sameDot(x, y)));
  return missing.length === 0 ? a : [...a, ...missing].sort(compareDots);
}

export function sameDots(a: readonly Dot[], b: readonly Dot[]): boolean {
  return a.length === b.length && a.every((dot, i) => sameDot(dot, b[i]!));
}

export function sameVersion(a: Version, b: Version): boolean {
  if (a === b) return true;
  return a.metaStamp === b.metaStamp && sameDot(a.meta, b.meta) && sameDots(a.dots, b.dots) &&
    a.context.size === b.context.size && isWithin(a.context, b.context) && isWithin(b.context, a.context);
}

/**
 * The version within its bounds (invariant 10): what a hostile member piles up must not make a version that nobody can read any
 * more. The latest dots stay, and in the context those of the version itself and the latest of all others. Honest versions
 * are never near the bounds; of others a forgotten dot costs at most a conflict copy.
 */
export function bounded(version: Version): Version {
  const { dots, meta, context } = version;
  if (dots.length <= VERSION_DOTS && context.size <= VERSION_ACTORS) return version;
  const kept = [...dots].sort(byAge).slice(0, VERSION_DOTS);
  const own = new Set([...kept, meta].map(({ actor }) => actor));
  const others = [...context].map(([actor, counter]) => ({ actor, counter })).sort((a, b) =>
    Number(own.has(b.actor)) - Number(own.has(a.actor)) || byAge(a, b)
  );
  return {
    ...version,
    dots: kept.sort(compareDots),
    context: new Map(others.slice(0, VERSION_ACTORS).map(({ actor, counter }) => [actor, counter])),
  };
}

/** The latest first; a total order, so that all devices forget the same. */
function byAge(a: Dot, b: Dot): number {
  return b.counter - a.counter || compareDots(a, b);
}
