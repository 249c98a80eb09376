/** Tags as searches ask for them: of a content or a path, a tag or one below it. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { TAG } from "../catalogue/values.ts";
import { isTagWithin, labelKey, labelledBy, tagFrom } from "../core/label.ts";
import { QUESTION_ROWS } from "../core/limits.ts";
import type { Tagged, TagSource } from "./find_filters.ts";
import type { Work } from "./questions.ts";

/** Null while nothing is tagged. */
export function tagSourceOf({ values, labels }: Catalogue): TagSource | null {
  if (labels.tagNames() === 0) return null;
  const hasTag = (key: string, tag: string) =>
    values.sharedOf(TAG, key).some(({ field, value }) => value === true && isTagWithin(field, tag));
  return {
    has(asked, { content, folder, path }) {
      const tag = tagFrom(asked);
      return tag !== null &&
        (content !== null && hasTag(labelKey({ kind: "content", content }), tag) ||
          hasTag(labelKey({ kind: "place", folder, path }), tag));
    },
    *all(asked): Work<readonly Tagged[]> {
      const tag = tagFrom(asked);
      const keys = new Set<string>();
      for (const one of tag === null ? [] : labels.tagsWithin(tag)) {
        for (let after = "";;) {
          const some = labels.keysOf(one, after, QUESTION_ROWS);
          for (const key of some) keys.add(key);
          yield;
          if (some.length < QUESTION_ROWS) break;
          after = some.at(-1)!;
        }
      }
      return [...keys].flatMap((key) => labelledBy(key) ?? []);
    },
  };
}
