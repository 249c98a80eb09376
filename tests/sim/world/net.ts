/** The simulated network: hosts that reach each other or not, connections between them, and beacons that may be lost. */
import { CairnError } from "../../../src/core/errors.ts";
import type { BeaconSocket, Listener, Net, SecureLink, TlsIdentity } from "../../../src/platform/ports.ts";
import type { Rng } from "../disk/rng.ts";
import { type LinkEnd, SimLink, type Wire } from "./link.ts";
import type { Scheduler } from "./scheduler.ts";

/** A process that listens, dials and is heard; `isAlive` ends for good. */
export interface NetProcess {
  readonly host: number;
  readonly isAlive: boolean;
}

interface Listening {
  readonly process: NetProcess;
  readonly identity: TlsIdentity;
  readonly protocols: readonly string[];
  readonly accept: (link: SecureLink) => void;
}

interface Hearing {
  readonly process: NetProcess;
  readonly port: number;
  readonly heard: (bytes: Uint8Array, host: string, port: number) => void;
}

export class SimNet {
  readonly wire: Wire = { latencyMs: 0.2, jitterMs: 0.8, bytesPerMs: 50_000, cutChance: 0.05 };
  /** Chance of a beacon to be lost, for each who could hear it. */
  beaconLoss = 0;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly #hosts: number;
  /** Hosts that can ever reach each other. */
  readonly #wired: readonly (readonly boolean[])[];
  /** Which side of a partition each host is on. */
  #sides: number[];
  readonly #isUp: boolean[];
  readonly #listening = new Map<string, Listening>();
  readonly #hearing = new Set<Hearing>();
  readonly #links = new Set<SimLink>();
  #count = 0;

  constructor(scheduler: Scheduler, rng: Rng, wired: readonly (readonly boolean[])[]) {
    this.scheduler = scheduler;
    this.rng = rng;
    this.#hosts = wired.length;
    this.#wired = wired;
    this.#sides = wired.map(() => 0);
    this.#isUp = wired.map(() => true);
  }

  // ---------------------------------------------------------------------------------- what the world does

  flows(from: number, to: number): boolean {
    return this.#wired[from]![to]! && this.#sides[from] === this.#sides[to] && this.#isUp[from]! &&
      this.#isUp[to]!;
  }

  /** Splits the hosts: those with the same number reach each other. */
  partition(sides: readonly number[]): void {
    this.#sides = [...sides];
    this.resume();
  }

  heal(): void {
    this.beaconLoss = 0;
    for (const link of this.#links) link.stalledUntilMs = 0;
    this.partition(this.#wired.map(() => 0));
  }

  /** A machine is switched off, or on again. */
  setUp(host: number, isUp: boolean): void {
    this.#isUp[host] = isUp;
    if (isUp) this.resume();
  }

  resume(): void {
    for (const link of [...this.#links]) link.resume();
  }

  /** Connections that stand now, in the order in which they were made. */
  links(): SimLink[] {
    return [...this.#links];
  }

  stall(link: SimLink, ms: number): void {
    link.stalledUntilMs = this.scheduler.nowMs + ms;
    this.scheduler.after(ms + 0.001, () => link.resume());
  }

  /** The process is gone; with its machine (`silent`), nobody hears of it. */
  end(process: NetProcess, silent: boolean): void {
    for (const [key, { process: its }] of this.#listening) if (its === process) this.#listening.delete(key);
    for (const hearing of this.#hearing) if (hearing.process === process) this.#hearing.delete(hearing);
    for (const link of [...this.#links]) {
      for (const end of link.ends) if (end.host === process.host) end.abandon(silent);
    }
  }

  get bytesInFlight(): number {
    let sum = 0;
    for (const link of this.#links) sum += link.inFlight;
    return sum;
  }

  forget(link: SimLink): void {
    this.#links.delete(link);
  }

  // ---------------------------------------------------------------------------------- the port

  forProcess(process: NetProcess): Net {
    return {
      listen: (port, identity, protocols, accept) =>
        this.#later(process, () => this.#listen({ process, identity, protocols, accept }, port)),
      dial: (address, identity, protocol, timeoutMs) =>
        this.#dial(process, address, identity, protocol, timeoutMs),
      beacons: (port, heard) => this.#later(process, () => this.#beacons({ process, port, heard })),
    };
  }

  /** Answers a process a little later, unless it is gone by then. */
  #later<T>(process: NetProcess, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.scheduler.after(this.rng.next(), () => {
        if (!process.isAlive) return;
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #listen(listening: Listening, wanted: number): Listener {
    const { host } = listening.process;
    const port = wanted === 0 ? 30_000 + ++this.#count : wanted;
    const key = `${addressOf(host)}:${port}`;
    if (this.#listening.has(key)) throw new CairnError("network", `Port ${port} is taken`);
    this.#listening.set(key, listening);
    return { port, close: () => void this.#listening.delete(key) };
  }

  #dial(
    process: NetProcess,
    address: string,
    identity: TlsIdentity,
    protocol: string,
    timeoutMs: number,
  ): Promise<SecureLink> {
    return new Promise((resolve, reject) => {
      const fail = (afterMs: number, reason: string) =>
        this.scheduler.after(afterMs, () => {
          if (process.isAlive) reject(new CairnError("network", `Cannot reach ${address}: ${reason}`));
        });
      const host = hostOf(address);
      if (host < 0 || host >= this.#hosts || !this.flows(process.host, host)) {
        return void fail(timeoutMs, `no answer within ${timeoutMs} ms`);
      }
      const trip = () => this.wire.latencyMs + this.rng.next() * this.wire.jitterMs;
      this.scheduler.after(2 * trip(), () => {
        if (!process.isAlive) return;
        if (!this.flows(process.host, host)) return void fail(timeoutMs, `no answer within ${timeoutMs} ms`);
        const listening = this.#listening.get(address);
        if (listening === undefined) return void fail(trip(), "connection refused");
        if (!listening.protocols.includes(protocol)) {
          return void fail(trip(), `it does not speak ${protocol} now`);
        }
        const link = new SimLink(
          this,
          ++this.#count,
          {
            host: process.host,
            certificate: identity.certificateDer,
            address: `${addressOf(process.host)}:${40_000 + this.#count}`,
          },
          { host, certificate: listening.identity.certificateDer, address },
          protocol,
        );
        this.#links.add(link);
        this.scheduler.trace(`net ${process.host} dials ${host}: #${link.number}`);
        const [near, far] = link.ends;
        resolve(near);
        this.#accept(listening, far, trip());
      });
    });
  }

  #accept(listening: Listening, far: LinkEnd, afterMs: number): void {
    this.scheduler.after(afterMs, () => {
      if (far.isClosed) return;
      if (!listening.process.isAlive) return far.abandon(false);
      listening.accept(far);
    });
  }

  #beacons(hearing: Hearing): BeaconSocket {
    this.#hearing.add(hearing);
    const { process, port } = hearing;
    const send = (bytes: Uint8Array, to: (other: Hearing) => boolean) => {
      for (const other of this.#hearing) {
        if (other === hearing || other.port !== port || !to(other)) continue;
        if (!this.flows(process.host, other.process.host) || this.rng.chance(this.beaconLoss)) continue;
        const copy = bytes.slice();
        this.scheduler.after(this.wire.latencyMs + this.rng.next() * this.wire.jitterMs, () => {
          if (!this.#hearing.has(other)) return;
          other.heard(copy, addressOf(process.host), port);
        });
      }
    };
    return {
      broadcast: (bytes) => send(bytes, () => true),
      answer: (bytes, host) => send(bytes, (other) => addressOf(other.process.host) === host),
      close: () => void this.#hearing.delete(hearing),
    };
  }
}

export function addressOf(host: number): string {
  return `10.0.0.${host + 1}`;
}

/** The number of the host at `10.0.0.N:port`; -1 for any other address. */
function hostOf(address: string): number {
  const match = /^10\.0\.0\.(\d+):\d+$/.exec(address);
  return match === null ? -1 : Number(match[1]) - 1;
}
