/** A member whose rows have names that lead elsewhere, contradict each other, or never end. */
import { MESSAGE } from "../../../src/sync/messages.ts";
import { serveContents } from "../contents.ts";
import type { Attack } from "../field.ts";
import { damage, hostileValue } from "../msgpack.ts";
import { type Group, KIND, rowOf, smallContent } from "../rows.ts";
import { fromHex } from "../../../src/core/ids.ts";

const LONG = "n".repeat(255);

/** Names and directories that must not come through, or come through and stay inside. */
const NAMES: readonly unknown[] = [
  "..",
  ".",
  "",
  "/",
  "/etc/passwd",
  "../decoy/secret",
  "../../decoy/secret",
  "a/../../decoy/secret",
  "a//b",
  "\0",
  "a\0b",
  "..\0",
  ".cairn",
  ".CAIRN",
  ".Cairn",
  ".cairn/marker.json",
  "./x",
  "x/",
  "x/.",
  "x/..",
  "..\\decoy\\secret",
  "a\\b",
  "C:",
  "C:\\x",
  "c:x",
  "file:stream",
  "file::$DATA",
  "CON",
  "con.txt",
  "NUL",
  "aux",
  "COM1",
  "trailing.",
  "trailing ",
  " ",
  "\t",
  "\n",
  "\r\n",
  "\u001b[31m",
  "\u202etxt.exe",
  "\u200b",
  "\ufeff",
  "\ufffd",
  "\ud800",
  "e\u0301",
  "\u00e9",
  "\u212b",
  "ﬁ",
  "İ",
  "ı",
  ".\u200ccairn",
  ".cairn\u200d",
  "~",
  "~root",
  "-rf",
  "*",
  "?",
  "$(id)",
  "`id`",
  "'",
  LONG,
  `${LONG}n`,
  "ß".repeat(127),
  "ß".repeat(128),
  "\u{1f600}".repeat(63),
  "\u{1f600}".repeat(64),
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "x".repeat(100_000),
  7,
  null,
  true,
  [],
  {},
  new Uint8Array(3),
  NaN,
];

const DIRECTORIES: readonly unknown[] = [
  "",
  "..",
  ".",
  "/",
  "../decoy",
  "../../decoy",
  "bad/../..",
  "/tmp",
  "bad/",
  "/bad",
  "bad//x",
  ".cairn",
  ".cairn/stage",
  ".cairn/versions/00",
  ".CAIRN",
  "bad/.cairn",
  "bad/..",
  "swap",
  "swap/inner",
  "docs/link",
  "docs/note-1",
  "a/".repeat(1_999) + "a",
  "a/".repeat(2_000) + "a",
  `${LONG}/`.repeat(15) + LONG,
  "a\0b",
  null,
  7,
  [],
];

export const rowAttacks: readonly Attack[] = [
  {
    name: "names that lead elsewhere",
    lane: "member",
    weight: 4,
    async run({ member }, random, scope) {
      for (let round = 0; round < 6 && !scope.isOver; round++) {
        const session = await member.open(scope, serveContents());
        if (session === null) return;
        for (let i = 0; i < 12 && session.ending === null; i++) {
          const name = random.chance(0.7) ? random.pick(NAMES) : "plain";
          const directory = random.chance(0.5) ? random.pick(DIRECTORIES) : random.pick(["", "bad"]);
          const row = rowOf({ name, kind: random.below(4), target: random.pick(["../decoy", "x"]) });
          await member.send(scope, session, member.page([[null, directory, [row]]]));
          await scope.pause(random.below(20));
        }
        await scope.pause(random.below(300));
      }
    },
  },
  {
    name: "odd names that are good",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      const good = NAMES.filter((name) =>
        typeof name === "string" && name !== "" && name !== "." && name !== ".." &&
        !/[/\0\ufffd\ud800]/.test(name) &&
        new TextEncoder().encode(name).length <= 255
      );
      const rows = Array.from(
        { length: 20 },
        () => rowOf({ name: random.pick(good), kind: random.pick([1, 1, 2, 3]) }),
      );
      await member.send(scope, session, member.page([[null, `bad/names-${random.below(20)}`, rows]]));
      await scope.pause(random.between(200, 1_500));
    },
  },
  {
    name: "rows that are damaged",
    lane: "member",
    weight: 3,
    async run({ member }, random, scope) {
      for (let round = 0; round < 6 && !scope.isOver; round++) {
        const session = await member.open(scope, serveContents());
        if (session === null) return;
        for (let i = 0; i < 20 && session.ending === null; i++) {
          const rows = Array.from({ length: 4 }, (_, k) => rowOf({ name: `d-${k}`, kind: k }));
          const page = member.page([[null, "bad/damaged", rows]]);
          await member.send(scope, session, damage(page, random));
        }
        await scope.pause(50);
      }
    },
  },
  {
    name: "directories, files and links that contradict each other",
    lane: "member",
    weight: 3,
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      const base = `bad/knot-${random.below(6)}`;
      const names = ["a", "b"];
      for (let i = 0; i < 25 && session.ending === null && !scope.isOver; i++) {
        const groups: Group[] = [];
        for (let k = random.between(1, 4); k > 0; k--) {
          const depth = random.below(4);
          const directory = [base, ...Array.from({ length: depth }, () => random.pick(names))].join("/");
          const target = random.pick([
            "a",
            "b",
            "..",
            "../..",
            "../../../decoy",
            ".",
            "a/b/a",
            "/",
            "/proc/self/root",
          ]);
          groups.push([null, directory, [
            rowOf({ name: random.pick(names), kind: random.below(4), target }),
          ]]);
        }
        await member.send(scope, session, member.page(groups));
        await scope.pause(random.below(150));
      }
    },
  },
  {
    name: "children below links and files",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      const name = `trap-${random.below(30)}`;
      const target = random.pick([
        "../decoy",
        "../../decoy",
        "/tmp",
        ".",
        "..",
        ".cairn",
        "../.cairn/versions",
        name,
      ]);
      const link = rowOf({ name, kind: random.pick([KIND.symlink, KIND.file]), target });
      const below: Group[] = ["secret", "made", "inner", "link"].map((child) => [
        null,
        `bad/${name}`,
        [rowOf({ name: child, kind: random.below(4), target: "x" })],
      ]);
      const groups: Group[] = [[null, "bad", [link]], ...below, [null, `bad/${name}/inner`, [
        rowOf({ name: "file" }),
      ]]];
      const inTurn = random.chance(0.5) ? groups : [...groups].reverse();
      if (random.chance(0.5)) await member.send(scope, session, member.page(inTurn));
      else {
        for (const group of inTurn) {
          await member.send(scope, session, member.page([group]));
          await scope.pause(random.below(200));
        }
      }
      await scope.pause(random.between(200, 1_500));
    },
  },
  {
    name: "a hundred thousand rows",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope);
      if (session === null) return;
      const base = `bad/flood-${random.below(1_000)}`;
      const kind = random.pick([KIND.deleted, KIND.file, KIND.directory]);
      const perPage = random.pick([400, 1_000, 1_399]);
      const perLsn = random.pick([1, 100, 400]);
      const inRoot = random.chance(0.2);
      for (let i = 0; i < 100_000 && session.ending === null && !scope.isOver; i += perPage) {
        const groups: Group[] = [];
        for (let k = 0; k < perPage; k += perLsn) {
          const rows = Array.from(
            { length: Math.min(perLsn, perPage - k) },
            (_, n) =>
              rowOf({
                name: `!${random.below(1e6)}-${i}-${k}-${n}`,
                kind,
                size: 100,
                content: fromHex(smallContent(`${i}/${k}/${n}`)),
              }),
          );
          groups.push([null, inRoot ? "" : `${base}/${k}`, rows]);
        }
        if (!await member.send(scope, session, member.page(groups))) break;
      }
    },
  },
  {
    name: "too many rows at once",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope);
      if (session === null) return;
      const count = random.pick([1_500, 20_000, 200_000]);
      const rows = Array.from({ length: count }, (_, i) => rowOf({ name: `many-${i}`, kind: KIND.deleted }));
      await member.send(scope, session, member.page([[null, "bad/at-once", rows]]));
      await scope.until(() => session.ending !== null, 3_000);
    },
  },
  {
    name: "long directories, each another one",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope);
      if (session === null) return;
      for (let i = 0; i < 20 && session.ending === null && !scope.isOver; i++) {
        const groups = Array.from({ length: 400 }, (): Group => [
          null,
          `bad/long/${random.hex(6)}/${`${LONG}/`.repeat(14)}${random.hex(6)}`,
          [rowOf({ name: LONG, kind: KIND.deleted })],
        ]);
        await member.send(scope, session, member.page(groups));
      }
    },
  },
  {
    name: "deep trees",
    lane: "member",
    async run({ member }, random, scope) {
      const session = await member.open(scope, serveContents());
      if (session === null) return;
      for (let i = 0; i < 3 && session.ending === null && !scope.isOver; i++) {
        const unit = random.pick(["a", "b", "ab"]);
        const depth = random.pick([100, 255, 250, 1_000, 1_900]);
        const groups: Group[] = [[null, `bad/deep/${`${unit}/`.repeat(depth)}${unit}`, [
          rowOf({ name: "leaf" }),
        ]]];
        await member.send(scope, session, member.page(groups));
        await scope.pause(random.between(100, 1_000));
      }
    },
  },
  {
    name: "ignore rules that take for ever",
    lane: "member",
    async run({ member }, random, scope) {
      const lines = [
        "**/a/".repeat(random.between(3, 8)) + "b",
        "*a".repeat(random.between(3, 12)) + "*[bc]",
        "**/*a*/".repeat(4) + "x",
        "[".repeat(200),
        "!".repeat(200),
        "\\".repeat(201),
        "x".repeat(100_000),
        "{a,b}".repeat(50),
        "bad/never-matched-*",
      ];
      const text = `${Array.from({ length: 10 }, () => random.pick(lines)).join("\n")}\n`;
      const session = await member.open(scope, serveContents(new Map([[smallContent(text), text]])));
      if (session === null) return;
      const size = new TextEncoder().encode(text).length;
      const rules = rowOf({ name: ".cairnignore", size, content: fromHex(smallContent(text)) });
      const deep = rowOf({ name: "c" });
      await member.send(
        scope,
        session,
        member.page([
          [null, "", [rules]],
          [null, `bad/${"a/".repeat(120)}a`, [deep]],
          [null, "bad/stars", [rowOf({ name: "a".repeat(250) })]],
        ]),
      );
      await scope.pause(2_500);
      // Without rules again: the honest must not suffer from what a case left.
      const done = rowOf({ name: ".cairnignore", kind: KIND.deleted });
      await member.send(scope, session, member.page([[null, "", [done]]]));
      await scope.pause(300);
    },
  },
  {
    name: "values of any kind for a message",
    lane: "member",
    weight: 2,
    async run({ member }, random, scope) {
      for (let i = 0; i < 20 && !scope.isOver; i++) {
        const session = await member.open(scope);
        if (session === null) return;
        const type = random.pick(Object.values(MESSAGE));
        session.send(random.pick(["control", "index", "bulk"] as const), type, hostileValue(random, 5));
        await scope.until(() => session.ending !== null, 30);
        session.close("next");
      }
    },
  },
];
