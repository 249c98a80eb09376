/**
 * What a member forges must not make honest devices write what nobody can read any more, nor keep them busy for ever (invariants 5
 * and 10). Contents are another matter: with these a member is trusted.
 */
import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { conflictCopy } from "../../src/core/conflict_name.ts";
import type { Entry } from "../../src/core/entry.ts";
import type { ActorId, Stamp } from "../../src/core/ids.ts";
import { VERSION_ACTORS, VERSION_DOTS } from "../../src/core/limits.ts";
import { decide } from "../../src/core/reconcile.ts";
import { decodeRows, encodeRows } from "../../src/core/row_codec.ts";
import { isStamp, nextStamp } from "../../src/core/stamp.ts";
import { bounded, covers, type Dot, type Version } from "../../src/core/version.ts";
import { actorOf, contentOf, deviceOf, pathOf, rowOf, stampOf } from "../support/entries.ts";
import { GossipDevice, untilQuiet } from "../support/gossip.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const number = fc.oneof(fc.constantFrom(0, 1, 2, 5, MAX - 1, MAX), fc.nat(9), fc.nat(2 ** 50));
const anyDot: fc.Arbitrary<Dot> = fc.tuple(fc.nat(5), number).map(([actor, counter]) => ({
  actor: actorOf(actor),
  counter,
}));

/** Any version that comes through the decoder, contexts that say nothing sensible among them. */
const forgedVersion: fc.Arbitrary<Version> = fc.record({
  // One that names no write does not come through where it is offered (R9).
  dots: fc.array(anyDot, { minLength: 1, maxLength: 4 }).filter((dots) =>
    dots.some(({ counter }) => counter > 0)
  ),
  meta: anyDot,
  metaStamp: number.map(stampOf),
  context: fc.array(anyDot, { maxLength: 6 }).map((dots) =>
    new Map(dots.map(({ actor, counter }) => [actor, counter]))
  ),
}, { noNullPrototype: true });

const forged: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom<Entry["kind"]>("deleted", "file", "file", "directory", "symlink"),
  text: fc.constantFrom("a", "b", "same"),
  mode: fc.constantFrom(0, 0o644, 0o777),
  stamp: number.map(stampOf),
  writer: fc.nat(4).map(deviceOf),
  version: forgedVersion,
}).map(({ kind, text, mode, stamp, writer, version }) => ({
  kind,
  size: kind === "file" ? text.length : 0,
  mtimeMs: 0,
  mode,
  content: kind === "file" ? contentOf(text) : null,
  target: kind === "symlink" ? text : null,
  version,
  stamp,
  writer,
}));

const path = pathOf("f.txt");

function readable(entry: Entry): void {
  const rows = [{ lsn: 1 as never, row: rowOf("f.txt", entry) }];
  assert.deepEqual(decodeRows(decode(encode(encodeRows(rows)))), rows);
}

Deno.test("whatever members forge, what a device makes of it can be written and read again", () => {
  fc.assert(
    fc.property(fc.option(forged), fc.array(forged, { minLength: 1, maxLength: 3 }), (own, others) => {
      const decision = decide(own, others);
      if (decision.kind === "none") return;
      readable(decision.entry);
      if (decision.kind === "take" && decision.copy !== null) {
        readable(conflictCopy(path, decision.copy).entry);
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("two honest devices come to rest beside a third that forges, and hold the same", () => {
  const edit = fc.tuple(fc.nat(1), fc.constantFrom("a", "c", "d", null));
  fc.assert(
    fc.property(
      fc.array(forged, { minLength: 1, maxLength: 4 }),
      fc.array(edit, { maxLength: 4 }),
      (lies, edits) => {
        const honest = [new GossipDevice(1), new GossipDevice(2)];
        lies.forEach((entry, i) => {
          for (const device of honest) {
            device.known.set(9, new Map([[path, { row: rowOf("f.txt", entry), at: i + 1 }]]));
            device.step(path);
          }
          const [who, text] = edits[i] ?? [0, undefined];
          if (text === null) honest[who]!.remove(path);
          else if (text !== undefined) honest[who]!.see(path, { kind: "file", text });
        });
        untilQuiet(honest, 60);
        for (const device of honest) for (const { row } of device.own.values()) readable(row.entry);
        const [a, b] = honest.map((device) => [...device.tree].filter(([at]) => at === path));
        assert.deepEqual(a, b);
      },
    ),
    { numRuns: 3_000 },
  );
});

Deno.test("a new stamp can be read, even where it replaces the last one that there is (R7)", () => {
  for (const replaced of [0, 5, MAX - 1, MAX]) {
    for (const last of [0, MAX - 1, MAX]) assert.ok(isStamp(nextStamp(last as Stamp, 1, replaced as Stamp)));
  }
});

Deno.test("a version within its bounds stays as it is; beyond them the oldest are forgotten, and never the version's own", () => {
  const actor = (i: number) => i.toString(16).padStart(16, "0") as ActorId;
  const version = (dots: number, context: number): Version => ({
    dots: Array.from({ length: dots }, (_, i) => ({ actor: actor(i), counter: i + 1 })),
    meta: { actor: actor(9_999), counter: 1 },
    metaStamp: stampOf(1),
    context: new Map(
      Array.from({ length: context }, (_, i): [ActorId, number] => [actor(i), i + 1]).concat([[
        actor(9_999),
        1,
      ]]),
    ),
  });
  const full = version(VERSION_DOTS, VERSION_ACTORS - 1);
  assert.equal(bounded(full), full);
  const cut = bounded(version(VERSION_DOTS + 5, VERSION_ACTORS + 50));
  assert.equal(cut.dots.length, VERSION_DOTS);
  assert.equal(cut.context.size, VERSION_ACTORS);
  for (const dot of [...cut.dots, cut.meta]) assert.ok(covers(cut.context, dot));
  assert.deepEqual(bounded(cut), cut);
});

Deno.test("forgetting is the same for all, in whatever order they come to know (invariant 5)", () => {
  const big = (from: number) =>
    new Map(
      Array.from(
        { length: VERSION_ACTORS },
        (_, i): [ActorId, number] => [(from + i).toString(16).padStart(16, "0") as ActorId, i * 7 % 251 + 1],
      ),
    );
  const dot = { actor: "0".repeat(16) as ActorId, counter: 5 };
  const of = (context: Map<ActorId, number>): Version => ({
    dots: [dot],
    meta: dot,
    metaStamp: stampOf(1),
    context,
  });
  const union = (a: Version, b: Version) =>
    bounded(of(new Map([...a.context, ...[...b.context].filter(([id, n]) => n > (a.context.get(id) ?? 0))])));
  const [a, b, c] = [of(big(0)), of(big(100)), of(big(300))];
  const said = ({ context }: Version) => [...context].sort();
  assert.deepEqual(said(union(union(a, b), c)), said(union(a, union(b, c))));
  assert.deepEqual(said(union(a, b)), said(union(b, a)));
});
