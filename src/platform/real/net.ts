/** The real network: TLS 1.3 on `node:tls`, beacons on `node:dgram`. */
import type { Net } from "../ports.ts";
import { openBeacons } from "./net_beacon.ts";
import { dialTls } from "./net_dial.ts";
import { listenTls } from "./net_listen.ts";

export function realNet(): Net {
  return { listen: listenTls, dial: dialTls, beacons: openBeacons };
}
