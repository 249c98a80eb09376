/** A network in memory for devices of one process: links that can be cut, and beacons that all others hear. */
import { CairnError } from "../../src/core/errors.ts";
import type { Net, SecureLink, TlsIdentity } from "../../src/platform/ports.ts";
import { linkPair, type MemoryLink } from "./links.ts";

interface Listening {
  readonly host: string;
  readonly identity: TlsIdentity;
  readonly protocols: readonly string[];
  accept(link: SecureLink): void;
}

type Heard = (bytes: Uint8Array, host: string, port: number) => void;

export class MemoryNet {
  readonly #listening = new Map<number, Listening>();
  readonly #sockets = new Map<Heard, string>();
  readonly #links = new Map<MemoryLink, readonly [string, string]>();
  readonly #apart = new Set<string>();
  #lastPort = 40_000;

  /** The network as one host sees it. */
  of(host: string): Net {
    return {
      listen: (port, identity, protocols, accept) => {
        const at = port === 0 ? ++this.#lastPort : port;
        this.#listening.set(at, { host, identity, protocols, accept });
        return Promise.resolve({ port: at, close: () => void this.#listening.delete(at) });
      },
      dial: (address, identity, protocol) => {
        const there = this.#listening.get(Number(address.slice(address.lastIndexOf(":") + 1)));
        if (there === undefined || !this.#reaches(host, there.host) || !there.protocols.includes(protocol)) {
          return Promise.reject(new CairnError("network", `${address} does not answer`));
        }
        const [ours, theirs] = linkPair({
          certificates: [identity.certificateDer, there.identity.certificateDer],
          protocol,
        });
        this.#links.set(ours, [host, there.host]);
        there.accept(theirs);
        return Promise.resolve(ours);
      },
      beacons: (_port, heard) => {
        this.#sockets.set(heard, host);
        return Promise.resolve({
          broadcast: (bytes) => this.#tell(host, bytes),
          answer: (bytes) => this.#tell(host, bytes),
          close: () => void this.#sockets.delete(heard),
        });
      },
    };
  }

  /** From now on this host reaches nobody and nobody reaches it; its links break. */
  part(host: string): void {
    this.#apart.add(host);
    for (const [link, ends] of this.#links) {
      if (!ends.includes(host)) continue;
      this.#links.delete(link);
      link.cut("the network is down");
    }
  }

  join(host: string): void {
    this.#apart.delete(host);
  }

  #reaches(a: string, b: string): boolean {
    return !this.#apart.has(a) && !this.#apart.has(b);
  }

  #tell(from: string, bytes: Uint8Array): void {
    for (const [heard, host] of this.#sockets) {
      if (host !== from && this.#reaches(from, host)) queueMicrotask(() => heard(bytes, "127.0.0.1", 1));
    }
  }
}
