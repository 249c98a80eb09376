/** A member that announces contents and then gives others, none, or too much of them. */
import { chunkParams } from "../../../src/core/chunker.ts";
import { CHUNK_RECORD_BYTES, contentId, sha256 } from "../../../src/core/content.ts";
import { fromHex } from "../../../src/core/ids.ts";
import type { Message, Session } from "../../../src/peer/session.ts";
import { MESSAGE } from "../../../src/sync/messages.ts";
import type { Attack } from "../field.ts";
import { hostileValue } from "../msgpack.ts";
import { rowOf } from "../rows.ts";
import type { Scope } from "../scope.ts";
import type { Seeded } from "../seeded.ts";

const SMALL = 128 * 1024;
const MIB = 2 ** 20;

/** Answers of any kind but the right one. */
function answerWrongly(message: Message, session: Session, random: Seeded): void {
  const { requestId, type } = message;
  if (requestId === 0 || session.ending !== null) return;
  const lane = random.pick(["bulk", "bulk", "bulk", "index", "control"] as const);
  const raw = random.bytes(random.pick([0, 1, 5, 36, 3_600, 60_000]));
  const asked = Array.isArray(message.header) ? message.header.length : 1;
  const header = random.pick<unknown>([
    hostileValue(random),
    Array(asked).fill(-1),
    Array(asked).fill(5),
    Array(asked).fill(2 ** 40),
    Array(asked + 5).fill(0),
    [0],
    [1],
    [-1, 0],
    [200_000, 3],
    [200_000, 4 * MIB],
    [200_000, 2 ** 52],
  ]);
  session.answer(requestId, lane, random.chance(0.8) ? type + 1 : random.between(16, 255), header, raw);
}

interface Large {
  readonly id: Uint8Array;
  readonly size: number;
  readonly list: Uint8Array;
}

/** A large file's list as it could be, of chunks that nobody has; or one that sums up wrongly. */
function largeOf(random: Seeded, size: number, wrong: "none" | "sum" | "lengths" | "tiny"): Large {
  const { minBytes, maxBytes } = chunkParams(size);
  const lengths: number[] = [];
  for (let left = size; left > 0;) {
    const length = Math.min(left, wrong === "tiny" ? 1 : random.between(minBytes, maxBytes));
    lengths.push(length);
    left -= length;
    if (lengths.length >= 200_000) break;
  }
  if (wrong === "sum") lengths.push(maxBytes);
  if (wrong === "lengths") {
    lengths[random.below(lengths.length)] = random.pick([0, maxBytes + 1, 2 ** 32 - 1]);
  }
  const list = new Uint8Array(lengths.length * CHUNK_RECORD_BYTES);
  const digests = new Uint8Array(lengths.length * 32);
  const digest = sha256(random.bytes(8));
  lengths.forEach((length, i) => {
    digest[i & 31]! ^= i & 255;
    digests.set(digest, i * 32);
    list.set(digest, i * CHUNK_RECORD_BYTES);
    new DataView(list.buffer).setUint32(i * CHUNK_RECORD_BYTES + 32, length, true);
  });
  return { id: fromHex(contentId(size, digests)), size, list };
}

/** Gives the list, and for pieces whatever `pieces` does. */
function serveLarge({ size, list }: Large, pieces: (message: Message, session: Session) => void) {
  return (message: Message, session: Session): void => {
    if (session.ending !== null) return;
    if (message.type === MESSAGE.changes) {
      // Changes that make no list, or none of this content.
      const said = [size, list.length / CHUNK_RECORD_BYTES];
      session.answer(message.requestId, "bulk", MESSAGE.changesAnswer, said, list.slice(0, 4_000));
    } else if (message.type === MESSAGE.list) {
      const [, first] = message.header as [unknown, number];
      const page = list.subarray(first * CHUNK_RECORD_BYTES, (first + 100_000) * CHUNK_RECORD_BYTES);
      session.answer(
        message.requestId,
        "bulk",
        MESSAGE.listAnswer,
        [size, list.length / CHUNK_RECORD_BYTES],
        page.slice(),
      );
    } else if (message.type === MESSAGE.pieces) pieces(message, session);
  };
}

async function announce(
  scope: Scope,
  field: Parameters<Attack["run"]>[0],
  random: Seeded,
  files: readonly { readonly id: Uint8Array; readonly size: number }[],
  serve: (message: Message, session: Session) => void,
): Promise<Session | null> {
  const session = await field.member.open(scope, serve);
  if (session === null) return null;
  const rows = files.map(({ id, size }, i) =>
    rowOf({ name: `f-${random.below(100)}-${i}`, size, content: id })
  );
  await field.member.send(scope, session, field.member.page([[null, "bad/contents", rows]]));
  return session;
}

const anyId = (random: Seeded) => new Uint8Array([1, ...random.bytes(32)]);

export const contentAttacks: readonly Attack[] = [
  {
    name: "wrong answers for contents",
    lane: "member",
    weight: 4,
    async run(field, random, scope) {
      const sizes = [0, 1, 5, SMALL, SMALL + 1, 200_000, 10 * MIB, 2 ** 40];
      const files = Array.from(
        { length: random.between(1, 60) },
        () => ({ id: anyId(random), size: random.pick(sizes) }),
      );
      const session = await announce(
        scope,
        field,
        random,
        files,
        (message, it) => answerWrongly(message, it, random),
      );
      await scope.until(() => session === null || session.ending !== null, random.between(500, 3_000));
    },
  },
  {
    name: "contents that never come",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const count = random.pick([10, 1_000, 1_390]);
      const size = random.pick([100, 100, SMALL + 1, 50 * MIB]);
      const files = Array.from({ length: count }, () => ({ id: anyId(random), size }));
      const session = await announce(scope, field, random, files, () => {});
      await scope.until(() => session === null || session.ending !== null, 7_500);
    },
  },
  {
    name: "contents that come one byte at a time",
    lane: "member",
    async run(field, random, scope) {
      const files = Array.from({ length: 1_300 }, () => ({ id: anyId(random), size: 100 }));
      const { member } = field;
      const it = await member.raw(scope);
      if (it === null) return;
      const rows = files.map(({ id, size }, i) => rowOf({ name: `t-${i}`, size, content: id }));
      it.say(MESSAGE.page, 0x20000000, member.page([[null, "bad/trickle", rows.slice(0, 400)]]));
      const head = new Uint8Array(17);
      const view = new DataView(head.buffer);
      view.setUint32(0, 8 * MIB, true);
      head[4] = MESSAGE.smallAnswer;
      view.setUint32(5, 0xc0000001, true);
      view.setUint32(9, 1, true);
      head[13] = 0x90;
      it.link.write(head);
      for (let i = 0; i < 200 && !it.isClosed && !scope.isOver; i++) {
        it.link.write(new Uint8Array(1));
        await scope.pause(40);
      }
    },
  },
  {
    name: "lists that do not fit",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const large = largeOf(
        random,
        random.pick([200_000, 5 * MIB, 40 * MIB]),
        random.pick(["sum", "lengths", "tiny"]),
      );
      const session = await announce(scope, field, random, [large], serveLarge(large, () => {}));
      await scope.until(() => session === null || session.ending !== null, 2_000);
    },
  },
  {
    name: "pieces that are wrong",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const large = largeOf(random, random.pick([200_000, 3 * MIB]), "none");
      const pieces = (message: Message, session: Session) => {
        const raw = new Uint8Array(random.pick([0, 1, 16_384, 262_144, MIB, 4 * MIB]));
        session.answer(message.requestId, "bulk", MESSAGE.piecesAnswer, [random.pick([1, 1, 0])], raw);
      };
      const session = await announce(scope, field, random, [large], serveLarge(large, pieces));
      await scope.until(() => session === null || session.ending !== null, random.between(500, 3_000));
    },
  },
  {
    name: "lists without end",
    lane: "member",
    async run(field, random, scope) {
      const size = random.pick([400 * MIB, 2 ** 33, 2 ** 40]);
      const files = Array.from({ length: 6 }, () => ({ id: anyId(random), size }));
      const page = random.bytes(36 * random.pick([1, 10, 2_000]));
      const session = await announce(scope, field, random, files, (message, it) => {
        if (message.type === MESSAGE.list && it.ending === null) {
          it.answer(
            message.requestId,
            "bulk",
            MESSAGE.listAnswer,
            [size, random.pick([4 * MIB, MIB])],
            page.slice(),
          );
        }
      });
      await scope.until(() => session === null || session.ending !== null, random.between(1_000, 4_000));
    },
  },
  {
    name: "files of a terabyte",
    lane: "member",
    async run(field, random, scope) {
      const count = 600_000;
      const list = new Uint8Array(count * CHUNK_RECORD_BYTES);
      const digests = new Uint8Array(count * 32);
      const view = new DataView(list.buffer);
      for (let i = 0; i < count; i++) {
        view.setUint32(i * CHUNK_RECORD_BYTES, i);
        view.setUint32(i * CHUNK_RECORD_BYTES + 32, 262_144, true);
        digests.set(list.subarray(i * CHUNK_RECORD_BYTES, i * CHUNK_RECORD_BYTES + 32), i * 32);
      }
      const size = count * 262_144;
      const large = { id: fromHex(contentId(size, digests)), size, list };
      const session = await announce(scope, field, random, [large], serveLarge(large, () => {}));
      await scope.until(() => session === null || session.ending !== null, 7_000);
    },
  },
];
