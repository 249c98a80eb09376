/** Questions for words in texts: which contents have them, over all devices. What is found is joined with rows by whoever asks. */
import { type FoundText } from "../catalogue/text_index.ts";
import type { Texts } from "../catalogue/texts.ts";
import type { ContentId } from "../core/ids.ts";
import { type Snippet, textTermsOf } from "../core/text_query.ts";

export type { FoundText };

/** Most contents in one answer: each costs a text that is unpacked for its snippet, some 0.3 ms. */
export const MOST_FOUND_TEXTS = 100;

/**
 * Contents whose text has all of the words (`"side by side"`, `begin*`), the best first, each with a stretch of it. Nothing where there is no
 * word in the question, or this device has no index.
 */
export function textSearch(texts: Texts | null, words: string, limit: number): readonly FoundText[] {
  const terms = textTermsOf(words);
  if (texts === null || terms.length === 0) return [];
  return texts.index.search(terms, Math.min(limit, MOST_FOUND_TEXTS));
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
