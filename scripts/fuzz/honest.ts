/** The honest peers' work goes on while the victim is attacked: edits go back and forth, and each must arrive. */
import type { Device } from "../../tests/support/device.ts";
import { exists, textOf } from "../../tests/support/pair.ts";
import { HONEST } from "./field.ts";

const LOOK_EVERY_MS = 50;
const BETWEEN_EDITS_MS = 1_000;
/** Every so many edits one is large enough to travel in pieces. */
const LARGE_EVERY = 8;
const LARGE_BYTES = 400 * 1024;

export interface Latencies {
  readonly count: number;
  readonly worstMs: number;
  readonly meanMs: number;
}

export class HonestWork {
  readonly #victim: Device;
  readonly #honest: Device;
  #stopped = false;
  #sinceMs: number | null = null;
  #what = "";
  #count = 0;
  #sumMs = 0;
  #worstMs = 0;

  constructor(victim: Device, honest: Device) {
    this.#victim = victim;
    this.#honest = honest;
  }

  /** How long the present edit is on its way, and what it is; null between edits. */
  get waiting(): { readonly ms: number; readonly what: string } | null {
    return this.#sinceMs === null ? null : { ms: performance.now() - this.#sinceMs, what: this.#what };
  }

  get latencies(): Latencies {
    return { count: this.#count, worstMs: this.#worstMs, meanMs: this.#sumMs / Math.max(1, this.#count) };
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Goes on until stopped. An edit that never arrives shows in `waiting`. */
  async run(): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      const [from, to] = round % 2 === 0 ? [this.#honest, this.#victim] : [this.#victim, this.#honest];
      await this.#edit(from, to, round);
      await pause(BETWEEN_EDITS_MS);
    }
  }

  async #edit(from: Device, to: Device, round: number): Promise<void> {
    const token = `${from.name} in round ${round}\n`;
    const isLarge = round % LARGE_EVERY >= LARGE_EVERY - 2;
    const text = isLarge ? token.repeat(Math.ceil(LARGE_BYTES / token.length)) : token;
    // The same names again and again: what was new is soon an edit, and now and then it goes.
    const name = `${HONEST}/from-${from.name}-${round % 6}${isLarge ? "-large" : ""}`;
    this.#what = `${name}, ${text.length} bytes, from ${from.name} to ${to.name}`;
    this.#sinceMs = performance.now();
    if (round % 14 >= 12 && exists(`${from.data}/${name}`)) {
      Deno.removeSync(`${from.data}/${name}`);
      this.#what = `removal of ${this.#what}`;
      await this.#until(() => !exists(`${to.data}/${name}`));
    } else {
      Deno.writeTextFileSync(`${from.data}/${name}`, text);
      await this.#until(() => textOf(`${to.data}/${name}`) === text);
    }
    const ms = performance.now() - this.#sinceMs;
    this.#sinceMs = null;
    if (this.#stopped) return;
    this.#count++;
    this.#sumMs += ms;
    this.#worstMs = Math.max(this.#worstMs, ms);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#stopped && !condition()) await pause(LOOK_EVERY_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
