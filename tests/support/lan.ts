/**
 * Hosts on one machine: network namespaces joined by a bridge, so that links can be cut, bytes on the wire counted, and broadcast works as
 * on a real LAN. Names are unique, so that several run beside each other. Needs root and `ip`.
 *
 * A router namespace stands for the internet: it answers at `INTERNET` as long as the hosts have a default route.
 */
import type { Device, Host } from "./device.ts";

/** An address that is no host's anywhere (TEST-NET-3), here the router's. */
export const INTERNET = "203.0.113.1";

const SUBNET = "10.77.0";
const ROUTER_HOST = 254;

export class Lan {
  readonly #prefix = `cairn-${Deno.pid.toString(36)}-${crypto.randomUUID().slice(0, 6)}`;
  readonly #hosts: readonly string[];

  private constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  /** Whether hosts can be made here at all; tried, not guessed: a container may have root and no right to it. */
  static async possible(): Promise<boolean> {
    if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
    try {
      const lan = await Lan.create(["probe"]);
      await lan.teardown();
      return true;
    } catch {
      return false;
    }
  }

  /** Builds the hosts, each with an address, a link to the bridge and a default route to the router. */
  static async create(hosts: readonly string[]): Promise<Lan> {
    const lan = new Lan(hosts);
    try {
      await lan.#build();
      return lan;
    } catch (error) {
      await lan.teardown();
      throw error;
    }
  }

  async #build(): Promise<void> {
    const bridge = this.namespace("bridge");
    await ip("netns", "add", bridge);
    await ip("-n", bridge, "link", "add", "br0", "type", "bridge");
    await ip("-n", bridge, "link", "set", "br0", "up");
    for (const host of [...this.#hosts, "router"]) {
      const ns = this.namespace(host);
      const port = `p${this.#number(host)}`;
      await ip("netns", "add", ns);
      await ip("-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", ns);
      await ip("-n", bridge, "link", "set", port, "master", "br0", "up");
      await ip("-n", ns, "addr", "add", `${this.address(host)}/24`, "brd", "+", "dev", "eth0");
      await ip("-n", ns, "link", "set", "lo", "up");
      await ip("-n", ns, "link", "set", "eth0", "up");
    }
    await ip("-n", this.namespace("router"), "addr", "add", `${INTERNET}/32`, "dev", "lo");
    for (const host of this.#hosts) await this.internet(host, true);
  }

  namespace(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** The host's address on the LAN. */
  address(host: string): string {
    return `${SUBNET}.${this.#number(host)}`;
  }

  #number(host: string): number {
    return host === "router" ? ROUTER_HOST : this.#hosts.indexOf(host) + 1;
  }

  /** The host as a place for devices to run at. */
  host(name: string): Host {
    return {
      address: this.address(name),
      wrap: (argv) => ["ip", "netns", "exec", this.namespace(name), ...argv],
      loopback: false,
    };
  }

  /** Starts a program on the host. */
  spawn(host: string, argv: readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
    const [program, ...args] = this.host(host).wrap(argv);
    return new Deno.Command(program!, { ...options, args }).spawn();
  }

  /** Runs a program on the host to its end. */
  async run(
    host: string,
    argv: readonly string[],
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const [program, ...args] = this.host(host).wrap(argv);
    const done = await new Deno.Command(program!, { args, stdin: "null" }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code: done.code, stdout: text(done.stdout), stderr: text(done.stderr) };
  }

  /** Plugs the host's cable in or out. */
  async link(host: string, up: boolean): Promise<void> {
    await ip("-n", this.namespace(host), "link", "set", "eth0", up ? "up" : "down");
    // The kernel forgets the route with the link.
    if (up) await this.internet(host, true).catch(() => {});
  }

  /** Gives the host its way to the internet, or takes it; the LAN stays. */
  async internet(host: string, on: boolean): Promise<void> {
    const ns = this.namespace(host);
    if (on) {
      await ip("-n", ns, "route", "replace", "default", "via", `${SUBNET}.${ROUTER_HOST}`, "dev", "eth0");
    } else await ip("-n", ns, "route", "del", "default");
  }

  /** Whether packets from the host get an answer from outside the LAN. The router listens nowhere: its refusal is the answer. */
  async reachesInternet(host: string): Promise<boolean> {
    const source =
      `try { (await Deno.connect({ hostname: "${INTERNET}", port: 443 })).close(); console.log("answered"); }
      catch (error) { console.log(error instanceof Deno.errors.ConnectionRefused ? "answered" : "unreachable: " + error.message); }`;
    const { code, stdout, stderr } = await this.run(host, [Deno.execPath(), "eval", "--no-config", source]);
    if (code !== 0) throw new Error(`Cannot try the internet from ${host}: ${stderr}`);
    return stdout.startsWith("answered");
  }

  /** Bytes that the host has sent and received on the LAN. */
  async bytes(host: string): Promise<{ sent: number; received: number }> {
    const [link] = JSON.parse(await ip("-j", "-s", "-n", this.namespace(host), "link", "show", "eth0"));
    return { sent: link.stats64.tx.bytes, received: link.stats64.rx.bytes };
  }

  /** Takes everything away. May be called at any moment, and more than once. */
  async teardown(): Promise<void> {
    for (const host of [...this.#hosts, "router", "bridge"]) {
      await ip("netns", "del", this.namespace(host)).catch(() => {});
    }
  }
}

/** What the device's host has received since now, asked of the kernel in microseconds. Good until the device restarts. */
export function receivedSince(device: Device): () => number {
  const path = `/proc/${device.pid}/net/dev`;
  const read = () => Number(/^\s*eth0:\s*(\d+)/m.exec(Deno.readTextFileSync(path))?.[1] ?? 0);
  const start = read();
  return () => read() - start;
}

/** One call of iproute2; its standard output. */
async function ip(...args: string[]): Promise<string> {
  const done = await new Deno.Command("ip", { args, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!done.success) throw new Error(`ip ${args.join(" ")}: ${text(done.stderr).trim()}`);
  return text(done.stdout);
}
