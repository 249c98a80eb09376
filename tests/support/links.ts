/** Two ends of a `SecureLink` in memory, with the promises of the real one, and means to hold it up and cut it. */
import type { SecureLink } from "../../src/platform/ports.ts";

export interface MemoryLink extends SecureLink {
  /** While on, nothing that is written here arrives: a slow network. */
  stall(on: boolean): void;
  /** Lets this many bytes through a stall. */
  letThrough(bytes: number): void;
  /** Breaks the connection, with this reason at both ends. */
  cut(why: string): void;
  /** All bytes that were written here. */
  readonly written: readonly Uint8Array[];
}

export interface LinkPairOptions {
  /** Certificates that the ends show. */
  readonly certificates: readonly [Uint8Array | null, Uint8Array | null];
  readonly protocol?: string;
  /** Largest piece in which bytes arrive. */
  readonly pieceBytes?: number;
}

/** `[dialling end, accepting end]`. */
export function linkPair(options: LinkPairOptions): [MemoryLink, MemoryLink] {
  const a = new End(options, 1);
  const b = new End(options, 0);
  a.other = b;
  b.other = a;
  return [a, b];
}

class End implements MemoryLink {
  other!: End;
  readonly peerCertificate: Uint8Array | null;
  readonly protocol: string;
  readonly remote: string;
  readonly written: Uint8Array[] = [];
  bufferedBytes = 0;
  readonly #pieceBytes: number;
  readonly #queue: Uint8Array[] = [];
  #throughBytes = Infinity;
  #pumping = false;
  #paused = false;
  #ending = false;
  #closed = false;
  #told = false;
  #why: string | null = null;
  #onData: ((bytes: Uint8Array) => void) | null = null;
  #onDrain: () => void = () => {};
  #onClose: ((why: string | null) => void) | null = null;

  constructor(options: LinkPairOptions, peer: 0 | 1) {
    this.peerCertificate = options.certificates[peer];
    this.protocol = options.protocol ?? "cairn/1";
    this.remote = `127.0.0.1:${40000 + peer}`;
    this.#pieceBytes = options.pieceBytes ?? 65536;
  }

  write(bytes: Uint8Array): void {
    if (this.#ending || this.#closed) return;
    this.written.push(bytes);
    this.#queue.push(bytes);
    this.bufferedBytes += bytes.length;
    this.#pumpSoon();
  }

  onData(run: (bytes: Uint8Array) => void): void {
    this.#onData = run;
    this.other.#pumpSoon();
  }

  onDrain(run: () => void): void {
    this.#onDrain = run;
  }

  onClose(run: (why: string | null) => void): void {
    this.#onClose = run;
    if (this.#closed) queueMicrotask(() => this.#tellClosed());
  }

  pause(on: boolean): void {
    this.#paused = on;
    this.other.#pumpSoon();
  }

  close(): void {
    this.#ending = true;
    this.#pumpSoon();
  }

  destroy(): void {
    this.#shut(null);
    this.other.#shut("connection reset");
  }

  cut(why: string): void {
    this.#shut(why);
    this.other.#shut(why);
  }

  stall(on: boolean): void {
    this.#throughBytes = on ? 0 : Infinity;
    this.#pumpSoon();
  }

  letThrough(bytes: number): void {
    this.#throughBytes += bytes;
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const reader = this.other;
      if (reader.#paused || reader.#onData === null || this.#throughBytes === 0) return;
      const first = this.#queue[0]!;
      const part = first.slice(0, Math.min(this.#pieceBytes, this.#throughBytes));
      if (part.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(part.length);
      this.#throughBytes -= part.length;
      this.bufferedBytes -= part.length;
      reader.#onData(part);
      if (this.bufferedBytes === 0 && !this.#closed) this.#onDrain();
    }
    if (this.#ending && this.#queue.length === 0) {
      this.#shut(null);
      this.other.#shut(null);
    }
  }

  #shut(why: string | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#why = why;
    this.#queue.length = 0;
    this.bufferedBytes = 0;
    queueMicrotask(() => this.#tellClosed());
  }

  #tellClosed(): void {
    if (this.#told || this.#onClose === null) return;
    this.#told = true;
    this.#onClose(this.#why);
  }
}
