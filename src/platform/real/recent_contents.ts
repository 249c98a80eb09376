/** Bytes of small files that were hashed a moment ago: who is told of a new file asks for it next. */
import type { ContentId } from "../../core/ids.ts";
import type { KeptFile } from "./content_hash.ts";

/** All of them together. */
const MOST_BYTES = 16 * 2 ** 20;
/** Who has not asked for it by then has it, or is busy with other things. */
const KEEP_MS = 5_000;

interface Batch {
  readonly buffer: ArrayBuffer;
  readonly contents: readonly ContentId[];
  readonly untilMs: number;
}

export class RecentContents {
  readonly #bytesOf = new Map<ContentId, Uint8Array>();
  /** Oldest first; the files of a batch share a buffer. */
  readonly #batches: Batch[] = [];
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes in what one job has read; the files' bytes are views of one buffer. */
  add(files: readonly KeptFile[]): void {
    const kept = files.filter((file) => file.bytes !== undefined);
    if (kept.length === 0) return;
    for (const { content, bytes } of kept) this.#bytesOf.set(content, bytes!);
    const buffer = kept[0]!.bytes!.buffer as ArrayBuffer;
    const contents = kept.map(({ content }) => content);
    this.#batches.push({ buffer, contents, untilMs: performance.now() + KEEP_MS });
    this.#bytes += buffer.byteLength;
    while (this.#bytes > MOST_BYTES) this.#drop();
    this.#timer ??= setTimeout(this.#expire, KEEP_MS);
  }

  /** To be copied at once: the bytes go away. */
  of(content: ContentId): Uint8Array | null {
    return this.#bytesOf.get(content) ?? null;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#batches.length > 0) this.#drop();
  }

  readonly #expire = () => {
    this.#timer = undefined;
    const nowMs = performance.now();
    while (this.#batches.length > 0 && this.#batches[0]!.untilMs <= nowMs) this.#drop();
    const next = this.#batches[0];
    if (next !== undefined) this.#timer = setTimeout(this.#expire, next.untilMs - nowMs);
  };

  #drop(): void {
    const { buffer, contents } = this.#batches.shift()!;
    this.#bytes -= buffer.byteLength;
    for (const content of contents) {
      if (this.#bytesOf.get(content)?.buffer === buffer) this.#bytesOf.delete(content);
    }
    buffer.transfer(0); // the garbage collector would come later
  }
}
