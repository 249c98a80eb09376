/**
 * Whether devices can find one another: sends a beacon under an id of its own, asks for answers, and listens for what comes back. Who hears
 * it takes it for a device that nobody knows.
 */
import { CairnError } from "../../core/errors.ts";
import { type DeviceId, idOf } from "../../core/ids.ts";
import { decodeBeacon, encodeBeacon } from "../../peer/beacon.ts";
import { BEACON_PORT } from "../../peer/discovery.ts";
import type { Clock, Net, Random } from "../../platform/ports.ts";
import type { HostFacts } from "../../platform/real/host_facts.ts";
import type { Finding } from "./types.ts";

/** Answers of a LAN come within milliseconds; a device at work takes its time. */
const LISTEN_MS = 1_500;
/** A beacon may be lost. */
const AGAIN_MS = 500;
/** Anybody may send. */
const MOST_HEARD = 256;

const OPEN =
  `Let UDP port ${BEACON_PORT} through the firewall, both ways (ufw: sudo ufw allow ${BEACON_PORT}/udp; firewalld: ` +
  `sudo firewall-cmd --permanent --add-port=${BEACON_PORT}/udp && sudo firewall-cmd --reload).`;
const BY_ADDRESS = "Without broadcast, pair by address: cairn join CODE PATH --at HOST:PORT.";

export interface BroadcastPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: HostFacts;
  readonly beaconPort?: number;
}

/** `own`: the device that runs here; null for none. `port`: of its sessions. */
export async function checkBroadcast(
  { net, clock, random, host, beaconPort = BEACON_PORT }: BroadcastPorts,
  own: DeviceId | null,
  members: ReadonlySet<string>,
): Promise<Finding[]> {
  const base = { check: "broadcast", subject: "" } as const;
  const mine = idOf("device", random.bytes(32))!;
  const echoes = new Set<string>();
  const heard = new Set<string>();
  let socket;
  try {
    socket = await net.beacons(beaconPort, (bytes, from) => {
      const beacon = decodeBeacon(bytes);
      if (beacon === null) return;
      if (beacon.device === mine) echoes.add(from);
      else if (heard.size < MOST_HEARD) heard.add(beacon.device);
    });
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return [{
      ...base,
      code: "broadcast-refused",
      verdict: "attention",
      says: error.message,
      remedy: `${error.hint} ${BY_ADDRESS}`,
      facts: {},
    }];
  }
  try {
    // The port is nobody's: members alone are dialled.
    const bytes = encodeBeacon({ device: mine, port: 1, instance: 0, inviting: false, answerPlease: true });
    for (let spentMs = 0; spentMs < LISTEN_MS; spentMs += AGAIN_MS) {
      socket.broadcast(bytes);
      await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
    }
  } finally {
    socket.close();
  }
  const addresses = host.addresses();
  const back = addresses.filter((address) => echoes.has(address)).length;
  const others = [...heard].filter((id) => id !== own);
  const known = others.filter((id) => members.has(id)).length;
  const facts = { networks: addresses.length, cameBack: back, heard: others.length, members: known };
  return [
    wayFinding(addresses.length, back),
    ...(own === null ? [] : [ownFinding(heard.has(own))]),
    {
      code: "broadcast-heard",
      verdict: others.length > 0 ? "good" : "note",
      says: others.length > 0
        ? `${others.length === 1 ? "one other device was" : `${others.length} other devices were`} heard`
        : "no other device was heard",
      remedy: others.length > 0
        ? ""
        : `If one should be: is it on, in the same network (no guest Wi-Fi), and not behind a firewall? ${BY_ADDRESS}`,
    } as const,
  ].map((finding) => ({ ...base, facts, ...finding }));
}

type Said = Pick<Finding, "code" | "verdict" | "says" | "remedy">;

function wayFinding(networks: number, back: number): Said {
  if (networks === 0) {
    return {
      code: "broadcast-no-network",
      verdict: "attention",
      says: "this machine is in no network",
      remedy: "Connect it to the network of the other devices.",
    };
  }
  if (back === 0) {
    return {
      code: "broadcast-lost",
      verdict: "attention",
      says: "a beacon was sent, and it did not come back: the way out or in is shut",
      remedy: `${OPEN} ${BY_ADDRESS}`,
    };
  }
  return {
    code: "broadcast-works",
    verdict: "good",
    says: `a beacon was sent, and came back in ${back} of ${networks} network${networks === 1 ? "" : "s"}`,
    remedy: "",
  };
}

function ownFinding(isHeard: boolean): Said {
  return {
    code: isHeard ? "broadcast-answered" : "broadcast-unanswered",
    verdict: isHeard ? "good" : "attention",
    says: isHeard
      ? "the device that runs here answers beacons"
      : "the device that runs here did not answer a beacon",
    remedy: isHeard ? "" : `${OPEN} Then start the device again.`,
  };
}
