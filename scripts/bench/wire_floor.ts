/**
 * One TCP connection as fast as it goes. As a program: `wire_floor.ts receive PORT` takes connections; `wire_floor.ts send HOST:PORT BYTES` sends
 * so many and prints the seconds until the receiver has said that it has them all.
 */
const BLOCK_BYTES = 1 << 20;

async function receive(port: number): Promise<void> {
  const buffer = new Uint8Array(BLOCK_BYTES);
  for await (const conn of Deno.listen({ hostname: "0.0.0.0", port })) {
    using sender = conn;
    while (await sender.read(buffer) !== null) { /* All of it is taken, and nothing kept. */ }
    await sender.write(new Uint8Array(1));
  }
}

async function send(target: string, bytes: number): Promise<number> {
  const [hostname = "", port] = target.split(":");
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const block = new Uint8Array(BLOCK_BYTES);
  const startMs = performance.now();
  for (let left = bytes; left > 0;) left -= await conn.write(block.subarray(0, Math.min(left, BLOCK_BYTES)));
  await conn.closeWrite();
  await conn.read(new Uint8Array(1));
  return (performance.now() - startMs) / 1000;
}

if (import.meta.main) {
  const [what, where = "", bytes] = Deno.args;
  if (what === "receive") await receive(Number(where));
  else console.log(await send(where, Number(bytes)));
}
