/**
 * Fetches whole small files, many in a request. Wants that come in one turn travel together; each is answered with the
 * staged file or the reason why there is none.
 */
import { messageOf } from "../core/errors.ts";
import type { ContentId } from "../core/ids.ts";
import { PIECE_BYTES } from "../core/limits.ts";
import { FsError, type HashPool, type SmallFile } from "../platform/ports.ts";
import type { Session } from "../peer/session.ts";
import { encodeContents, MESSAGE, read, SMALL_BATCH } from "./messages.ts";
import { opened } from "./packing.ts";
import type { Arrived, Sources } from "./sources.ts";

export interface SmallWant {
  readonly content: ContentId;
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  /** Where the file is to be staged. */
  readonly stage: string;
  /** Devices that hold it. */
  readonly devices: readonly number[];
  readonly brought?: Brought | undefined;
}

/** Told of bytes that a peer brought. */
export type Brought = (session: Session, bytes: number) => void;

/** Nothing came nearer from a peer for this long, longer than a disk takes to wake up: others that have it are asked. */
export const STALL_MS = 15_000;

export type Fetched =
  | { readonly ok: true; readonly stage: string }
  | {
    readonly ok: false;
    readonly cause: string;
    readonly remedy: string;
    readonly isPassing: boolean;
    /** There is no room for it on the disk. */
    readonly isFull?: boolean;
  };

interface Waiting {
  readonly want: SmallWant;
  readonly avoid: Set<Session>;
  readonly resolve: (fetched: Fetched) => void;
}

export const NOBODY = {
  ok: false as const,
  cause: "no connected device has it",
  remedy: "It comes as soon as a device that has it is connected.",
  isPassing: false,
} satisfies Fetched;
const CHANGED_THERE: Fetched = {
  ok: false,
  cause: "it changed on the other device while it was fetched",
  remedy: "Its new form follows by itself.",
  isPassing: true,
};

/** Whoever wanted it has gone. What is staged stays. */
export const GIVEN_UP: Fetched = {
  ok: false,
  cause: "it was given up",
  remedy: "Ask for it again; what has come is gone on with.",
  isPassing: true,
};

/** What the disk has no room for; `Room` tells how it stands. */
export const FULL: Fetched = { ok: false, cause: "full", remedy: "", isPassing: true, isFull: true };

/** Why nobody was left to ask: none is there, or those who are have something else by now. */
export function nobody(sources: Sources, devices: readonly number[]): Fetched {
  return sources.isAny(devices) ? CHANGED_THERE : NOBODY;
}

export class SmallFetcher {
  readonly #sources: Sources;
  readonly #pool: HashPool;
  /** Wants by the devices that hold them: what one peer can answer goes together. */
  #queue = new Map<string, Waiting[]>();
  #scheduled = false;

  constructor(sources: Sources, pool: HashPool) {
    this.#sources = sources;
    this.#pool = pool;
  }

  fetch(want: SmallWant): Promise<Fetched> {
    return new Promise((resolve) => this.#enqueue({ want, avoid: new Set(), resolve }));
  }

  #enqueue(waiting: Waiting): void {
    const key = waiting.want.devices.join(",");
    const list = this.#queue.get(key);
    if (list === undefined) this.#queue.set(key, [waiting]);
    else list.push(waiting);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const queue = this.#queue;
      this.#queue = new Map();
      for (const wants of queue.values()) for (const batch of batches(wants)) void this.#ask(batch);
    });
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    const avoid = new Set(batch.flatMap((waiting) => [...waiting.avoid]));
    try {
      const answered = await this.#sources.ask(
        batch[0]!.want.devices,
        avoid,
        batch.reduce((sum, { want }) => sum + want.size, 0),
        (session, arrived) => this.#request(session, batch, arrived),
      );
      if (answered !== null) return;
      const why = nobody(this.#sources, batch[0]!.want.devices);
      for (const { resolve } of batch) resolve(why);
    } catch (error) {
      const why: Fetched = error instanceof FsError ? diskTrouble(error) : {
        ok: false,
        cause: `the other device's answer makes no sense: ${messageOf(error)}`,
        remedy: "Update Cairn on both devices; it is asked again.",
        isPassing: false,
      };
      for (const { resolve } of batch) resolve(why);
    }
  }

  async #request(session: Session, batch: readonly Waiting[], arrived: Arrived): Promise<true> {
    let answer;
    try {
      // Another one may have them too: nobody is waited for long then.
      const stallMs = this.#sources.among(batch[0]!.want.devices).length > 1 ? STALL_MS : undefined;
      const contents = encodeContents(batch.map(({ want }) => want.content));
      answer = await session.request(MESSAGE.small, contents, undefined, stallMs);
    } catch {
      this.#retryElsewhere(session, batch);
      return true;
    }
    const { size } = answer;
    arrived(size);
    try {
      const mostBytes = batch.reduce((sum, { want }) => sum + want.size, 0);
      const { header, raw } = await opened(answer, this.#pool, mostBytes);
      const lengths = read("smallAnswer", header);
      const files: SmallFile[] = [];
      const asked: Waiting[] = [];
      const missing: Waiting[] = [];
      let offset = 0;
      batch.forEach((waiting, i) => {
        const { content, mode, mtimeMs, stage } = waiting.want;
        const length = lengths[i] ?? -1;
        if (length < 0 || offset + length > raw.length) missing.push(waiting);
        else {
          files.push({ path: stage, offset, length, content, mode, mtimeMs });
          asked.push(waiting);
          offset += length;
        }
      });
      const written = files.length === 0 ? [] : await this.#pool.writeSmall(files, raw);
      asked.forEach((waiting, i) => {
        const result = written[i];
        if (result === true) {
          waiting.want.brought?.(session, waiting.want.size);
          waiting.resolve({ ok: true, stage: waiting.want.stage });
        } else if (result instanceof FsError) waiting.resolve(diskTrouble(result));
        else missing.push(waiting);
      });
      if (missing.length > 0) this.#retryElsewhere(session, missing);
    } finally {
      session.consumed("bulk", size);
    }
    return true;
  }

  #retryElsewhere(session: Session, wants: readonly Waiting[]): void {
    for (const waiting of wants) {
      waiting.avoid.add(session);
      this.#enqueue(waiting);
    }
  }
}

function batches(wants: readonly Waiting[]): Waiting[][] {
  const out: Waiting[][] = [];
  let batch: Waiting[] = [];
  let bytes = 0;
  for (const waiting of wants) {
    if (batch.length >= SMALL_BATCH || (batch.length > 0 && bytes + waiting.want.size > PIECE_BYTES)) {
      out.push(batch);
      [batch, bytes] = [[], 0];
    }
    batch.push(waiting);
    bytes += waiting.want.size;
  }
  if (batch.length > 0) out.push(batch);
  return out;
}

/** What a full or broken disk means for a fetch. */
export function diskTrouble(error: FsError): Fetched {
  if (error.code === "no-space") return FULL;
  return {
    ok: false,
    cause: `cannot be written (${error.code})`,
    remedy: "Mend the disk or its permissions; Cairn tries again.",
    isPassing: false,
  };
}
