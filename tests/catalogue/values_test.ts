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
  assert.deepEqual(values.sharedAfter(lsnOf(0)).map(({ lsn, field }) => [lsn, field.field]), [[4, "b"], [
    7,
    "a",
  ]]);
  assert.deepEqual(values.sharedAfter(lsnOf(4)).map(({ lsn }) => lsn), [7]);
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
