/**
 * Bases for merging (R8): in a folder whose strategy is `merge`, a copy of each text as it was last recorded, since a person's
 * editor leaves no other trace of what it started from. They stand at `.cairn/bases/XX/KEY-ACTOR-COUNTER-CONTENT`: KEY names the
 * path as in the version store, XX is its first byte, the rest is the dot and the content of the entry.
 *
 * 1. A base may be lost, stale or damaged at any time: then both sides of a conflict are kept. So nothing here is synced.
 * 2. Of a path are kept: the last, the one before, and for each other device the last that it has seen. All else goes.
 */
import { type ActorId, type ContentId, isId, type RelPath } from "../core/ids.ts";
import { type Context, covers, type Dot } from "../core/version.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { versionKey } from "./versions.ts";

export interface Base {
  readonly at: string;
  readonly dot: Dot;
  readonly content: ContentId;
  readonly keptMs: number;
}

/** The last ones are kept, whoever has seen them: an answer to them may be on its way. */
const LAST = 2;

export class Bases {
  readonly #fs: Fs;
  readonly #dir: string;
  readonly #shards = new Set<string>();

  constructor(fs: Fs, dir: string) {
    this.#fs = fs;
    this.#dir = dir;
  }

  /** Bases of a path, the newest first. */
  of(path: RelPath): Base[] {
    const key = versionKey(path);
    const shard = this.#shard(key);
    return this.#list(shard).flatMap((name): Base[] => {
      const [its, actor, counter, content] = name.split("-");
      if (its !== key || !isId("actor", actor) || !isId("content", content)) return [];
      const stat = this.#fs.lstat(`${shard}/${name}`);
      if (stat?.kind !== "file" || !Number.isSafeInteger(Number(counter))) return [];
      const dot = { actor, counter: Number(counter) };
      return [{ at: `${shard}/${name}`, dot, content, keptMs: stat.mtimeMs }];
    }).sort((a, b) => b.keptMs - a.keptMs || b.dot.counter - a.dot.counter || (a.at < b.at ? -1 : 1));
  }

  has(path: RelPath, dot: Dot, content: ContentId): boolean {
    return this.#fs.lstat(this.#at(path, dot, content)) !== null;
  }

  async put(path: RelPath, dot: Dot, content: ContentId, bytes: Uint8Array): Promise<void> {
    const at = this.#at(path, dot, content);
    const shard = this.#shard(versionKey(path));
    if (!this.#shards.has(shard)) {
      this.#fs.makeDirectories(shard);
      this.#shards.add(shard);
    }
    // Begun before and not finished, if it is there.
    if (this.#fs.lstat(at) !== null) this.#fs.unlink(at);
    const file = this.#fs.open(at, "create");
    try {
      await file.write(bytes, 0);
    } finally {
      file.close();
    }
  }

  /** Drops what no conflict will ask for. `contexts` are what the other devices have seen of the path. */
  thin(path: RelPath, contexts: readonly Context[]): void {
    const all = this.of(path);
    const wanted = new Set(all.slice(0, LAST));
    for (const context of contexts) {
      const last = all.find(({ dot }) => covers(context, dot));
      if (last !== undefined) wanted.add(last);
    }
    for (const base of all) if (!wanted.has(base)) this.#fs.unlink(base.at);
  }

  /** The path is gone, or is no text any more. */
  forget(path: RelPath): void {
    for (const { at } of this.of(path)) this.#fs.unlink(at);
  }

  /** Nobody merges here any more. */
  clear(): void {
    for (const shard of this.#list(this.#dir)) {
      for (const name of this.#list(`${this.#dir}/${shard}`)) {
        this.#fs.unlink(`${this.#dir}/${shard}/${name}`);
      }
      this.#fs.removeDirectory(`${this.#dir}/${shard}`);
    }
    this.#shards.clear();
  }

  #at(path: RelPath, { actor, counter }: { actor: ActorId; counter: number }, content: ContentId): string {
    const key = versionKey(path);
    return `${this.#shard(key)}/${key}-${actor}-${counter}-${content}`;
  }

  #shard(key: string): string {
    return `${this.#dir}/${key.slice(0, 2)}`;
  }

  #list(directory: string): string[] {
    try {
      return this.#fs.list(directory).map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof FsError && error.code === "not-found") return [];
      throw error;
    }
  }
}
