/**
 * Files that do not fit on a disk. They are put off together, so that what fits does not wait behind them, and are due as soon as
 * there is room for the smallest of them.
 */
import { sizeInWords } from "../core/bytes.ts";
import type { RelPath } from "../core/ids.ts";
import { MOST_RETRY_MS } from "./need_outcomes.ts";
import type { Replica } from "./replica.ts";
import type { RoomWait } from "./room_wait.ts";

export class TooLarge {
  readonly #replica: Replica;
  readonly #room: RoomWait;
  #paths: RelPath[] = [];
  #leastBytes = Infinity;
  /** By then all that was put off is due, and counted anew. */
  #untilMs = -Infinity;

  constructor(replica: Replica, room: RoomWait) {
    this.#replica = replica;
    this.#room = room;
  }

  add(path: RelPath, bytes: number): void {
    this.#paths.push(path);
    this.#leastBytes = Math.min(this.#leastBytes, bytes);
  }

  /** Before a look at what is due: with this much room, what fits is due again. */
  look(roomBytes: number): void {
    const { catalogue, number, deps: { clock } } = this.#replica;
    if (this.#leastBytes === Infinity) return;
    const fits = roomBytes >= this.#leastBytes;
    if (!fits && clock.monotonic() < this.#untilMs) return;
    if (fits) catalogue.needs.retryAll(number);
    this.forget();
  }

  /** Nothing waits any more. */
  forget(): void {
    this.#leastBytes = Infinity;
  }

  /** Behind a look that left so much room: puts off what was added, and says so as long as anything waits. */
  putOff(roomBytes: number): void {
    if (this.#leastBytes === Infinity) return;
    this.#room.doesNotFit(roomBytes > 0 ? `, and a file of ${sizeInWords(this.#leastBytes)} waits` : "");
    const paths = this.#paths.splice(0);
    if (paths.length === 0) return;
    const { catalogue, number, deps: { clock } } = this.#replica;
    const retryMs = clock.now() + MOST_RETRY_MS;
    catalogue.needs.putOff(number, new Map(paths.map((path) => [path, retryMs])));
    this.#untilMs = clock.monotonic() + MOST_RETRY_MS;
  }
}
