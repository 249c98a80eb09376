/**
 * Beacons by UDP. What reaches every device, also several on one host (they share the port by SO_REUSEADDR), as
 * measured: broadcasts and multicasts go to all sockets of the port, a unicast to one of them only. So this host
 * is spoken to by the broadcast address of loopback. A multicast that leaves from a socket without
 * address has a link-local source, which Deno 2.9.6 cannot dial (no scope in addresses): each other IPv6 address
 * of an interface gets a socket of its own to speak from.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { CairnError, messageOf } from "../../core/errors.ts";
import type { BeaconSocket } from "../ports.ts";

/** Link-local multicast group of our own choice ("transient" flag set, as RFC 4291 asks for). */
const GROUP_V6 = "ff12::ca1:2077";
/** Reaches all sockets of a port on this host. */
const LOOPBACK_BROADCAST = "127.255.255.255";
/** IPv6 addresses spoken from at most; more than any device has, and a bound on sockets. */
const V6_SPEAKERS = 16;
/** Far more than a beacon has. */
const DATAGRAM_BYTES = 4096;

type Heard = (bytes: Uint8Array, host: string, port: number) => void;

/** See `Net.beacons`. IPv4 must work; IPv6 is used as far as it does. */
export async function openBeacons(port: number, heard: Heard): Promise<BeaconSocket> {
  let v4: Socket;
  try {
    v4 = await openSocket("udp4", port, "0.0.0.0", heard);
    v4.setBroadcast(true);
  } catch (error) {
    throw new CairnError(
      "network",
      `Cannot use UDP port ${port} to find devices: ${messageOf(error)}`,
      "Stop the program that uses this port; devices can also be added by address.",
      error,
    );
  }
  const v6 = new SixSockets(v4.address().port, heard);
  await v6.open();
  return {
    broadcast(bytes) {
      const interfaces = networkInterfaces();
      for (const host of broadcastAddresses(interfaces)) sendQuietly(v4, bytes, v4.address().port, host);
      v6.broadcast(bytes, interfaces);
    },
    answer(bytes, host, to) {
      if (host.includes(":")) return v6.answer(bytes, host, to);
      sendQuietly(v4, bytes, to, isOwnAddress(host) ? LOOPBACK_BROADCAST : host);
    },
    close() {
      v4.close();
      v6.close();
    },
  };
}

/** The IPv6 side: one socket that listens, and one for each address that is spoken from. All failures are quiet. */
class SixSockets {
  readonly #port: number;
  readonly #heard: Heard;
  readonly #speakers = new Map<string, Socket | "opening">();
  readonly #joined = new Set<string>();
  #ear: Socket | null = null;
  #closed = false;

  constructor(port: number, heard: Heard) {
    this.#port = port;
    this.#heard = heard;
  }

  async open(): Promise<void> {
    try {
      this.#ear = await openSocket("udp6", this.#port, "::", this.#heard);
      this.#follow(networkInterfaces());
    } catch {
      this.#ear = null;
    }
  }

  broadcast(bytes: Uint8Array, interfaces: Interfaces): void {
    if (this.#ear === null || this.#closed) return;
    this.#follow(interfaces);
    for (const [name, address] of speakingAddresses(interfaces)) {
      const speaker = this.#speakers.get(address);
      if (speaker !== undefined && speaker !== "opening") {
        sendQuietly(speaker, bytes, this.#port, `${GROUP_V6}%${name}`);
      }
      if (speaker === undefined && this.#speakers.size < V6_SPEAKERS) this.#openSpeaker(bytes, name, address);
    }
  }

  answer(bytes: Uint8Array, host: string, port: number): void {
    if (this.#ear !== null && !this.#closed) sendQuietly(this.#ear, bytes, port, host);
  }

  close(): void {
    this.#closed = true;
    this.#ear?.close();
    for (const speaker of this.#speakers.values()) if (speaker !== "opening") speaker.close();
    this.#speakers.clear();
  }

  /** Joins the group on interfaces that came, and forgets those (and addresses) that went. */
  #follow(interfaces: Interfaces): void {
    for (const name of Object.keys(interfaces)) {
      if (this.#joined.has(name)) continue;
      try {
        this.#ear!.addMembership(GROUP_V6, `::%${name}`);
      } catch {
        // An interface without IPv6 or multicast; it is tried once for as long as it is there.
      }
      this.#joined.add(name);
    }
    for (const name of this.#joined) if (interfaces[name] === undefined) this.#joined.delete(name);
    const alive = new Set(speakingAddresses(interfaces).map(([, address]) => address));
    for (const [address, speaker] of this.#speakers) {
      if (alive.has(address) || speaker === "opening") continue;
      speaker.close();
      this.#speakers.delete(address);
    }
  }

  #openSpeaker(first: Uint8Array, name: string, address: string): void {
    this.#speakers.set(address, "opening");
    openSocket("udp6", this.#port, address, this.#heard).then((socket) => {
      if (this.#closed) return void socket.close();
      this.#speakers.set(address, socket);
      sendQuietly(socket, first, this.#port, `${GROUP_V6}%${name}`);
    }, () => this.#speakers.delete(address));
  }
}

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** Where an IPv4 broadcast goes: everyone, each interface's own network, and this host. */
export function broadcastAddresses(interfaces: Interfaces): string[] {
  const out = new Set(["255.255.255.255", LOOPBACK_BROADCAST]);
  for (const { family, address, netmask } of Object.values(interfaces).flatMap((list) => list ?? [])) {
    if (family !== "IPv4" || netmask === "255.255.255.255") continue;
    const mask = netmask.split(".").map(Number);
    out.add(address.split(".").map((part, i) => Number(part) | (~(mask[i] ?? 255) & 255)).join("."));
  }
  return [...out];
}

/** Interface name and address of each IPv6 address that another device can dial. */
function speakingAddresses(interfaces: Interfaces): [string, string][] {
  const out: [string, string][] = [];
  for (const [name, list] of Object.entries(interfaces)) {
    for (const { family, address, internal } of list ?? []) {
      if (family === "IPv6" && !internal && !/^fe[89ab]/i.test(address)) out.push([name, address]);
    }
  }
  return out;
}

function isOwnAddress(host: string): boolean {
  if (host.startsWith("127.")) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === host));
}

function openSocket(type: "udp4" | "udp6", port: number, address: string, heard: Heard): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type, reuseAddr: true, ipv6Only: type === "udp6" });
    socket.on("message", (bytes: Uint8Array, from: RemoteInfo) => heard(bytes, from.address, from.port));
    socket.once("error", reject);
    socket.bind({ port, address }, () => {
      socket.off("error", reject);
      // Deno makes so much memory for each datagram, 64 KB unless told: a flood of small ones left 30 MB a second to be collected.
      socket.setRecvBufferSize(DATAGRAM_BYTES);
      // Errors of single sends (a network that went) come here too; the next beacon tries again.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** A beacon that cannot be sent is no error: it is sent again in half a minute. */
function sendQuietly(socket: Socket, bytes: Uint8Array, port: number, host: string): void {
  try {
    socket.send(bytes, port, host, () => {});
  } catch {
    // The socket is closed or the address is impossible here.
  }
}
