/**
 * A TCP relay that keeps all that passes through it: each direction of each connection in a file of its own, so that nothing is
 * cut in two; and the datagrams that reach a UDP port. As a program it is `relay.ts TARGET CAPTURES UDP_PORT` and prints
 * its port.
 */
import { createSocket } from "node:dgram";

export interface Relay {
  readonly port: number;
  close(): void;
}

/** Relays to `target` (HOST:PORT); `captures` is a directory. */
export function startRelay(target: string, captures: string): Relay {
  const [hostname, port] = [
    target.slice(0, target.lastIndexOf(":")),
    Number(target.slice(target.lastIndexOf(":") + 1)),
  ];
  const listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let count = 0;
  async function pump(from: Deno.TcpConn, to: Deno.TcpConn, capture: string): Promise<void> {
    const buffer = new Uint8Array(1 << 16);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        Deno.writeFileSync(capture, buffer.subarray(0, read), { append: true });
        for (let at = 0; at < read;) at += await to.write(buffer.subarray(at, read));
      }
      await to.closeWrite();
    } catch {
      // One side is gone; the other shall know.
      for (const conn of [from, to]) close(conn);
    }
  }
  function close(conn: Deno.TcpConn): void {
    if (!open.delete(conn)) return;
    try {
      conn.close();
    } catch {
      // Closed by its end.
    }
  }
  async function serve(client: Deno.TcpConn): Promise<void> {
    open.add(client);
    const name = `${captures}/tcp-${++count}`;
    try {
      const server = await Deno.connect({ hostname, port });
      open.add(server);
      await Promise.all([pump(client, server, `${name}-there`), pump(server, client, `${name}-back`)]);
      close(server);
    } catch {
      // Nobody listens there now.
    }
    close(client);
  }
  void (async () => {
    try {
      for await (const client of listener) void serve(client);
    } catch {
      // Closed.
    }
  })();
  return {
    port: listener.addr.port,
    close() {
      listener.close();
      for (const conn of [...open]) close(conn);
    },
  };
}

/** Keeps the datagrams that reach a port, which others may listen on too. The returned function ends it. */
export function listenUdp(port: number, captures: string): Promise<() => void> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  let count = 0;
  socket.on("message", (bytes: Uint8Array) => Deno.writeFileSync(`${captures}/udp-${++count}`, bytes));
  return new Promise((resolve) =>
    socket.bind({ port, address: "0.0.0.0" }, () => resolve(() => socket.close()))
  );
}

if (import.meta.main) {
  const [target, captures, udpPort] = Deno.args;
  await listenUdp(Number(udpPort), captures!);
  console.log(startRelay(target!, captures!).port);
}
