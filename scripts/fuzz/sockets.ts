/** Connections as an attacker makes them: by hand, with whatever certificate there is, or none. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Scope } from "./scope.ts";

const HOST = "127.0.0.1";

/** A TCP connection that is not waited for. Errors of either side are none of ours. */
export function tcp(scope: Scope, port: number): Socket {
  const socket = connectTcp(port, HOST);
  socket.on("error", () => {});
  socket.resume();
  scope.onEnd(() => socket.destroy());
  return socket;
}

export interface Tls {
  readonly socket: TLSSocket;
  /** Whether the handshake came to its end on our side. */
  readonly opened: boolean;
  /** Bytes that the victim said. */
  heard: number;
  isClosed: boolean;
}

/** A TLS connection, or null when this machine's own TLS would not even start it. */
export async function tls(scope: Scope, port: number, options: ConnectionOptions): Promise<Tls | null> {
  let socket: TLSSocket;
  try {
    socket = connectTls({ host: HOST, port, rejectUnauthorized: false, servername: "", ...options });
  } catch {
    return null; // for example a certificate that cannot even be loaded here
  }
  scope.onEnd(() => socket.destroy());
  const state = { socket, opened: false, heard: 0, isClosed: false };
  socket.on("error", () => {});
  socket.on("close", () => state.isClosed = true);
  socket.on("secureConnect", () => state.opened = true);
  socket.on("data", (bytes: Uint8Array) => state.heard += bytes.length);
  await scope.until(() => state.opened || state.isClosed, 5_000);
  return state;
}

/** Resolves when the system has taken the bytes, or the connection is gone. */
export function written(socket: Socket | TLSSocket, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || !socket.writable) return resolve();
    socket.once("close", () => resolve());
    socket.write(bytes, () => resolve());
  });
}
