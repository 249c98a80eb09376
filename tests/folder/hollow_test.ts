import assert from "node:assert/strict";
import { ROOT } from "../../src/core/path.ts";
import { SELF } from "../../src/catalogue/interning.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { parseIgnore } from "../../src/folder/ignore.ts";
import { compareDirectory } from "../../src/folder/scan.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";
import { testRoot } from "../support/roots.ts";

Deno.test("what we still have below a path that is no directory is gone, where its directory was looked for in vain", () => {
  using root = testRoot();
  const { catalogue, folder } = memoryCatalogue();
  try {
    root.write("d", "a file for long");
    const lost = entryOf({ kind: "file", text: "a", dots: [dot(1, 90)] });
    catalogue.rows.put(SELF, folder, rowOf("d/a", lost), lsnOf(90));
    const context = {
      fs: realFs(),
      root: root.root,
      rootDev: root.rootDev,
      catalogue,
      folder,
      ignore: parseIgnore(""),
      mode: "sync" as const,
    };
    const replaced = (hollow: ReadonlySet<RelPath>) =>
      compareDirectory({ ...context, hollow }, ROOT, new Set(["d"]), "hint")?.replaced.map(({ path }) =>
        path
      );
    assert.deepEqual(replaced(new Set()), []);
    assert.deepEqual(replaced(new Set(["d" as RelPath])), ["d/a"]);
  } finally {
    catalogue.close();
  }
});
