/** Where other devices may be reached: by beacon, as somebody said, and where they were last. */
import type { DeviceId } from "../core/ids.ts";
import { orPass } from "../core/passing.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Session } from "../peer/session.ts";
import type { Clock } from "../platform/ports.ts";

export class Addresses {
  readonly #catalogue: Catalogue;
  readonly #clock: Pick<Clock, "now">;
  readonly #heard: (device: DeviceId) => readonly string[];
  readonly #manual = new Map<DeviceId, string>();

  constructor(
    catalogue: Catalogue,
    clock: Pick<Clock, "now">,
    heard: (device: DeviceId) => readonly string[],
  ) {
    this.#catalogue = catalogue;
    this.#clock = clock;
    this.#heard = heard;
  }

  /** The best first. */
  of(device: DeviceId): string[] {
    const { cursors, ids } = this.#catalogue;
    const last = cursors.lastSeen(ids.device(device)).address;
    const manual = this.#manual.get(device);
    return [
      ...new Set([
        ...this.#heard(device),
        ...(manual === undefined ? [] : [manual]),
        ...(last === "" ? [] : [last]),
      ]),
    ];
  }

  /** Where a device was reached when it was paired: good for networks without broadcast. */
  remember(device: DeviceId, address: string): void {
    this.#manual.set(device, address);
    const { cursors, ids } = this.#catalogue;
    cursors.seen(ids.device(device), this.#clock.now(), address);
  }

  /** When and where a device was met last is nice to have: a full disk need not have it. */
  met(number: number, session: Session): void {
    const { cursors } = this.#catalogue;
    orPass(() => {
      // An accepted session tells the peer's host, but not the port on which it listens.
      const address = session.role === "dialled" ? session.remote : cursors.lastSeen(number).address;
      cursors.seen(number, this.#clock.now(), address);
    });
  }
}
