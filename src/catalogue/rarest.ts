/**
 * Which trigrams few names have. Names with the three rarest of a needle's are found sooner than those with all: each list costs what of it
 * is passed by. How rare one is, is guessed from how far back its newest names reach, and kept. A wrong guess costs time and no hit.
 */

/** So many are asked for; with more, a list costs more than the names it spares. */
const ASKED = 3;
/** Names that a guess is made from. */
const SAMPLE = 64;
/** Guesses that one question makes, a tenth of a millisecond each. */
const GUESSED = 12;
/** Guesses that are kept. */
const KEPT = 4_000;

/** The newest states that have a trigram, below a number. */
export type Newest = (trigram: string, below: number, limit: number) => readonly number[];

export class Rarest {
  /** Names for each state, guessed. */
  readonly #shares = new Map<string, number>();
  #guessedAt = 0;

  /** The rarest of some trigrams among states up to one, the rarest first; null where that would be all of them. */
  of(trigrams: readonly string[], upto: number, newest: Newest): string[] | null {
    if (trigrams.length <= ASKED) return null;
    // An index of twice the size may have quite other names.
    if (this.#shares.size >= KEPT || upto > 2 * this.#guessedAt) {
      this.#shares.clear();
      this.#guessedAt = upto;
    }
    let guessed = 0;
    const shares = new Map(trigrams.map((trigram) => {
      const known = this.#shares.get(trigram);
      return [trigram, known ?? (guessed++ < GUESSED ? this.#guess(trigram, upto, newest) : 1)];
    }));
    return [...trigrams].sort((a, b) => shares.get(a)! - shares.get(b)!).slice(0, ASKED);
  }

  forget(): void {
    this.#shares.clear();
  }

  #guess(trigram: string, upto: number, newest: Newest): number {
    const some = newest(trigram, upto + 1, SAMPLE);
    const reached = some.length < SAMPLE ? upto : upto + 1 - some.at(-1)!;
    const share = some.length / Math.max(1, reached);
    this.#shares.set(trigram, share);
    return share;
  }
}
