/** Tells peers the chunk lists of what is here: whole, in pages, or as changes of the list of a content that was here before. */
import { CHUNK_RECORD_BYTES, chunkCount, type ChunkList } from "../core/content.ts";
import type { ContentId } from "../core/ids.ts";
import { LIST_PAGE_CHUNKS } from "../core/limits.ts";
import { areComparable, changesOf } from "../core/list_changes.ts";
import type { Message, Session } from "../peer/session.ts";
import { findLocal, type Local } from "./local_source.ts";
import { MESSAGE, read } from "./messages.ts";
import type { Sharing } from "./sharing.ts";

export interface ListServer extends Local {
  readonly sharing: Pick<Sharing, "list">;
}

export function serveList(server: ListServer, session: Session, message: Message): void {
  const [content, first] = read("list", message.header) as [ContentId, number];
  const known = listOf(server, content);
  if (known === null) return session.answer(message.requestId, "bulk", MESSAGE.listAnswer, [-1, 0]);
  const { size, chunks } = known;
  const page = chunks.subarray(first * CHUNK_RECORD_BYTES, (first + LIST_PAGE_CHUNKS) * CHUNK_RECORD_BYTES);
  session.answer(message.requestId, "bulk", MESSAGE.listAnswer, [size, chunkCount(chunks)], page);
}

/** Whoever is told that there are none asks for the whole list. */
export function serveChanges(server: ListServer, session: Session, message: Message): void {
  const [content, former] = read("changes", message.header) as [ContentId, ContentId];
  const base = server.catalogue.contents.chunks(former);
  const known = base === null ? null : listOf(server, content);
  const changes = base !== null && known !== null && areComparable(base, known.chunks)
    ? changesOf(base, known.chunks)
    : null;
  const header = changes === null ? [-1, 0] : [known!.size, chunkCount(known!.chunks)];
  session.answer(message.requestId, "bulk", MESSAGE.changesAnswer, header, changes ?? undefined);
}

/** The list of a content that a file here has, or is to have; null where none has it. */
function listOf(server: ListServer, content: ContentId): { size: number; chunks: ChunkList } | null {
  const coming = server.sharing.list(content);
  if (coming !== null) return coming;
  const source = findLocal(server, content);
  source?.pin.close();
  const chunks = source === null ? null : server.catalogue.contents.chunks(content);
  if (source !== null && chunks === null) server.changed(source.replica, source.path);
  return source === null || chunks === null ? null : { size: source.size, chunks };
}
