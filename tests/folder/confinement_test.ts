/** Invariant 6, on the disk: whatever stands in a root, nothing outside of it is touched. */
import assert from "node:assert/strict";
import { type Expected, place, type Placement } from "../../src/folder/place.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { pathOf } from "../support/entries.ts";
import { listingOf, type TestRoot, testRoot } from "../support/roots.ts";

function placements(root: TestRoot): Placement[] {
  root.write("source", "source");
  return [
    { kind: "file", stage: root.stage("from a peer") },
    { kind: "symlink", target: "x" },
    { kind: "directory", mode: 0o700 },
    { kind: "deleted" },
    { kind: "metadata", mode: 0o777, mtimeMs: 1 },
    { kind: "moved", from: pathOf("source"), print: root.print("source"), mode: 0o777, mtimeMs: 1 },
  ];
}

/** What stands outside, with all that could be changed of it. */
function outsideOf(root: TestRoot): unknown {
  const fs = realFs();
  return listingOf(root.outside).map((name) => {
    const { mode, mtimeMs, size, ino } = fs.lstat(`${root.outside}/${name.replace(/\/$/, "")}`)!;
    return { name, mode, mtimeMs, size, ino };
  });
}

function fillOutside(root: TestRoot): void {
  Deno.mkdirSync(`${root.outside}/e`);
  for (const name of ["victim", "e/victim"]) Deno.writeTextFileSync(`${root.outside}/${name}`, "precious");
}

for (const path of ["d/victim", "d/new", "d/e/victim", "d/e/new", "d/e"]) {
  Deno.test(`a symlink in the way of ${path} is not followed, whatever is to be placed (invariant 6)`, () => {
    using root = testRoot();
    fillOutside(root);
    Deno.symlinkSync(root.outside, root.at("d"));
    const before = outsideOf(root);
    const there = realFs().lstat(root.at(path)); // through the link, as an attacker would want it
    const expectations: Expected[] = [null];
    if (there?.kind === "file") expectations.push({ kind: "file", print: root.print(path) });
    if (there?.kind === "directory") expectations.push({ kind: "directory" });
    for (const expected of expectations) {
      for (const placement of placements(root)) {
        using context = root.context();
        try {
          const { result } = place(context, pathOf(path), expected, placement);
          const isNothing = placement.kind === "deleted" && expected === null;
          assert.equal(result, isNothing ? "done" : "changed");
        } catch (error) {
          assert.ok(error instanceof FsError && error.code === "not-directory", String(error));
        }
        assert.deepEqual(outsideOf(root), before);
      }
    }
    assert.equal(Deno.readLinkSync(root.at("d")), root.outside);
  });
}

Deno.test("a parent that is swapped for a symlink at any step leads nowhere outside (R23)", () => {
  for (const kind of ["file", "deleted", "symlink", "directory", "metadata", "moved"] as const) {
    for (let step = 0, last = false; !last; step++) {
      using root = testRoot();
      fillOutside(root);
      root.write("d/victim", "mine");
      const before = outsideOf(root);
      const isNew = kind === "directory" || kind === "moved";
      const path = isNew ? pathOf("d/new") : pathOf("d/victim");
      const expected: Expected = isNew ? null : { kind: "file", print: root.print("d/victim") };
      const placement = placements(root).find((one) => one.kind === kind)!;
      let calls = 0;
      const fs = watchedFs(realFs(), () => {
        if (calls++ !== step) return;
        Deno.renameSync(root.at("d"), root.at("d-moved"));
        Deno.symlinkSync(root.outside, root.at("d"));
      });
      using context = root.context(fs);
      try {
        place(context, path, expected, placement);
      } catch (error) {
        assert.ok(error instanceof FsError, String(error));
      }
      last = calls <= step;
      assert.deepEqual(outsideOf(root), before, `${kind}, swapped before call ${step}`);
    }
  }
});

Deno.test("a path that is swapped for a symlink at any step leads nowhere outside, on disks of any kind (R23)", () => {
  const unsupported = (_: string, to: string): never => {
    throw new FsError("unsupported", to);
  };
  const linked: Fs = { ...realFs(), exchange: unsupported, renameNew: unsupported };
  for (const disk of [realFs(), linked, { ...linked, link: unsupported }]) {
    for (const kind of ["file", "deleted", "symlink", "directory", "metadata", "moved"] as const) {
      for (const target of ["victim", "e", "nothing"]) {
        for (let step = 0, last = false; !last; step++) {
          using root = testRoot();
          fillOutside(root);
          root.write("d/victim", "mine");
          const before = outsideOf(root);
          const isNew = kind === "directory" || kind === "moved";
          const path = isNew ? "d/new" : "d/victim";
          const expected: Expected = isNew ? null : { kind: "file", print: root.print(path) };
          const placement = placements(root).find((one) => one.kind === kind)!;
          let calls = 0;
          const fs = watchedFs(disk, () => {
            if (calls++ !== step) return;
            if (realFs().lstat(root.at(path)) !== null) Deno.renameSync(root.at(path), root.at("aside"));
            Deno.symlinkSync(`${root.outside}/${target}`, root.at(path));
          });
          using context = root.context(fs);
          try {
            place(context, pathOf(path), expected, placement);
          } catch (error) {
            assert.ok(error instanceof FsError, String(error));
          }
          last = calls <= step;
          assert.deepEqual(
            outsideOf(root),
            before,
            `${kind}, swapped for a link to ${target} before call ${step}`,
          );
        }
      }
    }
  }
});

Deno.test("a symlink as the last name is replaced or deleted itself, and its target is not touched", () => {
  using root = testRoot();
  fillOutside(root);
  const before = outsideOf(root);
  for (const kind of ["file", "symlink", "directory", "deleted", "metadata"] as const) {
    Deno.symlinkSync(`${root.outside}/victim`, root.at("link"));
    using context = root.context();
    const expected: Expected = { kind: "symlink", print: root.print("link") };
    const { result } = place(
      context,
      pathOf("link"),
      expected,
      placements(root).find((one) => one.kind === kind)!,
    );
    assert.equal(result, "done");
    assert.deepEqual(outsideOf(root), before, kind);
    if (kind !== "deleted") Deno.removeSync(root.at("link"));
  }
});

Deno.test("a link that takes the place of the expected file is not followed", () => {
  using root = testRoot();
  fillOutside(root);
  root.write("victim", "precious");
  const expected: Expected = { kind: "file", print: root.print("victim") };
  Deno.removeSync(root.at("victim"));
  Deno.symlinkSync(`${root.outside}/victim`, root.at("victim"));
  const before = outsideOf(root);
  for (const placement of placements(root)) {
    using context = root.context();
    assert.deepEqual(place(context, pathOf("victim"), expected, placement), { result: "changed" });
    assert.deepEqual(outsideOf(root), before);
  }
});
