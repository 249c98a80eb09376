/**
 * Accepting TLS links. The TCP server is ours and each socket gets its own `TLSSocket`, because what Deno 2.9.6
 * has for it does not do: `handshakeTimeout` reports and leaves the connection open, and the list of protocols of a
 * `tls.Server` is fixed, while pairing is spoken only while an invite is open (R33).
 */
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { CairnError, messageOf } from "../../core/errors.ts";
import { HANDSHAKE_MS, PENDING_CONNECTIONS } from "../../core/limits.ts";
import type { Listener, SecureLink, TlsIdentity } from "../ports.ts";
import { secureLink } from "./net_link.ts";

/** Errors that say "no IPv6 here". */
const NO_IPV6 = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"]);

/** See `Net.listen`. Listens on every address, IPv6 and IPv4, or on IPv4 alone where there is no IPv6. */
export async function listenTls(
  port: number,
  identity: TlsIdentity,
  protocols: readonly string[],
  accept: (link: SecureLink) => void,
): Promise<Listener> {
  const pending = new Set<Socket>();
  // Once for all: reading the key takes longer than all else that a stranger's connection costs.
  const context = contextOf(identity);
  const server = createServer((socket) => {
    admitPending(pending, socket);
    shakeHands(socket, context, protocols, pending, accept);
  });
  const bound = await bind(server, port);
  return {
    port: bound,
    close() {
      server.close();
      for (const socket of pending) socket.destroy();
    },
  };
}

/**
 * Makes room for one more connection in its handshake. The oldest goes: an honest handshake on a LAN is over in
 * milliseconds, so whoever wants to keep others out must open `PENDING_CONNECTIONS` in that time, again and again.
 */
function admitPending(pending: Set<Socket>, socket: Socket): void {
  for (const oldest of pending) {
    if (pending.size < PENDING_CONNECTIONS) break;
    pending.delete(oldest);
    oldest.destroy();
  }
  pending.add(socket);
}

function shakeHands(
  socket: Socket,
  context: SecureContext,
  protocols: readonly string[],
  pending: Set<Socket>,
  accept: (link: SecureLink) => void,
): void {
  const tooLong = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
  function settle(): void {
    clearTimeout(tooLong);
    pending.delete(socket);
  }
  socket.on("error", () => socket.destroy());
  socket.on("close", settle);
  socket.setNoDelay(true);
  try {
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext: context,
      requestCert: true,
      // Certificates are self-signed: who is welcome is decided above, by the device id (invariant 7).
      rejectUnauthorized: false,
      ALPNProtocols: [...protocols],
    });
    // A handshake that fails is nobody's news: scanners and devices of another library do it all day.
    tls.on("error", () => tls.destroy());
    tls.on("close", settle);
    tls.on("secure", () => {
      settle();
      if (!tls.alpnProtocol || !protocols.includes(tls.alpnProtocol)) return void tls.destroy();
      accept(secureLink(tls));
    });
  } catch {
    socket.destroy();
  }
}

function contextOf({ certificatePem, keyPem }: TlsIdentity): SecureContext {
  return createSecureContext({
    cert: certificatePem,
    key: keyPem,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
  });
}

async function bind(server: Server, port: number): Promise<number> {
  try {
    return await listenOn(server, port, "::");
  } catch (error) {
    if (!NO_IPV6.has((error as { code?: string }).code ?? "")) throw portTrouble(port, error);
  }
  try {
    return await listenOn(server, port, "0.0.0.0");
  } catch (error) {
    throw portTrouble(port, error);
  }
}

/** Node's listeners set SO_REUSEADDR by themselves, so a restart need not wait for old connections. */
function listenOn(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      // Out of file descriptors, for one: the listener lives on.
      server.on("error", () => {});
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function portTrouble(port: number, cause: unknown): CairnError {
  return new CairnError(
    "network",
    `Cannot listen on TCP port ${port}: ${messageOf(cause)}`,
    "Stop the program that uses this port, or give Cairn another one.",
    cause,
  );
}
