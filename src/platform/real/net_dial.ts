/**
 * Dialling a device by TLS. The TCP connection comes first, by itself: a `tls.connect` to where nobody listens keeps 110 KB for ever
 * (Deno 2.9.6, measured), and a device that is away is dialled once a minute for months.
 */
import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { CairnError } from "../../core/errors.ts";
import type { SecureLink, TlsIdentity } from "../ports.ts";
import { secureLink } from "./net_link.ts";

/** See `Net.dial`. */
export function dialTls(
  address: string,
  identity: TlsIdentity,
  protocol: string,
  timeoutMs: number,
): Promise<SecureLink> {
  const target = splitAddress(address);
  if (target === null) {
    const malformed = new CairnError(
      "network",
      `Cannot dial ${address}: it is not host:port`,
      "Write it like 192.168.1.20:22077.",
    );
    return Promise.reject(malformed);
  }
  return new Promise((resolve, reject) => {
    const tcp = connectTcp(target);
    let socket: TLSSocket | null = null;
    let settled = false;
    function fail(reason: string, cause?: unknown): void {
      if (settled) return;
      settled = true;
      clearTimeout(tooLong);
      socket?.destroy();
      tcp.destroy();
      const hint =
        "Check that Cairn runs there, that both devices are in the same network, and the firewall.";
      reject(new CairnError("network", `Cannot reach ${address}: ${reason}`, hint, cause));
    }
    const tooLong = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    tcp.on("error", (error: Error) => fail(error.message, error));
    tcp.on("connect", () => {
      if (settled) return;
      try {
        socket = connect({ socket: tcp, ...clientOptions(identity, protocol) });
      } catch (error) {
        return fail((error as Error).message, error);
      }
      const tls = socket;
      tls.on("error", (error: Error) => fail(reasonOf(error, protocol), error));
      tls.on("close", () => fail("the connection was closed during the handshake"));
      tls.on("secureConnect", () => {
        if (settled) return void tls.destroy();
        if (tls.alpnProtocol !== protocol) return fail(`it does not speak ${protocol}`);
        settled = true;
        clearTimeout(tooLong);
        tls.setNoDelay(true);
        resolve(secureLink(tls));
      });
    });
  });
}

function clientOptions(identity: TlsIdentity, protocol: string) {
  return {
    cert: identity.certificatePem,
    key: identity.keyPem,
    minVersion: "TLSv1.3" as const,
    maxVersion: "TLSv1.3" as const,
    // Who it is, is decided above by the device id (invariant 7); names in certificates mean nothing here.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    servername: "",
    ALPNProtocols: [protocol],
  };
}

/** The alert that says "no protocol in common" comes as `NoApplicationProtocol`. */
function reasonOf(error: Error, protocol: string): string {
  return /NoApplicationProtocol|no application protocol/i.test(error.message)
    ? `it does not speak ${protocol} now`
    : error.message;
}

/** `host:port`, `[v6]:port`; null when it is neither. */
export function splitAddress(address: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port < 1 || port > 65535 ? null : { host, port };
}
