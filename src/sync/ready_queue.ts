/** Steps that have all they need, on their way to the disk: gathered for a moment, and placed batch by batch. */
import { messageOf } from "../core/errors.ts";
import type { RelPath } from "../core/ids.ts";
import { RECORD_ROWS } from "../core/limits.ts";
import { placeBatch } from "./placing.ts";
import type { Replica } from "./replica.ts";
import type { RoomWait } from "./room_wait.ts";
import type { Outcome, Ready } from "./step.ts";

/** Steps wait this long for others to be placed with. */
const GATHER_MS = 10;
/** So many are placed at once without waiting. */
const BATCH = RECORD_ROWS;

export interface QueueOwner {
  /** Checked right before placing (invariant 8). */
  mayPlace(): boolean;
  /** A batch was placed, each path as told. `cause` is why those without an outcome were not. */
  settle(batch: readonly Ready[], outcomes: ReadonlyMap<RelPath, Outcome>, cause?: string): void;
  lookAgain(paths: readonly RelPath[]): void;
  /** All that could be placed was. */
  drained(): void;
}

export class ReadyQueue {
  readonly #replica: Replica;
  readonly #room: RoomWait;
  readonly #owner: QueueOwner;
  #ready: Ready[] = [];
  #placing = false;
  #cancelGather: (() => void) | null = null;
  #stopped = false;

  constructor(replica: Replica, room: RoomWait, owner: QueueOwner) {
    this.#replica = replica;
    this.#room = room;
    this.#owner = owner;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelGather?.();
  }

  /** One more of `underWay` that are to come: the last of them waits for nobody. */
  add(ready: Ready, underWay: number): void {
    this.#ready.push(ready);
    this.soon(this.#ready.length >= BATCH || this.#ready.length >= underWay ? 0 : GATHER_MS);
  }

  /** What could not be placed now, though all is there. */
  putBack(ready: Ready): void {
    this.#ready.push(ready);
  }

  /** What was ready when the root could not be used waits for nobody but us. */
  resume(): void {
    if (this.#ready.length > 0 && !this.#placing && this.#owner.mayPlace()) this.soon();
  }

  soon(delayMs = GATHER_MS): void {
    if (delayMs > 0 && this.#cancelGather !== null) return;
    this.#cancelGather?.();
    this.#cancelGather = this.#replica.deps.clock.after(delayMs, () => {
      this.#cancelGather = null;
      void this.#place();
    });
  }

  async #place(): Promise<void> {
    if (this.#placing || this.#stopped) return;
    this.#placing = true;
    let batch: readonly Ready[] = [];
    try {
      while (this.#ready.length > 0 && this.#owner.mayPlace()) {
        batch = this.#ready.splice(0, BATCH);
        const outcomes = await this.#replica.exclusive(() => placeBatch(this.#replica, batch));
        this.#owner.settle(batch, outcomes);
        batch = [];
      }
    } catch (error) {
      // The journal or a sync refused: nothing counts as placed, and a look finds what is there (R19).
      if (this.#room.isRefusal(error)) {
        this.#owner.settle(batch, new Map(batch.map(({ path }) => [path, { kind: "again" }])));
        this.#owner.lookAgain(
          batch.flatMap(({ path, movedFrom }) => movedFrom === null ? [path] : [path, movedFrom]),
        );
      } else {
        // What is still on its way is not concerned, and stays under way.
        this.#owner.settle([...batch, ...this.#ready.splice(0)], new Map(), messageOf(error));
      }
    } finally {
      this.#placing = false;
    }
    this.#owner.drained();
  }
}
