/** Texts as searches ask for them: contents in whose words all that is wanted is found, and nothing that is not. */
import type { Texts } from "../catalogue/texts.ts";
import type { Word } from "../core/query.ts";
import { textTermsOf } from "../core/text_query.ts";
import { markedSnippet, textMatches, textSnippet } from "./texts.ts";
import type { TextSource } from "./find.ts";
import type { Work } from "./questions.ts";

/** Contents that are looked at for one answer, the best: for each its places are looked up, some 0.1 ms. */
const MOST_CONTENTS = 200;
/** Contents of whose texts it is looked whether an unwanted word is in them, in one step: each is unpacked. */
const LOOKED_INTO = 10;
/** With so many letters a word stands for all that begin with it, so that "invoice" finds invoices. */
const BEGINNING_LETTERS = 4;

/** Null where this device has no index of texts. */
export function textSourceOf(texts: Texts | null): TextSource | null {
  if (texts === null) return null;
  return {
    *search(words, limit): ReturnType<TextSource["search"]> {
      const wanted = questionOf(words.filter(({ isNot }) => !isNot));
      const unwanted = words.filter(({ isNot }) => isNot).map((word) => questionOf([word]));
      let matches = textTermsOf(wanted).length === 0
        ? []
        : textMatches(texts, wanted, Math.min(limit, MOST_CONTENTS));
      yield;
      if (unwanted.length > 0) matches = yield* without(texts, matches, unwanted);
      const best = matches[0]?.rank ?? 0;
      return {
        // BM25 is negative, and the less the better.
        hits: matches.map(({ content, rank }) => ({
          content,
          score: best === 0 ? 0 : rank / best,
          snippet: () => {
            const found = textSnippet(texts, content, wanted);
            return found === null ? null : markedSnippet(found, "", "");
          },
        })),
        behind: texts.queue.count(),
      };
    },
  };
}

function* without<T extends { readonly content: Parameters<typeof textSnippet>[1] }>(
  texts: Texts,
  matches: readonly T[],
  unwanted: readonly string[],
): Work<T[]> {
  const out: T[] = [];
  for (const [i, match] of matches.entries()) {
    const isUnwanted = unwanted.some((word) =>
      (textSnippet(texts, match.content, word)?.marks.length ?? 0) > 0
    );
    if (!isUnwanted) out.push(match);
    if (i % LOOKED_INTO === LOOKED_INTO - 1) yield;
  }
  return out;
}

/** The words as core/text_query.ts reads them. */
function questionOf(words: readonly Word[]): string {
  return words.map(({ text }) => {
    const bare = text.replaceAll('"', " ");
    if (/\s/.test(bare.trim())) return `"${bare}"`;
    return [...bare].length >= BEGINNING_LETTERS ? `${bare}*` : bare;
  }).join(" ");
}
