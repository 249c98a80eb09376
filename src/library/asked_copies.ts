/** What policies ask of one file, before it is dropped on a device (R10): of all that apply, whatever asks most. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ContentId, DeviceId, RelPath } from "../core/ids.ts";
import { isTagWithin } from "../core/label.ts";
import { diskOf, unknownDisk } from "./disks.ts";
import { labelsAt } from "./labelling.ts";
import { NOTHING_ASKED, policiesOf } from "./policies.ts";

export interface CopiesAsked {
  /** Disks, one at least. */
  readonly copies: number;
  /** Devices of which each is to have it. */
  readonly on: ReadonlySet<DeviceId>;
}

export function copiesAsked(
  catalogue: Catalogue,
  folder: number,
  path: RelPath,
  content: ContentId,
): CopiesAsked {
  const id = catalogue.ids.folderOf(folder);
  const policies = policiesOf(catalogue);
  const all = policies.find(({ scope }) => scope.kind === "all") ?? NOTHING_ASKED;
  const own = policies.find(({ scope }) => scope.kind === "folder" && scope.folder === id) ?? NOTHING_ASKED;
  const { tags, placeTags } = labelsAt(catalogue, content, { folder: id, path });
  const tagged = policies.filter(({ scope }) =>
    scope.kind === "tag" && [...tags, ...placeTags].some((tag) => isTagWithin(tag, scope.tag))
  );
  // As the guardian has it: what the folder's own policy says of a thing is said in the place of what the one for all does.
  const asked = [{ copies: own.copies ?? all.copies, on: own.on ?? all.on }, ...tagged];
  return {
    copies: Math.max(1, ...asked.map(({ copies }) => copies ?? 1)),
    on: new Set(asked.flatMap(({ on }) => on ?? [])),
  };
}

/** The disk that a device's replica lies on; null where it is failing. Of which nobody knows more, each device has one. */
export function soundDisk(catalogue: Catalogue, device: number, folder: number): string | null {
  const disk = diskOf(catalogue, device, folder) ?? unknownDisk(device);
  return disk.isFailing ? null : disk.id;
}
