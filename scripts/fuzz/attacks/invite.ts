/** Against an open invite: guessed codes, replayed proofs, turns out of order, junk, and a joiner that knows the code and lies. */
import { encode } from "@msgpack/msgpack";
import { parsePairingCode } from "../../../src/core/pairing_code.ts";
import { encodeFrame, type Frame, FrameDecoder } from "../../../src/peer/frame.ts";
import { createIdentity } from "../../../src/peer/identity.ts";
import { joinWith, PAIR, PAIRING_PROTOCOL } from "../../../src/peer/pairing.ts";
import { realClock } from "../../../src/platform/real/clock.ts";
import { realNet } from "../../../src/platform/real/net.ts";
import { realRandom } from "../../../src/platform/real/random.ts";
import type { SecureLink } from "../../../src/platform/ports.ts";
import type { Attack, Field } from "../field.ts";
import { hostileHeader, hostileValue, manyOf } from "../msgpack.ts";
import type { Scope } from "../scope.ts";
import type { Seeded } from "../seeded.ts";

const DIAL_MS = 8_000;
/** Strangers come and go; making a key for each would only slow the attack down. */
const identity = await createIdentity(realRandom());

interface Talk {
  readonly link: SecureLink;
  readonly frames: Frame[];
  closed: boolean;
  say(type: number, header: unknown, raw?: Uint8Array): void;
}

async function talk(scope: Scope, { port }: Field, as = identity): Promise<Talk | null> {
  let link: SecureLink;
  try {
    link = await realNet().dial(`127.0.0.1:${port}`, as, PAIRING_PROTOCOL, DIAL_MS);
  } catch {
    return null;
  }
  scope.onEnd(() => link.destroy());
  const decoder = new FrameDecoder(2 ** 24);
  const it: Talk = {
    link,
    frames: [],
    closed: false,
    say(type, header, raw) {
      for (const part of encodeFrame(type, 0, header, raw).parts) link.write(part);
    },
  };
  link.onClose(() => it.closed = true);
  link.onData((bytes) => {
    try {
      decoder.push(bytes, (frame) => void it.frames.push(frame));
    } catch {
      // Its own tests look after what it says.
    }
  });
  return it;
}

async function nonceOf(scope: Scope, it: Talk, random: Seeded): Promise<boolean> {
  it.say(PAIR.ask, { version: 1, nonce: random.bytes(32) });
  await scope.until(() => it.frames.length > 0 || it.closed, 2_000);
  return it.frames[0]?.type === PAIR.ready;
}

export const inviteAttacks: readonly Attack[] = [
  {
    name: "guessed codes",
    lane: "invite",
    weight: 2,
    async run(field, random, scope) {
      await field.invite();
      const fresh = await createIdentity(realRandom());
      for (let i = 0; i < 40 && !scope.isOver; i++) {
        const it = await talk(scope, field, fresh);
        if (it === null || !await nonceOf(scope, it, random)) continue;
        it.say(PAIR.proof, { mac: random.bytes(32) });
        await scope.until(() => it.frames.length > 1 || it.closed, 500);
      }
    },
  },
  {
    name: "a replayed proof",
    lane: "invite",
    async run(field, random, scope) {
      await field.invite();
      const mac = random.bytes(32);
      for (let i = 0; i < 6 && !scope.isOver; i++) {
        const it = await talk(scope, field);
        if (it === null || !await nonceOf(scope, it, random)) continue;
        for (let k = 0; k < 3; k++) it.say(PAIR.proof, { mac });
        it.say(PAIR.info, null, random.bytes(100));
        it.say(PAIR.done, null);
        await scope.until(() => it.closed, 500);
      }
    },
  },
  {
    name: "turns out of order",
    lane: "invite",
    weight: 2,
    async run(field, random, scope) {
      await field.invite();
      for (let i = 0; i < 12 && !scope.isOver; i++) {
        const it = await talk(scope, field);
        if (it === null) continue;
        if (random.chance(0.5)) await nonceOf(scope, it, random);
        for (let k = random.between(1, 4); k > 0; k--) {
          it.say(
            random.pick([...Object.values(PAIR), 0, 8, 9, 255]),
            hostileValue(random),
            random.bytes(random.below(200)),
          );
          await scope.pause(random.below(30));
        }
        await scope.until(() => it.closed, 200);
      }
    },
  },
  {
    name: "junk in place of a proof",
    lane: "invite",
    weight: 2,
    async run(field, random, scope) {
      await field.invite();
      for (let i = 0; i < 12 && !scope.isOver; i++) {
        const it = await talk(scope, field);
        if (it === null) continue;
        const header = hostileHeader(random, random.pick([100, 2_000, 2_040, 100_000]));
        const frame = new Uint8Array(13 + header.length);
        const view = new DataView(frame.buffer);
        view.setUint32(0, random.chance(0.2) ? random.below(2 ** 32) : 9 + header.length, true);
        frame[4] = random.pick([1, 3, 5, 8]);
        view.setUint32(9, header.length, true);
        frame.set(header, 13);
        it.link.write(frame);
        await scope.until(() => it.closed, 200);
      }
    },
  },
  {
    name: "many who only connect",
    lane: "invite",
    async run(field, random, scope) {
      await field.invite();
      await Promise.all(Array.from({ length: 60 }, () => talk(scope, field)));
      await scope.pause(random.between(100, 2_000));
    },
  },
  {
    name: "one who knows the code and lies",
    lane: "invite",
    async run(field, random, scope) {
      const code = await field.invite();
      const parsed = code === null ? null : parsePairingCode(code);
      if (parsed === null || !("code" in parsed)) return;
      const fresh = await createIdentity(realRandom());
      let link: SecureLink;
      try {
        link = await realNet().dial(`127.0.0.1:${field.port}`, fresh, PAIRING_PROTOCOL, DIAL_MS);
      } catch {
        return;
      }
      scope.onEnd(() => link.destroy());
      const infos: readonly Uint8Array[] = [
        hostileHeader(random, 100_000),
        manyOf(0x80, 3_000_000),
        manyOf(0x91, 15_000_000).fill(0x91, 5),
        encode({ name: "x".repeat(1e6), library: "", alone: true, stamp: 0 }),
        encode({ name: "\u202e\n", library: null, alone: true, stamp: -1 }),
        encode({ name: "m", library: "z", alone: false, stamp: 2 ** 53 }),
        new Uint8Array(0),
      ];
      await joinWith(link, {
        identity: fresh,
        code: parsed.code,
        info: random.pick(infos),
        clock: realClock(),
        random: realRandom(),
        accept: () => Promise.resolve({ code: "internal", message: "no", hint: "" }),
      });
    },
  },
];
