/** How contents stand on devices, beside a full count of all rows. */
import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { CROWD_ROWS } from "../../src/catalogue/crowds.ts";
import { CROWD, isAtSeveral } from "../../src/catalogue/standings.ts";
import { EMPTY_CONTENT } from "../../src/core/content.ts";
import type { Row } from "../../src/core/entry.ts";
import { fromHex } from "../../src/core/ids.ts";
import { moveOf, Story } from "../support/copies_story.ts";
import { memoryCatalogue, pageOf } from "../support/catalogues.ts";
import { assertCounted } from "../support/counted_copies.ts";
import { contentOf, dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";

const file = (path: string, text: string, at = 1, over: Partial<Row> = {}) =>
  rowOf(path, entryOf({ text, dots: [dot(2, at)], stamp: at * 1024 }), over);

Deno.test("a content stands on the devices that hold it, at so many paths; deleted, dropped and empty ones do not", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const own = (lsn: number, ...rows: Row[]) =>
    catalogue.applyRecord(lsnOf(lsn), {
      type: "rows",
      folder: pageOf({ to: 0 }).folders[0]!.folder,
      cause: "local",
      timeMs: 1,
      closes: lsnOf(0),
      rows,
      fresh: [],
    });
  own(1, file("a", "x"), file("b", "y"), file("not here", "z", 1, { held: false }));
  own(2, rowOf("empty", { ...entryOf({ text: "", dots: [dot(2, 2)] }), content: EMPTY_CONTENT }));
  catalogue.applyPage(pageOf({ device: 2, to: 3, rows: [[1, file("a", "x")], [2, file("other/c", "x")]] }));
  assertCounted(catalogue);
  const standing = (text: string) =>
    catalogue.copies.standings.byId(catalogue.copies.standingOf(fromHex(contentOf(text))));
  const other = catalogue.ids.device(pageOf({ device: 2, to: 0 }).origin);
  assert.deepEqual(standing("x")!.spots, [
    { folder: it.folder, devices: [SELF, other], paths: 1 },
    { folder: it.folder, devices: [other], paths: 1 },
  ]);
  assert.ok(isAtSeveral(standing("x")!.id) && !isAtSeveral(standing("y")!.id));
  assert.equal(standing("z"), null);
  own(3, rowOf("a", entryOf({ kind: "deleted", dots: [dot(2, 3)], stamp: 3 * 1024 })));
  assertCounted(catalogue, "deleted here");
  assert.deepEqual(standing("x")!.spots, [{ folder: it.folder, devices: [other], paths: 2 }]);
});

Deno.test("examples of a standing are contents that stood so, whatever bytes are in their ids", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  for (let i = 0; i < 500; i++) {
    catalogue.applyPage(pageOf({ from: i, to: i + 1, rows: [[i + 1, file(`f${i}`, `text ${i}`, i + 1)]] }));
    catalogue.copies.countSome();
  }
  const [standing, ...others] = catalogue.copies.standings.all();
  assert.deepEqual([standing!.contents, others.length], [500, 0]);
  const examples = catalogue.copies.standings.examplesOf(standing!.id).map((content) => content.toHex());
  assert.deepEqual(examples, [499, 498, 497].map((i) => contentOf(`text ${i}`)));
});

Deno.test("figures are written with the marks of what they count: a transaction that fails leaves both as they were", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ to: 3, rows: [[1, file("a", "x")], [2, file("b", "y")]] }));
  const { db, copies } = catalogue;
  assert.throws(() =>
    db.transaction(() => {
      while (copies.countSome());
      throw new Error("disk");
    }), /disk/);
  assert.ok(copies.behind() > 0);
  assert.equal(copies.standings.all().length, 0);
  assertCounted(catalogue);
});

Deno.test("what a thousand directories hold is counted in slices, also while it changes, and alone again when it gets rare", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  const count = 3 * CROWD_ROWS;
  const rows = Array.from(
    { length: count },
    (_, i) => [i + 1, file(`d${i}/LICENSE`, "licence", i + 1)] as const,
  );
  catalogue.applyPage(pageOf({ to: count, rows }));
  for (let i = 0; i < 30; i++) catalogue.copies.countSome();
  const more = [count + 1, file("late/LICENSE", "licence", count + 1)] as const;
  catalogue.applyPage(pageOf({ from: count, to: count + 1, rows: [more] }));
  assertCounted(catalogue);
  const [counted] = catalogue.db.get("SELECT max(counted) FROM states")!;
  assert.equal(counted, CROWD);
  const gone = Array.from(
    { length: count - 5 },
    (_, i) =>
      [
        count + 2 + i,
        rowOf(`d${i}/LICENSE`, entryOf({ kind: "deleted", dots: [dot(2, count + 2 + i)] })),
      ] as const,
  );
  catalogue.applyPage(pageOf({ from: count + 1, to: 2 * count, rows: gone }));
  assertCounted(catalogue, "rare");
  assert.equal(Number(catalogue.db.get("SELECT count(*) FROM crowds")![0]), 0);
});

Deno.test("after 10,000 random changes on five devices the figures are those of a full count: edits, deletes, renames, copies, drops, new epochs, removed devices", () => {
  using it = memoryCatalogue();
  const story = new Story(it, 20_261_123);
  let lost = 0;
  for (let i = 1; i <= 10_000; i++) {
    story.change();
    // Sometimes much is to be counted, and sometimes next to nothing.
    if (i % 7 === 0) it.catalogue.copies.countSome();
    if (i % 500 === 0) assertCounted(it.catalogue, `after ${i} changes`);
    lost += it.catalogue.copies.standings.all().some(({ spots }) => spots.some(({ damaged }) => damaged))
      ? 1
      : 0;
  }
  assertCounted(it.catalogue);
  assert.ok(lost > 1_000, "disks damaged copies, a crowd's too");
  assert.ok(story.done.size >= 8, `all kinds of changes happened: ${[...story.done]}`);
});

Deno.test("a directory that is renamed whole is counted where it is, whoever moves first and however the others tell it (R29)", () => {
  for (const others of ["moves", "rows"] as const) {
    using it = memoryCatalogue();
    const story = new Story(it, 7);
    const names = story.sharedDirectory("d", 20);
    assertCounted(it.catalogue, "before");
    story.rename(moveOf("d", "n", names), 1);
    assertCounted(it.catalogue, "one has moved");
    for (const device of [2, 3]) {
      if (others === "moves" || device === 3) story.rename(moveOf("d", "n", names), device);
      else story.renameByRows(moveOf("d", "n", names), device);
    }
    assertCounted(it.catalogue, `all have moved, by ${others}`);
  }
});
