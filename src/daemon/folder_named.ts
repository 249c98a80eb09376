/** A folder by the name that people give. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { CairnError } from "../core/errors.ts";
import { type Folder, foldersOf } from "../library/folders.ts";

/** Throws CairnError "folder-unknown", which tells the names there are. */
export function folderNamed(catalogue: Catalogue, name: string): Folder {
  const all = foldersOf(catalogue);
  const found = all.find((folder) => folder.name === name);
  if (found !== undefined) return found;
  throw new CairnError(
    "folder-unknown",
    `There is no folder "${name}" in the library`,
    all.length === 0
      ? "Share one with: cairn up PATH"
      : `There is ${all.map((folder) => `"${folder.name}"`).join(", ")}.`,
  );
}
