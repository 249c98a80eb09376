/** What a replica is fetching: its bytes, and from whom they are to come. */
import type { RelPath } from "../core/ids.ts";

interface Fetch {
  readonly bytes: number;
  /** Devices that have it. */
  readonly devices: readonly number[];
}

export class Coming {
  readonly #fetches = new Map<RelPath, Fetch>();
  #bytes = 0;

  /** Bytes that the disk does not know yet that they come. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(path: RelPath, bytes: number, devices: readonly number[]): void {
    this.#fetches.set(path, { bytes, devices });
    this.#bytes += bytes;
  }

  end(path: RelPath): void {
    this.#bytes -= this.#fetches.get(path)?.bytes ?? 0;
    this.#fetches.delete(path);
  }

  /** Fetches of which nothing comes, as `areStuck` says of the devices: one silent peer must not keep out all others' (invariant 10). */
  stuck(areStuck: (devices: readonly number[]) => boolean): number {
    let stuck = 0;
    for (const { devices } of this.#fetches.values()) if (areStuck(devices)) stuck++;
    return stuck;
  }
}
