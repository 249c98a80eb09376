/**
 * On a disk that does not tell all names apart: how what stands at a path is spelled. There `lstat("Foo")` finds `foo`, so only a listing
 * says which of the two it is (R13). One object serves one piece of work, and remembers what it has listed.
 */
import type { EntryKind } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { foldKey, howTheyDiffer } from "../core/names.ts";
import { childOf, nameOf, parentOf, ROOT } from "../core/path.ts";
import { type Fs, FsError, type PinnedDir } from "../platform/ports.ts";

/** What stands there has no name that could be told. */
const NAMELESS = "?";

export class Spelling {
  readonly #fs: Fs;
  readonly #root: string;
  readonly #listed = new Map<RelPath, ReadonlySet<string>>();
  /** Directories that are spelled so. */
  readonly #exact = new Set<RelPath>([ROOT]);

  constructor(fs: Fs, root: string) {
    this.#fs = fs;
    this.#root = root;
  }

  /**
   * `path` itself where it is spelled so; null where nothing stands; else what stands there instead: the path as it is spelled, down to
   * the first name that differs. Throws FsError of a directory that cannot be listed.
   */
  of(path: RelPath): RelPath | null {
    if (this.#exact.has(path)) return path;
    const parent = parentOf(path);
    const above = this.of(parent);
    if (above !== parent) return above;
    this.#exact.add(parent);
    const name = nameOf(path);
    const real = this.#spelled(parent, name);
    return real === null ? null : real === name ? path : childOf(parent, real);
  }

  /** A directory whose path was put together from listed names. */
  trust(directory: RelPath): void {
    this.#exact.add(directory);
  }

  /**
   * Something was found at a path by its name alone. True when it is another name that was found, or when it may be what had another
   * spelling a moment ago: then only the whole listing tells. `row` is ours of the path, `alike` names our rows that may be the same.
   */
  isRespelled(
    path: RelPath,
    row: { readonly kind: EntryKind } | undefined,
    alike: () => readonly string[],
  ): boolean {
    if (this.of(path) !== path) return true;
    if (row !== undefined && row.kind !== "deleted") return false;
    const name = nameOf(path);
    const key = foldKey(name);
    return alike().some((other) => other !== name && foldKey(other) === key);
  }

  /** Something was renamed or removed: nothing is known any more. */
  forget(): void {
    this.#listed.clear();
    this.#exact.clear();
    this.#exact.add(ROOT);
  }

  #spelled(parent: RelPath, name: string): string | null {
    let pin: PinnedDir;
    try {
      pin = this.#fs.pin(this.#root, parent);
    } catch (error) {
      // Nothing can stand below what is no directory.
      if (error instanceof FsError && (error.code === "not-found" || error.code === "not-directory")) {
        return null;
      }
      throw error;
    }
    try {
      const stat = this.#fs.lstat(pin.at(name));
      if (stat === null) return null;
      if (this.#listed.get(parent)?.has(name)) return name;
      const names = new Set(this.#fs.list(pin.self).map((item) => item.name));
      this.#listed.set(parent, names);
      if (names.has(name)) return name;
      const key = foldKey(name);
      for (const listed of names) if (foldKey(listed) === key) return listed;
      // A disk with its own idea of what is one: a short name, an invisible character.
      for (const listed of names) if (this.#fs.lstat(pin.at(listed))?.ino === stat.ino) return listed;
      return NAMELESS;
    } finally {
      pin.close();
    }
  }
}

/** Of our living rows that a listing lacks, those of which it has another spelling; `isOurs` where that has a living row too. */
export function respelledIn(
  items: readonly { readonly name: string }[],
  rows: ReadonlyMap<string, { readonly name: string; readonly kind: EntryKind }>,
): Map<string, { readonly name: string; readonly isOurs: boolean }> {
  const listed = new Set(items.map(({ name }) => name));
  const unlisted = [...rows.values()].filter(({ name, kind }) => kind !== "deleted" && !listed.has(name));
  const out = new Map<string, { name: string; isOurs: boolean }>();
  if (unlisted.length === 0) return out;
  const byKey = new Map([...listed].map((name) => [foldKey(name), name]));
  for (const { name } of unlisted) {
    const other = byKey.get(foldKey(name));
    if (other !== undefined) {
      out.set(name, { name: other, isOurs: (rows.get(other)?.kind ?? "deleted") !== "deleted" });
    }
  }
  return out;
}

/** Two paths that we both have, on a disk that can hold one of them. */
export function clashProblem(path: RelPath, other: RelPath) {
  return {
    path,
    cause: `${howTheyDiffer(path, other)} from "${other}", and this disk has room for one of the two`,
    remedy: "Rename one of the two on a device that has both. Until then this one counts as unchanged.",
  };
}
