/** Whoever reaches the port and is no member: odd certificates, none, other protocols, half a handshake, floods. */
import { encodeFrame } from "../../../src/peer/frame.ts";
import { SESSION_PROTOCOL } from "../../../src/peer/links.ts";
import { TYPE } from "../../../src/peer/messages.ts";
import { PAIRING_PROTOCOL } from "../../../src/peer/pairing.ts";
import { forge } from "../certificates.ts";
import type { Attack } from "../field.ts";
import { helloOf } from "../member.ts";
import type { Scope } from "../scope.ts";
import type { Seeded } from "../seeded.ts";
import { tcp, type Tls, tls, written } from "../sockets.ts";

const PROTOCOLS = [SESSION_PROTOCOL, PAIRING_PROTOCOL];
/** The head of a TLS handshake record that promises more than it brings. */
const RECORD = new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);

/** Says something to a victim that may have let us in by mistake, and waits for its answer. */
async function tryLuck(scope: Scope, random: Seeded, connection: Tls | null): Promise<void> {
  if (connection === null || !connection.opened) return;
  const { socket } = connection;
  const hello = encodeFrame(TYPE.hello, 0, helloOf()).parts;
  if (random.chance(0.5)) { for (const part of hello) await written(socket, part); }
  if (random.chance(0.5)) await written(socket, random.bytes(random.between(1, 5_000)));
  await scope.until(() => connection.isClosed, random.between(50, 1_500));
}

const junk: readonly ((random: Seeded) => Uint8Array)[] = [
  (random) => random.bytes(random.between(1, 20_000)),
  () => new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  () => new TextEncoder().encode("SSH-2.0-OpenSSH_9.9\r\n"),
  () => new Uint8Array(100_000),
  (random) => new Uint8Array([...RECORD, ...random.bytes(600)]),
  () => new Uint8Array([0x16, 0x03, 0x01, 0xff, 0xff, ...new Uint8Array(70_000)]),
];

export const strangerAttacks: readonly Attack[] = [
  {
    name: "odd certificate",
    lane: "stranger",
    weight: 4,
    async run({ port, certificates }, random, scope) {
      for (let i = 0; i < 6 && !scope.isOver; i++) {
        const { cert, key } = forge(random, certificates);
        await tryLuck(
          scope,
          random,
          await tls(scope, port, { cert, key, ALPNProtocols: [random.pick(PROTOCOLS)] }),
        );
      }
    },
  },
  {
    name: "no certificate",
    lane: "stranger",
    async run({ port }, random, scope) {
      for (let i = 0; i < 6 && !scope.isOver; i++) {
        await tryLuck(scope, random, await tls(scope, port, { ALPNProtocols: [random.pick(PROTOCOLS)] }));
      }
    },
  },
  {
    name: "another protocol",
    lane: "stranger",
    async run({ port, certificates }, random, scope) {
      const { cert, key } = forge(random, certificates);
      for (
        const ALPNProtocols of [[], ["http/1.1", "h2"], ["cairn/0", "cairn/2"], ["x".repeat(255)], [
          "h2",
          "cairn/1",
        ]]
      ) {
        await tryLuck(scope, random, await tls(scope, port, { cert, key, ALPNProtocols }));
      }
      await tls(scope, port, { cert, key, ALPNProtocols: PROTOCOLS, maxVersion: "TLSv1.2" });
    },
  },
  {
    name: "junk",
    lane: "stranger",
    weight: 2,
    async run({ port }, random, scope) {
      for (let i = 0; i < 20 && !scope.isOver; i++) {
        const socket = tcp(scope, port);
        await written(socket, random.pick(junk)(random));
        if (random.chance(0.5)) socket.destroy();
      }
      await scope.pause(random.below(500));
    },
  },
  {
    name: "half-open connections",
    lane: "stranger",
    async run({ port }, random, scope) {
      for (let i = random.between(100, 400); i > 0; i--) tcp(scope, port);
      await scope.pause(random.between(500, 4_000));
    },
  },
  {
    name: "slow loris",
    lane: "stranger",
    async run({ port }, random, scope) {
      const sockets = Array.from({ length: random.between(50, 200) }, () => tcp(scope, port));
      for (let i = 0; i < 60 && !scope.isOver; i++) {
        for (const socket of sockets) {
          if (!socket.destroyed && socket.writable) {
            socket.write(new Uint8Array([i < RECORD.length ? RECORD[i]! : 0]));
          }
        }
        await scope.pause(50);
      }
    },
  },
  {
    name: "connection flood",
    lane: "stranger",
    async run({ port }, random, scope) {
      const endMs = performance.now() + random.between(300, 2_000);
      while (performance.now() < endMs && !scope.isOver) {
        const batch = Array.from({ length: 25 }, () => tcp(scope, port));
        await scope.pause(5);
        for (const socket of batch) socket.destroy();
      }
    },
  },
  {
    name: "handshake flood",
    lane: "stranger",
    async run({ port, certificates }, random, scope) {
      const { cert, key } = forge(random, certificates);
      const options = { cert, key, ALPNProtocols: [random.pick(PROTOCOLS)] };
      // All stay: whoever is refused shall not pile up at the victim.
      for (let i = 0; i < 6 && !scope.isOver; i++) {
        await Promise.all(Array.from({ length: 25 }, () => tls(scope, port, options)));
      }
      await scope.pause(random.below(1_000));
    },
  },
];
