/** Texts as a source of finding (`find.ts`): contents that have all words of a query in their texts, wherever their files are. */
import type { Texts } from "../catalogue/texts.ts";
import type { Word } from "../core/query.ts";
import { type TextTerm, textTermsOf } from "../core/text_query.ts";
import type { TextSource } from "./find.ts";

/** Null where this device has no index of texts. */
export function textSource(texts: Texts | null): TextSource | null {
  if (texts === null) return null;
  return {
    *search(words, limit) {
      const terms = termsOf(words.filter(({ isNot }) => !isNot));
      const ranked = texts.index.ranked(terms, limit, termsOf(words.filter(({ isNot }) => isNot)));
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
  return words.flatMap(({ text }) => textTermsOf(/\s/.test(text) ? `"${text}"` : text));
}
