/**
 * Who is let in, whose rows count, and what may be forgotten because everybody knows it: what a device does when its library's members
 * change (R28, R32).
 *
 * 1. A device that was removed is refused by whoever has heard of it, and sessions with it end at once.
 * 2. A refusal shows what was signed, and whoever is refused believes that and nothing else.
 * 3. This device, once removed, dials and admits nobody; its folders go on by themselves.
 */
import type { DeviceId } from "../core/ids.ts";
import { AGAIN_MS, orPass } from "../core/passing.ts";
import type { Applied, Ledger } from "../journal/ledger.ts";
import { Counting } from "../library/counting.ts";
import { LIBRARY, MEMBER, membershipOf, membersOf } from "../library/members.ts";
import { refusalFor, takeProof } from "../library/refusals.ts";
import type { DeviceIdentity } from "../peer/identity.ts";
import type { Refusal } from "../peer/messages.ts";
import type { Clock } from "../platform/ports.ts";
import { Forgetting } from "../sync/forgetting.ts";
import { Tidying } from "../sync/tidying.ts";
import { WatermarkPublisher } from "../sync/watermarks.ts";

/** A device that has just been removed still has this long to pass on that it was: the last thing that others hear of it. */
const FAREWELL_MS = 1_000;

/** A twin of this device, or this device itself by way of somebody who passes it on. */
const OURSELVES: Refusal = {
  code: "not-a-member",
  message: "The other device shows the certificate of this one",
  hint: "Start one of the two with a home of its own, and pair it anew.",
};

export interface GateDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly identity: DeviceIdentity;
  /** See `FolderSet.settled`. */
  settled(): Promise<boolean>;
  /** Members came or went: sessions follow. */
  relink(): void;
  /** Subscriptions are to be said again. */
  resubscribe(): void;
  /** Rows count that did not, or the other way round. */
  recounted(): void;
}

export class Gate {
  readonly forgetting: Forgetting;
  readonly watermarks: WatermarkPublisher;
  readonly #deps: GateDeps;
  readonly #counting: Counting;
  readonly #tidying: Tidying;
  readonly #endListening: () => void;
  #members: readonly DeviceId[] = [];
  /** Nobody is talked to any more. */
  #isOut: boolean;
  #cancelFarewell: (() => void) | null = null;
  #cancelAgain: (() => void) | null = null;

  constructor(deps: GateDeps) {
    this.#deps = deps;
    const { ledger, clock, identity } = deps;
    this.#isOut = this.isRemoved;
    this.#counting = new Counting({
      ledger,
      clock,
      self: identity.id,
      wanted: () => deps.resubscribe(),
      changed: () => deps.recounted(),
    });
    this.watermarks = new WatermarkPublisher({
      ledger,
      clock,
      members: () => this.#others(),
      settled: () => deps.settled(),
    });
    this.forgetting = new Forgetting({
      ledger,
      clock,
      self: identity.id,
      members: () => this.#certainMembers(),
    });
    this.#tidying = new Tidying(ledger, clock);
    this.#endListening = ledger.onApplied((applied) => this.#applied(applied));
  }

  start(): void {
    this.forgetting.start();
  }

  get isRemoved(): boolean {
    const { ledger, identity } = this.#deps;
    return membershipOf(ledger.catalogue).standing(identity.id)?.kind === "removed";
  }

  /** Whom to have sessions with. */
  members(): readonly DeviceId[] {
    // Those that were known stand while the home's disk refuses: this is asked at every beacon, dial and end of a session.
    orPass(() => this.#members = membersOf(this.#deps.ledger.catalogue).map(({ device }) => device));
    return this.#isOut ? [] : this.#members;
  }

  #others(): DeviceId[] {
    return this.members().filter((device) => device !== this.#deps.identity.id);
  }

  /** Null while a suspended device may be confirmed, and come with rows that are older than what others know. */
  #certainMembers(): readonly DeviceId[] | null {
    const { known, standing } = membershipOf(this.#deps.ledger.catalogue);
    const isUncertain = [...known.keys()].some((device) => standing(device)!.kind === "suspended");
    return isUncertain || this.#isOut ? null : this.members();
  }

  /** Null lets a device in. */
  admit(device: DeviceId): Refusal | null {
    const { ledger, identity } = this.#deps;
    return device === identity.id ? OURSELVES : refusalFor(ledger.catalogue, identity.id, device);
  }

  /** Whether what a device announces is taken in. */
  accepts(origin: DeviceId): boolean {
    return this.#counting.accepts(origin);
  }

  /** A page was taken in. */
  heard(): void {
    if (this.#deps.ledger.catalogue.rows.ignored.size > 0) this.#counting.refresh();
    this.watermarks.heard();
    this.#tidying.heard();
  }

  /** A device does not want us; what it shows may say why. */
  refused({ proof }: Refusal, by: DeviceId | null): void {
    if (proof === undefined) return;
    const { ledger, identity } = this.#deps;
    const parties = by === null ? [identity.id] : [identity.id, by];
    // A journal that cannot be written tells so itself, and the refusal comes again.
    takeProof(ledger, parties, proof).catch(() => {});
  }

  #applied(applied: readonly Applied[]): void {
    const isAbout = applied.some(({ record }) =>
      record.type === "shared"
        ? record.fields.some(({ kind }) => kind === MEMBER)
        : record.type === "boot" || (record.type === "local" && record.key === LIBRARY)
    );
    if (isAbout) this.#follow();
  }

  /** Members may have changed. Where the home's disk refuses it is tried again: nobody else would come back to it. */
  #follow(): void {
    this.#cancelAgain?.();
    this.#cancelAgain = null;
    const isDone = orPass(() => {
      this.#counting.refresh();
      if (this.isRemoved && !this.#isOut) this.#sayFarewell();
      this.#deps.relink();
    });
    if (!isDone) this.#cancelAgain = this.#deps.clock.after(AGAIN_MS, () => this.#follow());
  }

  #sayFarewell(): void {
    this.#cancelFarewell ??= this.#deps.clock.after(FAREWELL_MS, () => {
      this.#isOut = true;
      this.#follow();
    });
  }

  stop(): void {
    this.#endListening();
    this.#cancelFarewell?.();
    this.#cancelAgain?.();
    this.#counting.stop();
    this.watermarks.stop();
    this.forgetting.stop();
    this.#tidying.stop();
  }
}
