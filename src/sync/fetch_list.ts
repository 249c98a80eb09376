/**
 * Gets the chunk list of a large content from who has it: as changes of the list of what stood at the path before, where both have that,
 * else whole, page by page.
 */
import {
  checkChunkList,
  CHUNK_RECORD_BYTES,
  chunkCount,
  type ChunkList,
  mostChunks,
} from "../core/content.ts";
import { type ContentId, fromHex } from "../core/ids.ts";
import { LIST_PAGE_CHUNKS } from "../core/limits.ts";
import { withChanges } from "../core/list_changes.ts";
import type { Session } from "../peer/session.ts";
import { STALL_MS } from "./fetch_small.ts";
import { MESSAGE, read } from "./messages.ts";
import type { Sources } from "./sources.ts";

export interface ListWant {
  readonly content: ContentId;
  readonly size: number;
  readonly devices: readonly number[];
  /** The content that stood at the path before, where this device has its list. */
  readonly former: { readonly content: ContentId; readonly chunks: ChunkList } | null;
}

/** Null when nobody who is there has it. */
export async function fetchList(sources: Sources, want: ListWant): Promise<ChunkList | null> {
  const avoid = new Set<Session>();
  for (;;) {
    const list = await sources.ask(want.devices, avoid, 0, async (session) => {
      avoid.add(session);
      try {
        // Another one may have it too: nobody is waited for long then.
        const stallMs = sources.among(want.devices).length > 1 ? STALL_MS : undefined;
        return await changedList(session, want, stallMs) ?? await wholeList(session, want, stallMs);
      } catch {
        return undefined;
      }
    });
    if (list !== undefined) return list;
  }
}

/** Null when the peer has not both lists, or they have too little in common. */
async function changedList(
  session: Session,
  { content, size, former }: ListWant,
  stallMs: number | undefined,
): Promise<ChunkList | null> {
  if (former === null || chunkCount(former.chunks) > LIST_PAGE_CHUNKS) return null;
  const request = [fromHex(content), fromHex(former.content)];
  const answer = await session.request(MESSAGE.changes, request, undefined, stallMs);
  session.consumed("bulk", answer.size);
  const [itsSize, chunks] = read("changesAnswer", answer.header);
  if (itsSize !== size || chunks > Math.min(mostChunks(size), LIST_PAGE_CHUNKS)) return null;
  const list = withChanges(former.chunks, answer.raw, chunks);
  return list !== null && checkChunkList(list, content, size) === null ? list : null;
}

/** Undefined when the peer does not have it, or says what cannot be. */
async function wholeList(
  session: Session,
  want: ListWant,
  stallMs: number | undefined,
): Promise<ChunkList | undefined> {
  let list: ChunkList | null = null;
  for (let have = 0; list === null || have < chunkCount(list);) {
    const answer = await session.request(MESSAGE.list, [fromHex(want.content), have], undefined, stallMs);
    session.consumed("bulk", answer.size);
    const [size, chunks] = read("listAnswer", answer.header);
    // A peer does not say one length and then another, and cannot draw a list out in crumbs.
    const isSame = list === null || chunkCount(list) === chunks;
    if (size !== want.size || chunks < 1 || chunks > mostChunks(size) || !isSame) return undefined;
    const page = Math.min(LIST_PAGE_CHUNKS, chunks - have);
    if (answer.raw.length !== page * CHUNK_RECORD_BYTES) return undefined;
    list ??= new Uint8Array(chunks * CHUNK_RECORD_BYTES);
    list.set(answer.raw, have * CHUNK_RECORD_BYTES);
    have += page;
  }
  return checkChunkList(list, want.content, want.size) === null ? list : undefined;
}
