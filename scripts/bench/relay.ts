/**
 * A slow wire: a TCP relay that lets so many bytes a second through in each direction, each of them so much later. As a program:
 * `relay.ts PORT TARGET BYTES_PER_S DELAY_MS`, where TARGET is HOST:PORT.
 *
 * All connections of a direction share its rate, in the order in which bytes come. What waits is bounded, as in a router: when the wire is
 * QUEUE_MS behind, nothing more is read, and the sender's TCP notices.
 */
const QUEUE_MS = 50;
/** A full-size segment or some: no one connection holds the wire for long. */
const READ_BYTES = 4096;

/** When bytes that share a wire are through. Pure but for the state of the wire; times in milliseconds. */
export class Wire {
  readonly #bytesPerMs: number;
  readonly #delayMs: number;
  #freeAtMs = 0;

  constructor(bytesPerS: number, delayMs: number) {
    this.#bytesPerMs = bytesPerS / 1000;
    this.#delayMs = delayMs;
  }

  /** Puts bytes on the wire; the moment at which the last of them arrives. */
  send(bytes: number, nowMs: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + bytes / this.#bytesPerMs;
    return this.#freeAtMs + this.#delayMs;
  }

  /** How long the wire will be busy with what it has. */
  behindMs(nowMs: number): number {
    return Math.max(0, this.#freeAtMs - nowMs);
  }
}

/** Takes bytes from one end to the other by way of the wire, until either ends. */
async function carry(from: Deno.TcpConn, to: Deno.TcpConn, wire: Wire): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let hasFailed = false;
  while (!hasFailed) {
    const bytes = new Uint8Array(READ_BYTES);
    const read = await from.read(bytes);
    if (read === null) break;
    const atMs = wire.send(read, performance.now());
    const before = last;
    last = (async () => {
      await until(atMs);
      await before;
      for (let done = 0; done < read;) done += await to.write(bytes.subarray(done, read));
    })();
    last.catch(() => hasFailed = true);
    const behindMs = wire.behindMs(performance.now());
    if (behindMs > QUEUE_MS) await until(performance.now() + behindMs - QUEUE_MS);
  }
  await last;
}

function until(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
}

async function relay(client: Deno.TcpConn, hostname: string, port: number, wires: readonly Wire[]) {
  using near = client;
  try {
    using far = await Deno.connect({ hostname, port });
    for (const end of [near, far]) end.setNoDelay(true);
    await Promise.race([carry(near, far, wires[0]!), carry(far, near, wires[1]!)]);
  } catch {
    // One end is gone, and so the other goes.
  }
}

if (import.meta.main) {
  const [port, target = "", bytesPerS, delayMs] = Deno.args;
  const [hostname = "", targetPort] = target.split(":");
  const wires = [0, 1].map(() => new Wire(Number(bytesPerS), Number(delayMs)));
  for await (const client of Deno.listen({ hostname: "0.0.0.0", port: Number(port) })) {
    void relay(client, hostname, Number(targetPort), wires);
  }
}
