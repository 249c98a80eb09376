/** A member that does not keep the rules of the transport: frames, types, tags, lanes, credit, hellos, pings. */
import { encodeFrame } from "../../../src/peer/frame.ts";
import { encodeTag, TYPE } from "../../../src/peer/messages.ts";
import type { Attack } from "../field.ts";
import { helloOf, type RawLink } from "../member.ts";
import { hostileHeader, hostileValue, manyOf } from "../msgpack.ts";
import type { Scope } from "../scope.ts";
import type { Seeded } from "../seeded.ts";
import { MESSAGE } from "../../../src/sync/messages.ts";

const BULK = encodeTag({ answer: false, lane: "bulk", requestId: 0 });
const INDEX = encodeTag({ answer: false, lane: "index", requestId: 0 });
const MIB = 2 ** 20;

/** A frame with a header of bytes as they are; `lengths` lies about it. */
function frameOf(
  type: number,
  tag: number,
  header: Uint8Array,
  lengths: { all?: number; header?: number } = {},
) {
  const frame = new Uint8Array(13 + header.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, (lengths.all ?? 9 + header.length) >>> 0, true);
  frame[4] = type;
  view.setUint32(5, tag, true);
  view.setUint32(9, (lengths.header ?? header.length) >>> 0, true);
  frame.set(header, 13);
  return frame;
}

/** Writes, and waits a little for room: an attacker that only fills its own memory attacks nobody. */
async function push(scope: Scope, { link }: RawLink, bytes: Uint8Array): Promise<void> {
  link.write(bytes);
  await scope.until(() => link.bufferedBytes < 4 * MIB, 2_000);
}

const TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 200, 255];

function anyTag(random: Seeded): number {
  return random.pick([
    0,
    1,
    BULK,
    INDEX,
    2 ** 31,
    2 ** 31 + 1,
    0x60000000,
    0xffffffff,
    random.below(2 ** 32),
  ]);
}

export const frameAttacks: readonly Attack[] = [
  {
    name: "frames that lie about their length",
    lane: "member",
    async run({ member }, random, scope) {
      for (let i = 0; i < 6 && !scope.isOver; i++) {
        const it = await member.raw(scope);
        if (it === null) continue;
        const header = hostileHeader(random, 2_000);
        const all = random.pick([0, 1, 9, 10, 65_536, 16 * MIB - 4, 16 * MIB, 2 ** 31, 2 ** 32 - 1]);
        await push(scope, it, frameOf(random.pick(TYPES), anyTag(random), header, { all }));
        if (random.chance(0.5)) await push(scope, it, random.bytes(5_000));
        await scope.until(() => it.isClosed, 100);
      }
    },
  },
  {
    name: "hostile headers",
    lane: "member",
    weight: 3,
    async run({ member }, random, scope) {
      for (let i = 0; i < 8 && !scope.isOver; i++) {
        const it = await member.raw(scope);
        if (it === null) continue;
        const header = hostileHeader(random, random.pick([200, 60_000, MIB - 20, 8 * MIB]));
        const lengths = random.chance(0.1) ? { header: random.below(2 ** 32) } : {};
        const tag = random.pick([0, 1, INDEX, BULK, anyTag(random)]);
        await push(scope, it, frameOf(random.pick(TYPES), tag, header, lengths));
        await scope.until(() => it.isClosed, 200);
      }
    },
  },
  {
    name: "headers of millions of values",
    lane: "member",
    async run({ member }, random, scope) {
      for (let i = 0; i < 3 && !scope.isOver; i++) {
        const it = await member.raw(scope);
        if (it === null) continue;
        const header = manyOf(
          random.pick([0x80, 0x90, 0xa0, 0xc0]),
          random.pick([4_000_000, 4_194_300, 15_000_000]),
        );
        await push(scope, it, frameOf(MESSAGE.page, INDEX, header));
        await scope.until(() => it.isClosed, 1_500);
      }
    },
  },
  {
    name: "messages of any type in any state",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      for (let i = 0; i < 8 && !scope.isOver; i++) {
        const it = await member.raw(scope, random.chance(0.7) ? helloOf() : null);
        if (it === null) continue;
        for (let k = random.between(1, 12); k > 0 && !it.isClosed; k--) {
          it.say(random.pick(TYPES), anyTag(random), hostileValue(random), random.bytes(random.below(100)));
          if (random.chance(0.3)) await scope.pause(random.below(30));
        }
        await scope.until(() => it.isClosed, 200);
      }
    },
  },
  {
    name: "hellos that make no sense",
    lane: "member",
    async run({ member }, random, scope) {
      const extra = { instance: "x", name: "y" };
      for (let i = 0; i < 8 && !scope.isOver; i++) {
        const hello = random.pick<unknown>([
          hostileValue(random),
          { versions: [0, 2 ** 53 - 1], capabilities: Array(256).fill("a"), extra },
          { versions: [2, 1], capabilities: [], extra },
          { versions: [NaN, 1], capabilities: [], extra },
          {
            versions: [1, 1],
            capabilities: [],
            extra: { instance: { deep: [[[]]] }, name: "x".repeat(60_000) },
          },
          {
            versions: [1, 1],
            capabilities: [],
            extra: Object.fromEntries(Array.from({ length: 3_000 }, (_, k) => [k, k])),
          },
          { versions: [1, 1], capabilities: ["\u202e"], extra },
          { versions: [1, 1], capabilities: [], extra, more: new Uint8Array(60_000) },
        ]);
        const it = await member.raw(scope, hello);
        await scope.until(() => it === null || it.isClosed, 100);
      }
    },
  },
  {
    name: "credit that lies",
    lane: "member",
    async run({ member }, random, scope) {
      for (let i = 0; i < 4 && !scope.isOver; i++) {
        const it = await member.raw(scope);
        if (it === null) continue;
        for (let k = 0; k < 20 && !it.isClosed; k++) {
          it.say(TYPE.credit, 0, {
            index: random.pick<unknown>([1, 2 ** 39, 2 ** 40, 2 ** 53, -1, NaN, "many", null]),
            bulk: random.pick<unknown>([1, 2 ** 30, Infinity, 0.5]),
          });
        }
        await scope.until(() => it.isClosed, 300);
      }
    },
  },
  {
    name: "bulk that nobody asked for",
    lane: "member",
    async run({ member }, random, scope) {
      const it = await member.raw(scope);
      if (it === null) return;
      const raw = new Uint8Array(random.pick([1, 100_000, 15 * MIB]));
      const tag = random.pick([
        BULK,
        INDEX,
        encodeTag({ answer: true, lane: "bulk", requestId: random.between(1, 99) }),
      ]);
      for (let k = 0; k < 12 && !it.isClosed && !scope.isOver; k++) {
        for (const part of encodeFrame(random.pick([19, 21, 25, 99]), tag, [1], raw).parts) {
          await push(scope, it, part);
        }
      }
      await scope.until(() => it.isClosed, 1_000);
    },
  },
  {
    name: "pings without end, and nothing read",
    lane: "member",
    async run({ member }, random, scope) {
      const it = await member.raw(scope);
      if (it === null) return;
      it.link.pause(true);
      const ping = encodeFrame(TYPE.ping, 0, null).parts[0]!;
      const many = new Uint8Array(ping.length * 5_000);
      for (let k = 0; k < 5_000; k++) many.set(ping, k * ping.length);
      const endMs = performance.now() + random.between(500, 3_000);
      while (performance.now() < endMs && !it.isClosed && !scope.isOver) await push(scope, it, many);
    },
  },
  {
    name: "sessions by the hundred",
    lane: "member",
    async run({ member }, random, scope) {
      const says = random.pick([null, helloOf()]);
      for (let i = 0; i < 8 && !scope.isOver; i++) {
        await Promise.all(Array.from({ length: 25 }, () => member.raw(scope, says)));
      }
      await scope.pause(random.below(2_000));
    },
  },
  {
    name: "one byte at a time",
    lane: "member",
    async run({ member }, random, scope) {
      const it = await member.raw(scope);
      if (it === null) return;
      const frame = frameOf(MESSAGE.page, INDEX, new Uint8Array(15 * MIB));
      const at = random.between(4, 200);
      it.link.write(frame.subarray(0, at));
      for (let k = at; k < at + 100 && !it.isClosed && !scope.isOver; k++) {
        it.link.write(frame.subarray(k, k + 1));
        await scope.pause(30);
      }
    },
  },
];
