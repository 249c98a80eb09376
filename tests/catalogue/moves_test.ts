/** A move makes of a device's rows what its rows one by one would make of them, in every part of the catalogue (R29). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { SELF } from "../../src/catalogue/interning.ts";
import { EMPTY_CONTENT } from "../../src/core/content.ts";
import { CairnError } from "../../src/core/errors.ts";
import { type Entry, isAlive, type Row } from "../../src/core/entry.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { type Move, movedRows } from "../../src/core/move.ts";
import { FOLDER, memoryCatalogue, type TestCatalogue } from "../support/catalogues.ts";
import { deviceOf, dot, entryOf, lsnOf, pathOf, rowOf, stampOf } from "../support/entries.ts";

/** Counters as they are in our time: they take eight bytes. */
const TIME = 1_780_000_000_000;
const NAMES = ["a", "b", "c", "ü"];
const DEVICES = [1, 2, 3];

const moveOf = (actor: number, names: readonly string[]): Move => ({
  top: pathOf("d"),
  now: pathOf("n"),
  total: names.length,
  dot: dot(actor, TIME + 99),
  stamp: stampOf((TIME + 99) * 1024),
  writer: deviceOf(actor),
  parts: [{ below: "" as RelPath, first: names[0]!, last: names.at(-1)!, count: names.length }],
});

const plain = (actor: number, name: string, at = 1) =>
  entryOf({
    text: `text of ${name}`,
    dots: [dot(actor, TIME + at)],
    stamp: (TIME + at) * 1024,
    writer: actor,
  });
const empty = (actor: number): Entry => ({
  ...entryOf({ text: "", dots: [dot(actor, TIME + 4)], stamp: TIME * 1024, writer: actor }),
  content: EMPTY_CONTENT,
});
const anyOf = (actor: number, name: string): fc.Arbitrary<Entry> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(plain(actor, name)) },
    {
      weight: 2,
      arbitrary: fc.constant(empty(actor)),
    },
    {
      weight: 2,
      arbitrary: fc.constant(
        entryOf({ kind: "directory", dots: [dot(actor, TIME + 2)], stamp: TIME * 1024, mode: 0o755 }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        entryOf({
          kind: "symlink",
          text: "there",
          dots: [dot(2, TIME + 3)],
          stamp: TIME * 1024,
          mode: 0o777,
          writer: 2,
        }),
        entryOf({
          text: "of both",
          dots: [dot(2, TIME + 5)],
          seen: [dot(1, TIME)],
          stamp: TIME * 1024,
          writer: 2,
        }),
        entryOf({ kind: "deleted", dots: [dot(1, TIME + 6)], seen: [dot(2, TIME + 5)], stamp: TIME * 1024 }),
      ),
    },
  );

interface Story {
  /** What each device says of each name of `d`, null for nothing. */
  readonly said: readonly (readonly (Entry | null)[])[];
  /** What somebody says at a new path already. */
  readonly early: readonly (readonly [device: number, name: string])[];
  /** Who has moved before the one that moves now. */
  readonly before: readonly number[];
  readonly mover: number;
  readonly actor: number;
  readonly wanted: boolean;
  readonly losses: boolean;
}

/** Mostly all devices say the same of all names, as they do of a folder that is in sync. */
const story: fc.Arbitrary<Story> = fc.constantFrom(1, 2).chain((actor) =>
  fc.tuple(...NAMES.map((name) => anyOf(actor, name))).chain((common) => {
    const ofName = (name: string, i: number): fc.Arbitrary<Entry | null> => {
      const same: fc.Arbitrary<Entry | null> = fc.constant(common[i] as Entry);
      const other: fc.Arbitrary<Entry | null> = fc.option(anyOf(3 - actor, name));
      return fc.oneof({ weight: 40, arbitrary: same }, { weight: 1, arbitrary: other });
    };
    const said = DEVICES.map(() => fc.tuple(...NAMES.map(ofName)) as fc.Arbitrary<(Entry | null)[]>);
    const early = fc.array(fc.tuple(fc.constantFrom(2, 3), fc.constantFrom(...NAMES)), { maxLength: 1 });
    return fc.record({
      said: fc.tuple(...said),
      early: fc.oneof({ weight: 5, arbitrary: fc.constant<[number, string][]>([]) }, {
        weight: 1,
        arbitrary: early,
      }),
      before: fc.subarray(DEVICES),
      mover: fc.constantFrom(...DEVICES),
      actor: fc.oneof({ weight: 6, arbitrary: fc.constant(actor) }, {
        weight: 1,
        arbitrary: fc.constant(3 - actor),
      }),
      wanted: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, {
        weight: 1,
        arbitrary: fc.constant(false),
      }),
      losses: fc.boolean(),
    }, { noNullPrototype: true });
  })
);

/** Fills a catalogue, and lets devices move; `move` is how. */
function play(it: TestCatalogue, told: Story, move: (device: number, lsn: number, move: Move) => void): void {
  const { catalogue: { rows, ids, prints, losses }, catalogue, folder } = it;
  catalogue.setWanted(FOLDER, told.wanted);
  let lsn = 0;
  told.said.forEach((entries, i) =>
    entries.forEach((entry, k) => {
      if (entry === null) return;
      const device = ids.device(deviceOf(DEVICES[i]!));
      const { state } = rows.put(device, folder, rowOf(`d/${NAMES[k]}`, entry), lsnOf(++lsn));
      if (device !== SELF) return;
      const print = {
        size: 1,
        mtimeMs: 2,
        ctimeMs: 3,
        birthMs: 4,
        ino: 10 + k,
        dev: 0,
        mode: 0o644,
        settled: true,
      };
      prints.put(state, print);
    })
  );
  for (const [device, name] of told.early) {
    const entry = plain(3, `${name} of another`, 7);
    rows.put(ids.device(deviceOf(device)), folder, rowOf(`n/${name}`, entry), lsnOf(++lsn));
  }
  if (told.losses) losses.note(folder, [{ path: pathOf("d/a"), isDeleted: true }], 1_000, 10);
  for (const number of [...told.before.filter((one) => one !== told.mover), told.mover]) {
    const device = ids.device(deviceOf(number));
    const living = NAMES.filter((name) => {
      const row = rows.allAt(folder, pathOf(`d/${name}`)).find((held) => held.device === device);
      return row !== undefined && isAlive(row.row.entry);
    });
    if (living.length > 0) catalogue.db.transaction(() => move(device, ++lsn, moveOf(told.actor, living)));
  }
}

/** All that the catalogue says, without the numbers of states. */
function wordsOf({ catalogue: { db, ids, rows, prints }, folder }: TestCatalogue) {
  const words: unknown[] = [];
  for (const path of ["d", "n"].flatMap((directory) => NAMES.map((name) => pathOf(`${directory}/${name}`)))) {
    const held = rows.allAt(folder, path).map(({ device, lsn, row, state }) => ({
      device,
      lsn,
      row: {
        ...row,
        entry: {
          ...row.entry,
          version: { ...row.entry.version, context: [...row.entry.version.context].sort() },
        },
      },
      print: device === SELF ? prints.get(state) : null,
    })).sort((a, b) => a.device - b.device);
    if (held.length > 0) words.push([path, held]);
  }
  const needs = db.all("SELECT directory, name, deletes, bytes, mark FROM needs ORDER BY directory, name")
    .map(([directory, ...rest]) => [ids.directoryOf(Number(directory)).path, ...rest]).sort();
  const [stray] = db.get("SELECT count(*) FROM states WHERE id NOT IN (SELECT state FROM holds)")!;
  const [printless] = db.get("SELECT count(*) FROM prints WHERE state NOT IN (SELECT id FROM states)")!;
  const counts = DEVICES.map((device) => rows.counts.of(ids.device(deviceOf(device))));
  return { words, needs, stray, printless, counts, totals: rows.figures.totals(folder), held: rows.count() };
}

/** What the single rows of a move would do. */
function oneByOne(
  { catalogue: { rows, prints }, folder }: TestCatalogue,
  device: number,
  lsn: number,
  move: Move,
): void {
  const [{ first, last }] = move.parts as [Move["parts"][number]];
  for (const name of NAMES.filter((one) => one >= first && one <= last)) {
    const held = rows.allAt(folder, pathOf(`d/${name}`)).find((one) => one.device === device);
    if (held === undefined || !isAlive(held.row.entry)) continue;
    const [left, come] = movedRows(move, held.row);
    rows.put(device, folder, left, lsnOf(lsn));
    const change = rows.put(device, folder, come, lsnOf(lsn));
    if (device === SELF) prints.move(held.state, change.state);
  }
}

Deno.test("a move makes what its rows would make, one by one", () => {
  fc.assert(
    fc.property(story, (told) => {
      using one = memoryCatalogue();
      using other = memoryCatalogue();
      play(one, told, (device, lsn, move) => {
        const { moves } = one.catalogue;
        if (device === SELF) moves.applyOwn(one.folder, lsnOf(lsn), move);
        else moves.apply({ device, folder: one.folder, lsn: lsnOf(lsn), move });
      });
      play(other, told, (device, lsn, move) => oneByOne(other, device, lsn, move));
      // What is read again is what was written.
      one.catalogue.rows.forgetRecent();
      assert.deepEqual(wordsOf(one), wordsOf(other));
    }),
    { numRuns: 400 },
  );
});

Deno.test("where all say the same, a move takes few statements, however many entries it has", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, ids, db, moves }, catalogue, folder } = it;
  catalogue.setWanted(FOLDER, true);
  const names = Array.from({ length: 150 }, (_, i) => `f${String(i).padStart(4, "0")}`);
  for (const device of [SELF, ids.device(deviceOf(2))]) {
    names.forEach((name, i) => rows.put(device, folder, rowOf(`d/${name}`, plain(2, name)), lsnOf(i + 1)));
  }
  let statements = 0;
  for (const call of ["run", "get", "all"] as const) {
    const original = db[call].bind(db) as (...args: unknown[]) => unknown;
    Object.assign(db, { [call]: (...args: unknown[]) => (statements++, original(...args)) });
  }
  const move = moveOf(2, names);
  db.transaction(() => moves.apply({ device: ids.device(deviceOf(2)), folder, lsn: lsnOf(500), move }));
  assert.equal(catalogue.needs.total(folder).count, 300);
  assert.ok(moves.isAgreed({ device: ids.device(deviceOf(2)), folder, move }));
  db.transaction(() => moves.applyOwn(folder, lsnOf(501), move));
  assert.ok(catalogue.needs.isEmpty(folder));
  assert.ok(statements < 100, `${statements} statements`);
  const path = pathOf(`n/${names[7]}`);
  assert.deepEqual(
    rows.own(folder, path)!.row.entry,
    movedRows(move, rowOf("d/x", plain(2, names[7]!)))[1].entry,
  );
});

const MISFITS: readonly (readonly [string, (rows: Row[]) => Row[]])[] = [
  ["fewer entries than it says", (rows) => rows.slice(1)],
  [
    "an entry that is not offered",
    (rows) => rows.map((row, i) => i === 1 ? { ...row, offered: false } : row),
  ],
  [
    "an entry whose bytes its device does not have",
    (rows) => rows.map((row, i) => i === 2 ? { ...row, held: false } : row),
  ],
];
for (const [what, change] of MISFITS) {
  Deno.test(`a move of another device that finds ${what} is refused, and nothing follows from it`, () => {
    using it = memoryCatalogue();
    const { catalogue: { rows, ids, db, moves }, folder } = it;
    const device = ids.device(deviceOf(2));
    for (const row of change(NAMES.map((name) => rowOf(`d/${name}`, plain(2, name))))) {
      rows.put(device, folder, row, lsnOf(1));
    }
    const before = wordsOf(it);
    assert.throws(
      () => db.transaction(() => moves.apply({ device, folder, lsn: lsnOf(9), move: moveOf(2, NAMES) })),
      (error) => error instanceof CairnError && error.code === "message-invalid",
    );
    assert.deepEqual(wordsOf(it), before);
  });
}

Deno.test("rows that are newer than a move, as a journal that is played again has them, are left alone (R26)", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, db, moves }, folder } = it;
  for (const name of NAMES) {
    rows.put(SELF, folder, rowOf(`d/${name}`, plain(1, name)), lsnOf(name === "b" ? 20 : 1));
  }
  db.transaction(() => moves.applyOwn(folder, lsnOf(9), moveOf(1, NAMES)));
  const living = (directory: string) =>
    NAMES.filter((name) => {
      const row = rows.own(folder, pathOf(`${directory}/${name}`));
      return row !== null && isAlive(row.row.entry);
    });
  assert.deepEqual(living("d"), ["b"]);
  assert.deepEqual(living("n"), ["a", "c", "ü"]);
});

Deno.test("a move whose transaction fails is not told: its lsn will be another record's (invariant 1)", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, db, moves }, folder } = it;
  for (const name of NAMES) rows.put(SELF, folder, rowOf(`d/${name}`, plain(1, name)), lsnOf(1));
  assert.throws(() =>
    db.transaction(() => {
      moves.applyOwn(folder, lsnOf(9), moveOf(1, NAMES));
      throw new Error("the disk is full");
    })
  );
  assert.deepEqual([...moves.ownAfter(lsnOf(0))], []);
  assert.ok(isAlive(rows.own(folder, pathOf("d/a"))!.row.entry));
});
