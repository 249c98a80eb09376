import assert from "node:assert/strict";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import type { Row } from "../../src/core/entry.ts";
import type { ActorId, DeviceId } from "../../src/core/ids.ts";
import { UNNAMED_IDS } from "../../src/core/limits.ts";
import { dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";
import { memoryCatalogue } from "../support/catalogues.ts";

const ROWS = 50;
const ACTORS = 20;
const ROUNDS = 25;
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");

/** Rows of one path each time, or of a path in another directory; with a writer and a context of names that nobody has heard. */
function rowsIn(round: number, from: number): Row[] {
  return Array.from({ length: ROWS }, (_, i) => {
    const number = round * ROWS + i + 1;
    const entry = entryOf({ dots: [dot(2, number)] });
    const context = new Map(
      Array.from({ length: ACTORS }, (_, a) => [hex(number * ACTORS + a, 16) as ActorId, 1] as const),
    );
    return rowOf(from === 0 ? `a${i}` : `d${number}/a`, {
      ...entry,
      writer: hex(number, 64) as DeviceId,
      version: { ...entry.version, context: new Map([...context, ...entry.version.context]) },
    });
  });
}

function counts({ db }: Catalogue): number[] {
  return ["actors", "devices", "directories", "states"].map((table) =>
    Number(db.get(`SELECT count(*) FROM ${table}`)![0])
  );
}

Deno.test("names that a device makes up again and again go once no row has them; those of rows that are there stay (invariant 10)", () => {
  using it = memoryCatalogue();
  const { catalogue, folder } = it;
  for (let round = 0; round < ROUNDS; round++) {
    const rows = rowsIn(round, 0);
    catalogue.db.transaction(() =>
      rows.forEach((row) => catalogue.rows.put(2, folder, row, lsnOf(round + 1)))
    );
    const elsewhere = rowsIn(round, 1);
    catalogue.db.transaction(() => {
      for (const row of elsewhere) catalogue.rows.put(2, folder, row, lsnOf(round + 1));
      for (const row of elsewhere) catalogue.rows.drop(2, folder, row.path);
    });
  }
  const truth = catalogue.rows.page(2, lsnOf(0), lsnOf(1e6), 1_000);
  const before = counts(catalogue);
  assert.ok(before[0]! > 20_000 && before[1]! > 1_000 && before[2]! > 1_000);
  // Between two slices somebody names what nobody did: the actors of a round beyond those that stay.
  const again = rowsIn(ROUNDS - 10, 1).slice(0, 3);
  let slices = 0;
  for (const _ of catalogue.unnamed.sweep()) {
    if (++slices === 3) again.forEach((row) => catalogue.rows.put(3, folder, row, lsnOf(1)));
  }
  const [actors, devices, directories, states] = counts(catalogue);
  assert.equal(states, ROWS + 3);
  assert.ok(actors! <= 10_000 + (ROWS + 3) * (ACTORS + 1), `${actors} actors`);
  assert.ok(devices! <= 1_000 + ROWS + 3, `${devices} devices`);
  assert.ok(directories! <= 1 + 3, `${directories} directories`);
  assert.deepEqual(catalogue.rows.page(2, lsnOf(0), lsnOf(1e6), 1_000), truth);
  assert.deepEqual(
    catalogue.rows.page(3, lsnOf(0), lsnOf(1e6), 1_000).map(({ placed: { row } }) => row),
    again,
  );
  // And new ones may come.
  for (const row of rowsIn(ROUNDS + 1, 0)) catalogue.rows.put(2, folder, row, lsnOf(ROUNDS + 1));
  assert.equal(catalogue.rows.page(2, lsnOf(ROUNDS), lsnOf(1e6), 1_000).length, ROWS);
});

Deno.test("they are looked for after UNNAMED_IDS new ones and not one less, and then not before as many more (invariant 10)", () => {
  using it = memoryCatalogue();
  const { catalogue: { ids, db, unnamed }, folder } = it;
  const before = ids.given;
  db.transaction(() => {
    for (let i = 1; i < UNNAMED_IDS - before; i++) ids.directory(folder, pathOf(`d${i}`));
  });
  assert.equal(unnamed.isDue, false);
  ids.directory(folder, pathOf("one more"));
  assert.equal(unnamed.isDue, true);
  for (const _ of unnamed.sweep());
  assert.equal(unnamed.isDue, false);
  assert.equal(ids.findDirectory(folder, pathOf("one more")), null);
});

Deno.test("a device that is known for anything keeps its number, and one that went does not leave it to another (R30)", () => {
  using it = memoryCatalogue();
  const { catalogue: { ids, db, cursors, unnamed, rows } } = it;
  const numbers = Array.from({ length: 1_100 }, (_, i) => ids.device(hex(i + 7_000, 64) as DeviceId));
  const [met, counted, ignored] = numbers.slice(-4);
  cursors.seen(met!, 5, "");
  cursors.set(counted!, { epoch: 1, boot: null, lsn: lsnOf(1) });
  rows.ignored = new Set([ignored!]);
  for (const _ of unnamed.sweep());
  const left = db.all("SELECT id FROM devices WHERE id > 1000").map(([id]) => id);
  assert.deepEqual(left, [met, counted, ignored]);
  assert.ok(ids.device(hex(1, 64) as DeviceId) > numbers.at(-1)!);
});
