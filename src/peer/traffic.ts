/** What goes to and comes from each device: bytes of frames, before TLS encrypts them. */
import type { DeviceId } from "../core/ids.ts";
import type { SecureLink } from "../platform/ports.ts";

export interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** Since the program was started. */
export class TrafficCount {
  readonly #devices = new Map<DeviceId, { sent: number; received: number }>();

  /** Of a device that was never met there is nothing. */
  of(device: DeviceId): Traffic | null {
    return this.#devices.get(device) ?? null;
  }

  /** The link, as it is, and what crosses it is counted. It is nobody's until `become` says whose: whoever dials may show any certificate. */
  counted(link: SecureLink): { readonly link: SecureLink; readonly become: (device: DeviceId) => void } {
    let count = { sent: 0, received: 0 };
    const counting: SecureLink = {
      peerCertificate: link.peerCertificate,
      protocol: link.protocol,
      remote: link.remote,
      get bufferedBytes() {
        return link.bufferedBytes;
      },
      write(bytes, isGiven) {
        count.sent += bytes.length;
        link.write(bytes, isGiven);
      },
      onDrain: (run) => link.onDrain(run),
      onData: (run) =>
        link.onData((bytes) => {
          count.received += bytes.length;
          run(bytes);
        }),
      onClose: (run) => link.onClose(run),
      pause: (on) => link.pause(on),
      close: () => link.close(),
      destroy: () => link.destroy(),
    };
    const become = (device: DeviceId) => {
      const all = this.#devices.get(device) ?? { sent: 0, received: 0 };
      all.sent += count.sent;
      all.received += count.received;
      count = all;
      this.#devices.set(device, all);
    };
    return { link: counting, become };
  }
}
