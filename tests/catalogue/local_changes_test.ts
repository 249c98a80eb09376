import assert from "node:assert/strict";
import fc from "fast-check";
import { SELF } from "../../src/catalogue/interning.ts";
import { type Row, withheldTombstone } from "../../src/core/entry.ts";
import { isLocalChange } from "../../src/core/mode.ts";
import { withheldVersion } from "../../src/core/version.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { contextOf, dot, entryOf, folderOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";

const KINDS = ["offered", "ignored", "changed", "deleted", "nothing"] as const;

function rowAt(path: string, kind: typeof KINDS[number], counter: number): Row {
  const entry = entryOf({ text: `${path} ${counter}`, dots: [dot(1, counter)] });
  const known = contextOf(dot(2, counter));
  const plain = rowOf(path, entry);
  switch (kind) {
    case "offered":
      return plain;
    case "ignored":
      return { ...plain, offered: false };
    case "changed":
      return { ...plain, offered: false, entry: { ...entry, version: withheldVersion(entry.stamp, known) } };
    case "deleted":
    case "nothing":
      return {
        path: pathOf(path),
        entry: withheldTombstone(entry, kind === "deleted" ? known : new Map()),
        offered: false,
        held: false,
      };
  }
}

Deno.test("changes that are not given are counted exactly, also while they go on being made", () => {
  const step = fc.record({
    path: fc.constantFrom("a", "b", "d/c", "d/e/f"),
    kind: fc.constantFrom(...KINDS),
    other: fc.boolean(),
    counts: fc.boolean(),
    drops: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      using it = memoryCatalogue();
      const { catalogue: { rows, ids }, folder } = it;
      const another = ids.folder(folderOf(9));
      const now = new Map<string, Row>();
      steps.forEach(({ path, kind, other, counts, drops }, i) => {
        const row = rowAt(path, kind, i + 1);
        if (drops) {
          rows.drop(SELF, folder, row.path);
          now.delete(path);
        } else {
          rows.put(SELF, other ? another : folder, row, lsnOf(i + 1));
          if (!other) now.set(path, row);
        }
        if (counts) rows.local.countSome(folder);
      });
      while (rows.local.countSome(folder));
      assert.equal(rows.local.of(folder), [...now.values()].filter(isLocalChange).length);
    }),
    { numRuns: 300 },
  );
});

Deno.test("what is rolled back is counted anew", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, db }, folder } = it;
  rows.put(SELF, folder, rowAt("a", "changed", 1), lsnOf(1));
  while (rows.local.countSome(folder));
  assert.equal(rows.local.of(folder), 1);
  assert.throws(() =>
    db.transaction(() => {
      rows.put(SELF, folder, rowAt("b", "changed", 2), lsnOf(2));
      throw new Error("refused");
    })
  );
  assert.equal(rows.local.of(folder), null);
  while (rows.local.countSome(folder));
  assert.equal(rows.local.of(folder), 1);
});

Deno.test("every path of a folder is gone through once, with all that counts there", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, everyPath }, folder } = it;
  const paths = Array.from({ length: 700 }, (_, i) => `d/${String(i).padStart(4, "0")}`);
  paths.forEach((path, i) => {
    rows.put(SELF, folder, rowAt(path, "offered", i + 1), lsnOf(i + 1));
    rows.put(2, folder, rowAt(path, "offered", i + 2_000), lsnOf(i + 1));
    if (i % 2 === 0) rows.put(3, folder, rowAt(path, "offered", i + 5_000), lsnOf(i + 1));
  });
  rows.ignored = new Set([2]);
  const found = [...everyPath.of(folder)];
  assert.deepEqual(found.map(([first]) => first!.row.path).sort(), paths);
  assert.deepEqual(found.map((at) => at.length).sort(), paths.map((_, i) => i % 2 === 0 ? 2 : 1).sort());
});
