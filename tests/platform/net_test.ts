/** The real network on loopback: TLS links and beacons, with the traps of platform-facts that they must not fall into. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { X509Certificate } from "node:crypto";
import { HANDSHAKE_MS, PENDING_CONNECTIONS } from "../../src/core/limits.ts";
import { CairnError } from "../../src/core/errors.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import { startDiscovery } from "../../src/peer/discovery.ts";
import { createIdentity, type DeviceIdentity, deviceIdOf } from "../../src/peer/identity.ts";
import { openSession } from "../../src/peer/session.ts";
import type { Listener, SecureLink, TlsIdentity } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realNet } from "../../src/platform/real/net.ts";
import { broadcastAddresses } from "../../src/platform/real/net_beacon.ts";
import { splitAddress } from "../../src/platform/real/net_dial.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { waitFor } from "../support/wait.ts";

const net = realNet();
const server = await createIdentity(realRandom());
const client = await createIdentity(realRandom());
const MIB = 2 ** 20;

/** A listener and what it accepts. */
async function listening(
  protocols: string[] = ["cairn/1"],
): Promise<{ listener: Listener; accepted: SecureLink[]; address: string }> {
  const accepted: SecureLink[] = [];
  const listener = await net.listen(0, server, protocols, (link) => void accepted.push(link));
  return { listener, accepted, address: `127.0.0.1:${listener.port}` };
}

async function linked(): Promise<{ here: SecureLink; there: SecureLink; end: () => void }> {
  const { listener, accepted, address } = await listening();
  const here = await net.dial(address, client, "cairn/1", 10_000);
  await waitFor("the link is accepted", () => accepted.length === 1);
  const there = accepted[0]!;
  return {
    here,
    there,
    end() {
      here.destroy();
      there.destroy();
      listener.close();
    },
  };
}

Deno.test("both ends of a link see the other's whole certificate and the protocol (invariant 7)", async () => {
  const { here, there, end } = await linked();
  assert.deepEqual(here.peerCertificate, server.certificateDer);
  assert.deepEqual(there.peerCertificate, client.certificateDer);
  assert.deepEqual([here.protocol, there.protocol], ["cairn/1", "cairn/1"]);
  assert.match(there.remote, /^127\.0\.0\.1:\d+$/);
  end();
});

Deno.test("bytes written before anybody listens arrive whole, in order", async () => {
  const { here, there, end } = await linked();
  const sent = crypto.getRandomValues(new Uint8Array(60_000));
  for (let i = 0; i < 200; i++) here.write(sent);
  await waitFor("the buffer is with the system", () => here.bufferedBytes < 200 * sent.length);
  let got = 0;
  there.onData((bytes) => {
    for (const byte of bytes) if (byte !== sent[got++ % sent.length]) assert.fail(`byte ${got - 1} is wrong`);
  });
  await waitFor("all bytes came", () => got === 200 * sent.length);
  end();
});

Deno.test("a paused link takes nothing more from the network than buffers hold, and goes on", async () => {
  const { here, there, end } = await linked();
  let got = 0;
  there.onData((bytes) => void (got += bytes.length));
  there.pause(true);
  const piece = new Uint8Array(MIB);
  let sent = 0;
  let drained = 0;
  here.onDrain(() => drained++);
  // Writes while the system takes it; a reader that only pretends to be paused would take all of it.
  let calm = 0;
  await waitFor("the writer is held up", () => {
    if (here.bufferedBytes > 0) return ++calm > 20;
    calm = 0;
    for (let i = 0; i < 8; i++) here.write(piece);
    sent += 8 * MIB;
    return sent >= 400 * MIB;
  });
  assert.ok(sent < 400 * MIB, "400 MiB went into a paused link");
  assert.ok(got < MIB);
  assert.ok(here.bufferedBytes > 0);
  const before = drained;
  there.pause(false);
  await waitFor("the rest came", () => got === sent);
  await waitFor("the writer is told", () => drained > before && here.bufferedBytes === 0);
  end();
});

Deno.test("closing sends what is buffered, and each end is told once", async () => {
  const { listener, accepted, address } = await listening();
  const here = await net.dial(address, client, "cairn/1", 10_000);
  await waitFor("the link is accepted", () => accepted.length === 1);
  const there = accepted[0]!;
  const told: [string, string | null][] = [];
  let got = 0;
  here.onClose((why) => told.push(["here", why]));
  there.onClose((why) => told.push(["there", why]));
  there.onData((bytes) => void (got += bytes.length));
  for (let i = 0; i < 8; i++) here.write(new Uint8Array(MIB));
  here.close();
  here.close();
  here.write(new Uint8Array(10));
  await waitFor("both are closed", () => told.length === 2);
  assert.equal(got, 8 * MIB);
  assert.deepEqual(told.map(([, why]) => why), [null, null]);
  let late: string | null | undefined;
  there.onClose((why) => late = why);
  here.destroy();
  listener.close();
  await Promise.resolve();
  assert.equal(told.length, 2);
  assert.equal(late, undefined, "a second handler is not called when one was");
});

Deno.test("a handler set after the end is still told", async () => {
  const { here, there, end } = await linked();
  let told = 0;
  there.onData(() => {});
  there.onClose(() => told++);
  here.destroy();
  await waitFor("the other end is told", () => told === 1);
  here.onClose(() => told++);
  await waitFor("this end is told late", () => told === 2);
  end();
});

Deno.test("protocols are asked for every handshake, and one that is not offered is refused with the reason (R33)", async () => {
  const protocols = ["cairn/1"];
  const { listener, accepted, address } = await listening(protocols);
  await assert.rejects(net.dial(address, client, "cairn-pair/1", 10_000), (error: CairnError) => {
    return error.code === "network" && /does not speak cairn-pair\/1/.test(error.message);
  });
  protocols.push("cairn-pair/1");
  const link = await net.dial(address, client, "cairn-pair/1", 10_000);
  await waitFor("the link is accepted", () => accepted.length === 1);
  assert.equal(accepted[0]!.protocol, "cairn-pair/1");
  link.destroy();
  accepted[0]!.destroy();
  listener.close();
});

Deno.test("dialling what does not answer, or is no address, says so", async () => {
  const { listener, address } = await listening();
  listener.close();
  for (const bad of [address, "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "::1:80", ""]) {
    await assert.rejects(
      net.dial(bad, client, "cairn/1", 10_000),
      (error: CairnError) => error.code === "network",
      bad,
    );
  }
  const mute = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  await assert.rejects(net.dial(`127.0.0.1:${mute.addr.port}`, client, "cairn/1", 50), /no answer within/);
  mute.close();
});

Deno.test("addresses are split at their port", () => {
  assert.deepEqual(splitAddress("[fd00::1]:80"), { host: "fd00::1", port: 80 });
  assert.deepEqual(splitAddress("laptop.local:22077"), { host: "laptop.local", port: 22077 });
});

Deno.test("a taken port is told, and one that was left is free again at once", async () => {
  const { listener, accepted, address } = await listening();
  await assert.rejects(net.listen(listener.port, server, ["cairn/1"], () => {}), (error: CairnError) => {
    return error.code === "network" && error.message.includes(String(listener.port));
  });
  const link = await net.dial(address, client, "cairn/1", 10_000);
  await waitFor("the link is accepted", () => accepted.length === 1);
  accepted[0]!.destroy();
  link.destroy();
  listener.close();
  const again = await net.listen(listener.port, server, ["cairn/1"], () => {});
  assert.equal(again.port, listener.port);
  again.close();
});

Deno.test("links are taken on IPv6 as well, where there is IPv6", async () => {
  const { listener, accepted } = await listening();
  try {
    const link = await net.dial(`[::1]:${listener.port}`, client, "cairn/1", 10_000);
    await waitFor("the link is accepted", () => accepted.length === 1);
    assert.match(accepted[0]!.remote, /^\[::1\]:\d+$/);
    link.destroy();
    accepted[0]!.destroy();
  } catch (error) {
    assert.match(String(error), /EADDRNOTAVAIL|ENETUNREACH|EAFNOSUPPORT/);
  }
  listener.close();
});

Deno.test("connections without a handshake are bounded, and do not keep others out (invariant 10)", async () => {
  const { listener, accepted, address } = await listening();
  let gone = 0;
  const idle = Array.from({ length: PENDING_CONNECTIONS + 10 }, () => {
    const socket = connect(listener.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => gone++);
    socket.resume();
    return socket;
  });
  await waitFor("the oldest are dropped", () => gone >= 10);
  const link = await net.dial(address, client, "cairn/1", HANDSHAKE_MS);
  await waitFor("the link is accepted", () => accepted.length === 1);
  assert.ok(gone <= 11);
  link.destroy();
  accepted[0]!.destroy();
  for (const socket of idle) socket.destroy();
  listener.close();
  await waitFor("all are gone", () => gone === idle.length);
});

Deno.test("listeners survive junk instead of a handshake", async () => {
  const { listener, accepted, address } = await listening();
  const socket = connect(listener.port, "127.0.0.1");
  let closed = false;
  socket.on("error", () => {});
  socket.on("close", () => closed = true);
  socket.resume();
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await waitFor("junk is dropped", () => closed);
  const link = await net.dial(address, client, "cairn/1", 10_000);
  await waitFor("the link is accepted", () => accepted.length === 1);
  link.destroy();
  accepted[0]!.destroy();
  listener.close();
});

Deno.test("a device that shows a v1 certificate gets no session, at either end (invariant 7)", async () => {
  const read = (name: string) => Deno.readTextFileSync(new URL(`../fixtures/${name}`, import.meta.url));
  const certificatePem = read("x509_v1_certificate.pem");
  const v1: TlsIdentity = {
    certificatePem,
    keyPem: read("x509_v1_key.pem"),
    certificateDer: new Uint8Array(new X509Certificate(certificatePem).raw),
  };
  const greeting = {
    hello: { versions: [1, 1] as const, capabilities: [], extra: {} },
    admit: () => assert.fail("a v1 certificate was asked about"),
  };
  const outcomes: string[] = [];
  const judge = async (link: SecureLink, role: "dialled" | "accepted") => {
    const opened = await openSession(link, role, greeting, realClock());
    outcomes.push("refusal" in opened ? opened.refusal.message : "opened");
  };
  const links: SecureLink[] = [];
  const here = await net.listen(0, server, ["cairn/1"], (link) => void judge(link, "accepted"));
  links.push(await net.dial(`127.0.0.1:${here.port}`, v1, "cairn/1", 10_000));
  const there = await net.listen(0, v1, ["cairn/1"], (link) => void links.push(link));
  await judge(await net.dial(`127.0.0.1:${there.port}`, client, "cairn/1", 10_000), "dialled");
  await waitFor("both are judged", () => outcomes.length === 2);
  for (const outcome of outcomes) assert.match(outcome, /not X\.509 version 3/);
  for (const link of links) link.destroy();
  here.close();
  there.close();
});

Deno.test("a certificate without its key does not get through the handshake (invariant 7)", async () => {
  const forged: TlsIdentity = { ...client, keyPem: (await createIdentity(realRandom())).keyPem };
  const { listener, accepted, address } = await listening();
  const dialled = await net.dial(address, forged, "cairn/1", 10_000).catch(() => null);
  // In TLS 1.3 the dialler may believe itself connected until the alert arrives.
  if (dialled !== null) {
    let closed = false;
    dialled.onClose(() => closed = true);
    dialled.onData(() => {});
    await waitFor("the forger is thrown out", () => closed);
  }
  assert.deepEqual(accepted, []);
  listener.close();
  const impostor = await net.listen(0, { ...server, keyPem: client.keyPem }, ["cairn/1"], () => {}).catch(
    () => null,
  );
  if (impostor !== null) {
    await assert.rejects(net.dial(`127.0.0.1:${impostor.port}`, client, "cairn/1", 10_000));
    impostor.close();
  }
});

Deno.test("a session carries bulk over a real link", async () => {
  const { here, there, end } = await linked();
  const greeting = { hello: { versions: [1, 1] as const, capabilities: [], extra: {} }, admit: () => null };
  const opened = await Promise.all([
    openSession(here, "dialled", greeting, realClock()),
    openSession(there, "accepted", greeting, realClock()),
  ]);
  const [a, b] = opened.map((one) => "session" in one ? one.session : assert.fail(JSON.stringify(one)));
  const piece = crypto.getRandomValues(new Uint8Array(65_536));
  b!.onMessage(({ requestId }) => b!.answer(requestId, "bulk", 17, null, piece));
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(Array.from({ length: 32 }, () => a!.request(16, { round })));
    for (const { raw, lane, size } of answers) {
      assert.deepEqual(raw, piece);
      a!.consumed(lane, size);
    }
  }
  a!.close("done");
  await waitFor("the peer is told", () => b!.ending?.reason === "done");
  end();
});

Deno.test("broadcasts go to everyone, to each network and to this host", () => {
  const ipv4 = (address: string, netmask: string) => ({
    address,
    netmask,
    family: "IPv4" as const,
    mac: "",
    internal: false,
    cidr: null,
  });
  const lo = ipv4("127.0.0.1", "255.0.0.0");
  assert.deepEqual(broadcastAddresses({ lo: [lo] }), ["255.255.255.255", "127.255.255.255"]);
  assert.deepEqual(
    broadcastAddresses({
      lo: [lo],
      eth0: [ipv4("192.168.3.7", "255.255.254.0")],
      vpn: [ipv4("10.8.0.2", "255.255.255.255")],
    }),
    ["255.255.255.255", "127.255.255.255", "192.168.3.255"],
  );
});

/** An UDP port that is likely free; beacons share theirs, so a clash with another test only adds noise. */
function beaconPort(): number {
  return 20_000 + Math.floor(Math.random() * 10_000);
}

Deno.test("a broadcast reaches every socket of the port on this host, and so does an answer", async () => {
  const port = beaconPort();
  const heard: Set<string>[] = [new Set(), new Set(), new Set()];
  const sockets = await Promise.all(
    heard.map((set) => net.beacons(port, (bytes) => void set.add(new TextDecoder().decode(bytes)))),
  );
  // UDP may be lost, so both are repeated until they came.
  await waitFor("all hear the broadcast", () => {
    sockets[0]!.broadcast(new TextEncoder().encode("here"));
    return heard.every((set) => set.has("here"));
  });
  await waitFor("all hear the answer", () => {
    sockets[1]!.answer(new TextEncoder().encode("hello"), "127.0.0.1", port);
    return heard.every((set) => set.has("hello"));
  });
  for (const socket of sockets) socket.close();
});

Deno.test("two devices on one host find each other, and can be dialled where they were heard", async () => {
  const port = beaconPort();
  const { listener, accepted } = await listening();
  const start = (identity: DeviceIdentity, tcpPort: number, seen: Map<DeviceId, readonly string[]>) =>
    startDiscovery({
      net,
      clock: realClock(),
      random: realRandom(),
      device: identity.id,
      tcpPort,
      beaconPort: port,
      isKnown: () => true,
      sighted: ({ device, addresses }) => void seen.set(device, addresses),
    });
  const seenHere = new Map<DeviceId, readonly string[]>();
  const seenThere = new Map<DeviceId, readonly string[]>();
  const here = await start(client, 1, seenHere);
  const there = await start(server, listener.port, seenThere);
  await waitFor("both see the other", () => seenHere.has(server.id) && seenThere.has(client.id));
  const link = await net.dial(seenHere.get(server.id)![0]!, client, "cairn/1", 10_000);
  assert.equal(deviceIdOf(link.peerCertificate!), server.id);
  await waitFor("the link is accepted", () => accepted.length === 1);
  link.destroy();
  accepted[0]!.destroy();
  here.close();
  there.close();
  listener.close();
});
