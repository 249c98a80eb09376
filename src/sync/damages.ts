/**
 * Files whose bytes the disk has changed by itself (R15): found by the scrub, kept as local values, so that a restart knows them and the log
 * tells of them. A path is healed, or at risk until it is.
 */
import * as v from "valibot";
import { type ContentId, type FolderId, isId, type RelPath } from "../core/ids.ts";
import { DAMAGES } from "../core/limits.ts";
import { versionKey } from "../core/kept.ts";
import { relPath } from "../core/path.ts";
import type { Ledger } from "../journal/ledger.ts";

export interface Damage {
  readonly path: RelPath;
  /** What our row says, and what was read last; null where the disk refuses to be read. */
  readonly content: ContentId;
  readonly found: ContentId | null;
  readonly size: number;
  /** The disk's own time of the file: whoever writes to it moves that. */
  readonly mtimeMs: number;
  readonly foundMs: number;
  /** Null while it is at risk. */
  readonly healed: {
    readonly atMs: number;
    /** "copy": another file of this device · "version": a former one that is kept · "device": another device, by chunks. */
    readonly from: "copy" | "version" | "device";
  } | null;
  /** What stands in the way of healing it, as of the last try. */
  readonly cause: string;
  readonly remedy: string;
}

/** Keys of the local values: this, the folder, and what the path is known by. */
export const DAMAGE = "damage/";
/** Healed ones are told of for so long. */
const TOLD_MS = 30 * 86_400_000;

const content = v.custom<ContentId>((value) => isId("content", value));
const schema = v.object({
  path: v.custom<RelPath>((value) => relPath(value) !== null),
  content,
  found: v.nullable(content),
  size: v.number(),
  mtimeMs: v.number(),
  foundMs: v.number(),
  healed: v.nullable(v.object({ atMs: v.number(), from: v.picklist(["copy", "version", "device"]) })),
  cause: v.string(),
  remedy: v.string(),
});

/** What a local value says, with the folder that it is of; null for one that is no damage. */
export function damageOf(key: string, value: unknown): { folder: FolderId; damage: Damage } | null {
  if (!key.startsWith(DAMAGE)) return null;
  const folder = key.slice(DAMAGE.length).split("/")[0]!;
  const read = v.safeParse(schema, value);
  return read.success && isId("folder", folder) ? { folder, damage: read.output } : null;
}

export class Damages {
  /** Something was found, or is over. */
  onChange: () => void = () => {};
  readonly #ledger: Ledger;
  readonly #folder: FolderId;
  #isClosed = false;
  readonly #known = new Map<RelPath, Damage>();

  constructor(ledger: Ledger, folder: FolderId) {
    this.#ledger = ledger;
    this.#folder = folder;
    for (const { key, value } of ledger.catalogue.values.localWithPrefix(`${DAMAGE}${folder}/`)) {
      const read = damageOf(key, value);
      if (read !== null) this.#known.set(read.damage.path, read.damage);
    }
  }

  get all(): readonly Damage[] {
    return [...this.#known.values()];
  }

  /** What became an edit, was replaced or is gone is at risk no more. */
  get atRisk(): readonly Damage[] {
    return this.unhealed.filter(({ path, content }) => this.#isOurs(path, content));
  }

  /** Our row of the path tells of that content still. */
  #isOurs(path: RelPath, content: ContentId): boolean {
    const { rows, ids } = this.#ledger.catalogue;
    return rows.own(ids.folder(this.#folder), path)?.row.entry.content === content;
  }

  /** The same with what is over and was not looked at since. */
  get unhealed(): readonly Damage[] {
    return this.all.filter(({ healed }) => healed === null);
  }

  at(path: RelPath): Damage | null {
    return this.#known.get(path) ?? null;
  }

  isAtRisk(path: RelPath): boolean {
    return this.#known.get(path)?.healed === null;
  }

  /** So many at once are no single bits: the disk is failing, and each further one would only be told of in vain (invariant 10). */
  get isFull(): boolean {
    return this.atRisk.length >= DAMAGES;
  }

  /** Whether bytes that stand at a path are what the disk made of ours, and nobody has written to it since. */
  isKnown(path: RelPath, own: ContentId | null, found: ContentId | null, mtimeMs: number): boolean {
    const known = this.#known.get(path);
    return known !== undefined && known.healed === null && known.found !== null && known.found === found &&
      known.content === own && known.mtimeMs === mtimeMs;
  }

  /** Nothing is noted any more: the folder is stopped here, or left. */
  close(): void {
    this.#isClosed = true;
  }

  /** Durable when it is answered. */
  async put(damage: Damage): Promise<void> {
    if (this.#isClosed) return;
    this.#known.set(damage.path, damage);
    this.onChange();
    await this.#ledger.commit({ type: "local", key: this.#keyOf(damage.path), value: damage });
  }

  /** It is over: the file is another one by now, or reads well again. */
  async drop(path: RelPath): Promise<void> {
    if (this.#isClosed || !this.#known.delete(path)) return;
    this.onChange();
    await this.#ledger.commit({ type: "local", key: this.#keyOf(path), value: null });
  }

  /** Forgets what was healed long ago. */
  async sweep(nowMs: number): Promise<void> {
    for (const { path, healed } of this.all) {
      if (healed !== null && nowMs - healed.atMs > TOLD_MS) await this.drop(path);
    }
  }

  #keyOf(path: RelPath): string {
    return `${DAMAGE}${this.#folder}/${versionKey(path)}`;
  }
}
