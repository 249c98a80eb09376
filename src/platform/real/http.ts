/** The local API's server: HTTP on 127.0.0.1. */
export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `handle` on a port that the system chooses. */
export function serveLocally(handle: (request: Request) => Response | Promise<Response>): HttpServer {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
  return {
    port: server.addr.port,
    // Event streams never end by themselves.
    close: () => Promise.race([server.shutdown(), new Promise<void>((resolve) => setTimeout(resolve, 300))]),
  };
}
