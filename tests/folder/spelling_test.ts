import assert from "node:assert/strict";
import { respelledIn, Spelling } from "../../src/folder/spelling.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { pathOf } from "../support/entries.ts";
import { foldingFs } from "../support/folding_fs.ts";
import { tempDir } from "../support/temp_dir.ts";

function withTree(run: (dir: string, spelling: () => Spelling, calls: string[]) => void): void {
  using dir = tempDir();
  Deno.mkdirSync(dir.at("Docs/Sub"), { recursive: true });
  for (const path of ["Docs/a", "Docs/Sub/B", "file"]) Deno.writeTextFileSync(dir.at(path), "");
  const calls: string[] = [];
  const fs = watchedFs(foldingFs(realFs(), dir.path), (call) => void calls.push(call));
  run(dir.path, () => new Spelling(fs, dir.path), calls);
}

Deno.test("a path is spelled as it is listed, to the first name that differs", () => {
  withTree((_dir, spelling) => {
    const cases: Record<string, string | null> = {
      "Docs": "Docs",
      "docs": "Docs",
      "Docs/Sub/B": "Docs/Sub/B",
      "Docs/Sub/b": "Docs/Sub/B",
      "Docs/sub/B": "Docs/Sub",
      "docs/sub/b": "Docs",
      "nothing": null,
      "Docs/nothing/b": null,
      "docs/nothing": "Docs",
      "file/below": null,
    };
    for (const [path, real] of Object.entries(cases)) assert.equal(spelling().of(pathOf(path)), real, path);
    const one = spelling();
    for (const [path, real] of Object.entries(cases)) {
      assert.equal(one.of(pathOf(path)), real, `${path}, with what is known`);
    }
  });
});

Deno.test("what nothing is at is known by one look, and a directory is listed once for all that is in it", () => {
  withTree((dir, spelling, calls) => {
    for (let i = 0; i < 20; i++) Deno.writeTextFileSync(`${dir}/Docs/${i}`, "");
    const one = spelling();
    for (let i = 0; i < 20; i++) assert.equal(one.of(pathOf(`Docs/${i}`)), `Docs/${i}`);
    assert.equal(calls.filter((call) => call === "list").length, 2, "the root and Docs");
    calls.length = 0;
    for (let i = 20; i < 40; i++) assert.equal(one.of(pathOf(`Docs/${i}`)), null);
    assert.equal(calls.filter((call) => call === "list").length, 0);
  });
});

Deno.test("what has come or was respelled since is seen as it is, once what is known is forgotten", () => {
  withTree((dir, spelling) => {
    const one = spelling();
    assert.equal(one.of(pathOf("Docs/a")), "Docs/a");
    Deno.writeTextFileSync(`${dir}/Docs/new`, "");
    assert.equal(one.of(pathOf("Docs/new")), "Docs/new");
    Deno.renameSync(`${dir}/Docs/a`, `${dir}/Docs/A`);
    one.forget();
    assert.equal(one.of(pathOf("Docs/a")), "Docs/A");
  });
});

Deno.test("another name that only the disk knows is told by the inode", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("Program Files"), "");
  const key = (name: string) => name === "PROGRA~1" ? "Program Files" : name;
  const spelling = new Spelling(foldingFs(realFs(), dir.path, { key }), dir.path);
  assert.equal(spelling.of(pathOf("PROGRA~1")), "Program Files");
});

Deno.test("a name is respelled when another one was found, or when one of ours may have become it", () => {
  withTree((_dir, spelling) => {
    const path = pathOf("Docs/Sub");
    const living = { kind: "directory" } as const;
    assert.ok(spelling().isRespelled(pathOf("Docs/sub"), living, () => []));
    assert.ok(!spelling().isRespelled(path, living, () => ["sub"]));
    assert.ok(spelling().isRespelled(path, undefined, () => ["sub"]));
    assert.ok(spelling().isRespelled(path, { kind: "deleted" }, () => ["SUB"]));
    assert.ok(!spelling().isRespelled(path, undefined, () => ["Sub", "other"]));
  });
});

Deno.test("of rows that a listing lacks those are respelled of which it has another spelling", () => {
  const rows = new Map(
    ([["foo", "file"], ["Foo", "file"], ["bar", "file"], ["gone", "file"], ["dead", "deleted"]] as const)
      .map(([name, kind]) => [name, { name, kind }]),
  );
  const found = respelledIn([{ name: "Foo" }, { name: "BAR" }, { name: "DEAD" }], rows);
  assert.deepEqual([...found], [
    ["foo", { name: "Foo", isOurs: true }],
    ["bar", { name: "BAR", isOurs: false }],
  ]);
});
