/** The sessions that there are, by device: whom to ask for a content. */
import type { Session } from "../peer/session.ts";

/** Requests under way with one peer: keeps its disk and the wire busy, and no more. */
const REQUESTS_AT_ONCE = 8;

export class Sources {
  readonly #sessions = new Map<number, Session>();
  readonly #open = new Map<Session, number>();
  readonly #waiting: (() => void)[] = [];

  add(device: number, session: Session): void {
    this.#sessions.set(device, session);
    session.onClose(() => {
      if (this.#sessions.get(device) === session) this.#sessions.delete(device);
      this.#open.delete(session);
      this.#wakeAll();
    });
    this.#wakeAll();
  }

  /** Sessions with any of the devices, the least busy first. */
  among(devices: readonly number[]): Session[] {
    return devices.flatMap((device) => this.#sessions.get(device) ?? [])
      .sort((a, b) => this.#load(a) - this.#load(b));
  }

  #load(session: Session): number {
    return this.#open.get(session) ?? 0;
  }

  /**
   * Runs a request with the least busy of the sessions, waiting while all have enough to do. `avoid` are passed over.
   * Null when none of the devices is connected.
   */
  async ask<T>(
    devices: readonly number[],
    avoid: ReadonlySet<Session>,
    request: (session: Session) => Promise<T>,
  ): Promise<T | null> {
    for (;;) {
      const session = this.among(devices).find((candidate) => !avoid.has(candidate));
      if (session === undefined) return null;
      if (this.#load(session) >= REQUESTS_AT_ONCE) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      this.#open.set(session, this.#load(session) + 1);
      try {
        return await request(session);
      } finally {
        if (this.#open.has(session)) this.#open.set(session, this.#load(session) - 1);
        this.#waiting.shift()?.();
      }
    }
  }

  #wakeAll(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
