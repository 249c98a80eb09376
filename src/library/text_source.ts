/** Texts as a source of finding (`find.ts`): contents that have all words of a query in their texts, wherever their files are. */
import type { Texts } from "../catalogue/texts.ts";
import type { Word } from "../core/query.ts";
import { type TextTerm, textTermsOf } from "../core/text_query.ts";
import type { TextSource } from "./find.ts";

/** Contents that are looked at for one answer, the best: the places of each are looked up, some 0.1 ms. */
const MOST_CONTENTS = 200;
/** With so many letters a word stands for all that begin with it, so that "invoice" finds invoices. */
const BEGINNING_LETTERS = 4;

/** Null where this device has no index of texts. */
export function textSource(texts: Texts | null): TextSource | null {
  if (texts === null) return null;
  return {
    *search(words, limit) {
      const terms = termsOf(words.filter(({ isNot }) => !isNot));
      const ranked = texts.index.ranked(
        terms,
        Math.min(limit, MOST_CONTENTS),
        termsOf(words.filter(({ isNot }) => isNot)),
      );
      yield;
      // The better, the farther below zero.
      const best = ranked[0]?.rank ?? 0;
      return {
        hits: ranked.map(({ content, rank }) => ({
          content,
          score: best < 0 ? Math.max(0, rank / best) : 1,
          snippet: () => texts.index.snippet(content, terms)?.text ?? null,
        })),
        behind: texts.queue.count(),
      };
    },
  };
}

/** What stood in quotes is several words, side by side. */
function termsOf(words: readonly Word[]): TextTerm[] {
  return words.flatMap(({ text }) => {
    if (/\s/.test(text)) return textTermsOf(`"${text}"`);
    return textTermsOf([...text].length >= BEGINNING_LETTERS ? `${text}*` : text);
  });
}
