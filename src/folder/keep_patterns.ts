/**
 * Patterns of what a device keeps of a folder (docs/selective.md), in the language of `.cairnignore`. They speak of files: one that matches a
 * directory speaks of all in it, and the last that speaks of a file decides. Unlike an ignored directory, one that is not kept may have
 * something in it that is: nothing is left out with it unseen.
 */
import { KEEP_PATTERN_CHARACTERS, KEEP_PATTERNS } from "../core/limits.ts";
import { IGNORE_FILE } from "./ignore.ts";
import { matches, Name, readPattern } from "./ignore_pattern.ts";

export interface KeepRules {
  /** As they were given; none where all is kept. */
  readonly patterns: readonly string[];
  keeps(path: string): boolean;
}

export const KEEP_ALL: KeepRules = { patterns: [], keeps: () => true };

/** What is wrong with patterns that somebody gives, in words; null where nothing is. */
export function keepFault(patterns: readonly string[]): string | null {
  if (patterns.length > KEEP_PATTERNS) {
    return `There are ${patterns.length} patterns, and at most ${KEEP_PATTERNS} can be`;
  }
  const long = patterns.find((pattern) => pattern.length > KEEP_PATTERN_CHARACTERS);
  if (long !== undefined) {
    return `A pattern has ${long.length} characters, and at most ${KEEP_PATTERN_CHARACTERS} can be`;
  }
  const bad = patterns.find((pattern) => /[\r\n\0]/.test(pattern) || readPattern(pattern) === null);
  return bad === undefined
    ? null
    : `${JSON.stringify(bad)} is no pattern: it is empty, a comment, or can match nothing`;
}

/** The rules of patterns without fault. Where all begin with `!`, what none speaks of is kept. */
export function keepRules(patterns: readonly string[]): KeepRules {
  if (patterns.length === 0) return KEEP_ALL;
  const read = patterns.flatMap((pattern) => readPattern(pattern) ?? []);
  const isKeptElse = read.every(({ isNegated }) => isNegated);
  return {
    patterns,
    keeps(path) {
      // Without it things would be given to others that nobody wants there (R18).
      if (path === IGNORE_FILE) return true;
      const names = path.split("/").map((name) => new Name(name));
      const above = names.map((_, i) => names.slice(0, i + 1));
      const last = read.findLast((pattern) =>
        above.some((some) => matches(pattern, some, some.length < names.length))
      );
      return last === undefined ? isKeptElse : !last.isNegated;
    },
  };
}
