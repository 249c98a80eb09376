/**
 * Words that are looked for in texts: all of them must be there; `"several words"` side by side; `begin*` for words that begin so.
 * Compared as the index does it (FTS5, unicode61): without case and accents.
 */
import { TEXT_QUERY_TERMS } from "./limits.ts";

export interface TextTerm {
  /** Folded; one behind the other in the text. */
  readonly words: readonly string[];
  /** The last word may go on. */
  readonly isPrefix: boolean;
}

/** Letters of the beginning of a word: with less, half of all words would be looked at. */
const PREFIX_LETTERS = 3;
const TERM_CHARACTERS = 256;
const TERM = /"([^"]*)"?(\*?)|([^\s"]+)/gu;
const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu;
const MARKS = /\p{M}+/gu;

/** The terms of a question; none when there is no word in it. */
export function textTermsOf(question: string): TextTerm[] {
  const terms: TextTerm[] = [];
  for (const [, phrase, star, bare] of question.matchAll(TERM)) {
    const text = (phrase ?? bare ?? "").slice(0, TERM_CHARACTERS);
    const words = wordsOf(text);
    if (words.length === 0) continue;
    const wantsPrefix = phrase !== undefined ? star === "*" : text.endsWith("*");
    terms.push({ words, isPrefix: wantsPrefix && [...words.at(-1)!].length >= PREFIX_LETTERS });
    if (terms.length === TEXT_QUERY_TERMS) break;
  }
  return terms;
}

/** The question as FTS5 has it: all of `terms`, and none of `unwanted`. */
export function matchOf(terms: readonly TextTerm[], unwanted: readonly TextTerm[] = []): string {
  const one = ({ words, isPrefix }: TextTerm) => `"${words.join(" ")}"${isPrefix ? " *" : ""}`;
  const wanted = terms.map(one).join(" AND ");
  return unwanted.length === 0 ? wanted : `(${wanted}) NOT (${unwanted.map(one).join(" OR ")})`;
}

/** A word without case and accents. */
export function fold(word: string): string {
  return word.normalize("NFD").replace(MARKS, "").toLowerCase();
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(WORD)].map(([word]) => fold(word)).filter((word) => word !== "");
}

export interface Snippet {
  readonly text: string;
  /** What was found in it: [from, until) in UTF-16 units. */
  readonly marks: readonly (readonly [from: number, until: number])[];
}

/** Words of a snippet, and those before the first that was found. */
const SNIPPET_WORDS = 24;
const LEAD_WORDS = 6;
const SNIPPET_CHARACTERS = 300;
/** Words of a text that are looked at: all of TEXT_BYTES, as a rule. */
const LOOKED_AT = 16_000;

/** The stretch of a text in which most of the terms are found, its words marked. */
export function snippetOf(text: string, terms: readonly TextTerm[]): Snippet {
  const words: { from: number; until: number }[] = [];
  const hits: { at: number; until: number; term: number }[] = [];
  const folded: string[] = [];
  for (const match of text.matchAll(WORD)) {
    words.push({ from: match.index, until: match.index + match[0].length });
    folded.push(fold(match[0]));
    if (words.length === LOOKED_AT) break;
  }
  for (let at = 0; at < words.length; at++) {
    terms.forEach((term, i) => {
      if (isAt(folded, at, term)) hits.push({ at, until: at + term.words.length, term: i });
    });
  }
  const first = bestStart(hits);
  const begin = Math.max(0, first - LEAD_WORDS);
  const end = Math.min(words.length, begin + SNIPPET_WORDS) - 1;
  const from = begin === 0 ? 0 : words[begin]!.from;
  const until = end < begin ? 0 : end === words.length - 1 ? text.length : words[end]!.until;
  const lead = from > 0 ? "… " : "";
  const stretch = text.slice(from, Math.min(until, from + SNIPPET_CHARACTERS)).toWellFormed();
  const shift = lead.length - from;
  const isNew = (hit: typeof hits[number], i: number) => i === 0 || hit.at >= hits[i - 1]!.until;
  const marks = hits.filter((hit, i) => isNew(hit, i) && hit.at >= begin && hit.until - 1 <= end)
    .map((hit) => [words[hit.at]!.from + shift, words[hit.until - 1]!.until + shift] as const)
    .filter(([, markEnd]) => markEnd <= lead.length + stretch.length);
  return { text: lead + stretch + (from + stretch.length < text.length ? " …" : ""), marks };
}

function isAt(folded: readonly string[], at: number, { words, isPrefix }: TextTerm): boolean {
  return words.every((word, i) => {
    const there = folded[at + i];
    if (there === undefined) return false;
    return isPrefix && i === words.length - 1 ? there.startsWith(word) : there === word;
  });
}

/** Where the window begins that has the most different terms. */
function bestStart(hits: readonly { readonly at: number; readonly term: number }[]): number {
  let best = 0;
  let most = 0;
  const inWindow = new Map<number, number>();
  let tail = 0;
  for (const hit of hits) {
    inWindow.set(hit.term, (inWindow.get(hit.term) ?? 0) + 1);
    while (hits[tail]!.at < hit.at - (SNIPPET_WORDS - LEAD_WORDS - 2)) {
      const term = hits[tail++]!.term;
      const left = inWindow.get(term)! - 1;
      if (left === 0) inWindow.delete(term);
      else inWindow.set(term, left);
    }
    if (inWindow.size > most) [most, best] = [inWindow.size, hits[tail]!.at];
  }
  return best;
}
