/** Takes in what a peer announces: shared fields into our own journal (R25), rows and facts into the catalogue. */
import { SELF } from "../catalogue/interning.ts";
import { BEGINNING, type Cursor } from "../core/cursor.ts";
import type { DeviceId, Stamp } from "../core/ids.ts";
import type { SharedField } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import { decodePage, type Subscription } from "./messages.ts";

/** Where each device's announcement is to go on. What is said of the peer itself tells it whether it is who it was (R24). */
export function subscriptionOf(ledger: Ledger, devices: Iterable<DeviceId>): Subscription {
  const { cursors, ids } = ledger.catalogue;
  const out = new Map<DeviceId, Cursor>();
  for (const device of devices) {
    const number = ids.device(device);
    if (number !== SELF) out.set(device, cursors.of(number) ?? BEGINNING);
  }
  return out;
}

export interface IntakeEvents {
  /** Only fields that pass are taken (signed membership, known kinds). */
  accept(field: SharedField): boolean;
  /** Whether what a device announces is taken in (R32). */
  counts(device: DeviceId): boolean;
  /** Waits until there is room for a page; false when nobody wants it any more. */
  room(): Promise<boolean>;
  /** A page was applied. */
  taken(): void;
}

export class Intake {
  readonly #ledger: Ledger;
  readonly #events: IntakeEvents;
  #tail: Promise<void> = Promise.resolve();
  /** Devices whose announcement came to its end in this session. */
  readonly #complete = new Set<DeviceId>();

  constructor(ledger: Ledger, events: IntakeEvents) {
    this.#ledger = ledger;
    this.#events = events;
  }

  hasIndexOf(device: DeviceId): boolean {
    return this.#complete.has(device);
  }

  /** Applies a page after those before it. Rejects for a page that is malformed. */
  page(header: unknown): Promise<void> {
    const page = decodePage(header);
    const done = this.#tail.then(async () => {
      if (!await this.#events.room()) return;
      const { catalogue } = this.#ledger;
      const known = catalogue.cursors.of(catalogue.ids.device(page.origin));
      // A page that does not go on where we are was overtaken by one from another relay (R30).
      if (page.from.lsn > (page.to.epoch === known.epoch ? known.lsn : 0)) return;
      // What is no news is not worth the look at its signature.
      const news = page.shared.filter((field) =>
        catalogue.values.isNews(field) && this.#events.accept(field)
      );
      for (const { stamp } of news) this.#ledger.receive(stamp);
      // Before the cursor moves on: what it has passed is not told again.
      if (news.length > 0) await this.#ledger.commit({ type: "shared", fields: news });
      // What it says may be that its own sender has been removed.
      if (!this.#events.counts(page.origin)) return;
      for (const { rows } of page.folders) {
        for (const { row: { entry } } of rows) {
          this.#ledger.receive(Math.max(entry.stamp, entry.version.metaStamp) as Stamp);
        }
      }
      catalogue.applyPage(page);
      if (page.complete) this.#complete.add(page.origin);
      this.#events.taken();
    });
    this.#tail = done.catch(() => {});
    return done;
  }
}
