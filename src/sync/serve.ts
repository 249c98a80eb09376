/**
 * Gives peers the bytes that they ask for by content id. A file is read only while its fingerprint is that of our row,
 * before and after; whatever has changed is answered "gone" and looked at again. The receiver hashes what it got (R22).
 */
import { chunkCount, chunkDigest, chunkLength, type ChunkList, chunkOffsets } from "../core/content.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { BULK_CREDIT_BYTES, SMALL_FILE_BYTES } from "../core/limits.ts";
import type { Message } from "../peer/session.ts";
import { FsError, type HashPool, type Piece } from "../platform/ports.ts";
import {
  findLocal,
  isStill,
  type Local,
  type LocalSource,
  type Places,
  placesOf,
  SharedPins,
} from "./local_source.ts";
import { MESSAGE, read } from "./messages.ts";
import { answerWith, type Asker } from "./packing.ts";
import type { Replica } from "./replica.ts";
import { serveChanges, serveList } from "./serve_list.ts";
import type { Sharing } from "./sharing.ts";

/** Directories that one request holds open: files of one request mostly lie together. */
const HELD_DIRECTORIES = 16;
/** Bytes that one answer has at most. */
const MOST_BYTES = BULK_CREDIT_BYTES / 2;

/** Files that are looked for with one question, though their directories may be too many to be held at once. */
const ASKED_AT_ONCE = 32;

const NOTHING = new Uint8Array(0);

/** Offsets of lists that are being served, for as long as those are in memory: a list is asked for once a piece. */
const servedOffsets = new WeakMap<ChunkList, Float64Array>();

export interface Server extends Local {
  readonly pool: HashPool;
  /** Bytes of a small file that were just read here. */
  recent(content: ContentId): Uint8Array | null;
  readonly sharing: Pick<Sharing, "stretch" | "list" | "heard">;
}

/** Answers a request for content; false when the message is none. Rejects for a malformed one. */
export async function serve(server: Server, asker: Asker, message: Message): Promise<boolean> {
  const { session } = asker;
  switch (message.type) {
    case MESSAGE.small:
      await serveSmall(server, asker, message);
      return true;
    case MESSAGE.list:
      serveList(server, session, message);
      return true;
    case MESSAGE.changes:
      serveChanges(server, session, message);
      return true;
    case MESSAGE.pieces:
      await servePieces(server, asker, message);
      return true;
    default:
      return false;
  }
}

async function serveSmall(server: Server, asker: Asker, message: Message): Promise<void> {
  const contents = read("small", message.header) as ContentId[];
  const bytes: (Uint8Array | null)[] = [];
  // What would go beyond the peer's credit is not even read; it asks for it again.
  let room = BULK_CREDIT_BYTES / 4;
  while (bytes.length < contents.length && room > 0) {
    const some = await readSome(server, contents.slice(bytes.length), room);
    bytes.push(...some);
    room -= some.reduce((sum, file) => sum + (file?.length ?? 0), 0);
  }
  const raw = new Uint8Array(bytes.reduce((sum, file) => sum + (file?.length ?? 0), 0));
  let at = 0;
  for (const file of bytes) {
    if (file === null) continue;
    raw.set(file, at);
    at += file.length;
  }
  const lengths = contents.map((_, i) => bytes[i]?.length ?? -1);
  await answerWith(asker, server.pool, [message.requestId, MESSAGE.smallAnswer, lengths], raw);
}

/** The first files of a request: as many as lie in directories that may be held at once, and as there is room for. */
async function readSome(
  server: Server,
  contents: readonly ContentId[],
  room: number,
): Promise<(Uint8Array | null)[]> {
  const pins = new SharedPins();
  const hold = (replica: Replica, directory: RelPath) => pins.hold(replica, directory);
  const bytes: (Uint8Array | null)[] = [];
  const readable: { i: number; path: string; content: ContentId; source: LocalSource }[] = [];
  let size = 0;
  try {
    let places: Places = new Map();
    for (const [at, content] of contents.entries()) {
      const recent = server.recent(content);
      if (at % ASKED_AT_ONCE === 0) {
        const next = contents.slice(at, at + ASKED_AT_ONCE).filter((one) => server.recent(one) === null);
        places = placesOf(server, next);
      }
      const source = recent !== null ? null : findLocal(server, content, hold, places);
      const length = recent?.length ?? source?.size ?? 0;
      const fits = length <= SMALL_FILE_BYTES && size + length <= room;
      const i = bytes.push(recent !== null && fits ? recent.slice() : null) - 1;
      if (fits) size += length;
      if (fits && source !== null) readable.push({ i, path: source.at, content, source });
      if (pins.count >= HELD_DIRECTORIES) break;
    }
    const answers = readable.length === 0
      ? []
      : await server.pool.readSmall(readable.map(({ path, content }) => ({ path, content })));
    readable.forEach(({ i, source }, k) => {
      bytes[i] = answers[k] ?? null;
      if (bytes[i] === null) server.changed(source.replica, source.path);
    });
    return bytes;
  } finally {
    pins.closeAll();
  }
}

async function servePieces(server: Server, asker: Asker, message: Message): Promise<void> {
  const [content, first, count] = read("pieces", message.header) as [ContentId, number, number];
  const bytes = await fromStage(server, content, first, count) ??
    await fromFile(server, content, first, count);
  const answer = [message.requestId, MESSAGE.piecesAnswer, [bytes === null ? 0 : 1]] as const;
  await answerWith(asker, server.pool, answer, bytes ?? NOTHING);
}

/** What is here of a content that is being fetched; null when it is not. A disk that cannot be read has nothing. */
async function fromStage(
  { sharing, catalogue, pool }: Server,
  content: ContentId,
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const stretch = sharing.stretch(content, first, count, () => {
    const chunks = catalogue.contents.chunks(content);
    return chunks === null ? null : chunkOffsets(chunks);
  });
  if (stretch === null || stretch.length > MOST_BYTES) return null;
  try {
    const bytes = await pool.readStretch(stretch.at, stretch.offset, stretch.length);
    return stretch.isStill() ? bytes : null;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return null;
  }
}

async function fromFile(
  server: Server,
  content: ContentId,
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks = server.catalogue.contents.chunks(content);
  const source = chunks === null ? null : findLocal(server, content);
  if (chunks === null || source === null) return null;
  const [offset, length] = stretchOf(chunks, first, count);
  const isThere = length > 0 && length <= MOST_BYTES;
  let bytes: Uint8Array<ArrayBuffer> | null = null;
  try {
    if (isThere) bytes = await server.pool.readStretch(source.at, offset, length);
    if (!isStill(source)) bytes = null;
  } finally {
    source.pin.close();
  }
  // Who asks for what the file never had is told so, and costs us no look at it.
  if (isThere && bytes === null) server.changed(source.replica, source.path);
  return bytes;
}

/** Where chunks stand in the file, and how long they are together; length 0 for chunks that the list does not have. */
function stretchOf(chunks: ChunkList, first: number, count: number): [offset: number, length: number] {
  if (first + count > chunkCount(chunks)) return [0, 0];
  let offsets = servedOffsets.get(chunks);
  if (offsets === undefined) servedOffsets.set(chunks, offsets = chunkOffsets(chunks));
  return [offsets[first]!, offsets[first + count]! - offsets[first]!];
}

/** Chunks `first` to `first + count` of a list as pieces of the file. */
export function piecesOf(
  chunks: ChunkList,
  first: number,
  count: number,
  offsets = chunkOffsets(chunks),
): Piece[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: offsets[first + i]!,
    length: chunkLength(chunks, first + i),
    digest: chunkDigest(chunks, first + i),
  }));
}
