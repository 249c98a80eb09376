/** A root with a catalogue, to compare one with the other. */
import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import type { Entry } from "../../src/core/entry.ts";
import { printOf } from "../../src/core/fingerprint.ts";
import type { RelPath } from "../../src/core/ids.ts";
import type { Mode } from "../../src/core/mode.ts";
import { ROOT } from "../../src/core/path.ts";
import { parseIgnore } from "../../src/folder/ignore.ts";
import { compareDirectory, type Difference, relativeStat, type Strictness } from "../../src/folder/scan.ts";
import type { Fs } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { memoryCatalogue } from "./catalogues.ts";
import { dot, entryOf, lsnOf, rowOf } from "./entries.ts";
import { testRoot } from "./roots.ts";

interface Scene extends Disposable {
  readonly root: ReturnType<typeof testRoot>;
  readonly catalogue: ReturnType<typeof memoryCatalogue>["catalogue"];
  readonly folder: number;
  /** Puts a file or directory on the disk and our row of it, with its print, into the catalogue. */
  have(
    path: string,
    over?: {
      readonly settled?: boolean;
      readonly kind?: Entry["kind"];
      readonly offered?: boolean;
      /** The entry's, where the disk has another. */
      readonly mode?: number;
    },
  ): number;
  compare(directory?: string, over?: Over): Difference;
}

interface Over {
  readonly names?: readonly string[];
  readonly strictness?: Strictness;
  readonly fs?: Fs;
  readonly ignore?: string;
  readonly mode?: Mode;
}

export function scene(): Scene {
  const root = testRoot();
  const { catalogue, folder } = memoryCatalogue();
  let counter = 0;
  function compareOrNull(
    directory: string,
    { names, strictness = "hint", fs = realFs(), ignore = "", mode = "sync" }: Over,
  ) {
    const context = {
      fs,
      root: root.root,
      rootDev: root.rootDev,
      catalogue,
      folder,
      ignore: parseIgnore(ignore),
      mode,
    };
    return compareDirectory(
      context,
      directory as RelPath,
      names === undefined ? null : new Set(names),
      strictness,
    );
  }
  return {
    root,
    catalogue,
    folder,
    have(path, { settled = true, kind = "file", offered = true, mode } = {}) {
      if (kind === "file") root.write(path, path);
      if (kind === "directory") Deno.mkdirSync(root.at(path), { recursive: true });
      if (kind === "symlink") Deno.symlinkSync(path, root.at(path));
      const stat = relativeStat(realFs().lstat(root.at(path))!, root.rootDev);
      const entry = entryOf({ kind, text: path, dots: [dot(1, ++counter)], mode: mode ?? stat.mode });
      const { state } = catalogue.rows.put(SELF, folder, rowOf(path, entry, { offered }), lsnOf(counter));
      catalogue.prints.put(state, printOf(stat, settled ? Infinity : stat.mtimeMs));
      return state;
    },
    compare(directory = ROOT, over = {}) {
      const difference = compareOrNull(directory, over);
      assert.ok(difference !== null);
      return difference;
    },
    [Symbol.dispose]() {
      catalogue.close();
      root[Symbol.dispose]();
    },
  };
}
