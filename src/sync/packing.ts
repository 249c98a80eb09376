/**
 * Answers that are packed for a slow wire. Who asks sees how slow it is (ahead.ts) and says so; who answers packs what becomes smaller, in a
 * worker. On a wire that brings more than SLOW_BYTES_PER_MS packing would take part of the time that it saves: nothing is packed.
 */
import type { Answer, Session } from "../peer/session.ts";
import type { HashPool } from "../platform/ports.ts";
import { MESSAGE, read } from "./messages.ts";

/** Less than this goes in a packet or two in any case. */
const LEAST_BYTES = 1024;
const NOTHING = new Uint8Array(0);

/** Whom to answer how. */
export interface Asker {
  readonly session: Session;
  /** It said that its wire is slow. */
  readonly packs: boolean;
}

/** Answers a request with bytes, which the caller does not use any more. */
export async function answerWith(
  { session, packs }: Asker,
  pool: Pick<HashPool, "pack">,
  [requestId, type, header]: readonly [requestId: number, type: number, header: unknown],
  raw: Uint8Array,
): Promise<void> {
  const packed = packs && raw.length >= LEAST_BYTES ? await pool.pack(raw) : null;
  if (packed === null) session.answer(requestId, "bulk", type, header, raw, raw.length > 0);
  else session.answer(requestId, "bulk", MESSAGE.packed, [raw.length, header], packed, true);
}

/** What an answer says and brings. Where that is more than `mostBytes`, or not what was packed, it says and brings nothing. */
export async function opened(
  { type, header, raw }: Answer,
  pool: Pick<HashPool, "unpack">,
  mostBytes: number,
): Promise<{ header: unknown; raw: Uint8Array<ArrayBuffer> }> {
  if (type !== MESSAGE.packed) return { header, raw };
  const packed = packedOf(header);
  const bytes = packed === null || packed.length > mostBytes ? null : await pool.unpack(raw, packed.length);
  return bytes === null ? { header: null, raw: NOTHING } : { header: packed!.header, raw: bytes };
}

function packedOf(header: unknown): { length: number; header: unknown } | null {
  try {
    const [length, inner] = read("packed", header);
    return { length, header: inner };
  } catch {
    return null;
  }
}
