/** Questions for words in texts: which contents have them, over all devices. What is found is joined with rows by whoever asks. */
import type { RankedText } from "../catalogue/text_index.ts";
import type { Texts } from "../catalogue/texts.ts";
import type { ContentId } from "../core/ids.ts";
import { type Snippet, textTermsOf } from "../core/text_query.ts";

export type { RankedText };

export interface FoundText extends RankedText {
  readonly snippet: Snippet;
}

/** Most contents in one answer with snippets: for each a text is unpacked and looked through, some 0.3 ms. */
export const MOST_FOUND_TEXTS = 100;

/**
 * Contents whose text has all of the words (`"side by side"`, `begin*`), the best first, each with a stretch of it. Nothing where there is no
 * word in the question, or this device has no index.
 */
export function textSearch(texts: Texts | null, words: string, limit: number): readonly FoundText[] {
  return textMatches(texts, words, Math.min(limit, MOST_FOUND_TEXTS)).flatMap((one) => {
    const snippet = textSnippet(texts, one.content, words);
    return snippet === null ? [] : [{ ...one, snippet }];
  });
}

/** As `textSearch`, without snippets, for whoever has more to ask of what is found: TEXT_RANKED at most. */
export function textMatches(texts: Texts | null, words: string, limit: number): readonly RankedText[] {
  return texts === null ? [] : texts.index.ranked(textTermsOf(words), limit);
}

/** Where the words are in the text of a content. */
export function textSnippet(texts: Texts | null, content: ContentId, words: string): Snippet | null {
  return texts === null ? null : texts.index.snippet(content, textTermsOf(words));
}

/** What is known of the text of one content; null when nothing is. */
export function textOf(
  texts: Texts | null,
  content: ContentId,
): { readonly note: string | null; readonly text: string } | null {
  const head = texts?.index.head(content) ?? null;
  return head === null ? null : { note: head.note, text: texts!.index.text(content) ?? "" };
}

/** A snippet as one line, with something around what was found. */
export function markedSnippet({ text, marks }: Snippet, begin: string, end: string): string {
  let out = "";
  let at = 0;
  for (const [from, until] of marks) {
    if (from < at) continue;
    out += text.slice(at, from) + begin + text.slice(from, until) + end;
    at = until;
  }
  return out + text.slice(at);
}
