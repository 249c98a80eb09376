/**
 * Gives peers the bytes that they ask for by content id. A file is read only while its fingerprint is that of our row,
 * before and after; whatever has changed is answered "gone" and looked at again. The receiver hashes what it got (R22).
 */
import {
  CHUNK_RECORD_BYTES,
  chunkCount,
  chunkDigest,
  chunkLength,
  type ChunkList,
  chunkOffsets,
} from "../core/content.ts";
import type { ContentId } from "../core/ids.ts";
import { BULK_CREDIT_BYTES, LIST_PAGE_CHUNKS, SMALL_FILE_BYTES } from "../core/limits.ts";
import type { Message, Session } from "../peer/session.ts";
import type { HashPool, Piece } from "../platform/ports.ts";
import { findLocal, isStill, type Local } from "./local_source.ts";
import { MESSAGE, read } from "./messages.ts";

export interface Server extends Local {
  readonly pool: HashPool;
}

/** Answers a request for content; false when the message is none. Rejects for a malformed one. */
export async function serve(server: Server, session: Session, message: Message): Promise<boolean> {
  switch (message.type) {
    case MESSAGE.small:
      await serveSmall(server, session, message);
      return true;
    case MESSAGE.list:
      serveList(server, session, message);
      return true;
    case MESSAGE.pieces:
      await servePieces(server, session, message);
      return true;
    default:
      return false;
  }
}

async function serveSmall(server: Server, session: Session, message: Message): Promise<void> {
  const contents = read("small", message.header) as ContentId[];
  const sources = contents.map((content) => findLocal(server, content));
  let bytes: (Uint8Array<ArrayBuffer> | null)[] = [];
  try {
    const readable = sources.flatMap((source, i) =>
      source !== null && source.size <= SMALL_FILE_BYTES
        ? [{ i, path: source.at, content: contents[i]! }]
        : []
    );
    const answers = await server.pool.readSmall(readable);
    bytes = contents.map(() => null);
    readable.forEach(({ i }, k) => bytes[i] = answers[k] ?? null);
    for (const { i } of readable) {
      if (bytes[i] === null) server.changed(sources[i]!.replica, sources[i]!.path);
    }
  } finally {
    for (const source of sources) source?.pin.close();
  }
  // What would go beyond the peer's credit is left out; it asks for it again.
  let total = 0;
  const sent = bytes.map((file) => {
    if (file === null || total + file.length > BULK_CREDIT_BYTES / 4) return null;
    total += file.length;
    return file;
  });
  const raw = new Uint8Array(total);
  let at = 0;
  for (const file of sent) {
    if (file === null) continue;
    raw.set(file, at);
    at += file.length;
  }
  session.answer(message.requestId, "bulk", MESSAGE.smallAnswer, sent.map((file) => file?.length ?? -1), raw);
}

function serveList(server: Server, session: Session, message: Message): void {
  const [content, first] = read("list", message.header) as [ContentId, number];
  const source = findLocal(server, content);
  source?.pin.close();
  const chunks = source === null ? null : server.catalogue.contents.chunks(content);
  if (source === null || chunks === null) {
    session.answer(message.requestId, "bulk", MESSAGE.listAnswer, [-1, 0]);
    if (source !== null) server.changed(source.replica, source.path);
    return;
  }
  const page = chunks.subarray(first * CHUNK_RECORD_BYTES, (first + LIST_PAGE_CHUNKS) * CHUNK_RECORD_BYTES);
  session.answer(message.requestId, "bulk", MESSAGE.listAnswer, [source.size, chunkCount(chunks)], page);
}

async function servePieces(server: Server, session: Session, message: Message): Promise<void> {
  const [content, first, count] = read("pieces", message.header) as [ContentId, number, number];
  const chunks = server.catalogue.contents.chunks(content);
  const source = chunks === null ? null : findLocal(server, content);
  let bytes: Uint8Array<ArrayBuffer> | null = null;
  if (chunks !== null && source !== null) {
    try {
      const [offset, length] = stretchOf(chunks, first, count);
      if (length > 0 && length <= BULK_CREDIT_BYTES / 2) {
        bytes = await server.pool.readStretch(source.at, offset, length);
        if (!isStill(source)) bytes = null;
      }
    } finally {
      source.pin.close();
    }
    if (bytes === null) server.changed(source.replica, source.path);
  }
  session.answer(
    message.requestId,
    "bulk",
    MESSAGE.piecesAnswer,
    [bytes === null ? 0 : 1],
    bytes ?? undefined,
  );
}

/** Where chunks stand in the file, and how long they are together; length 0 for chunks that the list does not have. */
function stretchOf(chunks: ChunkList, first: number, count: number): [offset: number, length: number] {
  if (first + count > chunkCount(chunks)) return [0, 0];
  const offsets = chunkOffsets(chunks);
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
