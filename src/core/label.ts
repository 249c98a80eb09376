/** Tags and notes: what they may say, and what they are said of. A label belongs to a content, and so to every copy of it; or to a place. */
import { type ContentId, type FolderId, isId } from "./ids.ts";
import { NOTE_CHARACTERS, TAG_CHARACTERS, TAG_DEPTH } from "./limits.ts";
import { relPath } from "./path.ts";
import type { RelPath } from "./ids.ts";

/** What a label is said of. */
export type Labelled =
  | { readonly kind: "content"; readonly content: ContentId }
  | { readonly kind: "place"; readonly folder: FolderId; readonly path: RelPath };

/** What no tag has in it: it could not be typed behind `tag:`, or not be told from what stands beside it. */
const UNFIT = /[\s\p{C}"'`,;:\\]/u;
/** `+work` and `-draft` say what is to be done with a tag. */
const SIGN = /^[+-]/;

/** A tag as it is kept: in one Unicode form, in lower case, its parts without space around them. Null when it cannot be one. */
export function tagFrom(text: string): string | null {
  const tag = text.normalize("NFC").toLowerCase().normalize("NFC").split("/").map((part) => part.trim()).join(
    "/",
  );
  return isFit(tag) ? tag : null;
}

/** Whether a text is a tag as it is kept. */
export function isTag(text: string): boolean {
  return tagFrom(text) === text;
}

function isFit(tag: string): boolean {
  if (tag.length > TAG_CHARACTERS || !tag.isWellFormed() || tag.includes("\ufffd")) return false;
  const parts = tag.split("/");
  return parts.length <= TAG_DEPTH &&
    parts.every((part) => part !== "" && !UNFIT.test(part) && !SIGN.test(part));
}

/** Whether a tag is another one, or stands below it: `work/tax` below `work`. */
export function isTagWithin(tag: string, above: string): boolean {
  return tag === above || tag.startsWith(`${above}/`);
}

/** Whether a text can be a note. Lines may end; nothing else that does not show may be in it. */
export function isNote(text: string): boolean {
  return text !== "" && text.length <= NOTE_CHARACTERS && text.isWellFormed() && !/[^\P{C}\n\t]/u.test(text);
}

/** The key under which a label is kept: a content's id, or `FOLDER/path`. */
export function labelKey(labelled: Labelled): string {
  return labelled.kind === "content" ? labelled.content : `${labelled.folder}/${labelled.path}`;
}

/** What a key says; null when it says nothing. */
export function labelledBy(key: string): Labelled | null {
  if (isId("content", key)) return { kind: "content", content: key };
  const slash = key.indexOf("/");
  const folder = key.slice(0, Math.max(0, slash));
  const path = relPath(key.slice(slash + 1));
  return slash > 0 && isId("folder", folder) && path !== null ? { kind: "place", folder, path } : null;
}
