/** What is in a directory, whether it is synced or not. */
import type { RelPath } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { DirItem, Fs } from "../platform/ports.ts";
import type { IgnoreRules } from "./ignore.ts";

interface Tree {
  readonly fs: Fs;
  readonly root: string;
}

/** True when a directory holds something, and nothing of it is synced. */
export function holdsOnlyUnsynced(
  context: Tree & { readonly ignore: IgnoreRules },
  directory: RelPath,
): boolean {
  const items = listInside(context, directory);
  return items.length > 0 && items.every(({ name, kind }) => {
    const path = childOf(directory, name);
    return kind === "other" || context.ignore.ignores(path, kind === "directory") ||
      (kind === "directory" && holdsOnlyUnsynced(context, path));
  });
}

/** What is in a directory, without following anything. */
export function listInside({ fs, root }: Tree, directory: RelPath): DirItem[] {
  const pin = fs.pin(root, directory);
  try {
    return fs.list(pin.self);
  } finally {
    pin.close();
  }
}
