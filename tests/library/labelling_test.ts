import assert from "node:assert/strict";
import fc from "fast-check";
import { TAG } from "../../src/catalogue/values.ts";
import type { Labelled } from "../../src/core/label.ts";
import { LABEL_BYTES, PAGE_SHARED, STAMP_AHEAD_MS, TAG_NAMES } from "../../src/core/limits.ts";
import type { SharedField } from "../../src/core/record.ts";
import { stampMs } from "../../src/core/stamp.ts";
import { withRoom } from "../../src/catalogue/quota.ts";
import { acceptsField } from "../../src/library/joining.ts";
import { isAcceptableLabel, label, labelsOf } from "../../src/library/labelling.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { contentOf, deviceOf, folderOf, lsnOf, pathOf, stampOf } from "../support/entries.ts";
import { homeAt, removeCatalogue } from "../support/ledgers.ts";
import { device, gossip } from "../support/libraries.ts";
import { tempDir } from "../support/temp_dir.ts";

const content = (text: string): Labelled => ({ kind: "content", content: contentOf(text) });
const place = (path: string): Labelled => ({ kind: "place", folder: folderOf(1), path: pathOf(path) });
const change = (labelled: Labelled, on: string[], off: string[] = [], note: string | null = null) => [{
  labelled,
  on,
  off,
  note,
}];
const tagged = (tag: string, key: string, value: true | null = true, stamp = 1): SharedField => ({
  kind: TAG,
  key,
  field: tag,
  value,
  stamp: stampOf(stamp),
  writer: deviceOf(2),
});

Deno.test("tags are put on and taken off, a note comes and goes; what is so already costs no record", async () => {
  await using a = await device(0);
  const { ledger, identity: { id } } = a;
  await label(ledger, id, change(content("x"), ["work", "work/tax"], [], "for Anna"));
  await label(ledger, id, change(place("d/x"), ["work"]));
  assert.deepEqual(labelsOf(ledger.catalogue, content("x")), {
    tags: ["work", "work/tax"],
    note: "for Anna",
  });
  assert.deepEqual(ledger.catalogue.labels.tags(), [{ tag: "work", count: 2 }, {
    tag: "work/tax",
    count: 1,
  }]);
  const { lastLsn } = ledger;
  await label(ledger, id, change(content("x"), ["work"], ["draft"], "for Anna"));
  assert.equal(ledger.lastLsn, lastLsn);
  await label(ledger, id, change(content("x"), [], ["work/tax"], ""));
  assert.deepEqual(labelsOf(ledger.catalogue, content("x")), { tags: ["work"], note: "" });
  assert.deepEqual(ledger.catalogue.labels.tags(), [{ tag: "work", count: 2 }]);
  assert.deepEqual(ledger.catalogue.labels.tagsWithin("work"), ["work"]);
});

Deno.test("what comes is checked: a tag as it is kept, of something that can be", () => {
  const good = tagged("work/tax", contentOf("x"));
  assert.ok(isAcceptableLabel(good));
  assert.ok(isAcceptableLabel({ ...good, value: null }));
  assert.ok(isAcceptableLabel({ ...good, key: `${folderOf(1)}/a/b` }));
  for (
    const bad of [
      { ...good, field: "Work" },
      { ...good, field: "" },
      { ...good, value: 1 },
      { ...good, value: false },
      { ...good, key: "abc" },
      { ...good, key: `${folderOf(1)}/../b` },
      { ...good, kind: "note" },
      { ...good, kind: "note", field: "text", value: "\u001b[2J" },
    ]
  ) assert.ok(!isAcceptableLabel(bad), JSON.stringify(bad));
});

Deno.test("tags are the same on all devices, in whatever order they come (fast-check)", () => {
  const anyFields = fc.uniqueArray(
    fc.record({
      kind: fc.constant(TAG),
      key: fc.constantFrom(contentOf("1"), contentOf("2")),
      field: fc.constantFrom("a", "b", "b/c"),
      value: fc.constantFrom(true, null),
      stamp: fc.nat(4).map(stampOf),
      writer: fc.integer({ min: 1, max: 3 }).map(deviceOf),
    }, { noNullPrototype: true }),
    { selector: ({ key, field, stamp, writer }) => `${key} ${field} ${stamp} ${writer}`, maxLength: 24 },
  );
  const shuffled = anyFields.chain((fields) =>
    fc.tuple(fc.constant(fields), fc.shuffledSubarray(fields, { minLength: fields.length }))
  );
  fc.assert(fc.property(shuffled, ([one, two]) => {
    const seen = [one, two].map((fields) => {
      using it = memoryCatalogue();
      const { values, labels } = it.catalogue;
      fields.forEach((field, i) => values.putShared(field, lsnOf(i + 1)));
      const keys = labels.tags().map(({ tag, count }) => {
        const keys = labels.keysOf(tag, "", 10);
        assert.equal(keys.length, count, "counts are exact");
        return [tag, keys];
      });
      const all = values.sharedAfter(lsnOf(0)).fields.map(({ field }) => field);
      const bytes = all.reduce((sum, { key, field }) => sum + key.length + field.length + 1 + 64, 0);
      assert.equal(values.sharedBytes(true), bytes, "and so is what they take");
      return keys;
    });
    assert.deepEqual(seen[0], seen[1]);
  }));
});

Deno.test("a clock in 2099 wins no tag for ever, and moves nobody's clock by more than a day (R7)", async () => {
  await using a = await device(0);
  await using b = await device(1);
  b.clock.nowMs = Date.UTC(2099, 0, 1);
  await label(b.ledger, b.identity.id, change(content("x"), ["late"]));
  await gossip(a, b);
  await label(a.ledger, a.identity.id, change(content("x"), ["now"], ["late"]));
  assert.ok(stampMs(a.ledger.mintStamp()) <= a.clock.nowMs + STAMP_AHEAD_MS + 1);
  await gossip(a, b);
  for (const one of [a, b]) assert.deepEqual(labelsOf(one.ledger.catalogue, content("x")).tags, ["now"]);
  assert.ok(acceptsField(a.ledger, tagged("now", contentOf("x"))));
});

Deno.test("there is room for the tags of so many files, and not for more (invariant 10)", () => {
  using it = memoryCatalogue();
  const { values, db } = it.catalogue;
  const many = Array.from({ length: 1_000 }, (_, i) => tagged("work", contentOf(`${i}`)));
  assert.equal(withRoom(it.catalogue, many).length, many.length);
  const names = Array.from({ length: TAG_NAMES + 5 }, (_, i) => tagged(`t${i}`, contentOf("x")));
  const kept = withRoom(it.catalogue, names);
  assert.equal(kept.length, TAG_NAMES);
  db.transaction(() => kept.forEach((field) => values.putShared(field, lsnOf(1))));
  assert.equal(withRoom(it.catalogue, [tagged("one-more", contentOf("y"))]).length, 0);
  assert.equal(withRoom(it.catalogue, [tagged("t1", contentOf("y"))]).length, 1, "a tag that there is");
  db.run("UPDATE shared_sums SET bytes = ? WHERE kind = 'tag'", LABEL_BYTES - 10);
  assert.equal(withRoom(it.catalogue, [tagged("t1", contentOf("y"))]).length, 0);
  assert.equal(
    withRoom(it.catalogue, [tagged("t1", contentOf("x"), null, 2)]).length,
    1,
    "taking off needs none",
  );
  assert.equal(
    withRoom(it.catalogue, [{ ...tagged("name", folderOf(3)), kind: "folder", value: "n" }]).length,
    1,
  );
});

Deno.test("tens of thousands of tags outlive the catalogue, by the journal and by a snapshot (invariant 9)", async () => {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const all = Array.from({ length: 20_000 }, (_, i) => ({
    labelled: content(`${i}`),
    on: [i % 2 === 0 ? "even" : "odd"],
    off: [],
    note: null,
  }));
  for (const isPruned of [false, true]) {
    const ledger = await home.open();
    if (!isPruned) await label(ledger, deviceOf(1), all);
    else await ledger.snapshot();
    const { labels, values } = ledger.catalogue;
    assert.deepEqual(labels.tags(), [{ tag: "even", count: 10_000 }, { tag: "odd", count: 10_000 }]);
    const page = values.sharedAfter(lsnOf(0), PAGE_SHARED);
    assert.ok(page.upTo !== null && page.fields.length < PAGE_SHARED + 300, `${page.fields.length}`);
    await ledger.close();
    removeCatalogue(home);
  }
  const ledger = await home.open();
  assert.deepEqual(ledger.catalogue.labels.tags().map(({ count }) => count), [10_000, 10_000]);
  await ledger.close();
});
