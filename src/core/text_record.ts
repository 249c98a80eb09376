/**
 * What is known of the words in a content (R39). A record is a claim: whether the words are in the bytes only who has these can tell.
 * Texts have one form, so that what another device says can be checked, and nothing in them does anything to a terminal.
 */
import type { ContentId, DeviceId } from "./ids.ts";
import { TEXT_BYTES, TEXT_NOTE_CHARACTERS } from "./limits.ts";

export interface TextHead {
  readonly content: ContentId;
  /** Who read it out of the bytes, as it says. */
  readonly origin: DeviceId;
  /** Version of the extractor. */
  readonly version: number;
  /** Why there is no text; null when there is one, which may be empty. */
  readonly note: string | null;
}

export interface TextRecord extends TextHead {
  readonly text: string;
}

/** Versions that a record may have: no claim may stand above all later ones. */
export const TEXT_VERSIONS = 255;

/** What a reader of files answers. */
export type ReadText = { readonly text: string } | { readonly note: string };

const SOFT_HYPHENS = /\u00ad/gu;
/** Blanks, and what is not seen: control and format characters (of direction, too), what is no character. */
const BLANKS = /[\p{Z}\p{Cc}\p{Cf}\p{Cn}\p{Cs}]+/gu;

/** A text as it is indexed: words with one blank between them, in composed form, TEXT_BYTES at most. Done twice it is the same. */
export function normalText(raw: string): string {
  const composed = raw.slice(0, 8 * TEXT_BYTES).toWellFormed().replace(SOFT_HYPHENS, "").replace(BLANKS, " ")
    .normalize("NFC").trim();
  return cutToBytes(composed, TEXT_BYTES).trimEnd();
}

/** A reason in one line. */
export function normalNote(raw: string): string {
  return raw.slice(0, 4 * TEXT_NOTE_CHARACTERS).toWellFormed().replace(BLANKS, " ").trim()
    .slice(0, TEXT_NOTE_CHARACTERS).toWellFormed().trim();
}

/** Whether one record of a content takes the place of another: a later extractor, or a text where there was none. */
export function isBetterText(offered: TextHead, known: TextHead | null): boolean {
  if (known === null || offered.version > known.version) return true;
  return offered.version === known.version && known.note !== null && offered.note === null;
}

function cutToBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
