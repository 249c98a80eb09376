import assert from "node:assert/strict";
import { type Bundle, bundleInto, finishBundle, MAIN, WORKERS } from "../../../scripts/build/bundle.ts";
import { BuildError } from "../../../scripts/build/build_error.ts";
import { check } from "../../../scripts/build/check.ts";
import { missingFrom, referencesOf, resolveFrom } from "../../../scripts/build/references.ts";
import { COMMIT_WORD, VERSION } from "../../../src/core/version_name.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** The smallest whole bundle. */
function sample(): Map<string, string> {
  const starts = WORKERS.map((path) =>
    `new Worker(new URL("./${path.split("/").at(-1)}", import.meta.url));`
  );
  return new Map([
    [MAIN, `import "./chunk-A.js";\nvar commit = "${COMMIT_WORD}";\n`],
    ["chunk-A.js", starts.join("\n")],
    ...WORKERS.map((path) => [path.replace(/\.ts$/, ".js"), `import "node:fs";\n`] as const),
  ]);
}

const message = (bundle: Bundle) => {
  try {
    finishBundle(bundle, "abc");
  } catch (error) {
    assert.ok(error instanceof BuildError);
    return error.message;
  }
  return null;
};

Deno.test("finishBundle() writes the commit, and has workers started from where they are", () => {
  const bundle = finishBundle(sample(), "0a1b");
  assert.match(bundle.get(MAIN)!, /commit = "0a1b"/);
  assert.match(
    bundle.get("chunk-A.js")!,
    /new URL\("src\/platform\/real\/hash_worker\.js", import\.meta\.url\)/,
  );
});

Deno.test("finishBundle() refuses what would be missing at run time", () => {
  assert.equal(message(sample()), null);
  assert.match(
    message(sample().set(MAIN, `import("npm:left-pad");\n"${COMMIT_WORD}"`))!,
    /main\.js imports npm:left-pad/,
  );
  assert.match(
    message(sample().set("x.js", `new URL("./y.wasm", import.meta.url)`))!,
    /x\.js opens \.\/y\.wasm/,
  );
  assert.match(message(sample().set("chunk-A.js", ""))!, /no module starts text_worker\.ts/);
  const without = sample();
  without.delete("src/platform/real/watch_worker.js");
  assert.match(message(without)!, /chunk-A\.js opens src\/platform\/real\/watch_worker\.js/);
  assert.match(message(sample().set(MAIN, ""))!, /no place for the commit/);
});

Deno.test("referencesOf() finds every form in which a bundled module names another", () => {
  const source = [
    `import {\n  a,\n  b as c\n} from "./one.js";`,
    `import "./two.js";`,
    `export * from "./three.js";`,
    `const four = await import("./four.js");`,
    `var five = __require("node:fs");`,
    `const six = require("six");`,
    `new Worker(new URL("./seven.js", import.meta.url), {});`,
    `const text = "import nothing";`,
    `x.import("./method.js");`,
  ].join("\n");
  assert.deepEqual(referencesOf(source), {
    modules: ["./four.js", "./one.js", "./three.js", "./two.js", "node:fs", "six"],
    files: ["./seven.js"],
  });
});

Deno.test("missingFrom() resolves from where the module is", () => {
  const at = (path: string, source: string) =>
    missingFrom(new Map([["a.js", ""], ["b/c.js", ""], [path, source]]));
  assert.deepEqual(at("b/d.js", `import "../a.js";\nimport "./c.js";\n`), []);
  assert.deepEqual(at("d.js", `import "../a.js";\nimport "./c.js";\n`), ["d.js imports ./c.js"]);
  assert.equal(resolveFrom("b/c/d.js", "../x%20y.js"), "b/x y.js");
});

Deno.test("the bundled program is whole, an executable has it all, and a command loads little of it", async () => {
  using dir = tempDir();
  const bundle = await bundleInto(dir.at("program"), "0123456789ab");
  assert.deepEqual(missingFrom(bundle), []);
  const loaded = staticClosure(bundle, MAIN);
  const sources = [...loaded].map((path) => bundle.get(path)!);
  const bytes = sources.reduce((sum, source) => sum + source.length, 0);
  // 270 KB as this is written: what a command waits for before its first word.
  assert.ok(bytes < 400_000, `${bytes} bytes are loaded by every command`);
  for (const heavy of ["node:http", "node:sqlite", "node:tls", "node:zlib"]) {
    assert.ok(
      !sources.some((source) => new RegExp(`from "${heavy}"`).test(source)),
      `every command loads ${heavy}`,
    );
  }
  const migrations = [...bundle.values()].join("").match(/CREATE TABLE/g)!.length;
  assert.ok(migrations > 10, "the migrations are inside");
  if (Deno.build.os !== "linux") return; // where Deno can stand in for the base binary
  const lines = await check(
    bundle,
    dir.at("program"),
    { version: VERSION, commit: "0123456789ab" },
    dir.path,
  );
  assert.equal(lines.at(-1), `says:     cairn ${VERSION} (commit 0123456789ab)`);
  await assert.rejects(
    check(
      new Map([...bundle, ["lost.js", "let lost;"]]),
      dir.at("program"),
      { version: "", commit: "" },
      dir.path,
    ),
    { name: "BuildError", message: "Not embedded:\n  lost.js" },
  );
});

function staticClosure(bundle: Bundle, path: string, seen = new Set<string>()): Set<string> {
  seen.add(path);
  for (const [, specifier] of bundle.get(path)!.matchAll(/^(?:import|export)[^;"]*"(\.[^"]+)";$/gm)) {
    const target = resolveFrom(path, specifier!);
    if (!seen.has(target)) staticClosure(bundle, target, seen);
  }
  return seen;
}
