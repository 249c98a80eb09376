/** A member that forges what all share: members, names, folders, settings; and its own facts without measure. */
import { createIdentity, deviceIdOf } from "../../../src/peer/identity.ts";
import { fromHex, type LibraryId, type Stamp } from "../../../src/core/ids.ts";
import type { SharedField } from "../../../src/core/record.ts";
import { additionField, removalField } from "../../../src/library/member_ops.ts";
import { realRandom } from "../../../src/platform/real/random.ts";
import type { Attack, Field } from "../field.ts";
import { hostileValue } from "../msgpack.ts";
import { nextCounter, pageOf } from "../rows.ts";
import type { Seeded } from "../seeded.ts";

const MAX = Number.MAX_SAFE_INTEGER;

function fieldOf(
  { member }: Field,
  kind: unknown,
  key: unknown,
  field: unknown,
  value: unknown,
  stamp?: unknown,
): SharedField {
  return {
    kind,
    key,
    field,
    value,
    stamp: stamp ?? nextCounter() * 1024,
    writer: member.identity.id,
  } as SharedField;
}

/** A membership operation that nobody signed, or the wrong one did, or of somebody who is no member; sometimes a good one. */
async function membership(field: Field, random: Seeded): Promise<SharedField> {
  const { member: { identity, library } } = field;
  const other = await createIdentity(realRandom());
  const stamp = nextCounter() * 1024 as Stamp;
  const of = library as LibraryId;
  const victim = random.pick(field.certificates);
  const [by, target] = random.chance(0.5) ? [identity, other] : [other, identity];
  const op = random.chance(0.7)
    ? additionField(by, of, target.id, target.certificateDer, stamp)
    : removalField(other, of, deviceIdOf(victim), [identity.id, other.id], random.below(1e13), stamp);
  const good = op.value as Record<string, unknown>;
  const value = random.pick<unknown>([
    good,
    { ...good, signature: random.bytes(70) },
    { ...good, signature: new Uint8Array(5_000_000) },
    { ...good, signer: victim },
    { ...good, signer: random.bytes(500) },
    { ...good, signer: new Uint8Array(1_000_000) },
    { ...good, certificate: random.bytes(500) },
    { ...good, certificate: identity.certificateDer },
    { ...good, keeps: Array.from({ length: 2_000 }, () => random.bytes(32)) },
    hostileValue(random),
  ]);
  const key = random.chance(0.8) ? op.key : random.hex(32);
  return { ...op, key, value, writer: identity.id };
}

function pageWith(field: Field, over: { shared?: readonly SharedField[]; facts?: unknown }): unknown[] {
  const { member } = field;
  const from = member.lsn++;
  return pageOf({ origin: fromHex(member.identity.id), epoch: member.epoch, from, to: member.lsn, ...over });
}

export const sharedAttacks: readonly Attack[] = [
  {
    name: "forged memberships",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const session = await field.member.open(scope);
      if (session === null) return;
      for (let i = 0; i < 6 && session.ending === null; i++) {
        const shared = await Promise.all(Array.from({ length: 3 }, () => membership(field, random)));
        await field.member.send(scope, session, pageWith(field, { shared }));
      }
      await scope.pause(100);
    },
  },
  {
    name: "shared fields of any kind",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      for (let round = 0; round < 5 && !scope.isOver; round++) {
        const session = await field.member.open(scope);
        if (session === null) return;
        for (let i = 0; i < 10 && session.ending === null; i++) {
          const value = random.chance(0.5)
            ? hostileValue(random)
            : random.pick<unknown>(["a name", "x".repeat(65), "\u001b[2J", "keep-both"]);
          const shared = [fieldOf(
            field,
            random.pick<unknown>(["member", "folder", "policy", "", "__proto__", 7]),
            random.pick<unknown>([random.hex(16), random.hex(32), "", "__proto__", null]),
            random.pick<unknown>([
              "name",
              "add/",
              `add/${random.hex(32)}`,
              "strategy",
              "",
              "x".repeat(1_000),
            ]),
            value,
            random.pick<unknown>([undefined, undefined, MAX, MAX + 1, -1, NaN]),
          )];
          await field.member.send(scope, session, pageWith(field, { shared }));
        }
        await scope.pause(50);
      }
    },
  },
  {
    name: "names for devices that are none, by the ten thousand",
    lane: "member",
    async run(field, random, scope) {
      const session = await field.member.open(scope);
      if (session === null) return;
      const kind = random.pick(["member", "folder"]);
      for (let i = 0; i < 5 && session.ending === null && !scope.isOver; i++) {
        const shared = Array.from(
          { length: 2_000 },
          () => fieldOf(field, kind, random.hex(kind === "member" ? 32 : 16), "name", "n"),
        );
        await field.member.send(scope, session, pageWith(field, { shared }));
      }
      await scope.pause(500);
    },
  },
  {
    name: "facts without measure",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const session = await field.member.open(scope);
      if (session === null) return;
      for (let i = 0; i < 8 && session.ending === null && !scope.isOver; i++) {
        const lsn = random.pick<unknown>([field.member.lsn + 1, 0, MAX, field.member.lsn + 1]);
        const facts = random.pick<() => unknown>([
          () => Array.from({ length: 3_000 }, () => [random.hex(20), random.below(9), lsn]),
          () => [["huge", new Uint8Array(6_000_000), lsn]],
          () => [["k".repeat(257), 1, lsn]],
          () => [["deep", hostileValue(random, 8), lsn]],
          () => [[`replica/${field.member.folder}`, hostileValue(random), lsn]],
          () => [["nil", null, lsn]],
        ])();
        await field.member.send(scope, session, pageWith(field, { facts }));
        await scope.pause(random.below(50));
      }
    },
  },
  {
    name: "pages of folders that are none",
    lane: "member",
    async run(field, random, scope) {
      const session = await field.member.open(scope);
      if (session === null) return;
      for (let i = 0; i < 10 && session.ending === null && !scope.isOver; i++) {
        const { member } = field;
        const from = member.lsn++;
        const block = [[fromHex(member.actor)], [fromHex(member.identity.id)], []];
        const folders = Array.from({ length: 1_000 }, () => [random.bytes(16), block]);
        await member.send(
          scope,
          session,
          pageOf({
            origin: fromHex(member.identity.id),
            epoch: member.epoch,
            from,
            to: member.lsn,
            folders,
          }),
        );
      }
    },
  },
];
