/**
 * The local path of a folder becomes another one (`cairn folders move`): Cairn renames its root, or a person has, and the marker proves that
 * it is the same. Files are known by their fingerprints, which a rename leaves as they are: nothing is read again.
 *
 * What is about to be renamed is in the journal before, and the new path after the rename is durable. So whatever a crash leaves, one of
 * the two paths has the marker, and that is the one with which the folder goes on.
 */
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { type FolderId, isId } from "../core/ids.ts";
import type { JournalRecord } from "../core/record.ts";
import { layoutOf } from "../folder/layout.ts";
import type { Marker } from "../folder/marker.ts";
import type { Ledger } from "../journal/ledger.ts";
import { type ReplicaConfig, replicaRecords, replicasOf } from "../library/folders.ts";
import { type Fs, FsError } from "../platform/ports.ts";

const MOVING = "moving/";
const movingSchema = v.object({ to: v.string() });

export interface MoverDeps {
  readonly fs: Fs;
  readonly ledger: Ledger;
  /** The readable marker in a root. */
  markerAt(path: string): Marker | null;
  stop(folder: FolderId): Promise<void>;
  start(config: ReplicaConfig): void;
}

export class Mover {
  readonly #deps: MoverDeps;
  readonly #underWay = new Set<FolderId>();

  constructor(deps: MoverDeps) {
    this.#deps = deps;
  }

  /** Nobody else may start it meanwhile. */
  isMoving(folder: FolderId): boolean {
    return this.#underWay.has(folder);
  }

  /** Decides where a folder is that was being moved when the program ended. While neither path can be seen, it is asked again. */
  async settle(): Promise<void> {
    const { ledger, markerAt } = this.#deps;
    for (const { key, value } of ledger.catalogue.values.localWithPrefix(MOVING)) {
      const folder = key.slice(MOVING.length);
      const read = v.safeParse(movingSchema, value);
      if (!isId("folder", folder) || this.#underWay.has(folder)) continue;
      const config = this.#configOf(folder);
      const isAt = (path: string) => markerAt(path)?.replica === config?.replica;
      if (config === undefined || !read.success || isAt(config.path)) {
        await ledger.commit(movedRecord(folder));
      } else if (isAt(read.output.to)) await this.#record({ ...config, path: read.output.to });
    }
  }

  /** A directory with our own marker: the root has moved here, or this is a copy of it (R35). Null when we know neither. */
  async goOnAt(path: string, marker: Marker): Promise<FolderId | null> {
    const { ledger, markerAt, stop, start } = this.#deps;
    const known = replicasOf(ledger.catalogue).find(({ replica }) => replica === marker.replica);
    if (known === undefined) return null;
    if (markerAt(known.path)?.replica === marker.replica) {
      throw new CairnError(
        "root-foreign",
        `${path} is a copy of ${known.path}, which is a folder of this device already`,
        `If the copy shall be a folder of its own, remove ${layoutOf(path).marker} and add it again.`,
      );
    }
    await stop(known.folder);
    await this.#record({ ...this.#configOf(known.folder) ?? known, path });
    start(this.#configOf(known.folder)!);
    return known.folder;
  }

  /** Renames the root to `to`, where nothing is, or an empty directory. Throws CairnError "path-unusable"; then it is where it was. */
  async rename(folder: FolderId, to: string): Promise<void> {
    const { ledger, stop, start } = this.#deps;
    this.#underWay.add(folder);
    try {
      await ledger.commit({ type: "local", key: MOVING + folder, value: { to } });
    } catch (error) {
      this.#underWay.delete(folder);
      throw error;
    }
    try {
      await stop(folder);
      const config = this.#configOf(folder)!;
      try {
        this.#renameRoot(config.path, to);
      } catch (error) {
        await ledger.commit(movedRecord(folder));
        throw cannotRename(config.path, to, error);
      }
      await Promise.all([parentOf(config.path), parentOf(to)].map((at) => this.#deps.fs.syncDirectory(at)));
      await this.#record({ ...config, path: to });
    } finally {
      this.#underWay.delete(folder);
      const config = this.#configOf(folder);
      if (config !== undefined) start(config);
    }
  }

  /** Never over what somebody has put there meanwhile. */
  #renameRoot(from: string, to: string): void {
    const { fs } = this.#deps;
    // Of an empty directory the name is taken: it fails when it is not empty any more.
    if (fs.lstat(to) !== null) fs.removeDirectory(to);
    try {
      fs.renameNew(from, to);
    } catch (error) {
      if (!(error instanceof FsError && error.code === "unsupported")) throw error;
      // A directory goes over none that has anything in it, and over no file.
      fs.rename(from, to);
    }
  }

  #configOf(folder: FolderId): ReplicaConfig | undefined {
    return replicasOf(this.#deps.ledger.catalogue).find((one) => one.folder === folder);
  }

  /** Where it is now, and that no move is under way: one record after the other, of which each leaves a path that holds. */
  async #record(config: ReplicaConfig): Promise<void> {
    const { ledger } = this.#deps;
    await Promise.all(
      [...replicaRecords(config), movedRecord(config.folder)].map((record) => ledger.commit(record)),
    );
  }
}

function movedRecord(folder: FolderId): JournalRecord {
  return { type: "local", key: MOVING + folder, value: null };
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function cannotRename(from: string, to: string, error: unknown): unknown {
  if (!(error instanceof FsError)) return error;
  if (error.code === "exists" || error.code === "not-empty") {
    return new CairnError(
      "path-unusable",
      `${to} is not empty`,
      "Choose another place; the folder is where it was.",
      error,
    );
  }
  const isOtherDisk = error.code === "cross-device";
  return new CairnError(
    "path-unusable",
    isOtherDisk
      ? `${to} is on another disk than ${from}`
      : `${from} cannot be moved to ${to} (${error.code})`,
    isOtherDisk
      ? "Stop Cairn, move the directory with all that is in it (also .cairn) by your own means, start Cairn, and say this again. Files are read once then."
      : "It is where it was. Mend the permissions, or move it yourself and say this again.",
    error,
  );
}
