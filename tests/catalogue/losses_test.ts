/** What the brake counts by (R38). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MARK } from "../../src/catalogue/needs.ts";
import { decideFor, ownAmong } from "../../src/catalogue/rows.ts";
import { takesAway } from "../../src/core/brake.ts";
import { FOLDER, memoryCatalogue } from "../support/catalogues.ts";
import { anyEntry, deviceOf, dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";

const PATHS = ["a", "b", "d/a", "d/e/f"];
const few = fc.constantFrom(
  entryOf({ text: "one", dots: [dot(1, 1)], stamp: 1 }),
  entryOf({ text: "two", dots: [dot(2, 1)], seen: [dot(1, 1)], stamp: 2, writer: 2 }),
  entryOf({ kind: "deleted", dots: [dot(3, 1)], seen: [dot(1, 1), dot(2, 1)], stamp: 3 }),
  entryOf({ kind: "symlink", text: "one", dots: [dot(1, 2)], stamp: 1 }),
  entryOf({ kind: "directory", dots: [dot(3, 2)], seen: [dot(1, 2)], stamp: 3 }),
);
const put = fc.record({
  device: fc.integer({ min: 1, max: 3 }),
  path: fc.constantFrom(...PATHS),
  entry: fc.oneof({ weight: 4, arbitrary: few }, { weight: 1, arbitrary: anyEntry }),
  offered: fc.boolean(),
  held: fc.boolean(),
});
const deed = fc.oneof(
  { weight: 8, arbitrary: put.map((row) => ({ kind: "put" as const, row })) },
  fc.constantFrom(...PATHS).map((path) => ({ kind: "drop" as const, path })),
  fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom(0, 1, 2, 3)).map(([path, mark]) => ({
    kind: "mark" as const,
    path,
    mark: mark as 0 | 1 | 2 | 3,
  })),
  fc.constant({ kind: "agree" as const }),
  fc.boolean().map((wanted) => ({ kind: "wanted" as const, wanted })),
);

Deno.test("planned() is kept equal to what a count of all needs would give, whatever happens to them", () => {
  fc.assert(fc.property(fc.array(deed, { maxLength: 40, size: "max" }), (story) => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids, needs, losses, db }, catalogue, folder } = it;
    catalogue.setWanted(FOLDER, true);
    story.forEach((what, i) => {
      if (what.kind === "put") {
        const { device, path, entry, offered, held } = what.row;
        rows.put(ids.device(deviceOf(device)), folder, rowOf(path, entry, { offered, held }), lsnOf(i + 1));
      } else if (what.kind === "drop") needs.drop(folder, pathOf(what.path));
      else if (what.kind === "mark") needs.setMark(folder, pathOf(what.path), what.mark);
      else if (what.kind === "agree") needs.agree(folder);
      else catalogue.setWanted(FOLDER, what.wanted);
    });
    const count = Number(db.get("SELECT count(*) FROM needs WHERE folder = ? AND mark = 1", folder)![0]);
    assert.equal(losses.planned(folder).losing, count);
    assert.equal(needs.losing(folder).length, count);
    const { deletes, replaces } = needs.losingCounts(folder);
    assert.equal(deletes + replaces, count);
  }));
});

Deno.test("a need is marked iff its decision takes a file of ours away", () => {
  fc.assert(fc.property(fc.array(put, { maxLength: 25, size: "max" }), (story) => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids, needs }, catalogue, folder } = it;
    catalogue.setWanted(FOLDER, true);
    story.forEach(({ device, path, entry, offered, held }, i) => {
      rows.put(ids.device(deviceOf(device)), folder, rowOf(path, entry, { offered, held }), lsnOf(i + 1));
    });
    for (const path of PATHS) {
      const there = rows.at(folder, pathOf(path));
      const takes = takesAway(ownAmong(there)?.row ?? null, decideFor(there));
      assert.equal(needs.markOf(folder, pathOf(path)), takes ? MARK.loses : MARK.none, path);
    }
  }));
});

Deno.test("rows that count again are marked as if they had counted all along", () => {
  fc.assert(fc.property(fc.array(put, { maxLength: 25, size: "max" }), (story) => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids, needs, leftovers, db }, catalogue, folder } = it;
    catalogue.setWanted(FOLDER, true);
    rows.ignored = new Set([ids.device(deviceOf(2))]);
    story.forEach(({ device, path, entry, offered, held }, i) => {
      rows.put(ids.device(deviceOf(device)), folder, rowOf(path, entry, { offered, held }), lsnOf(i + 1));
    });
    rows.ignored = new Set();
    leftovers.needAllOf(ids.device(deviceOf(2)));
    while (rows.decideSome(folder, 2) > 0);
    for (const path of PATHS) {
      const there = rows.at(folder, pathOf(path));
      const takes = takesAway(ownAmong(there)?.row ?? null, decideFor(there));
      assert.equal(needs.markOf(folder, pathOf(path)), takes ? MARK.loses : MARK.none, path);
    }
    assert.equal(db.get("SELECT count(*) FROM needs WHERE deletes > 1")![0], 0);
  }));
});

/** Own file `path` of a text, as written by device 1. */
const own = (path: string, text: string, n: number) => rowOf(path, entryOf({ text, dots: [dot(1, n)] }));
const gone = (path: string, n: number) =>
  rowOf(path, entryOf({ kind: "deleted", dots: [dot(2, n)], seen: [dot(1, n)] }));

Deno.test("what a person agreed to, and what was found moved, stays so while it is to be taken", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, needs }, catalogue, folder } = it;
  catalogue.setWanted(FOLDER, true);
  const [two, three] = [2, 3].map((n) => ids.device(deviceOf(n)));
  rows.put(1, folder, own("a", "one", 1), lsnOf(1));
  rows.put(two!, folder, gone("a", 1), lsnOf(1));
  needs.agree(folder);
  // Another device says that it has deleted it too.
  rows.put(three!, folder, gone("a", 1), lsnOf(1));
  assert.equal(needs.markOf(folder, pathOf("a")), MARK.agreed);
  // What is made there later is not what was agreed to.
  rows.put(1, folder, rowOf("a", gone("a", 1).entry), lsnOf(2));
  assert.equal(needs.markOf(folder, pathOf("a")), MARK.none);
});

Deno.test("livesOn() finds a content where it will stand, and not where it will be gone as well", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, losses }, catalogue, folder } = it;
  catalogue.setWanted(FOLDER, true);
  const two = ids.device(deviceOf(2));
  const lives = (path: string, text: string) =>
    losses.livesOn(folder, pathOf(path), entryOf({ text, dots: [dot(1, 1)] }));
  rows.put(1, folder, own("d/a", "photo", 1), lsnOf(1));
  rows.put(two, folder, gone("d/a", 1), lsnOf(1));
  assert.equal(lives("d/a", "photo"), false);

  // Renamed: the new path comes behind the old one.
  rows.put(two, folder, rowOf("e/a", entryOf({ text: "photo", dots: [dot(2, 8)] })), lsnOf(2));
  assert.equal(lives("d/a", "photo"), true);
  assert.equal(lives("d/a", "another"), false);

  // And deleted where it went.
  rows.put(
    two,
    folder,
    rowOf("e/a", entryOf({ kind: "deleted", dots: [dot(2, 9)], seen: [dot(2, 8)] })),
    lsnOf(3),
  );
  assert.equal(lives("d/a", "photo"), false);

  // A copy of ours stays.
  rows.put(1, folder, own("copy", "photo", 2), lsnOf(4));
  assert.equal(lives("d/a", "photo"), true);
  rows.put(two, folder, gone("copy", 2), lsnOf(5));
  assert.equal(lives("d/a", "photo"), false);

  // Another folder's is not this folder's.
  const other = ids.folder("ff".repeat(16) as typeof FOLDER);
  rows.put(1, other, own("elsewhere", "photo", 3), lsnOf(6));
  assert.equal(lives("d/a", "photo"), false);
});

Deno.test("livesOn() knows renamed links by their target", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, losses }, folder } = it;
  const link = entryOf({ kind: "symlink", text: "to", dots: [dot(1, 1)] });
  assert.equal(losses.livesOn(folder, pathOf("l"), link), false);
  rows.put(1, folder, rowOf("moved", link), lsnOf(1));
  assert.equal(losses.livesOn(folder, pathOf("l"), link), true);
});

Deno.test("a path counts once within the hour, however often it is taken from", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, losses, needs }, catalogue, folder } = it;
  catalogue.setWanted(FOLDER, true);
  const a = pathOf("a");
  assert.equal(losses.note(folder, [{ path: a, isDeleted: false }], 1_000, 10), 1);
  assert.equal(losses.note(folder, [{ path: a, isDeleted: true }], 2_000, 20), 0);
  assert.deepEqual(losses.all(folder), [{ path: a, atMs: 1_000 }]);
  rows.put(1, folder, own("a", "again", 1), lsnOf(1));
  rows.put(ids.device(deviceOf(2)), folder, gone("a", 1), lsnOf(1));
  assert.equal(needs.markOf(folder, a), MARK.none);

  // It was deleted, so what is lost there next is another file.
  losses.note(folder, [{ path: a, isDeleted: true }], 5_000, 30);
  assert.deepEqual(losses.all(folder), [{ path: a, atMs: 5_000 }]);

  assert.deepEqual(losses.taken(folder, 5_000), { count: 1, files: 10 });
  assert.deepEqual(losses.taken(folder, 5_001), { count: 0, files: 0 });
  losses.note(folder, [{ path: a, isDeleted: true }], 6_000, 30);
  losses.forget(folder);
  assert.deepEqual(losses.all(folder), []);
});

Deno.test("a row that was given up is none of ours: what others have is needed again, and it counts nowhere", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, needs }, catalogue, folder } = it;
  catalogue.setWanted(FOLDER, true);
  const mine = own("a", "text", 1);
  rows.put(1, folder, mine, lsnOf(1));
  rows.put(ids.device(deviceOf(2)), folder, mine, lsnOf(1));
  assert.ok(needs.isEmpty(folder));
  assert.equal(catalogue.totals(FOLDER).files, 1);
  rows.put(1, folder, { ...mine, offered: false, held: false }, lsnOf(2));
  assert.equal(needs.total(folder).count, 1);
  assert.equal(catalogue.totals(FOLDER).files, 0);
  const decision = decideFor(rows.at(folder, pathOf("a")));
  assert.equal(decision.kind, "take");
  rows.put(1, folder, mine, lsnOf(3));
  assert.ok(needs.isEmpty(folder));
  assert.equal(catalogue.totals(FOLDER).files, 1);
});
