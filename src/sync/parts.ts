/** Peers that have some of a content that is being fetched, by what they told: whom to ask for what, and for how long they are believed. */
import type { Session } from "../peer/session.ts";
import type { Clock } from "../platform/ports.ts";
import { Held, type Missing, type Run } from "./missing.ts";
import type { Range } from "./partial.ts";
import type { Sources } from "./sources.ts";

/** Who told of something that it does not give may be placing it just now: it is asked again after so long, and believed so often. */
const PLACING_MS = 1_000;
const DENIALS = 3;
/** With nobody there who has it all, others are waited for so long to tell of something, and then of something new. */
const FIRST_NEWS_MS = 5_000;
const NEWS_MS = 20_000;

/** A peer that has not all of it. */
interface Part {
  readonly held: Held;
  denials: number;
  /** It is not asked before. */
  restsUntilMs: number;
}

export class Parts {
  readonly #missing: Missing;
  readonly #sources: Sources;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #parts = new Map<number, Part>();
  /** Whether others are connected that have not all of it. */
  readonly #hasCompany: () => boolean;
  /** When one of them last told of something that is missing here, or was asked to. */
  #newsMs: number;

  constructor(
    missing: Missing,
    sources: Sources,
    clock: Pick<Clock, "monotonic">,
    hasCompany: () => boolean,
  ) {
    this.#missing = missing;
    this.#sources = sources;
    this.#clock = clock;
    this.#hasCompany = hasCompany;
    this.#newsMs = clock.monotonic();
  }

  get devices(): number[] {
    return [...this.#parts.keys()];
  }

  /** A device tells what it has. True when any of that is missing here. */
  told(device: number, ranges: readonly Range[]): boolean {
    const part = this.#parts.get(device) ??
      { held: new Held(this.#missing.count), denials: 0, restsUntilMs: -Infinity };
    this.#parts.set(device, part);
    let isNews = false;
    for (const [first, count] of ranges) isNews = this.#missing.told(part.held, first, count) || isNews;
    if (isNews) this.#newsMs = this.#clock.monotonic();
    return isNews;
  }

  left(device: number): void {
    const part = this.#parts.get(device);
    if (part === undefined) return;
    this.#missing.forget(part.held);
    this.#parts.delete(device);
  }

  /** What the other end of a session told that it has; null for one that is not among them, which has all. */
  heldBy(session: Session): Held | null {
    return this.#of(session)?.held ?? null;
  }

  hasAll(session: Session, { first, count }: Run): boolean {
    const held = this.heldBy(session);
    return held === null || held.chunks.subarray(first, first + count).every(Boolean);
  }

  /** It has denied something just now. */
  rests(session: Session): boolean {
    return (this.#of(session)?.restsUntilMs ?? -Infinity) > this.#clock.monotonic();
  }

  /** A peer does not have what it was asked for. True when it is not to be asked any more. */
  denied(session: Session): boolean {
    const part = this.#of(session);
    if (part === null || ++part.denials >= DENIALS) return true;
    part.restsUntilMs = this.#clock.monotonic() + PLACING_MS;
    return false;
  }

  /** Whether what nobody is known to have may come to one of them. */
  mayCome(avoid: ReadonlySet<Session>): boolean {
    const quietMs = this.#clock.monotonic() - this.#newsMs;
    if (this.#parts.size === 0) return quietMs < FIRST_NEWS_MS && this.#hasCompany();
    return quietMs < NEWS_MS && this.#sources.among(this.devices).some((session) => !avoid.has(session));
  }

  #of(session: Session): Part | null {
    const device = this.#sources.deviceOf(session);
    return device === null ? null : this.#parts.get(device) ?? null;
  }
}
