import assert from "node:assert/strict";
import fc from "fast-check";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { SELF } from "../../src/catalogue/interning.ts";
import { decideFor } from "../../src/catalogue/rows.ts";
import { isDropped, isGivenUp, type Row } from "../../src/core/entry.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { FOLDER, memoryCatalogue } from "../support/catalogues.ts";
import { anyEntry, contentOf, deviceOf, dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";

const PATHS = ["a", "b", "d/a", "d/e/f"];
const anyRow: fc.Arbitrary<Row> = fc.record({
  path: fc.constantFrom(...PATHS),
  entry: anyEntry,
  offered: fc.boolean(),
  held: fc.boolean(),
}).map(({ path, entry, offered, held }) => rowOf(path, entry, { offered, held }));
/** Rows of a handful of states, so that devices often say the same. */
const fewEntries = fc.constantFrom(
  entryOf({ text: "one", dots: [dot(1, 1)], stamp: 1 }),
  entryOf({ text: "two", dots: [dot(2, 1)], stamp: 2, writer: 2 }),
  entryOf({ text: "two", dots: [dot(2, 1)], seen: [dot(1, 1)], stamp: 2, writer: 2 }),
  entryOf({ text: "one", dots: [dot(1, 1)], stamp: 1, mode: 0o600, meta: dot(1, 9), metaStamp: 9 }),
  entryOf({ kind: "deleted", dots: [dot(3, 1)], seen: [dot(1, 1)], stamp: 3 }),
  entryOf({ kind: "directory", dots: [dot(3, 2)], stamp: 3 }),
);
const fewRow = fc.record({ path: fc.constantFrom(...PATHS), entry: fewEntries, offered: fc.boolean() })
  .map(({ path, entry, offered }) => rowOf(path, entry, { offered }));

type Put = readonly [device: number, row: Row];
const puts = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.oneof(fewRow, anyRow)), {
  maxLength: 25,
  size: "max",
});

/** The last row of each device and path. */
function modelOf(story: readonly Put[]): Map<string, { row: Row; lsn: number }> {
  return new Map(story.map(([device, row], i) => [`${device} ${row.path}`, { row, lsn: i + 1 }]));
}

Deno.test("what a device said last of a path is what the catalogue says, in every part", () => {
  fc.assert(fc.property(puts, (story) => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids }, folder } = it;
    story.forEach(([device, row], i) => rows.put(ids.device(deviceOf(device)), folder, row, lsnOf(i + 1)));
    const model = modelOf(story);
    assert.equal(rows.count(), model.size);
    for (const [key, { row, lsn }] of model) {
      const [device, path] = key.split(" ") as [string, RelPath];
      const number = ids.device(deviceOf(Number(device)));
      const found = rows.at(folder, path).find((held) => held.device === number)!;
      assert.deepEqual([found.row, found.lsn], [row, lsn]);
      if (number === SELF) assert.deepEqual(rows.own(folder, path)!.row, row);
    }
  }));
});

Deno.test("equal statements share one state, and a state that nobody makes is gone", () => {
  fc.assert(fc.property(puts, (story) => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids, db }, folder } = it;
    story.forEach(([device, row], i) => rows.put(ids.device(deviceOf(device)), folder, row, lsnOf(i + 1)));
    const [unheld] = db.get("SELECT count(*) FROM states WHERE id NOT IN (SELECT state FROM holds)")!;
    assert.equal(unheld, 0);
    const [stateless] = db.get("SELECT count(*) FROM holds WHERE state NOT IN (SELECT id FROM states)")!;
    assert.equal(stateless, 0);
    const said = new Set(
      [...modelOf(story).values()].map(({ row: { path, entry } }) =>
        JSON.stringify([path, entry, [...entry.version.context].sort()])
      ),
    );
    assert.equal(db.get("SELECT count(*) FROM states")![0], said.size);
  }));
});

Deno.test("ten devices that say the same cost one state", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, db }, folder } = it;
  const row = rowOf("d/a", entryOf({ dots: [dot(1, 1), dot(2, 2)], seen: [dot(3, 3)] }));
  for (let device = 1; device <= 10; device++) {
    rows.put(ids.device(deviceOf(device)), folder, row, lsnOf(device));
  }
  assert.deepEqual([db.get("SELECT count(*) FROM states")![0], rows.count()], [1, 10]);
});

Deno.test("a state's number is not given out again: what was based on it notices the change (R12)", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows }, folder } = it;
  const row = (counter: number) => rowOf("a", entryOf({ text: `text ${counter}`, dots: [dot(1, counter)] }));
  const seen = new Set<number>();
  // The second device's state lies below the newest, so that the newest can go.
  rows.put(2, folder, row(0), lsnOf(1));
  for (let counter = 1; counter <= 5; counter++) {
    const { state } = rows.put(SELF, folder, row(counter), lsnOf(counter));
    assert.ok(!seen.has(state), `state ${state} came back`);
    seen.add(state);
    rows.put(SELF, folder, row(0), lsnOf(counter));
  }
});

Deno.test("put() tells what it replaced", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows }, folder } = it;
  const first = entryOf({ dots: [dot(1, 1)] });
  const one = rows.put(SELF, folder, rowOf("a", first), lsnOf(1));
  assert.deepEqual([one.former, one.formerEntry], [null, null]);
  const two = rows.put(SELF, folder, rowOf("a", entryOf({ text: "x", dots: [dot(1, 2)] })), lsnOf(2));
  assert.equal(two.former, one.state);
  assert.deepEqual(two.formerEntry, first);
});

// ------------------------------------------------------------------------------------ needs

Deno.test("a need exists exactly where the rules would do something (invariant 11)", () => {
  fc.assert(
    fc.property(puts, (story) => {
      using it = memoryCatalogue();
      const { catalogue, folder } = it;
      const { rows, ids, needs } = catalogue;
      catalogue.setWanted(FOLDER, true);
      story.forEach(([device, row], i) => {
        rows.put(ids.device(deviceOf(device)), folder, row, lsnOf(i + 1));
        const all = [false, true].flatMap((deletes) =>
          needs.due(folder, deletes, 0, 100).map(({ path, bytes }) => [path, bytes, deletes])
        );
        const expected = PATHS.map(pathOf).flatMap((path) => {
          const decision = decideFor(rows.at(folder, path));
          if (decision.kind === "none") return [];
          const bytes = decision.kind === "take" ? decision.entry.size : 0;
          return [[path, bytes, decision.entry.kind === "deleted"]];
        });
        assert.deepEqual(all.sort(), expected.sort());
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("a folder that is not wanted has no needs; one that becomes so has all that it needs once that is decided", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const { rows, needs } = catalogue;
  rows.put(2, folder, rowOf("d/a", entryOf({ text: "12345", dots: [dot(2, 1)] })), lsnOf(1));
  rows.put(2, folder, rowOf("ignored", entryOf({ dots: [dot(2, 2)] }), { offered: false }), lsnOf(1));
  assert.ok(needs.isEmpty(folder));
  catalogue.setWanted(FOLDER, true);
  assert.ok(!needs.isEmpty(folder) && needs.due(folder, false, 0, 10).length === 0, "not before");
  assert.deepEqual([rows.decideSome(folder, 10), rows.decideSome(folder, 10)], [1, 0]);
  assert.deepEqual(needs.due(folder, false, 0, 10).map(({ path }) => path), ["d/a"]);
  assert.ok(needs.anyBelow(folder, pathOf("d")) && !needs.anyBelow(folder, pathOf("ignored")));
  catalogue.setWanted(FOLDER, false);
  assert.ok(needs.isEmpty(folder));
});

Deno.test("a folder becomes wanted some paths at a time, through restarts and changes in between, and is wanted no more so, too (invariant 10)", () => {
  const dir = Deno.makeTempDirSync();
  const at = `${dir}/catalogue.db`;
  const name = (i: number) => i < 1_200 ? `many/${i}` : `d${i}/only`;
  const said = (i: number, text: string, counter: number) =>
    rowOf(name(i), entryOf({ text, dots: [dot(2, counter)] }));
  let catalogue = new Catalogue(at, deviceOf(1));
  try {
    const folder = catalogue.ids.folder(FOLDER);
    const count = () => Number(catalogue.db.get("SELECT count(*) FROM needs WHERE folder = ?", folder)![0]);
    catalogue.db.transaction(() => {
      for (let i = 0; i < 1_800; i++) catalogue.rows.put(2, folder, said(i, `${i}`, i + 1), lsnOf(1));
    });
    catalogue.setWanted(FOLDER, true);
    assert.deepEqual([count(), catalogue.needs.isEmpty(folder)], [0, false], "nothing is looked at at once");
    let [steps, before] = [0, 0];
    for (; catalogue.rows.decideSome(folder, 1_000) === 1_000; steps++) {
      assert.ok(count() - before <= 501, "each step looks at so many");
      assert.equal(catalogue.needs.isEmpty(folder), false);
      if (steps === 1) {
        catalogue.close();
        catalogue = new Catalogue(at, deviceOf(1));
        // One that was looked at, one that was not; and one that is had already.
        for (const i of [5, 1_700]) catalogue.rows.put(2, folder, said(i, "other", 9_000 + i), lsnOf(2));
        catalogue.rows.put(SELF, folder, said(1_500, "1500", 1_501), lsnOf(2));
        catalogue.rows.put(2, folder, rowOf("new", entryOf({ dots: [dot(2, 20_000)] })), lsnOf(3));
      }
      before = count();
    }
    assert.ok(steps >= 4, `${steps} steps`);
    const due = new Map(catalogue.needs.due(folder, false, 0, 5_000).map(({ path, bytes }) => [path, bytes]));
    const wanted = Array.from({ length: 1_800 }, (_, i) => name(i)).filter((path) => path !== name(1_500));
    assert.deepEqual([...due.keys()].sort(), [...wanted, "new"].sort());
    assert.deepEqual([due.get(pathOf(name(5))), due.get(pathOf(name(1_700)))], [5, 5]);
    let dropped = 0;
    for (let left = count(); catalogue.needs.dropSome(folder); left = count(), dropped++) {
      assert.ok(left - count() <= 500);
    }
    assert.ok(dropped >= 4);
    catalogue.setWanted(FOLDER, false);
    assert.ok(catalogue.needs.isEmpty(folder));
  } finally {
    catalogue.close();
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("a need that was postponed waits with its cause, and news of its path makes it due at once", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const { rows, needs } = catalogue;
  catalogue.setWanted(FOLDER, true);
  rows.put(2, folder, rowOf("a", entryOf({ text: "12345", dots: [dot(2, 1)] })), lsnOf(1));
  needs.postpone(folder, pathOf("a"), 1_000, "the disk is full", "Free some.");
  assert.deepEqual([needs.due(folder, false, 999, 10).length, needs.due(folder, false, 1_000, 10).length], [
    0,
    1,
  ]);
  assert.deepEqual([needs.nextDueMs(folder), needs.attempts(folder, pathOf("a"))], [1_000, 1]);
  assert.deepEqual(needs.total(folder), { count: 1, bytes: 5, blocked: 1 });
  assert.equal(needs.blocked(folder, 5)[0]!.cause, "the disk is full");
  needs.retryAll(folder);
  assert.equal(needs.due(folder, false, 1, 10).length, 1);
  needs.postpone(folder, pathOf("a"), 1_000, "again", "");
  rows.put(2, folder, rowOf("a", entryOf({ text: "other", dots: [dot(2, 2)] })), lsnOf(2));
  assert.deepEqual(needs.due(folder, false, 0, 10).map(({ attempts, cause }) => [attempts, cause]), [[
    0,
    "",
  ]]);
  needs.drop(folder, pathOf("a"));
  assert.ok(needs.isEmpty(folder) && needs.nextDueMs(folder) === null);
});

Deno.test("never tried comes before tried, tried in the order of its time; what was put off untried can be resumed", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const { rows, needs } = catalogue;
  catalogue.setWanted(FOLDER, true);
  const due = (nowMs: number, limit = 10) =>
    needs.due(folder, false, nowMs, limit).map(({ path }) => path).join(" ");
  ["a", "b", "c", "d"].forEach((path, i) =>
    rows.put(2, folder, rowOf(path, entryOf({ text: path, dots: [dot(2, i + 1)] })), lsnOf(i + 1))
  );
  needs.postpone(folder, pathOf("a"), 2_000, "gone", "");
  needs.postpone(folder, pathOf("b"), 1_000, "gone", "");
  assert.equal(due(2_000), "c d b a");
  assert.equal(due(2_000, 3), "c d b");
  needs.retryAll(folder);
  assert.equal(due(5), "c d a b");
  needs.putOff(folder, new Map([[pathOf("a"), 1_000], [pathOf("c"), 1_000], [pathOf("d"), 3_600_000]]));
  // So far ahead, the clock must have been put back.
  assert.equal(due(5), "b d");
  needs.resume(folder);
  assert.equal(due(5), "c d b");
});

Deno.test("a device that comes makes due what it has, and nothing else", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  const { rows, needs } = catalogue;
  catalogue.setWanted(FOLDER, true);
  for (const [device, path] of [[2, "of-two"], [3, "of-three"], [2, "of-both"], [3, "of-both"]] as const) {
    rows.put(
      device,
      folder,
      rowOf(path, entryOf({ text: path, dots: [dot(2, path.length)] })),
      lsnOf(device),
    );
  }
  for (const path of ["of-two", "of-three", "of-both"]) {
    needs.postpone(folder, pathOf(path), 1_000, "gone", "");
  }
  needs.retryFrom(folder, 3);
  assert.deepEqual(needs.due(folder, false, 1, 10).map(({ path }) => path).sort(), ["of-both", "of-three"]);
});

// ------------------------------------------------------------------------------------ pages

Deno.test("pages end on whole lsns, and together they are all rows of the device, oldest first (R29)", () => {
  const lsns = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 30, size: "max" });
  fc.assert(fc.property(lsns, fc.integer({ min: 1, max: 6 }), (lsns, atLeast) => {
    using it = memoryCatalogue();
    const { catalogue: { rows }, folder } = it;
    lsns.forEach((lsn, i) =>
      rows.put(2, folder, rowOf(`d${i % 3}/${i}`, entryOf({ dots: [dot(2, i + 1)] })), lsnOf(lsn))
    );
    rows.put(3, folder, rowOf("other", entryOf({ dots: [dot(3, 1)] })), lsnOf(1));
    const got: number[] = [];
    for (let after = 0;;) {
      const page = rows.page(2, lsnOf(after), lsnOf(8), atLeast);
      if (page.length === 0) break;
      assert.ok(page.length >= Math.min(atLeast, lsns.length - got.length));
      const last = page.at(-1)!.placed.lsn;
      assert.equal(
        page.filter(({ placed }) => placed.lsn === last).length,
        lsns.filter((lsn) => lsn === last).length,
      );
      got.push(...page.map(({ placed }) => placed.lsn));
      after = last;
    }
    assert.deepEqual(got, [...lsns].sort((a, b) => a - b));
  }));
});

// ------------------------------------------------------------------------------------ lookups

Deno.test("totals count this device's living files, directories and bytes that it keeps, whatever came and went", () => {
  fc.assert(fc.property(puts, (story) => {
    using it = memoryCatalogue();
    const { catalogue, folder } = it;
    story.forEach(([device, row], i) => {
      catalogue.rows.put(catalogue.ids.device(deviceOf(device)), folder, row, lsnOf(i + 1));
    });
    const own = [...modelOf(story)].filter(([key, { row }]) =>
      key.startsWith("1 ") && !isGivenUp(row) && !isDropped(row)
    )
      .map(([, { row }]) => row.entry);
    const count = (kinds: readonly string[]) => own.filter(({ kind }) => kinds.includes(kind)).length;
    assert.deepEqual(catalogue.totals(FOLDER), {
      files: count(["file", "symlink"]),
      directories: count(["directory"]),
      bytes: own.reduce((sum, { size }) => sum + size, 0),
    });
  }));
});

Deno.test("ownWithContent() finds living, held files of this device alone", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows }, folder } = it;
  const file = entryOf({ text: "wanted", dots: [dot(1, 1)] });
  rows.put(SELF, folder, rowOf("held", file), lsnOf(1));
  rows.put(SELF, folder, rowOf("not held", file, { held: false }), lsnOf(2));
  rows.put(SELF, folder, rowOf("other", entryOf({ text: "other", dots: [dot(1, 2)] })), lsnOf(3));
  rows.put(2, folder, rowOf("theirs", file), lsnOf(1));
  const found = rows.ownWithContent(contentOf("wanted"), 10);
  assert.deepEqual(found.map(({ folder, row }) => [folder, row.row.path]), [[folder, "held"]]);
});

Deno.test("rows that were read are as the database has them: after a failed transaction, and of an older epoch", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, db, leftovers }, folder } = it;
  const device = ids.device(deviceOf(2));
  const path = pathOf("d/a");
  const [one, two] = ["one", "two"].map((text) => rowOf("d/a", entryOf({ text, dots: [dot(2, 1)] }))) as [
    Row,
    Row,
  ];
  const read = () => rows.at(folder, path).map(({ row, lsn }) => [row.entry.content, lsn]);
  rows.put(device, folder, one, lsnOf(1));
  assert.deepEqual(read(), [[one.entry.content, 1]]);
  assert.throws(() =>
    db.transaction(() => {
      rows.put(device, folder, two, lsnOf(2));
      assert.deepEqual(read(), [[two.entry.content, 2]]);
      throw new Error("the disk is full");
    })
  );
  assert.deepEqual(read(), [[one.entry.content, 1]]);
  leftovers.markOlderEpoch(device, -1);
  assert.deepEqual(read(), [[one.entry.content, -1]]);
  rows.drop(device, folder, path);
  assert.deepEqual(read(), []);
});

Deno.test("totals count what the present transaction has changed, and nothing of one that failed", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, db }, folder } = it;
  const put = (path: string, text: string, lsn: number) =>
    rows.put(SELF, folder, rowOf(path, entryOf({ text, dots: [dot(1, lsn)] })), lsnOf(lsn));
  const written = () => db.get("SELECT files, bytes FROM folders WHERE id = ?", folder);
  put("d/a", "one", 1);
  assert.deepEqual(written(), [1, 3]);
  db.transaction(() => {
    put("d/b", "three", 2);
    put("d/a", "longer", 3);
    assert.deepEqual(rows.figures.totals(folder), { files: 2, directories: 0, bytes: 11 });
  });
  assert.deepEqual(written(), [2, 11]);
  assert.throws(() =>
    db.transaction(() => {
      put("d/c", "more", 4);
      throw new Error("the disk is full");
    })
  );
  assert.deepEqual(rows.figures.totals(folder), { files: 2, directories: 0, bytes: 11 });
  put("d/c", "more", 5);
  assert.deepEqual(written(), [3, 15]);
});

Deno.test("a page is the same whether its rows were put lately or have to be read", () => {
  fc.assert(fc.property(puts, fc.boolean(), (story, forgetsSome) => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids }, folder } = it;
    story.forEach(([device, row], i) => {
      rows.put(ids.device(deviceOf(device)), folder, row, lsnOf(i + 1));
      if (forgetsSome && i === story.length >> 1) rows.forgetRecent();
    });
    for (const device of [1, 2, 3]) {
      const page = () => rows.page(device, lsnOf(0), lsnOf(1_000), 1_000);
      const kept = page();
      rows.forgetRecent();
      assert.deepEqual(kept, page());
    }
  }));
});
