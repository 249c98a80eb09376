/**
 * Chunk lists of what this device has, and a sketch of each to find contents that share chunks. A sketch is the list's
 * least digests: bounded for a file of any size, and likely to meet that of a similar file.
 */
import { chunkCount, chunkDigest, type ChunkList } from "../core/content.ts";
import { type ContentId, fromHex, toHex } from "../core/ids.ts";
import type { Database } from "./database.ts";

/** Digests kept for each content. */
const SKETCH_DIGESTS = 16;
/** Similar contents looked at for one wanted list. */
const SIMILAR_CONTENTS = 4;
/** Lists kept in memory, and their bytes: one of a huge file is kept alone. */
const RECENT_LISTS = 4;
const RECENT_BYTES = 16 * 2 ** 20;

export class Contents {
  readonly #db: Database;
  /** Lists that are being served or fetched are asked for once a piece. */
  readonly #recent = new Map<ContentId, ChunkList>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** The list of a content; not to be written into. Null when this device has none. */
  chunks(content: ContentId): ChunkList | null {
    const recent = this.#recent.get(content);
    if (recent !== undefined) return recent;
    const row = this.#db.get("SELECT chunks FROM contents WHERE content = ?", fromHex(content));
    if (row === undefined) return null;
    const chunks = new Uint8Array(row[0] as Uint8Array<ArrayBuffer>);
    this.#recent.set(content, chunks);
    let bytes = [...this.#recent.values()].reduce((sum, list) => sum + list.length, 0);
    for (const [oldest, list] of this.#recent) {
      if (oldest === content || (this.#recent.size <= RECENT_LISTS && bytes <= RECENT_BYTES)) break;
      this.#recent.delete(oldest);
      bytes -= list.length;
    }
    return chunks;
  }

  /** Bytes of a content's list, which is not read; null when this device has none. */
  lengthOf(content: ContentId): number | null {
    const row = this.#db.get("SELECT length(chunks) FROM contents WHERE content = ?", fromHex(content));
    return row === undefined ? null : Number(row[0]);
  }

  put(content: ContentId, size: number, chunks: ChunkList): void {
    this.#db.transaction(() => {
      const bytes = fromHex(content);
      if (this.#db.get("SELECT 1 FROM contents WHERE content = ?", bytes) !== undefined) return;
      const id = this.#db.insert(
        "INSERT INTO contents (content, size, chunks) VALUES (?, ?, ?)",
        bytes,
        size,
        chunks,
      );
      for (const digest of sketchOf(chunks)) {
        this.#db.run("INSERT OR IGNORE INTO sketches (digest, content) VALUES (?, ?)", digest, id);
      }
    });
  }

  /** Known contents that share chunks with a list, the likeliest first. */
  similarTo(chunks: ChunkList): ContentId[] {
    const hits = new Map<number, number>();
    for (const digest of sketchOf(chunks)) {
      for (const [id] of this.#db.all("SELECT content FROM sketches WHERE digest = ? LIMIT 16", digest)) {
        hits.set(Number(id), (hits.get(Number(id)) ?? 0) + 1);
      }
    }
    return [...hits].sort((a, b) => b[1] - a[1]).slice(0, SIMILAR_CONTENTS).map(([id]) =>
      toHex(this.#db.get("SELECT content FROM contents WHERE id = ?", id)![0] as Uint8Array) as ContentId
    );
  }

  /** Forgets lists of contents that no state names any more. */
  sweep(): void {
    this.#db.transaction(() => {
      this.#db.run(
        `DELETE FROM contents WHERE NOT EXISTS (
           SELECT 1 FROM states s WHERE s.content IS NOT NULL
           AND substr(s.content, 2, 8) = substr(contents.content, 2, 8) AND s.content = contents.content)`,
      );
      this.#db.run(
        "DELETE FROM sketches WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.id = sketches.content)",
      );
    });
  }
}

/** The first six bytes of the least digests of a list, as numbers. */
function sketchOf(chunks: ChunkList): number[] {
  const least: number[] = [];
  const count = chunkCount(chunks);
  for (let i = 0; i < count; i++) {
    const digest = chunkDigest(chunks, i);
    const value = new DataView(digest.buffer, digest.byteOffset).getUint32(0) * 0x10000 +
      new DataView(digest.buffer, digest.byteOffset).getUint16(4);
    if (least.length === SKETCH_DIGESTS && value >= least.at(-1)!) continue;
    if (least.includes(value)) continue;
    least.push(value);
    least.sort((a, b) => a - b);
    if (least.length > SKETCH_DIGESTS) least.pop();
  }
  return least;
}
