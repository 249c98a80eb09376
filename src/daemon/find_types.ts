/** The local API's shapes for finding files. Times in milliseconds since 1970. */
import type { Problem } from "../core/query.ts";
import type { FoundPath } from "../library/find.ts";

/** POST /v1/find → FindAnswer */
export interface FindRequest {
  readonly text: string;
  /** All of it is words and filters, and no plain question. */
  readonly plain: boolean;
  readonly limit: number;
}

export interface FindAnswer {
  readonly schema: "cairn.find/1";
  /** The query that was asked, as it can be typed again. */
  readonly query: string;
  /** It was a plain question: `query` is what was understood of it. */
  readonly wasQuestion: boolean;
  /** Parts that were not understood, and why; the rest was asked. */
  readonly problems: readonly Problem[];
  readonly found: readonly FoundPath[];
  /** There are more, or may be better ones. */
  readonly isCut: boolean;
  /** So many names and texts were not looked at: an index is behind. */
  readonly behind: number;
}
