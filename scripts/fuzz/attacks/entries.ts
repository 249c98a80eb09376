/** A member whose entries say what cannot be: sizes, times, modes, dots, contexts, links; and replayed versions. */
import { fromHex } from "../../../src/core/ids.ts";
import { serveContents } from "../contents.ts";
import type { Attack, Field } from "../field.ts";
import type { Seeded } from "../seeded.ts";
import { type Group, KIND, nextCounter, rowOf, type RowParts } from "../rows.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const NUMBERS: readonly unknown[] = [
  0,
  -0,
  1,
  -1,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 40 + 1,
  MAX - 1,
  MAX,
  MAX + 1,
  2 ** 63,
  -(2 ** 53),
  8.64e15,
  8.64e15 + 1,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  "1",
  null,
  true,
];
const GOOD_NUMBERS = NUMBERS.filter((value) => Number.isSafeInteger(value));

/** Actors of the victim and the honest device, as the victim's own rows name them. */
function actorsOf({ member }: Field): Uint8Array[] {
  const actors = new Set<string>();
  for (const { rows } of member.lastPage?.folders ?? []) {
    for (const { row } of rows) for (const { actor } of row.entry.version.dots) actors.add(actor);
  }
  return [...actors].slice(0, 20).map(fromHex);
}

/** A version in the long form. `actors` says how many the table has. */
function versionOf(random: Seeded, actors: number, dots: number, context: number): unknown[] {
  const counter = () => random.chance(0.3) ? random.pick(GOOD_NUMBERS) : nextCounter();
  const pairs = (count: number) =>
    Array.from({ length: count }, () => [random.below(actors), counter()]).flat();
  return [
    pairs(dots),
    random.below(actors),
    counter(),
    random.pick([nextCounter() * 1024, MAX, 0]),
    pairs(context),
  ];
}

/** Some five megabytes. */
const DOTS_AT_ONCE = 400_000;

export const entryAttacks: readonly Attack[] = [
  {
    name: "entries that cannot be",
    lane: "member",
    weight: 3,
    async run({ member }, random, scope) {
      for (let round = 0; round < 5 && !scope.isOver; round++) {
        const session = await member.open(scope, serveContents());
        if (session === null) return;
        for (let i = 0; i < 15 && session.ending === null; i++) {
          const kind = random.below(4);
          const parts: RowParts = { name: `e-${random.below(40)}`, kind };
          const field = random.pick([
            "flags",
            "mtime",
            "mode",
            "stamp",
            "writer",
            "version",
            "size",
            "content",
            "target",
          ]);
          const value = random.pick([
            ...NUMBERS,
            [],
            [0],
            [0, -1],
            [[], 0, 1, 1, []],
            [[0, 1, 2], 0, 1, 1, []],
            "x".repeat(5_000),
            "\0",
          ]);
          await member.send(
            scope,
            session,
            member.page([[null, "bad/entries", [rowOf({ ...parts, [field]: value })]]]),
          );
          await scope.pause(random.below(15));
        }
      }
    },
  },
  {
    name: "the last numbers there are",
    lane: "member",
    weight: 3,
    async run(field, random, scope) {
      const { member } = field;
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      member.subscribe(session);
      await scope.until(() => member.lastPage !== null, 2_000);
      const actors = actorsOf(field);
      const counters = [MAX, MAX - 1, 2 ** 52, 2 ** 50, nextCounter()];
      for (let i = 0; i < 20 && session.ending === null; i++) {
        const actor = random.below(actors.length + 1);
        const counter = random.pick(counters);
        const row = rowOf({
          name: random.pick([`last-${random.below(10)}`, "note-1", "note-2"]),
          kind: random.pick([0, 1, 1, 1, 2, 3]),
          stamp: random.pick([MAX, MAX - 1, 0, nextCounter() * 1024]),
          mtime: random.pick([MAX, -MAX, 8.64e15 + 1, 0]),
          mode: random.pick([0, 0o777, 0o200]),
          version: random.chance(0.5)
            ? [actor, counter]
            : [[actor, counter], 0, counter, random.pick([MAX, 0]), [actor, counter, 0, MAX]],
          writer: random.below(2),
        });
        const directory = random.pick(["bad/last", "docs"]);
        await member.send(scope, session, member.page([[null, directory, [row]]], {}, actors));
        await scope.pause(random.below(60));
      }
      await scope.pause(500);
    },
  },
  {
    name: "contexts of thousands of dots",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const { member } = field;
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      const count = random.pick([63, 64, 65, 255, 256, 257, 1_024, 1_025, 10_000]);
      const actors = Array.from({ length: count }, () => random.bytes(8));
      for (let i = 0; i < 12 && session.ending === null && !scope.isOver; i++) {
        // As many as fit into a frame.
        const most = Math.floor(DOTS_AT_ONCE / count);
        const rows = Array.from({ length: Math.min(most, random.pick([1, 10, 100])) }, (_, k) =>
          rowOf({
            name: random.chance(0.2) ? `note-${random.below(60)}` : `c-${k}`,
            kind: random.pick([0, 1, 1, 2]),
            version: versionOf(random, count + 1, random.pick([1, 2, Math.min(count, 300)]), count),
          }));
        await member.send(
          scope,
          session,
          member.page([[null, random.pick(["docs", "bad/contexts"]), rows]], {}, actors),
        );
        await scope.pause(random.below(100));
      }
      await scope.pause(500);
    },
  },
  {
    name: "versions that supersede in circles",
    lane: "member",
    weight: 2,
    async run(field, random, scope) {
      const { member } = field;
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      member.subscribe(session);
      await scope.until(() => member.lastPage !== null, 2_000);
      const actors = actorsOf(field);
      for (let i = 0; i < 20 && session.ending === null; i++) {
        const version = versionOf(random, actors.length + 1, random.between(1, 4), random.between(0, 6));
        const row = rowOf({ name: `note-${random.below(60)}`, kind: random.below(4), version });
        await member.send(scope, session, member.page([[null, "docs", [row]]], {}, actors));
        await scope.pause(random.below(100));
      }
      await scope.pause(500);
    },
  },
  {
    name: "links to everywhere",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      const targets = [
        "/",
        "/etc/passwd",
        "..",
        ".",
        "../decoy/secret",
        "../../decoy",
        ".cairn/marker.json",
        "\n",
        "\u001b[2J",
        "x".repeat(4_095),
        "x".repeat(4_096),
        "ß".repeat(2_048),
        "",
        "\0",
        "a\0b",
        "/proc/self/fd/0",
        "/dev/zero",
        "C:\\",
        "\\\\host\\share",
        "\ud800",
      ];
      for (let i = 0; i < 20 && session.ending === null; i++) {
        const row = rowOf({
          name: `l-${random.below(20)}`,
          kind: KIND.symlink,
          target: random.pick(targets),
        });
        await member.send(scope, session, member.page([[null, "bad/links", [row]]]));
        await scope.pause(random.below(60));
      }
      await scope.pause(300);
    },
  },
  {
    name: "one path, changed without end",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      const endMs = performance.now() + random.between(500, 3_000);
      const kinds = random.pick([[1], [2], [3], [0, 1], [1, 2, 3, 0]]);
      while (performance.now() < endMs && session.ending === null && !scope.isOver) {
        const groups = Array.from({ length: 30 }, (): Group => [null, "bad", [
          rowOf({
            name: "flicker",
            kind: random.pick(kinds),
            mode: random.pick([0o644, 0o600]),
            mtime: random.below(2 ** 40),
          }),
        ]]);
        if (!await member.send(scope, session, member.page(groups))) break;
        await scope.pause(random.below(20));
      }
    },
  },
  {
    name: "old pages once more",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      const pages: unknown[] = [];
      for (let round = 0; round < 3 && !scope.isOver; round++) {
        const session = await member.open(scope, serveContents());
        if (session === null) return;
        for (let i = 0; i < 15 && session.ending === null; i++) {
          if (pages.length === 0 || random.chance(0.4)) {
            pages.push(
              member.page([[null, "bad/again", [
                rowOf({ name: `p-${random.below(5)}`, kind: random.below(4) }),
              ]]]),
            );
          }
          await member.send(scope, session, random.pick(pages));
        }
        await scope.pause(100);
      }
    },
  },
];
