/**
 * How names are compared with what people type: case, Unicode form and accents of Latin, Greek and Cyrillic letters make no difference.
 * The index of names and whoever checks its hits fold alike, so that what contains a needle has all of the needle's trigrams.
 */

/** Accents and the like; vowel signs of other scripts stay, since without them it is another word. */
const ACCENTS = /[\u0300-\u036f]+/g;
const PLAIN = /^[\0-\x7f]*$/;

export function foldForSearch(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize("NFD").replace(ACCENTS, "").toLowerCase().normalize("NFC");
}

/** All runs of three characters of a folded text, each once; none of a shorter one. */
export function trigramsOf(folded: string): string[] {
  const characters = [...folded];
  const out = new Set<string>();
  for (let i = 2; i < characters.length; i++) {
    out.add(characters[i - 2]! + characters[i - 1]! + characters[i]!);
  }
  return [...out];
}

/** As few of its trigrams as have all of its characters in them: the fewer lists are met with each other, the sooner that is done. */
export function coverOf(folded: string): string[] {
  const characters = [...folded];
  const out = new Set<string>();
  for (let end = 3; end < characters.length; end += 3) out.add(characters.slice(end - 3, end).join(""));
  if (characters.length >= 3) out.add(characters.slice(-3).join(""));
  return [...out];
}

const WORD = /[\p{L}\p{N}]/u;

/** How well a folded name fits a folded needle, 0 where it does not contain it: 3 as whole words, 2 from the beginning of one, 1 else. */
export function fitOf(name: string, needle: string): 0 | 1 | 2 | 3 {
  let best: 0 | 1 | 2 | 3 = 0;
  for (let at = name.indexOf(needle); at >= 0 && best < 3; at = name.indexOf(needle, at + 1)) {
    const begins = at === 0 || !isSameWord(name, at);
    const end = at + needle.length;
    const ends = end === name.length || !isSameWord(name, end);
    const fit = begins && ends ? 3 : begins ? 2 : 1;
    if (fit > best) best = fit;
  }
  return best;
}

/** Whether what stands before and behind a place in a text is of one word: letters, or digits. */
function isSameWord(text: string, at: number): boolean {
  const [before, behind] = [text[at - 1]!, text[at]!];
  return WORD.test(before) && WORD.test(behind) && isDigit(before) === isDigit(behind);
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}
