/** A member that lies about how far things are: epochs, boots, lsns, of its own rows and of others'. */
import { fromHex } from "../../../src/core/ids.ts";
import { MESSAGE } from "../../../src/sync/messages.ts";
import { serveContents } from "../contents.ts";
import type { Attack, Field } from "../field.ts";
import { blockOf, type Group, KIND, pageOf, rowOf } from "../rows.ts";
import type { Seeded } from "../seeded.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const EPOCHS = [0, 1, 2, 3, 100, 2 ** 20, 2 ** 32, 2 ** 52, MAX - 1, MAX];
const LSNS = [0, 1, 2, 1_000, 2 ** 32, 2 ** 52, MAX - 1, MAX];

/** A page in another device's name. */
function forgedPage({ member }: Field, random: Seeded, origin: string): unknown[] {
  const epoch = random.pick(EPOCHS);
  const to = random.pick(LSNS);
  const from = random.pick([0, 0, 0, 1, to, random.pick(LSNS)]);
  const rows = [rowOf({ name: `note-${random.below(60)}`, kind: random.pick([KIND.deleted, KIND.file]) })];
  const groups: Group[] = random.chance(0.5) ? [] : [[to, "bad/forged", rows]];
  return pageOf({
    origin: fromHex(origin),
    epoch,
    from,
    to,
    boot: random.chance(0.5) ? null : random.bytes(8),
    complete: random.chance(0.7),
    folders: [[
      fromHex(member.folder),
      blockOf([fromHex(member.actor)], [fromHex(member.identity.id)], groups),
    ]],
  });
}

export const cursorAttacks: readonly Attack[] = [
  {
    name: "subscriptions that know the future",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      for (let i = 0; i < 8 && !scope.isOver; i++) {
        const session = await member.open(scope);
        if (session === null) return;
        const boot = random.chance(0.5) ? null : random.bytes(8);
        const claims = [[fromHex(member.victim), random.pick(EPOCHS), boot, random.pick(LSNS)]];
        if (random.chance(0.2)) {
          claims.push(...Array.from({ length: 1_000 }, () => [random.bytes(32), 1, null, 0]));
        }
        session.send("control", MESSAGE.subscribe, claims);
        await scope.until(() => session.ending !== null, random.below(200));
      }
    },
  },
  {
    name: "pages in another's name",
    lane: "member",
    weight: 3,
    async run(field, random, scope) {
      const { member, honestId } = field;
      for (let round = 0; round < 3 && !scope.isOver; round++) {
        const session = await member.open(scope, serveContents());
        if (session === null) return;
        for (let i = 0; i < 12 && session.ending === null; i++) {
          const origin = random.pick([honestId, honestId, member.victim, random.hex(32)]);
          await member.send(scope, session, forgedPage(field, random, origin));
          await scope.pause(random.below(30));
        }
      }
    },
  },
  {
    name: "own epochs that go up and down",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      for (let i = 0; i < 30 && session.ending === null; i++) {
        const epoch = random.chance(0.1) ? random.pick(EPOCHS) : member.epoch + random.pick([-1, 0, 1, 1, 2]);
        const rows = [rowOf({ name: `epoch-${i % 5}`, kind: random.below(4) })];
        const page = member.page([[null, "bad/epochs", rows]], {
          epoch: Math.max(0, epoch),
          from: random.pick([0, 0, random.pick(LSNS)]),
          complete: random.chance(0.5),
        });
        await member.send(scope, session, page);
      }
      await scope.pause(100);
    },
  },
  {
    name: "a device of a hundred thousand names",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope);
      if (session === null) return;
      for (let i = 0; i < 20 && session.ending === null && !scope.isOver; i++) {
        const actors = Array.from({ length: 1_300 }, () => random.bytes(8));
        const devices = Array.from({ length: 1_300 }, () => random.bytes(32));
        const rows = actors.map((_, k) =>
          rowOf({ name: `w-${k}`, kind: KIND.deleted, writer: k, version: [k, i + 1] })
        );
        const lsns = [++member.lsn, ++member.lsn, ++member.lsn, ++member.lsn];
        const groups = lsns.map((lsn, k) => [lsn, `bad/writers-${i}`, rows.slice(k * 330, k * 330 + 330)]);
        const page = pageOf({
          origin: fromHex(member.identity.id),
          epoch: member.epoch,
          from: member.lsn - 4,
          to: member.lsn,
          folders: [[fromHex(member.folder), blockOf(actors, devices, groups)]],
        });
        if (!await member.send(scope, session, page)) break;
      }
    },
  },
];
