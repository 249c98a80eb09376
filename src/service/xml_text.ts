/** Text inside an XML element. */
import { unsayable } from "./description.ts";

/** What XML 1.0 has no way to say, not even as a reference. */
// deno-lint-ignore no-control-regex
const IMPOSSIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/** A carriage return would be read as a line feed, so it is written as a reference. */
export function xmlText(word: string, where: string): string {
  if (IMPOSSIBLE.test(word) || !word.isWellFormed()) throw unsayable(word, "a control character", where);
  return word.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    "\r",
    "&#13;",
  );
}
