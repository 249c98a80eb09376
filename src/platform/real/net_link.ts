/**
 * A TLS socket as a `SecureLink`. What Deno 2.9.6 does, as measured:
 *  - `pause` on a TLS socket stops the events and not the reading: 400 MiB went into a paused socket. So the handle
 *    of the TCP socket below is stopped too, where it can be found.
 *  - `finish` and the callbacks of `write` come before the bytes are out; a `destroy` behind them loses megabytes.
 *    So `close` ends the stream and waits for the peer's end, for a limited time.
 */
import type { TLSSocket } from "node:tls";
import { HANDSHAKE_MS, PENDING_CONNECTIONS } from "../../core/limits.ts";
import type { SecureLink } from "../ports.ts";

/**
 * Links that were closed here and wait for the peer's end. Strangers who are refused and stay would pile up: beyond
 * PENDING_CONNECTIONS the oldest is cut.
 */
const closing = new Set<TLSSocket>();

/** Wraps a socket whose handshake is done. Data is kept in the socket until `onData` is called. */
export function secureLink(socket: TLSSocket): SecureLink {
  return new TlsLink(socket);
}

class TlsLink implements SecureLink {
  readonly peerCertificate: Uint8Array | null;
  readonly protocol: string;
  readonly remote: string;
  readonly #socket: TLSSocket;
  #onDrain: () => void = () => {};
  #onClose: ((why: string | null) => void) | null = null;
  #failure: string | null = null;
  #closing = false;
  #closed = false;
  #told = false;
  #paused = false;
  #lastWord: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const raw = socket.getPeerCertificate()?.raw;
    this.peerCertificate = raw === undefined ? null : new Uint8Array(raw);
    this.protocol = socket.alpnProtocol || "";
    this.remote = `${plainHost(socket.remoteAddress ?? "?")}:${socket.remotePort ?? 0}`;
    socket.on("error", (error: Error) => {
      if (!this.#closing) this.#failure ??= error.message;
    });
    socket.on("close", () => {
      clearTimeout(this.#lastWord);
      closing.delete(socket);
      this.#closed = true;
      this.#tellClosed();
    });
    this.#closed = socket.destroyed;
  }

  get bufferedBytes(): number {
    return this.#closed ? 0 : this.#socket.writableLength;
  }

  write(bytes: Uint8Array, isGiven = false): void {
    if (this.#closing || this.#closed || !this.#socket.writable) return;
    this.#socket.write(bytes, () => {
      if (isGiven) release(bytes);
      if (!this.#closed && this.#socket.writableLength === 0) this.#onDrain();
    });
  }

  onDrain(run: () => void): void {
    this.#onDrain = run;
  }

  onData(run: (bytes: Uint8Array) => void): void {
    this.#socket.on("data", (bytes: Uint8Array) => {
      run(bytes);
      release(bytes);
    });
  }

  onClose(run: (why: string | null) => void): void {
    this.#onClose = run;
    if (this.#closed) queueMicrotask(() => this.#tellClosed());
  }

  pause(on: boolean): void {
    if (on === this.#paused || this.#closed) return;
    this.#paused = on;
    if (on) {
      this.#socket.pause();
      handleBelow(this.#socket)?.readStop?.();
    } else {
      handleBelow(this.#socket)?.readStart?.();
      this.#socket.resume();
    }
  }

  close(): void {
    if (this.#closing || this.#closed) return;
    this.#closing = true;
    // The peer's end must be seen, whatever was paused.
    this.pause(false);
    this.#socket.end();
    this.#socket.resume();
    this.#lastWord = setTimeout(() => this.#socket.destroy(), HANDSHAKE_MS);
    closing.add(this.#socket);
    const [oldest] = closing;
    if (closing.size > PENDING_CONNECTIONS) oldest?.destroy();
  }

  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #tellClosed(): void {
    if (this.#told || this.#onClose === null) return;
    this.#told = true;
    this.#onClose(this.#failure);
  }
}

/**
 * Gives memory back that nobody uses any more. At some hundred megabytes a second the collector is called for all the time otherwise: it took
 * a fifth of the processor time of a large transfer.
 */
function release(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** `::ffff:1.2.3.4`, as a dual-stack listener sees IPv4, in its plain form; IPv6 in brackets. */
function plainHost(host: string): string {
  const plain = host.replace(/^::ffff:(?=\d+\.)/i, "");
  return plain.includes(":") ? `[${plain}]` : plain;
}

interface Readable {
  readStop?(): void;
  readStart?(): void;
}

/** The handle of the TCP socket below, an internal of Deno: without it a pause is only less tight. */
function handleBelow(socket: TLSSocket): Readable | undefined {
  return (socket as unknown as { _handle?: { _parent?: Readable } })._handle?._parent;
}
