import assert from "node:assert/strict";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { fromHex, type LibraryId } from "../../src/core/ids.ts";
import type { SharedField } from "../../src/core/record.ts";
import {
  certificateOf,
  isAcceptable,
  isGoodName,
  MEMBER,
  membershipFields,
  membershipStamp,
  membersOf,
  uniqueName,
} from "../../src/library/members.ts";
import { createIdentity, type DeviceIdentity, sign } from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { deviceOf, libraryOf, lsnOf, stampOf } from "../support/entries.ts";

const LIBRARY = libraryOf(1);
const founder = await createIdentity(realRandom());
const joiner = await createIdentity(realRandom());
const stranger = await createIdentity(realRandom());

function fieldsOf(
  by: DeviceIdentity,
  of: DeviceIdentity,
  library: LibraryId = LIBRARY,
  name = "laptop",
): SharedField[] {
  const device = { device: of.id, certificate: of.certificateDer, name };
  let last = 0;
  return membershipFields(
    by,
    library,
    device,
    (replaced = stampOf(0)) => stampOf(Math.max(++last, replaced + 1)),
  );
}

/** The membership alone, with parts of its value replaced. */
function membership(
  over: Record<string, unknown> = {},
  by = founder,
  of = joiner,
  library = LIBRARY,
): SharedField {
  const [field] = fieldsOf(by, of, library);
  return { ...field!, value: { ...field!.value as Record<string, unknown>, ...over } };
}

interface Library extends Disposable {
  readonly catalogue: Catalogue;
  accepts(field: SharedField): boolean;
}

/** What a device of the library has, of which the founder alone is a member. */
function library(): Library {
  const catalogue = new Catalogue(":memory:", deviceOf(1));
  fieldsOf(founder, founder).forEach((field) => catalogue.values.putShared(field, lsnOf(1)));
  return {
    catalogue,
    accepts: (field) => isAcceptable(catalogue, LIBRARY, field),
    [Symbol.dispose]: () => catalogue.close(),
  };
}

Deno.test("a membership that a member has signed is taken in (R32)", () => {
  using it = library();
  for (const field of fieldsOf(founder, joiner)) {
    assert.ok(it.accepts(field));
    it.catalogue.values.putShared(field, lsnOf(2));
  }
  assert.deepEqual(
    membersOf(it.catalogue).map(({ device }) => device).sort(),
    [founder.id, joiner.id].sort(),
  );
  assert.deepEqual(certificateOf(it.catalogue, joiner.id), joiner.certificateDer);
});

Deno.test("a new member may add others, whom it could not add before (R32)", () => {
  using it = library();
  assert.ok(!it.accepts(membership({}, joiner, stranger)));
  fieldsOf(founder, joiner).forEach((field) => it.catalogue.values.putShared(field, lsnOf(2)));
  assert.ok(it.accepts(membership({}, joiner, stranger)));
});

const REFUSED: readonly (readonly [string, () => SharedField])[] = [
  ["nobody has signed", () => membership({ signature: new Uint8Array(0) })],
  [
    "has no signature at all",
    () => ({ ...membership(), value: { certificate: joiner.certificateDer, by: fromHex(founder.id) } }),
  ],
  ["a stranger has signed", () => membership({}, stranger)],
  ["the joiner has signed itself", () => membership({}, joiner)],
  [
    "a stranger has signed in a member's name",
    () => membership({ signature: (membership({}, stranger).value as { signature: Uint8Array }).signature }),
  ],
  [
    "was signed for another device",
    () =>
      membership({
        signature: (membership({}, founder, stranger).value as { signature: Uint8Array }).signature,
      }),
  ],
  ["was signed for another library", () => membership({}, founder, joiner, libraryOf(2))],
  ["was signed over something else", () => membership({ signature: sign(founder, new Uint8Array(32)) })],
  ["carries another certificate", () => membership({ certificate: stranger.certificateDer })],
  ["carries no certificate", () => membership({ certificate: new Uint8Array(300) })],
  ["is under another device's key", () => ({ ...membership(), key: stranger.id })],
  ["is under a key that is no device", () => ({ ...membership(), key: "laptop" })],
  ["is no record", () => ({ ...membership(), value: "member" })],
  ["is of an unknown field", () => ({ ...membership(), field: "role" })],
];
for (const [what, make] of REFUSED) {
  Deno.test(`a membership that ${what} is refused (R32)`, () => {
    using it = library();
    const field = make();
    assert.equal(field.kind, MEMBER);
    assert.ok(!it.accepts(field));
  });
}

Deno.test("a flipped bit anywhere in a signature makes it refused", () => {
  using it = library();
  const { signature } = membership().value as { signature: Uint8Array };
  for (let at = 0; at < signature.length; at++) {
    const bad = signature.slice();
    bad[at]! ^= 1;
    assert.ok(!it.accepts(membership({ signature: bad })), `byte ${at}`);
  }
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
  using it = library();
  const [, name] = fieldsOf(founder, joiner);
  assert.ok(it.accepts(name!));
  assert.ok(!it.accepts({ ...name!, value: "a/b" }) && !it.accepts({ ...name!, value: 5 }));
});

Deno.test("of equal names the later devices by id get a number, the same everywhere (R34)", () => {
  using it = library();
  const others = [joiner, stranger];
  for (const one of others) {
    for (const field of fieldsOf(founder, one)) it.catalogue.values.putShared(field, lsnOf(2));
  }
  const ids = [founder, ...others].map(({ id }) => id).sort();
  assert.deepEqual(membersOf(it.catalogue).map(({ device, name }) => [device, name]), [
    [ids[0], "laptop"],
    [ids[1], "laptop-2"],
    [ids[2], "laptop-3"],
  ]);
});

Deno.test("a number that is taken as a name is not given out again (R34)", () => {
  const taken = new Set<string>();
  assert.deepEqual(["a-2", "a", "a", "a"].map((name) => uniqueName(name, taken)), ["a-2", "a", "a-3", "a-4"]);
});

Deno.test("a name alone makes nobody a member", () => {
  using it = library();
  const [, name] = fieldsOf(founder, joiner);
  it.catalogue.values.putShared(name!, lsnOf(2));
  assert.deepEqual(membersOf(it.catalogue).map(({ device }) => device), [founder.id]);
  assert.equal(certificateOf(it.catalogue, joiner.id), null);
  assert.equal(membershipStamp(it.catalogue, joiner.id), 0);
});

Deno.test("a membership replaces the one that a device had elsewhere (R34)", () => {
  const device = { device: joiner.id, certificate: joiner.certificateDer, name: "x" };
  const fields = membershipFields(
    founder,
    LIBRARY,
    device,
    (replaced) => stampOf((replaced ?? 0) + 1),
    stampOf(900),
  );
  assert.ok(fields.every(({ stamp }) => stamp > 900));
});
