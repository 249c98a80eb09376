import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import type { RelPath } from "../../src/core/ids.ts";
import {
  contentOf,
  deviceOf,
  dot,
  entryOf,
  type EntryParts,
  folderOf,
  lsnOf,
  rowOf,
} from "../support/entries.ts";
import { memoryCatalogue } from "../support/catalogues.ts";

const PATHS = [
  "z",
  "a/one",
  "a/two",
  "a-b/three",
  "a/in/four",
  "\u{10ffff}/five",
  "é/six",
  "a/in/deep/er/seven",
];

let count = 0;
/** Each writing has a dot of its own. */
const written = (parts: Partial<EntryParts>) => entryOf({ dots: [dot(1, ++count)], ...parts });

Deno.test("a walk comes by every directory once, what is above first, however it is cut, and below its top alone", () => {
  using memory = memoryCatalogue();
  const { catalogue } = memory;
  const { rows, ids, views: { walk } } = catalogue;
  const folder = ids.folder(folderOf(1));
  const other = ids.folder(folderOf(2));
  for (const path of PATHS) {
    rows.put(SELF, folder, rowOf(path, written({ text: path })), lsnOf(1));
    rows.put(SELF, other, rowOf(`other/${path}`, written({ text: path })), lsnOf(1));
  }
  const walked = (top: string, limit: number): string[] => {
    const out: string[] = [];
    for (let after: RelPath | null = null;;) {
      const some: readonly { path: RelPath }[] = walk.directories(folder, top as RelPath, after, limit);
      if (some.length === 0) return out;
      out.push(...some.map(({ path }) => path));
      after = some.at(-1)!.path;
    }
  };
  const all = walked("", 100);
  assert.deepEqual(new Set(all), new Set(["", "a", "a-b", "a/in", "a/in/deep/er", "é", "\u{10ffff}"]));
  for (const [i, path] of all.entries()) {
    assert.ok(
      all.slice(i + 1).every((later) => later !== "" && !path.startsWith(`${later}/`)),
      `${path} in ${all}`,
    );
  }
  for (const limit of [1, 2, 3]) assert.deepEqual(walked("", limit), all, `${limit} at a time`);
  assert.deepEqual(walked("a", 1), ["a", "a/in", "a/in/deep/er"]);
});

Deno.test("rows of a directory come by whole names, and a device's own files alone where it is asked for those", () => {
  using memory = memoryCatalogue();
  const { catalogue } = memory;
  const { rows, ids, views: { walk, holders } } = catalogue;
  const folder = ids.folder(folderOf(1));
  const [second, third] = [ids.device(deviceOf(2)), ids.device(deviceOf(3))];
  for (const name of ["a", "b", "c"]) {
    for (const [i, device] of [SELF, second, third].entries()) {
      rows.put(device, folder, rowOf(`d/${name}`, written({ text: `${name}${i}` })), lsnOf(1));
    }
  }
  rows.put(SELF, folder, rowOf("d/sub", written({ kind: "directory" })), lsnOf(2));
  rows.put(SELF, folder, { ...rowOf("d/dropped", written({ text: "gone" })), held: false }, lsnOf(2));
  const directory = ids.findDirectory(folder, "d" as RelPath)!;
  for (const limit of [1, 2, 4, 100]) {
    const names: string[] = [];
    for (let after = "";;) {
      const some = walk.rowsIn(directory, after, limit);
      if (some.length === 0) break;
      names.push(...some.map(({ row }) => row.path));
      after = some.at(-1)!.row.path.slice(2);
    }
    assert.equal(names.length, 11, `${limit} at a time`);
    assert.deepEqual([...new Set(names)], ["d/a", "d/b", "d/c", "d/dropped", "d/sub"]);
  }
  assert.deepEqual(walk.ownFilesIn(directory, "a", 10).map(({ row }) => row.path), ["d/b", "d/c"]);
  assert.deepEqual(holders.devicesOf(contentOf("b1")), [second]);
  rows.put(third, folder, { ...rowOf("d/listed", written({ text: "b1" })), offered: false }, lsnOf(3));
  assert.deepEqual(
    holders.devicesOf(contentOf("b1")),
    [second, third],
    "who only lists it has the bytes (R9)",
  );
  assert.deepEqual(holders.devicesOf(contentOf("gone")), [], "who has no bytes is no source (R10)");
});
