/**
 * Another device with our identity: a home that was copied, and runs twice (R36). A beacon with our id is a hint and no more; whoever is there counts
 * once it has shown our own certificate, until it does not answer twice in a row.
 */
import { CairnError } from "../core/errors.ts";
import { HANDSHAKE_MS } from "../core/limits.ts";
import { type DeviceIdentity, deviceIdOf } from "../peer/identity.ts";
import { type Links, SESSION_PROTOCOL } from "../peer/links.ts";
import type { Clock, Net, Random } from "../platform/ports.ts";

/** A call to ourselves comes back to us within this. */
const ECHO_MS = 1_000;
/** So often it is asked whether a call came back, or a twin called us at the same time. */
const CALLS = 3;
/** Between two of these calls there is up to this. */
const APART_MS = 2_000;
/** One that was there is called again after this. */
const AGAIN_MS = 5_000;
const MISSES = 2;

export interface TwinPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: DeviceIdentity;
  readonly links: Links;
  changed(): void;
}

export class TwinWatch {
  readonly #ports: TwinPorts;
  #address: string | null = null;
  #isLooking = false;
  #misses = 0;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(ports: TwinPorts) {
    this.#ports = ports;
  }

  /** Where it runs; null when none is known. */
  get address(): string | null {
    return this.#address;
  }

  /** There is one, or a hint at one is being looked at. */
  get isPossible(): boolean {
    return this.#address !== null || this.#isLooking;
  }

  /** A beacon with our id came from there. */
  heard(address: string): void {
    if (!this.#isLooking && !this.#isStopped) void this.#look(address);
  }

  async #look(address: string): Promise<void> {
    this.#isLooking = true;
    let isThere = false;
    try {
      isThere = await isTwinAt(address, this.#ports);
    } finally {
      this.#isLooking = false;
    }
    if (this.#isStopped) return;
    if (isThere) [this.#address, this.#misses] = [address, 0];
    // Of another address that leads nowhere nothing follows for this one.
    else if (address === this.#address && ++this.#misses >= MISSES) this.#address = null;
    this.#cancel?.();
    this.#cancel = null;
    if (this.#address !== null) {
      this.#cancel = this.#ports.clock.after(AGAIN_MS, () => this.heard(this.#address!));
    }
    this.#ports.changed();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}

/**
 * Anybody can pass us on to ourselves: then we are called at the same time. So we are when a twin has heard of us in the same moment, but not
 * each time.
 */
async function isTwinAt(
  address: string,
  { net, clock, random, identity, links }: TwinPorts,
): Promise<boolean> {
  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  try {
    for (let call = 1; call <= CALLS; call++) {
      const met = links.metOurselves;
      const link = await net.dial(address, identity, SESSION_PROTOCOL, HANDSHAKE_MS);
      const isOurs = link.peerCertificate !== null && deviceIdOf(link.peerCertificate) === identity.id;
      await pause(ECHO_MS);
      link.destroy();
      if (!isOurs) return false;
      if (links.metOurselves === met) return true;
      await pause(random.bytes(1)[0]! / 255 * APART_MS);
    }
    return false;
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return false;
  }
}
