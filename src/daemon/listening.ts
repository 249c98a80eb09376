/** How a device is found: the TCP port on which it listens, and beacons. */
import { CairnError } from "../core/errors.ts";
import { type Discovery, type DiscoveryOptions, startDiscovery } from "../peer/discovery.ts";
import type { Links } from "../peer/links.ts";
import type { Clock, Net, Random } from "../platform/ports.ts";

interface Told {
  readonly port: number;
  readonly beaconPort?: number;
  say(line: string): void;
}

/** Listens on the port that the device had, or on any where another program has taken that. */
export async function listen(links: Links, { port, say }: Told): Promise<void> {
  try {
    await links.listen(port);
  } catch (error) {
    if (port === 0) throw error;
    await links.listen(0);
    say(`Port ${port} is taken by another program; this device listens on ${links.port} instead.`);
  }
}

/** Sends and hears beacons; null where that cannot be. */
export async function discover(
  { net, clock, random }: { readonly net: Net; readonly clock: Clock; readonly random: Random },
  { beaconPort, say }: Told,
  about: Pick<DiscoveryOptions, "device" | "tcpPort" | "isKnown" | "twin" | "sighted">,
): Promise<Discovery | null> {
  try {
    const port = beaconPort === undefined ? {} : { beaconPort };
    return await startDiscovery({ net, clock, random, ...port, ...about });
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    say(
      `${error.message}. Other devices are not found by themselves; give an address with --at HOST:PORT.`,
    );
    return null;
  }
}
