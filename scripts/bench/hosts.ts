/**
 * Hosts on one machine. As root with iproute2 they are network namespaces, joined by one or more bridges, so that the bytes on each wire are
 * counted by the kernel and nobody else is on it. Else all of them are this machine's loopback, and bytes are not measured.
 */
import type { Cleanup } from "./cleanup.ts";
import { outputOf } from "./process.ts";
import { sleep } from "./wait.ts";

export interface WireBytes {
  readonly sent: number;
  readonly received: number;
}

export interface Hosts {
  /** Each host has an address of its own, and its bytes are counted. */
  readonly areApart: boolean;
  /** The host's address in the LAN of that number; the first is 0. */
  address(host: string, lan?: number): string;
  /** The command line that runs `argv` at the host; the process becomes `argv` itself. */
  wrap(host: string, argv: readonly string[]): string[];
  /** Lets so many bytes a second out of the host's first interface; null for as many as go. False where that cannot be had. */
  limit(host: string, bytesPerS: number | null): Promise<boolean>;
  /** Bytes at the host's first interface since it was made; null where they are not measured. */
  bytes(host: string): Promise<WireBytes | null>;
  close(): Promise<void>;
}

/** A network of our own, apart from that of the tests. */
const SUBNET = "10.78";
const PREFIX = "bn";
/** A limited interface: some segments as large as the kernel makes them, and what a router would queue. */
const BURST_BYTES = 256 * 1024;
const QUEUE_TIME = "50ms";
const DROP_TRIES = 50;
const DROP_REST_MS = 100;
let made = 0;

/** Makes hosts; `lans` names the hosts of each LAN, and a host may be in several. All goes with `close`, or with the clean-up. */
export async function openHosts(lans: readonly (readonly string[])[], cleanup: Cleanup): Promise<Hosts> {
  const hosts = await canMakeNamespaces() ? new Namespaces(lans) : LOOPBACK;
  const close = cleanup.add(() => hosts.close());
  if (hosts instanceof Namespaces) await hosts.build();
  return {
    areApart: hosts.areApart,
    address: (host, lan) => hosts.address(host, lan),
    wrap: (host, argv) => hosts.wrap(host, argv),
    limit: (host, bytesPerS) => hosts.limit(host, bytesPerS),
    bytes: (host) => hosts.bytes(host),
    close,
  };
}

const LOOPBACK: Hosts = {
  areApart: false,
  address: () => "127.0.0.1",
  wrap: (_host, argv) => [...argv],
  limit: () => Promise.resolve(false),
  bytes: () => Promise.resolve(null),
  close: () => Promise.resolve(),
};

let possible: Promise<boolean> | null = null;

/** Tried and not guessed: a container may have root and no right to it. */
export function canMakeNamespaces(): Promise<boolean> {
  return possible ??= (async () => {
    if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
    const probe = new Namespaces([["probe"]]);
    try {
      await probe.build();
      return true;
    } catch {
      return false;
    } finally {
      await probe.close();
    }
  })();
}

class Namespaces implements Hosts {
  readonly areApart = true;
  readonly #prefix = `${PREFIX}${Deno.pid.toString(36)}-${made++}`;
  readonly #lans: readonly (readonly string[])[];
  readonly #names: readonly string[];

  constructor(lans: readonly (readonly string[])[]) {
    this.#lans = lans;
    this.#names = [...new Set(lans.flat())];
  }

  async build(): Promise<void> {
    const bridges = this.#namespace("bridges");
    await ip("netns", "add", bridges);
    for (const name of this.#names) {
      await ip("netns", "add", this.#namespace(name));
      await ip("-n", this.#namespace(name), "link", "set", "lo", "up");
    }
    for (const [lan, members] of this.#lans.entries()) {
      await ip("-n", bridges, "link", "add", `br${lan}`, "type", "bridge");
      await ip("-n", bridges, "link", "set", `br${lan}`, "up");
      for (const [i, name] of members.entries()) await this.#plug(bridges, lan, i, name);
    }
  }

  async #plug(bridges: string, lan: number, index: number, name: string): Promise<void> {
    const [ns, port, link] = [this.#namespace(name), `p${lan}-${index}`, this.#link(name, lan)];
    await ip("-n", bridges, "link", "add", port, "type", "veth", "peer", "name", link, "netns", ns);
    await ip("-n", bridges, "link", "set", port, "master", `br${lan}`, "up");
    await ip("-n", ns, "addr", "add", `${this.address(name, lan)}/24`, "brd", "+", "dev", link);
    await ip("-n", ns, "link", "set", link, "up");
    // Beacons go to 255.255.255.255, which wants a route. A host in two LANs is a relay and sends none.
    if (this.#lansOf(name).length === 1) await ip("-n", ns, "route", "add", "default", "dev", link);
  }

  #namespace(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  #lansOf(host: string): number[] {
    return this.#lans.flatMap((members, lan) => members.includes(host) ? [lan] : []);
  }

  /** The name of the host's interface in a LAN: eth0 in the first that it is in. */
  #link(host: string, lan: number): string {
    return `eth${this.#lansOf(host).indexOf(lan)}`;
  }

  address(host: string, lan: number = this.#lansOf(host)[0]!): string {
    return `${SUBNET}.${lan}.${this.#lans[lan]!.indexOf(host) + 1}`;
  }

  wrap(host: string, argv: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#namespace(host), ...argv];
  }

  async limit(host: string, bytesPerS: number | null): Promise<boolean> {
    const tc = (...words: string[]) => outputOf(["tc", "-n", this.#namespace(host), "qdisc", ...words]);
    try {
      await tc("del", "dev", "eth0", "root").catch(() => {}); // there may be none
      if (bytesPerS === null) return true;
      const shape = ["rate", `${bytesPerS * 8}bit`, "burst", `${BURST_BYTES}b`, "latency", QUEUE_TIME];
      await tc("add", "dev", "eth0", "root", "tbf", ...shape);
      return true;
    } catch {
      return false;
    }
  }

  async bytes(host: string): Promise<WireBytes> {
    const [link] = JSON.parse(await ip("-j", "-s", "-n", this.#namespace(host), "link", "show", "eth0"));
    return { sent: link.stats64.tx.bytes, received: link.stats64.rx.bytes };
  }

  async close(): Promise<void> {
    for (const name of [...this.#names, "bridges"]) await drop(this.#namespace(name));
  }
}

/** Deletes a namespace. It may be busy for a moment, as long as another is entered somewhere on the machine. */
async function drop(namespace: string): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return void await ip("netns", "del", namespace);
    } catch (error) {
      if (/No such file/.test(String(error))) return;
      if (tries === DROP_TRIES) throw error;
      await sleep(DROP_REST_MS);
    }
  }
}

function ip(...args: string[]): Promise<string> {
  return outputOf(["ip", ...args]);
}
