import assert from "node:assert/strict";
import fc from "fast-check";
import { decideFor } from "../../src/catalogue/decided.ts";
import { type HeldRow } from "../../src/catalogue/row_sql.ts";
import type { Row } from "../../src/core/entry.ts";
import { covers } from "../../src/core/version.ts";
import { supersedes } from "../../src/core/reconcile.ts";
import { anyEntry, dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";

const PATH = pathOf("a.txt");
const SELF = 1;

function rows(own: Row, ...others: readonly Row[]): HeldRow[] {
  return [own, ...others].map((row, i) => ({ row, device: SELF + i, state: i + 1, lsn: lsnOf(i + 1) }));
}

function dropped(row: Row): Row {
  return { ...row, held: false };
}

const OLD = entryOf({ text: "old", dots: [dot(1, 1)], stamp: 10 });
const NEW = entryOf({ text: "new", dots: [dot(2, 2)], seen: [dot(1, 1)], stamp: 20 });

Deno.test("what others made of a dropped file is taken over, and a delete of it too", () => {
  const edited = decideFor(rows(dropped(rowOf(PATH, OLD)), rowOf(PATH, NEW)));
  assert.deepEqual(edited, { kind: "take", entry: NEW, copy: null });
  const gone = entryOf({ kind: "deleted", dots: [dot(2, 2)], seen: [dot(1, 1)], stamp: 20 });
  const deleted = decideFor(rows(dropped(rowOf(PATH, OLD)), rowOf(PATH, gone)));
  assert.equal(deleted.kind === "take" && deleted.entry.kind, "deleted");
  assert.equal(decideFor(rows(dropped(rowOf(PATH, OLD)), rowOf(PATH, OLD))).kind, "none");
});

Deno.test("a dropped loser is not kept beside here, nor superseded: who holds it makes the copy", () => {
  const loser = entryOf({ text: "mine", dots: [dot(1, 5)], stamp: 10 });
  const winner = entryOf({ text: "theirs", dots: [dot(2, 6)], stamp: 20 });
  const here = decideFor(rows(dropped(rowOf(PATH, loser)), rowOf(PATH, winner)));
  assert.ok(here.kind === "take" && here.copy === null);
  assert.equal(supersedes(here.entry, loser), false, "what is said here does not take it from who holds it");
  const there = decideFor(rows(rowOf(PATH, loser), rowOf(PATH, here.entry)));
  assert.ok(there.kind === "take" && there.copy === loser, "who holds it keeps it");
});

Deno.test("whatever others say, a dropped row never supersedes a content that it saw lose (R4)", () => {
  fc.assert(fc.property(anyEntry, fc.array(anyEntry, { minLength: 1, maxLength: 3 }), (own, others) => {
    fc.pre(own.kind === "file");
    const decision = decideFor(rows(dropped(rowOf(PATH, own)), ...others.map((entry) => rowOf(PATH, entry))));
    if (decision.kind === "none") return;
    assert.ok(decision.kind === "adopt" || decision.copy === null);
    const isMaximal = others.every((other) => !supersedes(other, own));
    const isSame = decision.entry.content === own.content && decision.entry.kind === own.kind;
    if (!isMaximal || isSame) return;
    const isNews = (one: typeof own.version.dots[number]) =>
      others.every(({ version }) => !covers(version.context, one));
    for (const one of own.version.dots.filter(isNews)) {
      assert.ok(!covers(decision.entry.version.context, one));
    }
  }));
});
