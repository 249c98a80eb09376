import assert from "node:assert/strict";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { isGoodName } from "../../src/core/given_name.ts";
import { type DeviceId, fromHex, type LibraryId } from "../../src/core/ids.ts";
import type { SharedField } from "../../src/core/record.ts";
import { additionField, libraryFoundedBy, readOp, removalField } from "../../src/library/member_ops.ts";
import {
  isAcceptable,
  isMember,
  LIBRARY,
  MEMBER,
  membershipOf,
  membersOf,
  nameField,
  nameStamp,
  uniqueName,
} from "../../src/library/members.ts";
import { createIdentity, type DeviceIdentity, sign } from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { deviceOf, libraryOf, lsnOf, stampOf } from "../support/entries.ts";

const founder = await createIdentity(realRandom());
const joiner = await createIdentity(realRandom());
const stranger = await createIdentity(realRandom());
const libraryId = libraryFoundedBy(founder.id);
const FAR = stampOf(Number.MAX_SAFE_INTEGER - 1);

function addition(by = founder, of = joiner, library = libraryId, stamp = stampOf(1)): SharedField {
  return additionField(by, library, of.id, of.certificateDer, stamp);
}

function removal(
  by: DeviceIdentity,
  of: DeviceIdentity,
  keeps: readonly DeviceId[] = [],
  library: LibraryId = libraryId,
): SharedField {
  return removalField(by, library, of.id, keeps, 7, stampOf(1));
}

/** An addition with parts of its value replaced. */
function altered(over: Record<string, unknown>): SharedField {
  const field = addition();
  return { ...field, value: { ...field.value as Record<string, unknown>, ...over } };
}

interface Library extends Disposable {
  readonly catalogue: Catalogue;
  take(...fields: readonly SharedField[]): void;
  kind(of: DeviceIdentity): string;
}

/** What a device of the library has, of which the founder alone is a member. */
function library(): Library {
  const catalogue = new Catalogue(":memory:", deviceOf(1));
  catalogue.values.putLocal(LIBRARY, libraryId);
  const take = (...fields: readonly SharedField[]) =>
    fields.filter((field) => isAcceptable(libraryId, field)).forEach((field) =>
      catalogue.values.putShared(field, lsnOf(1))
    );
  take(addition(founder, founder), nameField(founder.id, "laptop", stampOf(1), founder.id));
  return {
    catalogue,
    take,
    kind: ({ id }) => membershipOf(catalogue).standing(id)?.kind ?? "stranger",
    [Symbol.dispose]: () => catalogue.close(),
  };
}

Deno.test("who is let in by a member is one, and may let in others (R32)", () => {
  using it = library();
  it.take(addition(joiner, stranger));
  assert.deepEqual([it.kind(joiner), it.kind(stranger)], ["stranger", "stranger"]);
  it.take(addition());
  assert.deepEqual([it.kind(joiner), it.kind(stranger)], ["member", "member"]);
  assert.ok(isMember(it.catalogue, joiner.id));
  const certificate = membershipOf(it.catalogue).known.get(joiner.id)!.certificate;
  assert.deepEqual(certificate, joiner.certificateDer);
});

Deno.test("the founder is who the library's id names: nobody else can let itself in", () => {
  using it = library();
  it.take(addition(stranger, stranger));
  assert.equal(it.kind(stranger), "stranger");
  assert.equal(libraryFoundedBy(founder.id), libraryFoundedBy(founder.id));
  assert.notEqual(libraryFoundedBy(founder.id), libraryFoundedBy(joiner.id));
});

const REFUSED: readonly (readonly [string, () => SharedField])[] = [
  ["nobody has signed", () => altered({ signature: new Uint8Array(0) })],
  [
    "has no signature at all",
    () => ({
      ...addition(),
      value: { certificate: joiner.certificateDer, signer: founder.certificateDer },
    }),
  ],
  ["a stranger has signed in a member's name", () => altered({ signature: signatureOf(addition(stranger)) })],
  ["shows another signer than it names", () => altered({ signer: stranger.certificateDer })],
  ["was signed for another device", () => altered({ signature: signatureOf(addition(founder, stranger)) })],
  [
    "was signed for another library",
    () => altered({ signature: signatureOf(addition(founder, joiner, libraryOf(2))) }),
  ],
  ["was signed over something else", () => altered({ signature: sign(founder, new Uint8Array(32)) })],
  ["carries another certificate", () => altered({ certificate: stranger.certificateDer })],
  ["carries no certificate", () => altered({ certificate: new Uint8Array(300) })],
  ["is under another device's key", () => ({ ...addition(), key: stranger.id })],
  ["is under a key that is no device", () => ({ ...addition(), key: "laptop" })],
  ["is no record", () => ({ ...addition(), value: "member" })],
  ["is of an unknown field", () => ({ ...addition(), field: "role" })],
  ["names another signer in its key", () => ({ ...addition(), field: `add/${stranger.id}` })],
];

function signatureOf(field: SharedField): Uint8Array {
  return (field.value as { signature: Uint8Array }).signature;
}

for (const [what, make] of REFUSED) {
  Deno.test(`an addition that ${what} is refused (R32)`, () => {
    const field = make();
    assert.equal(field.kind, MEMBER);
    assert.ok(!isAcceptable(libraryId, field));
  });
}

Deno.test("a flipped bit anywhere in a signature makes it refused", () => {
  const signature = signatureOf(addition());
  for (let at = 0; at < signature.length; at++) {
    const bad = signature.slice();
    bad[at]! ^= 1;
    assert.ok(!isAcceptable(libraryId, altered({ signature: bad })), `byte ${at}`);
  }
});

Deno.test("an operation says nothing beside what is signed: it could be made large by anybody (invariant 10)", () => {
  assert.ok(isAcceptable(libraryId, altered({})));
  assert.ok(!isAcceptable(libraryId, altered({ more: new Uint8Array(7_000) })));
});

Deno.test("a removal says what its signer signed: whom it keeps and when cannot be changed", () => {
  const field = removal(founder, joiner, [stranger.id]);
  assert.deepEqual(readOp(libraryId, field), {
    type: "remove",
    device: joiner.id,
    by: founder.id,
    keeps: [stranger.id],
    timeMs: 7,
  });
  const value = field.value as Record<string, unknown>;
  for (
    const over of [
      { keeps: [] },
      { keeps: [fromHex(joiner.id)] },
      { keeps: [new Uint8Array(3)] },
      { keeps: "all" },
      { time_ms: 8 },
      { time_ms: -1 },
      { signer: joiner.certificateDer },
      { signature: new Uint8Array(70) },
      { more: new Uint8Array(7_000) },
    ]
  ) {
    assert.equal(readOp(libraryId, { ...field, value: { ...value, ...over } }), null, JSON.stringify(over));
  }
  assert.equal(readOp(libraryId, { ...field, key: stranger.id }), null);
  assert.equal(readOp(libraryId, { ...field, field: field.field.replace(founder.id, joiner.id) }), null);
  assert.equal(readOp(libraryOf(2), field), null);
});

Deno.test("no operation replaces another, whatever stamps a removed device gives its own (R32)", () => {
  using it = library();
  it.take(addition(), addition(joiner, stranger), removal(founder, joiner));
  it.take(
    addition(joiner, joiner, libraryId, FAR),
    addition(joiner, stranger, libraryId, FAR),
    addition(stranger, joiner, libraryId, FAR),
    { ...addition(), stamp: FAR },
  );
  assert.deepEqual([it.kind(founder), it.kind(joiner), it.kind(stranger)], [
    "member",
    "removed",
    "suspended",
  ]);
  it.take(addition(founder, stranger));
  assert.equal(it.kind(stranger), "member");
});

Deno.test("operations come in any order, their signer's own last of all (R32)", () => {
  using it = library();
  it.take(removal(joiner, stranger, []), addition(joiner, stranger), addition());
  assert.deepEqual([it.kind(joiner), it.kind(stranger)], ["member", "removed"]);
});

Deno.test("the members are known anew after each change, and after one that was taken back", () => {
  using it = library();
  const before = membershipOf(it.catalogue);
  assert.equal(membershipOf(it.catalogue), before);
  assert.throws(() =>
    it.catalogue.db.transaction(() => {
      it.take(addition());
      assert.equal(it.kind(joiner), "member");
      throw new Error("taken back");
    })
  );
  assert.equal(it.kind(joiner), "stranger");
});

Deno.test("names are short, visible and free of what terminals and addresses mean something by", () => {
  for (const good of ["laptop", "Büro-PC", "x".repeat(64), "a b", "猫"]) assert.ok(isGoodName(good), good);
  for (
    const bad of [
      "",
      " a",
      "a ",
      "x".repeat(65),
      "a/b",
      "a:b",
      "a\\b",
      "a\nb",
      "\u001b[31m",
      "\u202e",
      "\u200b",
    ]
  ) {
    assert.ok(!isGoodName(bad), JSON.stringify(bad));
  }
  const name = nameField(joiner.id, "phone", stampOf(1), founder.id);
  assert.ok(isAcceptable(libraryId, name));
  assert.ok(!isAcceptable(libraryId, { ...name, value: "a/b" }));
  assert.ok(!isAcceptable(libraryId, { ...name, value: 5 }));
});

Deno.test("of equal names the later devices by id get a number, the same everywhere (R34)", () => {
  using it = library();
  const others = [joiner, stranger];
  for (const one of others) it.take(addition(founder, one), nameField(one.id, "laptop", stampOf(2), one.id));
  const ids = [founder, ...others].map(({ id }) => id).sort();
  assert.deepEqual(membersOf(it.catalogue).map(({ device, name }) => [device, name]), [
    [ids[0], "laptop"],
    [ids[1], "laptop-2"],
    [ids[2], "laptop-3"],
  ]);
});

Deno.test("a removed device changes nobody's name", () => {
  using it = library();
  for (const one of [joiner, stranger]) {
    it.take(addition(founder, one), nameField(one.id, "laptop", stampOf(2), one.id));
  }
  it.take(removal(founder, joiner));
  const ids = [founder, stranger].map(({ id }) => id).sort();
  assert.deepEqual(membersOf(it.catalogue).map(({ device, name }) => [device, name]), [
    [ids[0], "laptop"],
    [ids[1], "laptop-2"],
  ]);
  assert.equal(membershipOf(it.catalogue).known.get(joiner.id)!.name, "laptop-3");
});

Deno.test("a number that is taken as a name is not given out again (R34)", () => {
  const taken = new Set<string>();
  assert.deepEqual(["a-2", "a", "a", "a"].map((name) => uniqueName(name, taken)), ["a-2", "a", "a-3", "a-4"]);
});

Deno.test("a name alone makes nobody a member", () => {
  using it = library();
  it.take(nameField(joiner.id, "phone", stampOf(5), joiner.id));
  assert.deepEqual(membersOf(it.catalogue).map(({ device }) => device), [founder.id]);
  assert.equal(it.kind(joiner), "stranger");
  assert.deepEqual([nameStamp(it.catalogue, joiner.id), nameStamp(it.catalogue, stranger.id)], [5, 0]);
});
