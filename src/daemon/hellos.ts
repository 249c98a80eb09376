/**
 * What devices say of themselves when they meet, beside what the protocol needs: the program's version and the clock, so that `cairn doctor` can
 * compare them. Both are words of a peer: they are shown, and nothing else hangs on them.
 */
import { toHex } from "../core/ids.ts";
import { VERSION } from "../core/version_name.ts";
import type { Hello } from "../peer/messages.ts";
import type { Session } from "../peer/session.ts";
import type { Clock, Random } from "../platform/ports.ts";
import { FORMER } from "../sync/former_rows.ts";
import { DIRECT, MOVES, PACKED_PAGES, PROMISES } from "../sync/messages.ts";
import { TEXTS } from "../sync/text_messages.ts";

const VERSIONS = [1, 1] as const;
/** As programs name their versions; what a peer says else is not shown. */
const VERSION_NAME = /^\d[\w.+-]{0,31}$/;
/** No clock of a computer stands further from 1970. */
const MOST_MS = 8.64e15;

export interface Told {
  /** The program's version; "" where the peer does not tell. */
  readonly version: string;
  /** How far the peer's clock stands before ours, less what the hello took on its way; null where it does not tell. */
  readonly aheadMs: number | null;
}

export class Hellos {
  readonly #clock: Clock;
  readonly #heardMs = new WeakMap<Session, number>();
  readonly #instance: string;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#instance = toHex(random.bytes(8));
  }

  /** This device's own; its clock is read when it is said. */
  own(name: string, readsTexts: boolean): Hello {
    const clock = this.#clock;
    const instance = this.#instance;
    return {
      versions: VERSIONS,
      capabilities: [DIRECT, FORMER, MOVES, PACKED_PAGES, PROMISES, ...readsTexts ? [TEXTS] : []],
      get extra() {
        return { instance, name, version: VERSION, timeMs: clock.now() };
      },
    };
  }

  /** A session was opened: its hello has just come. */
  heard(session: Session): void {
    this.#heardMs.set(session, this.#clock.now());
  }

  of(session: Session): Told {
    const { version, timeMs } = session.agreement.hello.extra;
    const heardMs = this.#heardMs.get(session);
    const isTime = typeof timeMs === "number" && Math.abs(timeMs) <= MOST_MS;
    return {
      version: typeof version === "string" && VERSION_NAME.test(version) ? version : "",
      aheadMs: isTime && heardMs !== undefined ? Math.round(timeMs - heardMs) : null,
    };
  }
}
