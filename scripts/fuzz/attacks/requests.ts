/** A member that asks for too much, for what is not there, and does not read what it gets. */
import { fromHex } from "../../../src/core/ids.ts";
import { encodeTag, TYPE } from "../../../src/peer/messages.ts";
import { MESSAGE } from "../../../src/sync/messages.ts";
import type { Attack, Field } from "../field.ts";
import { hostileValue } from "../msgpack.ts";
import type { Scope } from "../scope.ts";
import type { Seeded } from "../seeded.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const SMALL_BYTES = 128 * 1024;

interface Known {
  readonly small: Uint8Array[];
  readonly large: Uint8Array[];
}

/** Contents that the victim has, as its rows tell. */
async function learn(field: Field, scope: Scope): Promise<Known> {
  const { member } = field;
  if (member.lastPage === null) {
    const session = await member.open(scope);
    if (session !== null) {
      member.subscribe(session);
      await scope.until(() => member.lastPage !== null, 3_000);
      session.close("learnt");
    }
  }
  const entries = (member.lastPage?.folders ?? []).flatMap(({ rows }) => rows.map(({ row }) => row.entry));
  const idsOf = (isLarge: boolean) =>
    entries.flatMap(({ content, size }) =>
      content !== null && size > SMALL_BYTES === isLarge ? [fromHex(content)] : []
    );
  return { small: idsOf(false), large: idsOf(true) };
}

function requestOf(random: Seeded, { small, large }: Known): [number, unknown] {
  const absent = new Uint8Array([1, ...random.bytes(32)]);
  const one = random.pick([...large, ...small.slice(0, 3), absent]);
  const number = () => random.pick<unknown>([0, 1, 2, 40, 10_000, 2 ** 31, MAX, -1, 0.5, NaN, null]);
  switch (random.below(4)) {
    case 0:
      return [
        MESSAGE.small,
        Array.from({ length: random.pick([0, 1, 127, 128, 129]) }, () => random.pick([...small, absent])),
      ];
    case 1:
      return random.below(2) === 0
        ? [MESSAGE.list, [one, number()]]
        : [MESSAGE.changes, [one, random.pick([one, absent])]];
    case 2:
      return [MESSAGE.pieces, [one, number(), number()]];
    default:
      return [
        random.pick([MESSAGE.small, MESSAGE.list, MESSAGE.pieces, MESSAGE.changes, 99]),
        hostileValue(random),
      ];
  }
}

const asRequest = (requestId: number) => encodeTag({ answer: false, lane: "control", requestId });

export const requestAttacks: readonly Attack[] = [
  {
    name: "requests for what is not there",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const known = await learn(field, scope);
      for (let round = 0; round < 12 && !scope.isOver; round++) {
        const session = await field.member.open(scope);
        if (session === null) return;
        for (let i = 0; i < 10 && session.ending === null; i++) {
          const [type, header] = requestOf(random, known);
          session.request(type, header).then(({ size }) => session.consumed("bulk", size), () => {});
        }
        await scope.until(() => session.ending !== null, 60);
      }
    },
  },
  {
    name: "a thousand requests at once",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const known = await learn(field, scope);
      const it = await field.member.raw(scope);
      if (it === null || known.small.length === 0) return;
      it.say(TYPE.credit, 0, { bulk: 2 ** 39, index: 2 ** 39 });
      const batch = Array.from({ length: 128 }, () => random.pick(known.small));
      const count = random.pick([100, 255, 1_000, 1_024, 1_025, 3_000]);
      const kind = random.below(3);
      for (let i = 1; i <= count && !it.isClosed; i++) {
        if (kind === 0) it.say(MESSAGE.small, asRequest(i), batch);
        else if (kind === 1) it.say(MESSAGE.pieces, asRequest(i), [random.pick(known.large), 0, 20]);
        else it.say(MESSAGE.list, asRequest(i), [random.pick(known.large), 0]);
      }
      await scope.until(() => it.isClosed, random.between(500, 3_000));
    },
  },
  {
    name: "requests with a megabyte each",
    lane: "member",
    async run({ member }, random, scope) {
      const it = await member.raw(scope);
      if (it === null) return;
      const raw = new Uint8Array(random.pick([60_000, 1_000_000]));
      for (let i = 1; i <= 1_000 && !it.isClosed && !scope.isOver; i++) {
        it.say(MESSAGE.small, asRequest(i), [new Uint8Array(33)], raw);
        await scope.until(() => it.link.bufferedBytes < 4 * 2 ** 20, 1_000);
      }
    },
  },
  {
    name: "answers that are never read",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const known = await learn(field, scope);
      if (known.large.length === 0) return;
      for (let round = 0; round < 4 && !scope.isOver; round++) {
        const it = await field.member.raw(scope);
        if (it === null) continue;
        it.say(TYPE.credit, 0, { bulk: 2 ** 39, index: 2 ** 39 });
        it.say(MESSAGE.subscribe, 0, []);
        it.link.pause(true);
        for (let i = 1; i <= 500 && !it.isClosed; i++) {
          it.say(MESSAGE.pieces, asRequest(i), [random.pick(known.large), 0, 20]);
        }
        await scope.pause(random.between(200, 1_500));
      }
    },
  },
  {
    name: "the index, again and again",
    lane: "member",
    async run(field, random, scope) {
      const session = await field.member.open(scope);
      if (session === null) return;
      for (let i = 0; i < 60 && session.ending === null && !scope.isOver; i++) {
        field.member.subscribe(session);
        await scope.pause(random.below(10));
      }
    },
  },
];
