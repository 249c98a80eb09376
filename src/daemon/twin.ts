/** Another device with our identity: a home that was copied, and runs twice (R36). */
import { CairnError } from "../core/errors.ts";
import { HANDSHAKE_MS } from "../core/limits.ts";
import { type DeviceIdentity, deviceIdOf } from "../peer/identity.ts";
import { type Links, SESSION_PROTOCOL } from "../peer/links.ts";
import type { Clock, Net } from "../platform/ports.ts";

/** A call to ourselves comes back to us within this. */
const ECHO_MS = 1_000;

export interface TwinPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly identity: DeviceIdentity;
  readonly links: Links;
}

/** A beacon from `address` has our id: it counts only when whoever is there shows our own certificate. Null: nobody is there, it was forged. */
export async function isTwinAt(
  address: string,
  { net, clock, identity, links }: TwinPorts,
): Promise<boolean | null> {
  try {
    const met = links.metOurselves;
    const link = await net.dial(address, identity, SESSION_PROTOCOL, HANDSHAKE_MS);
    const isOurs = link.peerCertificate !== null && deviceIdOf(link.peerCertificate) === identity.id;
    // Anybody can pass us on to ourselves: then we are called at the same time.
    await new Promise<void>((resolve) => clock.after(ECHO_MS, resolve));
    link.destroy();
    return isOurs && links.metOurselves === met;
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return null;
  }
}
