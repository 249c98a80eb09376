import assert from "node:assert/strict";
import fc from "fast-check";
import { SELF } from "../../src/catalogue/interning.ts";
import type { SharedField } from "../../src/core/record.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { deviceOf, lsnOf, stampOf } from "../support/entries.ts";

const anyField: fc.Arbitrary<SharedField> = fc.record({
  kind: fc.constantFrom("folder", "member"),
  key: fc.constantFrom("k1", "k2"),
  field: fc.constantFrom("name", "path"),
  value: fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.uint8Array({ maxLength: 5 })),
  stamp: fc.nat(3).map(stampOf),
  writer: fc.integer({ min: 1, max: 3 }).map(deviceOf),
}, { noNullPrototype: true });
/** One write has one value. */
const anyFields = fc.uniqueArray(anyField, {
  selector: ({ kind, key, field, stamp, writer }) => `${kind} ${key} ${field} ${stamp} ${writer}`,
  maxLength: 20,
});

Deno.test("of each field the last writer wins, in whatever order the writes arrive", () => {
  fc.assert(
    fc.property(
      anyFields.chain((fields) =>
        fc.tuple(fc.constant(fields), fc.shuffledSubarray(fields, { minLength: fields.length }))
      ),
      ([one, two]) => {
        using a = memoryCatalogue();
        using b = memoryCatalogue();
        one.forEach((field, i) => a.catalogue.values.putShared(field, lsnOf(i + 1)));
        two.forEach((field, i) => b.catalogue.values.putShared(field, lsnOf(i + 1)));
        for (const { kind, key, field } of one) {
          const best = one.filter((other) =>
            other.kind === kind && other.key === key && other.field === field
          )
            .sort((x, y) => x.stamp - y.stamp || (x.writer < y.writer ? -1 : 1)).at(-1)!;
          assert.deepEqual(a.catalogue.values.shared(kind, key, field), best);
          assert.deepEqual(b.catalogue.values.shared(kind, key, field), best);
        }
      },
    ),
  );
});

Deno.test("a field is news only when it is later, or as late and by a greater device", () => {
  using it = memoryCatalogue();
  const { values } = it.catalogue;
  const field: SharedField = {
    kind: "folder",
    key: "k",
    field: "name",
    value: "v",
    stamp: stampOf(5),
    writer: deviceOf(2),
  };
  assert.ok(values.isNews(field));
  values.putShared(field, lsnOf(1));
  assert.ok(!values.isNews(field));
  assert.ok(!values.isNews({ ...field, stamp: stampOf(4), writer: deviceOf(9) }));
  assert.ok(!values.isNews({ ...field, writer: deviceOf(1) }));
  assert.ok(values.isNews({ ...field, writer: deviceOf(3) }));
  assert.ok(values.isNews({ ...field, stamp: stampOf(6), writer: deviceOf(1) }));
});

Deno.test("shared fields are told by the lsn of our own journal, and each once (R25)", () => {
  using it = memoryCatalogue();
  const { values } = it.catalogue;
  const field = (name: string, stamp: number): SharedField => ({
    kind: "folder",
    key: "k",
    field: name,
    value: stamp,
    stamp: stampOf(stamp),
    writer: deviceOf(2),
  });
  values.putShared(field("a", 1), lsnOf(3));
  values.putShared(field("b", 1), lsnOf(4));
  values.putShared(field("a", 2), lsnOf(7));
  values.putShared(field("b", 0), lsnOf(9)); // no news: keeps its place
  assert.deepEqual(values.sharedAfter(lsnOf(0)).fields.map(({ lsn, field }) => [lsn, field.field]), [
    [4, "b"],
    [
      7,
      "a",
    ],
  ]);
  assert.deepEqual(values.sharedAfter(lsnOf(4)).fields.map(({ lsn }) => lsn), [7]);
  const ofKind = values.sharedOfKind("folder");
  assert.deepEqual([...ofKind.get("k")!.keys()].sort(), ["a", "b"]);
  assert.equal(values.sharedOfKind("other").size, 0);
});

Deno.test("facts are their device's own, told after an lsn", () => {
  using it = memoryCatalogue();
  const { values } = it.catalogue;
  values.putFact(SELF, "mode", { mode: "sync" }, lsnOf(2));
  values.putFact(2, "mode", "theirs", lsnOf(9));
  values.putFact(SELF, "mode", { mode: "send" }, lsnOf(5));
  assert.deepEqual(values.fact(SELF, "mode"), { mode: "send" });
  assert.equal(values.fact(2, "mode"), "theirs");
  assert.equal(values.fact(3, "mode"), null);
  assert.deepEqual(values.factsAfter(SELF, lsnOf(0)).map(({ lsn }) => lsn), [5]);
  assert.deepEqual(values.factsAfter(SELF, lsnOf(5)), []);
});

Deno.test("local values are found by their prefix, and null removes one", () => {
  using it = memoryCatalogue();
  const { values } = it.catalogue;
  values.putLocal("replica/a", { path: "/a" });
  values.putLocal("replica/b%", 1);
  values.putLocal("replicas", 2);
  assert.deepEqual(values.localWithPrefix("replica/").map(({ key }) => key).sort(), [
    "replica/a",
    "replica/b%",
  ]);
  assert.deepEqual(values.localWithPrefix("replica/%"), []);
  values.putLocal("replica/a", null);
  assert.equal(values.local("replica/a"), null);
  assert.equal(values.localWithPrefix("").length, 2);
});

Deno.test("a record of thousands of shared fields reads what is known of their kind once, and not for each (invariant 10)", () => {
  using it = memoryCatalogue();
  const { values, db } = it.catalogue;
  const field = (i: number): SharedField => ({
    kind: "member",
    key: `k${i % 7}`,
    field: `f${i}`,
    value: new Uint8Array([i % 256]),
    stamp: stampOf(5),
    writer: deviceOf(2),
  });
  values.putShared(field(0), lsnOf(1));
  let read = 0;
  const all = db.all.bind(db);
  db.all = (sql, ...parameters) => {
    const rows = all(sql, ...parameters);
    if (sql.includes("FROM shared")) read += rows.length;
    return rows;
  };
  db.transaction(() => {
    for (let i = 1; i < 2_000; i++) values.putShared(field(i), lsnOf(2));
  });
  assert.ok(read < 10, `${read} fields were read`);
  assert.equal([...values.sharedOfKind("member").values()].reduce((sum, { size }) => sum + size, 0), 2_000);
  assert.deepEqual(values.shared("member", "k3", "f10"), field(10));
  assert.equal(values.shared("member", "k0", "f2001"), null);
});

Deno.test("shared fields of a transaction that failed are not known", () => {
  using it = memoryCatalogue();
  const { values, db } = it.catalogue;
  const field = {
    kind: "folder",
    key: "k",
    field: "name",
    value: "a",
    stamp: stampOf(5),
    writer: deviceOf(2),
  };
  values.putShared(field, lsnOf(1));
  assert.throws(() =>
    db.transaction(() => {
      values.putShared({ ...field, value: "b", stamp: stampOf(6) }, lsnOf(2));
      assert.equal(values.shared("folder", "k", "name")?.value, "b");
      throw new Error("the disk is full");
    })
  );
  assert.equal(values.shared("folder", "k", "name")?.value, "a");
});
