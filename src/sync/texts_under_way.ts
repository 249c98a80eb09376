/**
 * Which texts are asked of whom: each of one peer alone, so that it crosses one wire, but for so long only as an answer takes from who
 * works in order. What a peer keeps back, another one that has it is asked for as well.
 */
import type { ContentId } from "../core/ids.ts";
import { TEXTS_AT_ONCE, TEXTS_AT_ONCE_BYTES } from "../core/limits.ts";

/** A full answer, behind the patience of who gives it, over a slow radio link. */
export const UNDER_WAY_MS = 10_000;

interface Asked {
  readonly content: ContentId;
  readonly packedBytes: number;
}

export interface Batch<Head extends Asked> {
  readonly heads: readonly Head[];
  /** Those that are left for later requests. */
  readonly left: readonly Head[];
  end(): void;
}

export class TextsUnderWay {
  readonly #since = new Map<ContentId, { readonly ms: number }>();

  /** The first of some heads that one request has room for, under way until `end`; null while all are under way from others. */
  begin<Head extends Asked>(all: readonly Head[], nowMs: number): Batch<Head> | null {
    const heads: Head[] = [];
    const left: Head[] = [];
    let bytes = 0;
    let isFull = false;
    for (const head of all) {
      const since = this.#since.get(head.content)?.ms ?? -Infinity;
      const isFree = nowMs - since >= UNDER_WAY_MS;
      isFull ||= isFree && heads.length > 0 &&
        (heads.length >= TEXTS_AT_ONCE || bytes + head.packedBytes > TEXTS_AT_ONCE_BYTES);
      if (isFull || !isFree) {
        left.push(head);
        continue;
      }
      heads.push(head);
      bytes += head.packedBytes;
    }
    if (heads.length === 0) return null;
    const mark = { ms: nowMs };
    for (const { content } of heads) this.#since.set(content, mark);
    const end = () => {
      for (const { content } of heads) {
        if (this.#since.get(content) === mark) this.#since.delete(content);
      }
    };
    return { heads, left, end };
  }
}
