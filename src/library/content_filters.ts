/**
 * What searches filter by, of a file that they have found: its tags (`tag:`), whether it is there several times (`dup:`), on how many disks
 * (`copies:`). A state says itself as what it was counted, so that of most files nothing more is read than their row.
 */
import { CROWD, UNCOUNTED } from "../catalogue/standings.ts";
import { NOTE, TAG } from "../catalogue/values.ts";
import { fromHex } from "../core/ids.ts";
import { isTagWithin, labelKey, type Labelled } from "../core/label.ts";
import type { ContentId, FolderId, RelPath } from "../core/ids.ts";
import { Scene } from "./guardian.ts";
import type { Asking } from "./resolve.ts";

/** A file as a search finds it. */
export interface Filtered {
  readonly folder: FolderId;
  readonly path: RelPath;
  readonly content: ContentId;
  /** `states.counted`. */
  readonly counted: number;
}

/** How a content stands: disks that have it, and paths at which it is. Both 0 while it is not counted, and of what nobody holds. */
export interface Stands {
  readonly disks: number;
  readonly paths: number;
}

const NOWHERE: Stands = { disks: 0, paths: 0 };

export class ContentFilters {
  readonly #scene: Scene;
  readonly #stands = new Map<number, Stands>();

  /** For one question: devices, disks and policies are those of its beginning. */
  constructor(asking: Asking, nowMs: number) {
    this.#scene = new Scene(asking, nowMs);
  }

  stands({ counted, content }: Pick<Filtered, "counted" | "content">): Stands {
    const { copies } = this.#scene.asking.catalogue;
    const isSaid = counted !== UNCOUNTED && counted !== CROWD;
    const id = isSaid ? counted : copies.standingOf(fromHex(content));
    let known = this.#stands.get(id);
    if (known !== undefined) return known;
    const standing = id === UNCOUNTED ? null : copies.standings.byId(id);
    if (standing === null) return NOWHERE;
    const disks = new Set(this.#scene.copiesOf(standing.spots).map(({ disk }) => disk.id)).size;
    const paths = [...this.#scene.pathsOf(standing.spots).values()].reduce((sum, count) => sum + count, 0);
    this.#stands.set(id, known = { disks, paths });
    return known;
  }

  isDuplicate(file: Pick<Filtered, "counted" | "content">): boolean {
    return this.stands(file).paths > 1;
  }

  /** Whether a file has a tag or one below it, by its content or by its place. */
  hasTag({ folder, path, content }: Omit<Filtered, "counted">, tag: string): boolean {
    return this.#keys(folder, path, content).some((key) =>
      this.#scene.asking.catalogue.values.sharedOf(TAG, key)
        .some(({ field, value }) => value === true && isTagWithin(field, tag))
    );
  }

  /** What is noted of a file, for searches in notes. */
  notesOf({ folder, path, content }: Omit<Filtered, "counted">): string[] {
    return this.#keys(folder, path, content).flatMap((key) =>
      this.#scene.asking.catalogue.values.sharedOf(NOTE, key)
        .flatMap(({ value }) => typeof value === "string" ? [value] : [])
    );
  }

  #keys(folder: FolderId, path: RelPath, content: ContentId): string[] {
    const both: Labelled[] = [{ kind: "content", content }, { kind: "place", folder, path }];
    return both.map(labelKey);
  }
}
