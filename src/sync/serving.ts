/**
 * Content requests of one peer, some at a time: each holds directories open and bytes in memory until it is answered, and a peer may
 * ask a thousand times at once (invariant 10).
 */
import type { Message, Session } from "../peer/session.ts";
import { serve, type Server } from "./serve.ts";
import { REQUESTS_AT_ONCE } from "./sources.ts";

export class Serving {
  readonly #server: Server;
  readonly #session: Session;
  readonly #waiting: (() => void)[] = [];
  /** The peer's wire is slow. */
  packs = false;
  #underWay = 0;

  constructor(server: Server, session: Session) {
    this.#server = server;
    this.#session = session;
    session.onClose(() => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Answers a request for content in its turn; false when the message is none. Rejects for a malformed one. */
  async serve(message: Message): Promise<boolean> {
    if (this.#underWay >= REQUESTS_AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#underWay++;
    try {
      // Who has gone wants no answer.
      return this.#session.ending !== null ||
        await serve(this.#server, { session: this.#session, packs: this.packs }, message);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }
}
