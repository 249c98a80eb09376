/** Messages between the two devices of the floor: Cairn's TLS and frames, and nothing of its sessions above them. */
import { FRAME_BYTES, SOCKET_BUFFER_BYTES } from "../../../src/core/limits.ts";
import { encodeFrame, type Frame, FrameDecoder } from "../../../src/peer/frame.ts";
import { checkCertificate, deviceIdOf } from "../../../src/peer/identity.ts";
import type { SecureLink } from "../../../src/platform/ports.ts";

export const PROTOCOL = "cairn-floor/1";

export const MESSAGE = { small: 1, large: 2, piece: 3, moved: 4, taken: 5 } as const;

export class Link {
  readonly #link: SecureLink;
  readonly #decoder = new FrameDecoder(FRAME_BYTES);
  #drained: (() => void)[] = [];

  /** Throws unless the peer has shown the certificate with this id. */
  constructor(link: SecureLink, expected: string) {
    const der = link.peerCertificate;
    if (der === null || checkCertificate(der) !== null || deviceIdOf(der) !== expected) {
      link.destroy();
      throw new Error("A stranger");
    }
    this.#link = link;
    link.onDrain(() => {
      for (const resolve of this.#drained.splice(0)) resolve();
    });
  }

  onFrame(run: (frame: Frame) => void): void {
    this.#link.onData((bytes) => this.#decoder.push(bytes, run));
  }

  onClose(run: () => void): void {
    this.#link.onClose(run);
  }

  /** Resolves when there is room for more. `raw` is given away. */
  async send(type: number, header: unknown, raw?: Uint8Array): Promise<void> {
    const { parts } = encodeFrame(type, 0, header, raw);
    for (const part of parts) this.#link.write(part, part === raw);
    while (this.#link.bufferedBytes > SOCKET_BUFFER_BYTES) {
      await new Promise<void>((resolve) => this.#drained.push(resolve));
    }
  }

  pause(on: boolean): void {
    this.#link.pause(on);
  }
}
