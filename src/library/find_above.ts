/**
 * States of which each word is in the name or in a directory above, and one at least in a directory. For each choice of the words that are
 * above there are two ways to those states: the directories that have these words in their paths, and the names that have the others in
 * them. The shorter one is gone; what comes of it is looked at.
 */
import { matchOf } from "../catalogue/names.ts";
import { FIND_TAIL, QUESTION_ROWS } from "../core/limits.ts";
import { byName, type Candidates, SIFTED, someAtATime, tailOf } from "./find_candidates.ts";
import type { Asking } from "./resolve.ts";

/** Words of which every choice is tried, the longest; of the others it is only looked whether they are there. */
const CHOSEN_WORDS = 3;
/** Directories that one look takes out of the index. */
const LOOK_DIRECTORIES = 1_000;
/** Names of a directory, as a guess, and how many of them are read in the time of one state somewhere. */
const NAMES_A_DIRECTORY = 25;
const NAMES_A_STATE = 4;
/** Up to here the names that have the others are the shorter way for certain. */
const FEW_NAMES = 200;

/** Names that are read for one question: a tenth of a second. */
const MOST_NAMES = 200_000;

/** Whether a name in a directory has all words, in itself or above. */
export type HasAll = (name: string, within: number) => boolean;

export function* candidatesAbove(asking: Asking, needles: readonly string[], hasAll: HasAll): Candidates {
  const reader = new Reader(asking, hasAll);
  const long = [...new Set(needles)].filter((needle) => matchOf([needle]) !== null)
    .sort((a, b) => b.length - a.length).slice(0, CHOSEN_WORDS);
  yield* tailOf(asking);
  yield* newDirectories(asking, reader);
  // Those of which it is only looked whether they are there may be what is above.
  if (needles.some((needle) => !long.includes(needle))) yield* byName(asking, matchOf(long)!);
  for (const choices of choicesOf(long)) {
    for (const above of choices) {
      const rest = long.filter((word) => !above.includes(word));
      yield* ofChoice(asking, matchOf(above)!, matchOf(rest), reader);
      if (reader.isSpent) return "cut";
    }
    yield "better";
  }
}

/** All choices of some of the words, by how many they are: the more words are in the name, the better. */
function choicesOf(words: readonly string[]): string[][][] {
  const choices = Array.from(
    { length: 2 ** words.length - 1 },
    (_, i) => words.filter((_, word) => (i + 1) & 1 << word),
  );
  return words.map((_, i) => choices.filter(({ length }) => length === i + 1));
}

function* ofChoice(asking: Asking, above: string, rest: string | null, reader: Reader): Candidates {
  const { names } = asking.catalogue.views;
  let below = names.directories.upto + 1;
  for (let isFirst = true;; isFirst = false) {
    const found = names.directories.matching(above, below, LOOK_DIRECTORIES);
    yield [];
    if (found.length === 0) return;
    if (isFirst && rest !== null) {
      const few = Math.max(FEW_NAMES, Math.floor(found.length * NAMES_A_DIRECTORY / NAMES_A_STATE));
      const named = names.matching(rest, names.upto + 1, few);
      yield [];
      if (named.length < few) return yield* someAtATime(named);
    }
    yield* reader.names(found);
    if (found.length < LOOK_DIRECTORIES || reader.isSpent) return;
    below = found.at(-1)!;
  }
}

/** Directories that are not in the index yet, as many as are looked through. */
function* newDirectories(asking: Asking, reader: Reader): Candidates {
  const { directories } = asking.catalogue.views.names;
  let looked = 0;
  for (let after = directories.upto; looked < FIND_TAIL;) {
    const some = directories.notYetIn(after, QUESTION_ROWS);
    looked += QUESTION_ROWS;
    yield* reader.names(some.map(({ id }) => id));
    if (some.length < QUESTION_ROWS) return;
    after = some.at(-1)!.id;
  }
}

/** Reads names of directories, and no more than it may. */
class Reader {
  readonly #asking: Asking;
  readonly #hasAll: HasAll;
  #read = 0;

  constructor(asking: Asking, hasAll: HasAll) {
    this.#asking = asking;
    this.#hasAll = hasAll;
  }

  get isSpent(): boolean {
    return this.#read >= MOST_NAMES;
  }

  /** States in some directories whose names have what is missing above: most are passed by unread. */
  *names(directories: readonly number[]): Generator<readonly number[], void> {
    const index = this.#asking.catalogue.views.names.directories;
    let [states, looked]: [number[], number] = [[], 0];
    for (const directory of directories) {
      if (this.isSpent) break;
      for (let after = { state: 0, name: "" };;) {
        const some = index.within(directory, after, SIFTED);
        for (const { state, name } of some) if (this.#hasAll(name, directory)) states.push(state);
        looked += 1 + some.length;
        this.#read += 1 + some.length;
        if (looked >= SIFTED) {
          yield states;
          [states, looked] = [[], 0];
        }
        if (some.length < SIFTED || this.isSpent) break;
        after = some.at(-1)!;
      }
    }
    yield states;
  }
}
