/** Words in texts as the local API offers them. */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { MOST_FOUND_TEXTS, textSearch } from "../library/texts.ts";
import type { Device } from "./device.ts";
import type { TextsAnswer, TextsRequest } from "./texts_types.ts";

export interface TextsService {
  /** Contents in which words are found. Throws CairnError "usage". */
  texts(request: TextsRequest): TextsAnswer;
}

export function textsService({ texts: keeper }: Device): TextsService {
  const texts = keeper?.texts ?? null;
  return {
    texts: ({ words, limit }) => ({
      schema: "cairn.texts/1",
      found: textSearch(texts, words, limit).map(({ content, rank, snippet }) => ({
        content,
        rank,
        snippet: snippet.text,
        marks: snippet.marks,
      })),
      texts: texts?.index.count() ?? 0,
      waiting: texts?.queue.count() ?? 0,
    }),
  };
}

export function addTextRoutes(app: Hono, service: TextsService): void {
  app.get("/v1/texts", (c) => {
    const request = v.safeParse(requestSchema, { words: c.req.query("words"), limit: c.req.query("limit") });
    if (!request.success) {
      throw new CairnError(
        "usage",
        "A question for texts has words (at most 1000 characters) and a limit",
        "For example /v1/texts?words=invoice&limit=20",
      );
    }
    return c.json(service.texts(request.output));
  });
}

const requestSchema = v.object({
  words: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  limit: v.pipe(
    v.optional(v.string(), "20"),
    v.regex(/^\d{1,3}$/),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(MOST_FOUND_TEXTS),
  ),
});
