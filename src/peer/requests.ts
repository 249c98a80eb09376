/** Requests that wait for their answers: ours, and those of the peer. */
import { CairnError } from "../core/errors.ts";
import { OPEN_REQUESTS, SESSION_IDLE_MS } from "../core/limits.ts";
import type { Clock } from "../platform/ports.ts";
import { type Lane, LAST_REQUEST_ID } from "./messages.ts";

/** What came for a request. */
export interface Answer {
  readonly type: number;
  readonly lane: Lane;
  readonly header: unknown;
  /** Nothing else uses its buffer, so it can be given away. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** Bytes on the wire, for `Session.consumed`. */
  readonly size: number;
}

/** A peer that lives and yet answers nothing for this long has lost its way. */
const REQUEST_STALL_MS = 2 * SESSION_IDLE_MS;

/** What must have come of an answer to count: a slow radio link brings it within seconds. */
const CRUMB_BYTES = 16 * 1024;

interface OpenRequest {
  readonly sinceMs: number;
  readonly stallMs: number;
  resolve(answer: Answer): void;
  reject(error: CairnError): void;
}

export class OpenRequests {
  readonly #clock: Clock;
  readonly #open = new Map<number, OpenRequest>();
  #lastId = 0;
  /** When any answer last came nearer. Requests behind a large answer wait for it without being stalled. */
  #progressMs: number;
  #crumbs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#progressMs = clock.monotonic();
  }

  /** When any answer last came nearer, by the monotone clock. */
  get progressMs(): number {
    return this.#progressMs;
  }

  /** A new request, or an error when the peer would cut us off for it. */
  open(stallMs = REQUEST_STALL_MS): { id: number; answer: Promise<Answer> } | { error: CairnError } {
    if (this.#open.size >= OPEN_REQUESTS) {
      return { error: new CairnError("internal", `More than ${OPEN_REQUESTS} requests are open`) };
    }
    do this.#lastId = this.#lastId % LAST_REQUEST_ID + 1; while (this.#open.has(this.#lastId));
    const id = this.#lastId;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#open.set(id, { sinceMs: this.#clock.monotonic(), stallMs, resolve, reject });
    });
    return { id, answer };
  }

  /** False when nobody waits for this answer. */
  settle(id: number, answer: Answer): boolean {
    const request = this.#open.get(id);
    this.#progressMs = this.#clock.monotonic();
    this.#crumbs = 0;
    if (request === undefined) return false;
    this.#open.delete(id);
    request.resolve(answer);
    return true;
  }

  /** Part of a frame came. Crumbs are no progress: at that rate nothing would ever be whole. */
  progress(bytes: number): void {
    this.#crumbs += bytes;
    if (this.#crumbs < CRUMB_BYTES) return;
    this.#crumbs = 0;
    this.#progressMs = this.#clock.monotonic();
  }

  /** Gives up the requests for which nothing moved. */
  dropStalled(): void {
    const nowMs = this.#clock.monotonic();
    for (const [id, request] of this.#open) {
      if (nowMs - Math.max(request.sinceMs, this.#progressMs) < request.stallMs) continue;
      this.#open.delete(id);
      request.reject(
        new CairnError(
          "network",
          "The other device does not answer a request",
          "Cairn tries again by itself.",
        ),
      );
    }
  }

  rejectAll(error: CairnError): void {
    for (const request of this.#open.values()) request.reject(error);
    this.#open.clear();
  }
}

/** Requests of the peer that are not answered yet. */
export class AskedRequests {
  readonly #open = new Set<number>();

  /** A message with this request id came, 0 for none. What the peer did wrong, or null. */
  take(id: number): string | null {
    if (id === 0) return null;
    if (this.#open.has(id)) return "a request id that is in use";
    if (this.#open.size >= OPEN_REQUESTS) return `more than ${OPEN_REQUESTS} open requests`;
    this.#open.add(id);
    return null;
  }

  /** False when the request was not asked or is answered. */
  settle(id: number): boolean {
    return this.#open.delete(id);
  }
}

/** What becomes of requests when their session ends. */
export function endedError(reason: string): CairnError {
  return new CairnError("network", `The session ended: ${reason}`, "Cairn tries again by itself.");
}
