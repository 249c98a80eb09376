/** Other devices that have paused a folder: nobody asks them for what is in it, and what only they have is asked for when they go on. */
import { isPausedBy } from "./pauses.ts";
import type { Replica } from "./replica.ts";

/** Cause and remedy of a need that only they can help with. */
export const PAUSED_THERE = [
  "the device that has it has paused this folder",
  "It comes when the pause ends there: cairn resume.",
] as const;

export class Pausers {
  readonly #replica: Pick<Replica, "catalogue" | "folder">;
  /** What was looked up since the last `refresh`. */
  readonly #known = new Map<number, boolean>();

  constructor(replica: Pick<Replica, "catalogue" | "folder">) {
    this.#replica = replica;
  }

  /** Looks anew. Answers those that have paused it no longer. */
  refresh(): number[] {
    const before = [...this.#known].flatMap(([device, isPaused]) => isPaused ? [device] : []);
    this.#known.clear();
    return before.filter((device) => !this.#has(device));
  }

  without(devices: readonly number[]): number[] {
    return devices.filter((device) => !this.#has(device));
  }

  #has(device: number): boolean {
    let isPaused = this.#known.get(device);
    if (isPaused === undefined) {
      isPaused = isPausedBy(this.#replica.catalogue, device, this.#replica.folder);
      this.#known.set(device, isPaused);
    }
    return isPaused;
  }
}
