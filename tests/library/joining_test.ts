import assert from "node:assert/strict";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { folderField, foldersOf, isAcceptableFolder } from "../../src/library/folders.ts";
import {
  acceptedFields,
  acceptsField,
  acceptWelcome,
  libraryOf,
  welcome,
} from "../../src/library/joining.ts";
import { LIBRARY, membersOf } from "../../src/library/members.ts";
import { folderOf } from "../support/entries.ts";
import { device, info, join, members, sorted, welcomed } from "../support/libraries.ts";

Deno.test("a device founds a library of its own, of which it is the only member", async () => {
  await using a = await device(0);
  assert.match(libraryOf(a.ledger)!, /^[0-9a-f]{32}$/);
  assert.deepEqual(membersOf(a.ledger.catalogue).map(({ device, name }) => [device, name]), [[
    a.identity.id,
    "device-0",
  ]]);
});

Deno.test("a lone device gives its library up for the inviter's, and its folders come along (R34)", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  const own = folderField(folderOf(2), "Photos", joiner.ledger.mintStamp(), joiner.identity.id);
  await joiner.ledger.commit({ type: "shared", fields: [own] });
  const theirs = folderField(folderOf(1), "Notes", inviter.ledger.mintStamp(), inviter.identity.id);
  await inviter.ledger.commit({ type: "shared", fields: [theirs] });
  await join(inviter, joiner);
  assert.equal(libraryOf(joiner.ledger), libraryOf(inviter.ledger));
  assert.deepEqual(members(joiner), sorted(inviter, joiner));
  assert.deepEqual(members(inviter), sorted(inviter, joiner));
  assert.deepEqual(foldersOf(joiner.ledger.catalogue).map(({ name }) => name), ["Notes", "Photos"]);
});

Deno.test("what the joiner was told is acceptable to every other member too (R32)", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  await join(inviter, joiner);
  const told = joiner.ledger.catalogue.values.sharedAfter(0 as never).fields.map(({ field }) => field);
  // What it said in the library that it had alone is nobody else's business.
  const alone = `add/${joiner.identity.id}`;
  for (const field of told) {
    assert.equal(acceptsField(inviter.ledger, field), field.field !== alone, `${field.kind} ${field.field}`);
  }
});

Deno.test("a device with others in its library is refused with the remedy, and nothing changes (R34)", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  await using friend = await device(2);
  await join(joiner, friend);
  const before = [libraryOf(inviter.ledger), members(inviter)];
  const refusal = await welcome(inviter.ledger, inviter.identity, joiner.paired, info(joiner));
  assert.ok(!(refusal instanceof Uint8Array));
  assert.equal(refusal.code, "library-conflict");
  assert.match(refusal.hint!, /cairn join/);
  assert.deepEqual([libraryOf(inviter.ledger), members(inviter)], before);
});

Deno.test("a joiner that has gained a companion meanwhile refuses the welcome itself (R34)", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  await using friend = await device(2);
  const bytes = await welcomed(inviter, joiner);
  await join(joiner, friend);
  const library = libraryOf(joiner.ledger);
  const refusal = await acceptWelcome(joiner.ledger, bytes, inviter.paired, joiner.identity);
  assert.equal(refusal?.code, "library-conflict");
  assert.equal(libraryOf(joiner.ledger), library);
});

Deno.test("whoever says of itself that it is alone, and is in our library already, may join again (a crash in mid-pairing)", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  await join(inviter, joiner);
  const lsn = inviter.ledger.lastLsn;
  await join(inviter, joiner);
  assert.equal(inviter.ledger.lastLsn, lsn, "a member is not made a member again");
  assert.deepEqual(members(joiner), sorted(inviter, joiner));
});

Deno.test("a third device joins through either of the two and is known by both memberships' signatures (R32)", async () => {
  await using a = await device(0);
  await using b = await device(1);
  await using c = await device(2);
  await join(a, b);
  await join(b, c);
  assert.deepEqual(members(c), sorted(a, b, c));
  for (const { field } of b.ledger.catalogue.values.sharedAfter(0 as never).fields) {
    if (field.key === c.identity.id) assert.ok(acceptsField(a.ledger, field), field.field);
  }
});

Deno.test("a welcome without the inviter, or without ourselves, is malformed", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  await using other = await device(2);
  const bytes = await welcomed(inviter, joiner);
  const library = libraryOf(joiner.ledger);
  for (const [from, to] of [[other.paired, joiner], [inviter.paired, other]] as const) {
    const refusal = await acceptWelcome(to.ledger, bytes, from, to.identity);
    assert.equal(refusal?.code, "message-invalid");
  }
  assert.equal(libraryOf(joiner.ledger), library);
});

Deno.test("what says nothing sensible of itself is refused, and joins nothing", async () => {
  await using inviter = await device(0);
  await using joiner = await device(1);
  const good = { name: "x", library: "ab", alone: true, stamp: 1 };
  const bad = [
    { ...good, name: "a/b" },
    { ...good, alone: "yes" },
    { ...good, stamp: -1 },
    { ...good, name: "" },
    5,
    null,
    [],
  ];
  for (const value of bad) {
    const refusal = await welcome(inviter.ledger, inviter.identity, joiner.paired, encode(value));
    assert.ok(!(refusal instanceof Uint8Array), JSON.stringify(value));
    assert.equal(refusal.code, "message-invalid");
  }
  assert.deepEqual(members(inviter), [inviter.identity.id]);
});

Deno.test({
  name: "any bytes of a joiner or an inviter are refused, and never thrown over",
  // src/library/joining.ts: decode() and decodeSharedFields() throw out of welcome() and acceptWelcome().
  async fn() {
    await using inviter = await device(0);
    await using joiner = await device(1);
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
      const refusal = await welcome(inviter.ledger, inviter.identity, joiner.paired, bytes);
      assert.ok(!(refusal instanceof Uint8Array));
      const other = await acceptWelcome(joiner.ledger, bytes, inviter.paired, joiner.identity);
      assert.equal(other?.code, "message-invalid");
    }));
    const fields = [["member", 5]];
    const torn = await acceptWelcome(
      joiner.ledger,
      encode({ library: libraryOf(inviter.ledger), fields }),
      inviter.paired,
      joiner.identity,
    );
    assert.equal(torn?.code, "message-invalid");
  },
});

Deno.test("members may write members and folders, with good names, and nothing else", async () => {
  await using a = await device(0);
  const folder = folderField(folderOf(1), "Notes", a.ledger.mintStamp(), a.identity.id);
  assert.ok(acceptsField(a.ledger, folder));
  for (const bad of [{ value: "a/b" }, { value: 5 }, { key: "x" }, { field: "path" }, { kind: "policy" }]) {
    assert.ok(!acceptsField(a.ledger, { ...folder, ...bad }), JSON.stringify(bad));
  }
  assert.ok(isAcceptableFolder(folder));
});

Deno.test("others have a turn between some shared fields and the next, and a name is taken with what it names (invariant 10)", async () => {
  await using a = await device(0);
  await using b = await device(1);
  await join(a, b);
  const fields = b.ledger.catalogue.values.sharedAfter(0 as never).fields.map(({ field }) => field)
    .filter(({ field, key }) => field !== `add/${b.identity.id}` && key === b.identity.id);
  const folders = Array.from(
    { length: 98 },
    (_, i) => folderField(folderOf(i), "Notes", a.ledger.mintStamp(), a.identity.id),
  );
  await using c = await device(2);
  await c.ledger.commit({ type: "local", key: LIBRARY, value: libraryOf(a.ledger)! });
  const said = [...fields.filter(({ field }) => field === "name"), ...folders];
  let turns = 0;
  const turn = () => Promise.resolve(void turns++);
  assert.equal((await acceptedFields(c.ledger, said, turn)).length, 98, "nobody's name is left out");
  assert.equal(turns, 3);
  const all = [...said, ...fields.filter(({ field }) => field !== "name")];
  assert.equal((await acceptedFields(c.ledger, all, turn)).length, all.length);
});
