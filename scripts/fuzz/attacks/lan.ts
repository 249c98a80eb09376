/** Whoever is on the same network: forged beacons, by the thousand a case, and what they lead the victim to dial. */
import { createSocket, type Socket } from "node:dgram";
import { createServer as createTcp } from "node:net";
import { fromHex } from "../../../src/core/ids.ts";
import { BEACON_BYTES } from "../../../src/peer/beacon.ts";
import { BEACON_PORT } from "../../../src/peer/discovery.ts";
import { realNet } from "../../../src/platform/real/net.ts";
import { SESSION_PROTOCOL } from "../../../src/peer/links.ts";
import { encodeFrame } from "../../../src/peer/frame.ts";
import { TYPE } from "../../../src/peer/messages.ts";
import type { Attack } from "../field.ts";
import { helloOf } from "../member.ts";
import { hostileHeader } from "../msgpack.ts";
import type { Scope } from "../scope.ts";
import type { Seeded } from "../seeded.ts";

/** Reaches every socket of the port on this host. */
const EVERYBODY = "127.255.255.255";
const MAGIC = new TextEncoder().encode("CAIRN");
const MAX_DATAGRAM = 60_000;

interface Parts {
  readonly device: Uint8Array;
  readonly port: number;
  readonly instance: number;
  readonly flags?: number;
}

function beacon({ device, port, instance, flags = 0 }: Parts): Uint8Array {
  const bytes = new Uint8Array(BEACON_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes[5] = 1;
  bytes.set(device, 6);
  view.setUint16(38, port, true);
  view.setUint32(40, instance, true);
  bytes[44] = flags;
  return bytes;
}

/** A socket at one of the loopback's sixteen million addresses. */
function speaker(scope: Scope, random: Seeded): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    scope.onEnd(() => socket.close());
    socket.once("error", reject);
    socket.bind(0, `127.${random.below(255)}.${random.below(255)}.${random.between(1, 254)}`, () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      socket.setBroadcast(true);
      resolve(socket);
    });
  });
}

/** As fast as this machine takes them, with a turn for others now and then. */
async function flood(
  scope: Scope,
  random: Seeded,
  count: number,
  make: (i: number) => Uint8Array,
): Promise<void> {
  const socket = await speaker(scope, random);
  for (let i = 0; i < count && !scope.isOver; i++) {
    socket.send(make(i), BEACON_PORT, EVERYBODY, () => {});
    if (i % 50 === 49) await scope.pause(1);
  }
}

/** A TCP port that takes connections and never says a word. */
function muteServer(scope: Scope): Promise<number> {
  return new Promise((resolve) => {
    const server = createTcp((socket) => {
      socket.on("error", () => {});
      scope.onEnd(() => socket.destroy());
    });
    scope.onEnd(() => server.close());
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

export const lanAttacks: readonly Attack[] = [
  {
    name: "malformed beacons",
    lane: "lan",
    run(_, random, scope) {
      const good = beacon({ device: random.bytes(32), port: 1, instance: 1 });
      return flood(scope, random, random.between(2_000, 20_000), (i) => {
        if (i % 500 === 0) return new Uint8Array(random.between(1, MAX_DATAGRAM)).fill(i);
        const bytes = good.slice(0, random.chance(0.5) ? BEACON_BYTES : random.below(BEACON_BYTES));
        if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
        return bytes;
      });
    },
  },
  {
    name: "beacons of strangers",
    lane: "lan",
    run(_, random, scope) {
      return flood(
        scope,
        random,
        random.between(5_000, 40_000),
        (i) =>
          beacon({
            device: random.bytes(32),
            port: random.between(1, 65_535),
            instance: i,
            flags: random.below(4),
          }),
      );
    },
  },
  {
    name: "beacons that ask for answers",
    lane: "lan",
    run(_, random, scope) {
      const device = random.bytes(32);
      return flood(
        scope,
        random,
        random.between(5_000, 20_000),
        () => beacon({ device, port: 9, instance: 7, flags: 3 }),
      );
    },
  },
  {
    name: "the victim's own beacons",
    lane: "lan",
    async run({ member, port }, random, scope) {
      const device = fromHex(member.victim);
      const mute = await muteServer(scope);
      await flood(
        scope,
        random,
        random.between(500, 5_000),
        (i) => beacon({ device, port: random.pick([port, mute, 1, 65_535]), instance: i }),
      );
    },
  },
  {
    name: "beacons of members at wrong ports",
    lane: "lan",
    weight: 2,
    async run({ member, honestId }, random, scope) {
      const mute = await muteServer(scope);
      await flood(scope, random, random.between(500, 5_000), (i) =>
        beacon({
          device: fromHex(random.pick([honestId, member.identity.id])),
          port: random.chance(0.5) ? mute : random.between(1, 65_535),
          instance: i,
          flags: random.below(4),
        }));
    },
  },
  {
    name: "one beacon replayed",
    lane: "lan",
    run({ honestId, port }, random, scope) {
      const bytes = beacon({ device: fromHex(honestId), port, instance: 1 });
      return flood(scope, random, random.between(5_000, 40_000), () => bytes);
    },
  },
  {
    name: "a beacon leads to a member that misbehaves",
    lane: "lan",
    async run({ member }, random, scope) {
      const listener = await realNet().listen(0, member.identity, [SESSION_PROTOCOL], (link) => {
        scope.onEnd(() => link.destroy());
        link.onData(() => {});
        const say = (type: number, header: unknown) => {
          for (const part of encodeFrame(type, 0, header).parts) link.write(part);
        };
        switch (random.below(4)) {
          case 0:
            return; // says nothing
          case 1:
            return link.write(random.bytes(3_000));
          case 2:
            return say(TYPE.refuse, { code: "x", message: "\u001b[2J".repeat(200), hint: "\n".repeat(500) });
          default:
            say(TYPE.hello, helloOf());
            link.write(hostileHeader(random, 50_000));
        }
      });
      scope.onEnd(() => listener.close());
      await flood(
        scope,
        random,
        40,
        (i) => beacon({ device: fromHex(member.identity.id), port: listener.port, instance: i }),
      );
      await scope.pause(random.between(200, 2_000));
    },
  },
];
