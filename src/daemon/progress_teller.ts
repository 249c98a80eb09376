/** Peers are told what this device still has to take: soon after a change, and not too often. */
import { orPass } from "../core/passing.ts";
import type { Clock } from "../platform/ports.ts";
import type { Conversation } from "../sync/conversation.ts";
import type { Needed } from "./folder_set.ts";

/** Peers are told of our progress this often at most. */
const PROGRESS_MS = 500;

export interface ToTell {
  needed(): Needed;
  conversations(): Iterable<Conversation>;
}

export class ProgressTeller {
  readonly #clock: Pick<Clock, "after">;
  readonly #toTell: ToTell;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(clock: Pick<Clock, "after">, toTell: ToTell) {
    this.#clock = clock;
    this.#toTell = toTell;
  }

  soon(): void {
    if (this.#cancel !== null || this.#isStopped) return;
    this.#cancel = this.#clock.after(PROGRESS_MS, () => {
      this.#cancel = null;
      this.now();
    });
  }

  now(): void {
    const conversations = [...this.#toTell.conversations()];
    if (this.#isStopped || conversations.length === 0) return;
    const isTold = orPass(() => {
      const { files, bytes } = this.#toTell.needed();
      for (const conversation of conversations) conversation.tellProgress(files, bytes);
    });
    if (!isTold) this.soon();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
