import assert from "node:assert/strict";
import { checkLayers, LINES_MAX } from "../../scripts/layer_rules.ts";
import { maskSource } from "../../scripts/source_mask.ts";

/** `file:line what` of each violation. */
function violationsOf(sources: Record<string, string>): string[] {
  return checkLayers(new Map(Object.entries(sources))).map((v) => `${v.file}:${v.line} ${v.what}`);
}

Deno.test("checkLayers() accepts imports that go downwards or stay in their part", () => {
  assert.deepEqual(
    violationsOf({
      "main.ts": `import { run } from "./src/cli/program.ts";`,
      "src/cli/program.ts": `import type { Daemon } from "../daemon/daemon.ts";\nDeno.exit(0);`,
      "src/daemon/daemon.ts":
        `import { real } from "../platform/real/clock.ts";\nimport "../sync/replica.ts";`,
      "src/sync/replica.ts": `import { a } from "./plan.ts";\nimport { b } from "../journal/journal.ts";`,
      "src/sync/plan.ts": `import { x } from "../core/path.ts";`,
      "src/journal/journal.ts":
        `import type { Clock } from "../platform/ports.ts";\nimport "../catalogue/db.ts";`,
      "src/platform/ports.ts": ``,
      "src/platform/real/clock.ts": `export const real = Date.now();`,
      "src/catalogue/db.ts": `import { DatabaseSync } from "node:sqlite";`,
      "src/core/path.ts":
        `import { createHash } from "node:crypto";\nimport { encode } from "@msgpack/msgpack";`,
    }),
    [],
  );
});

for (
  const [from, to] of [
    ["core", "platform"],
    ["platform", "journal"],
    ["peer", "sync"],
    ["sync", "daemon"],
    ["daemon", "cli"],
    ["sync", "library"],
    ["library", "sync"],
    ["peer", "folder"],
    ["folder", "journal"],
    ["journal", "folder"],
    ["platform", "catalogue"],
    ["catalogue", "platform"],
  ]
) {
  Deno.test(`checkLayers() refuses an import of ${to} by ${from}`, () => {
    assert.deepEqual(
      violationsOf({ [`src/${from}/a.ts`]: `\nimport { b } from "../${to}/b.ts";` }),
      [`src/${from}/a.ts:2 imports ../${to}/b.ts`],
    );
  });
}

Deno.test("checkLayers() sees every form of an import", () => {
  const forms = [
    `import "../daemon/x.ts";`,
    `import x from '../daemon/x.ts';`,
    `import {\n  a,\n  b,\n} from "../daemon/x.ts";`,
    `import type { A } from "../daemon/x.ts";`,
    `export * from "../daemon/x.ts";`,
    `export { a } from "../daemon/x.ts";`,
    `const x = await import("../daemon/x.ts");`,
    `let y: import("../daemon/x.ts").Y;`,
  ];
  for (const form of forms) assert.equal(violationsOf({ "src/sync/a.ts": form }).length, 1, form);
});

Deno.test("checkLayers() refuses the real platform to all but who builds it", () => {
  const source = `import { clock } from "../platform/real/clock.ts";`;
  assert.equal(violationsOf({ "src/sync/a.ts": source }).length, 1);
  assert.equal(violationsOf({ "src/daemon/a.ts": source }).length, 0);
});

Deno.test("checkLayers() refuses an unknown part and a way out of the house", () => {
  assert.equal(violationsOf({ "src/other/a.ts": `import "../core/b.ts";` }).length, 1);
  assert.equal(violationsOf({ "src/core/a.ts": `import "../../tests/b.ts";` }).length, 1);
});

Deno.test("checkLayers() refuses other packages to core, and the world's node parts to all but the real platform", () => {
  assert.equal(violationsOf({ "src/core/a.ts": `import * as v from "valibot";` }).length, 1);
  assert.equal(violationsOf({ "src/core/a.ts": `import { join } from "node:path";` }).length, 1);
  for (const name of ["node:fs", "node:fs/promises", "node:net", "node:tls", "node:dgram"]) {
    assert.equal(violationsOf({ "src/folder/a.ts": `import x from "${name}";` }).length, 1, name);
    assert.equal(violationsOf({ "src/platform/real/a.ts": `import x from "${name}";` }).length, 0, name);
  }
  assert.equal(violationsOf({ "src/catalogue/a.ts": `import x from "node:sqlite";` }).length, 0);
  assert.equal(violationsOf({ "src/sync/a.ts": `import x from "node:sqlite";` }).length, 1);
});

Deno.test("checkLayers() refuses ambient time, chance and Deno outside the real platform and the command line", () => {
  const uses = [
    "Deno.readFileSync('x')",
    "const d = Deno;",
    "Date.now()",
    "new Date()",
    "new Date;",
    "Math.random()",
    "setTimeout(run, 1)",
    "globalThis.setTimeout(run, 1)",
    "setInterval(run, 1)",
    "performance.now()",
    "setImmediate(run)",
    "const b = randomBytes(16);",
    "crypto.randomUUID()",
    "crypto.getRandomValues(b)",
    "`${Date.now()}`",
  ];
  for (const use of uses) {
    assert.equal(violationsOf({ "src/sync/a.ts": use }).length, 1, use);
    assert.equal(violationsOf({ "src/daemon/a.ts": use }).length, 1, use);
    assert.equal(violationsOf({ "src/platform/real/a.ts": use, "src/cli/a.ts": use }).length, 0, use);
  }
});

Deno.test("checkLayers() does not trip over comments, strings, regular expressions and harmless look-alikes", () => {
  const harmless = [
    `// Deno.exit and import x from "../daemon/x.ts"`,
    `/* Date.now() \n * setTimeout */`,
    `const s = "Math.random()" + 'setInterval' + "it's Deno.";`,
    "const t = `Deno.run ${1 + 1} Date.now() ${`${2} performance.now`}`;",
    `const r = /Deno\\.["'\`]/.test(x); const q = a / b; // Deno`,
    `const d = new Date(stampMs);`,
    `clock.now(); my.Deno; const isDenoLike = 1; x.from("../daemon/x.ts");`,
    `const u = "a \\" Deno. b";`,
  ];
  for (const source of harmless) assert.deepEqual(violationsOf({ "src/sync/a.ts": source }), [], source);
});

Deno.test("checkLayers() finds circles of files, types included, and names the way", () => {
  assert.deepEqual(
    violationsOf({
      "src/core/a.ts": `import "./b.ts";`,
      "src/core/b.ts": `\nimport type { C } from "./c.ts";`,
      "src/core/c.ts": `import "./a.ts";`,
    }),
    ["src/core/c.ts:1 closes a circle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts"],
  );
});

Deno.test("checkLayers() takes a file at the limit of lines and refuses one past it, in tests and scripts too", () => {
  const lines = (count: number) => "1;\n".repeat(count);
  for (const file of ["src/core/a.ts", "tests/a_test.ts", "scripts/a.ts"]) {
    assert.deepEqual(violationsOf({ [file]: lines(LINES_MAX) }), []);
    assert.deepEqual(violationsOf({ [file]: lines(LINES_MAX + 1) }), [`${file}:401 has 401 lines`]);
  }
});

Deno.test("maskSource() keeps every character's place", () => {
  const source = "a(`x${b ? `y${{ c: 1 }.c}` : '😀'}z`); // end 😀\nd / e / f; /[/]x/.test(g);\n";
  const masked = maskSource(source);
  assert.equal(masked.length, source.length);
  assert.deepEqual(
    [...masked.matchAll(/\n/g)].map((m) => m.index),
    [...source.matchAll(/\n/g)].map((m) => m.index),
  );
  for (const kept of ["a(`", "${b ?", "{ c: 1 }.c}", "d / e / f;", ".test(g)"]) {
    assert.ok(masked.includes(kept), kept);
  }
  for (const gone of ["x$", "y", "z`", "end", "[/]"]) assert.ok(!masked.includes(gone), gone);
});
