/** What strangers on the network can see and do: nothing to read, no way in, nothing to hold up. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { BEACON_PORT } from "../../src/peer/discovery.ts";
import { createIdentity } from "../../src/peer/identity.ts";
import { SESSION_PROTOCOL } from "../../src/peer/links.ts";
import { openSession } from "../../src/peer/session.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realNet } from "../../src/platform/real/net.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { Lan } from "../support/lan.ts";
import { startRelay } from "../support/relay.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import {
  addressOf,
  converge,
  pairUp,
  PATIENCE_MS,
  sh,
  start,
  statusOf,
  until,
  World,
} from "../support/pair.ts";
import { differences, treeOf } from "../support/tree.ts";

const RELAY = fileURLToPath(new URL("../support/relay.ts", import.meta.url));
const RANDOM_BYTES = 3 * 2 ** 20;
const IDLE_CONNECTIONS = 100;

/** All that shall never be seen on the wire, by what it is. */
const NAMES = {
  "a file's name": "tax-return-of-rosalind.txt",
  "a directory's name": "divorce-papers",
  "a folder's name": "folder-that-nobody-knows",
  "a device's name": "rosalinds-own-laptop",
  "the other device's name": "rosalinds-own-desktop",
  "a symlink's target": "where-the-symlink-points",
  "a file's content": "the money is under the third flagstone",
};

Deno.test("a capture of the wire shows no name, no content and no code", async () => {
  await using world = new World();
  const captures = world.aside("captures");
  const lan = await Lan.possible() ? await Lan.create(["laptop", "desktop", "relay"]) : null;
  try {
    const a = world.device(NAMES["a device's name"], lan?.host("laptop"));
    const b = world.device(NAMES["the other device's name"], lan?.host("desktop"));
    const root = `${a.work}/${NAMES["a folder's name"]}`;
    const random = sampleBytes(11, RANDOM_BYTES);
    Deno.mkdirSync(`${root}/${NAMES["a directory's name"]}`, { recursive: true });
    const file = `${root}/${NAMES["a directory's name"]}/${NAMES["a file's name"]}`;
    Deno.writeTextFileSync(file, `${NAMES["a file's content"]}\n`.repeat(50));
    Deno.writeFileSync(`${root}/random`, random);
    Deno.symlinkSync(NAMES["a symlink's target"], `${root}/link`);

    if (lan !== null) { for (const host of ["laptop", "desktop"]) await onlyThroughRelay(lan, host); }
    await a.startAndWait("up", root, "--name", a.name, "--no-invite");
    const code = await a.invite();
    const { at, close } = await relayTo(await a.address(), captures, lan);
    await b.start("join", code, b.data, "--at", at, "--name", b.name);
    const same = async () =>
      await b.upToDate() && differences(await treeOf(root), await treeOf(b.data)).length === 0;
    await until("the folder", same, b);
    Deno.writeTextFileSync(`${b.data}/back`, NAMES["a file's content"]);
    await until("the way back", same, a);
    await a.stop();
    await b.stop();
    await close();

    const seen = [...Deno.readDirSync(captures)].map(({ name }) => ({
      name,
      bytes: Deno.readFileSync(`${captures}/${name}`),
    }));
    const tcp = seen.filter(({ name }) => name.startsWith("tcp"));
    assert.ok(tcp.some(({ bytes }) => holds(bytes, "cairn-pair/1")), "the capture holds what is not secret");
    if (lan !== null) {
      const total = tcp.reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.ok(total > RANDOM_BYTES, `all went through the relay, but it saw only ${total} bytes`);
      assert.ok(seen.some(({ name }) => name.startsWith("udp")), "beacons were captured");
    }
    for (const { name, bytes } of seen) {
      for (const [what, needle] of Object.entries(NAMES)) {
        assert.ok(!holds(bytes, needle), `${name} shows ${what}`);
      }
      for (const typed of [code, code.replaceAll("-", "")]) {
        assert.ok(!holds(bytes, typed), `${name} shows the code`);
      }
      for (let at = 0; at + 16 <= RANDOM_BYTES; at += 256 * 1024) {
        assert.ok(!holds(bytes, random.subarray(at, at + 16)), `${name} shows content`);
      }
    }
  } finally {
    await lan?.teardown();
  }
});

Deno.test("who is no member gets nothing, and holds up nobody", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir d; for i in $(seq 30); do echo $i > d/$i; done");
  await converge("before", a, b);
  const at = await addressOf(a);
  const port = Number(at.split(":").at(-1));

  await t.step("a stranger's session is refused before anything is said", async () => {
    const identity = await createIdentity(realRandom());
    const link = await realNet().dial(at, identity, SESSION_PROTOCOL, PATIENCE_MS);
    const hello = { versions: [1, 1] as const, capabilities: [], extra: { instance: "x", name: "stranger" } };
    const opened = await openSession(link, "dialled", { hello, admit: () => null }, realClock());
    assert.ok("refusal" in opened, "it must not be admitted");
    assert.equal(opened.refusal.code, "not-a-member");
    link.destroy();
    assert.equal((await statusOf(a)).peers.length, 1);
  });

  await t.step(
    "a client without a certificate, of an older TLS or of another protocol hears no more than a refusal",
    async () => {
      const refusal = await heardByTls(port, { ALPNProtocols: [SESSION_PROTOCOL] });
      assert.match(refusal, /^$|not-a-member/);
      for (const secret of [a.name, b.name, (await statusOf(a)).device.library]) {
        assert.ok(!refusal.includes(secret));
      }
      assert.equal(await heardByTls(port, { ALPNProtocols: [SESSION_PROTOCOL], maxVersion: "TLSv1.2" }), "");
      assert.equal(await heardByTls(port, { ALPNProtocols: ["http/1.1"] }), "");
    },
  );

  await t.step("garbage, half a handshake and idle connections by the hundred", async () => {
    const garbage = [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\xff\xff" + "x".repeat(5000),
      "\0".repeat(1 << 16),
    ];
    const idle: Deno.TcpConn[] = [];
    try {
      for (const device of [a, b]) {
        const { device: { port } } = await statusOf(device);
        for (const text of garbage) await throwAt(port, new TextEncoder().encode(text));
        for (let i = 0; i < IDLE_CONNECTIONS; i++) {
          idle.push(await Deno.connect({ hostname: "127.0.0.1", port }));
        }
      }
      await sh(a.data, "echo under attack > d/1; seq 300000 > large");
      await sh(b.data, "echo also > d/2");
      await converge("the honest peers", a, b);
      await b.stop();
      await sh(a.data, "echo while it was off > d/3");
      await start(b, "up");
      await converge("the honest peer that comes back", a, b);
    } finally {
      for (const conn of idle) conn.close();
    }
  });

  await t.step("garbage as beacons", async () => {
    const socket = createSocket("udp4");
    for (const length of [0, 1, 40, 1400]) {
      await new Promise((sent) =>
        socket.send(sampleBytes(length + 1, length), BEACON_PORT, "127.0.0.1", sent)
      );
    }
    socket.close();
    await sh(b.data, "rm d/4");
    await converge("the honest peers", a, b);
  });

  await t.step("the local API wants its token, and no other host's name", async () => {
    const api = JSON.parse(Deno.readTextFileSync(`${a.home}/api.json`));
    assert.equal(Deno.statSync(`${a.home}/api.json`).mode! & 0o777, 0o600);
    const ask = (headers: Record<string, string>) => httpStatus(api.port, headers);
    const [host, good] = [`127.0.0.1:${api.port}`, `Bearer ${api.token}`];
    assert.equal(await ask({ host, authorization: good }), 200);
    assert.ok(await ask({ host }) >= 400);
    assert.ok(await ask({ host, authorization: `Bearer ${"0".repeat(api.token.length)}` }) >= 400);
    assert.ok(await ask({ host: "evil.example", authorization: good }) >= 400);
  });

  await t.step("the identity's key is nobody else's to read", () => {
    const { mode } = Deno.statSync(`${a.home}/identity.json`);
    assert.equal(mode! & 0o077, 0);
    assert.equal(Deno.statSync(a.home).mode! & 0o077, 0);
  });
});

/** Takes the host every way but the one to the relay; broadcasts still go out. */
async function onlyThroughRelay(lan: Lan, host: string): Promise<void> {
  for (
    const words of [
      "addr flush dev eth0",
      `addr add ${lan.address(host)}/32 dev eth0`,
      `route add ${lan.address("relay")}/32 dev eth0`,
      "route add 255.255.255.255/32 dev eth0",
    ]
  ) {
    const { code, stderr } = await lan.run(host, ["ip", ...words.split(" ")]);
    assert.equal(code, 0, `ip ${words}: ${stderr}`);
  }
}

/** A relay to the address, at an address of its own. */
async function relayTo(
  target: string,
  captures: string,
  lan: Lan | null,
): Promise<{ at: string; close(): Promise<void> }> {
  if (lan === null) {
    const relay = startRelay(target, captures);
    return { at: `127.0.0.1:${relay.port}`, close: () => Promise.resolve(relay.close()) };
  }
  const args = ["run", "-A", "--no-config", RELAY, target, captures, String(BEACON_PORT)];
  const child = lan.spawn("relay", [Deno.execPath(), ...args], { stdin: "null", stdout: "piped" });
  const reader = child.stdout.getReader();
  const port = new TextDecoder().decode((await reader.read()).value).trim();
  return {
    at: `${lan.address("relay")}:${port}`,
    async close() {
      await reader.cancel();
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

function holds(bytes: Uint8Array, needle: string | Uint8Array): boolean {
  const wanted = typeof needle === "string" ? new TextEncoder().encode(needle) : needle;
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

/** What a TLS client is told until the connection ends. */
function heardByTls(port: number, options: Parameters<typeof connectTls>[1] & object): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => socket.write("hello?"));
    socket.on("data", (bytes: Uint8Array) => heard += new TextDecoder().decode(bytes));
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}

async function throwAt(port: number, bytes: Uint8Array): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(bytes).catch(() => 0);
}

/** The status line's number; `fetch` would not let us forge the host. */
async function httpStatus(port: number, headers: Record<string, string>): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await conn.write(new TextEncoder().encode(`GET /v1/status HTTP/1.1\r\n${lines}connection: close\r\n\r\n`));
  const buffer = new Uint8Array(64);
  const read = await conn.read(buffer) ?? 0;
  return Number(/^HTTP\/1\.1 (\d+)/.exec(new TextDecoder().decode(buffer.subarray(0, read)))?.[1]);
}
