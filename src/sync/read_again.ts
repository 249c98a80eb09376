/**
 * Reads a file of ours again from the disk, and says whether its bytes are still those that our row says (R15). Nothing is claimed of a file
 * that was touched: its whole fingerprint must be the known one before and after, and bad bytes must be bad twice.
 */
import type { HeldRow } from "../catalogue/rows.ts";
import { chunkCount, chunkOffsets } from "../core/content.ts";
import { samePrint } from "../core/fingerprint.ts";
import type { ContentId } from "../core/ids.ts";
import { SMALL_FILE_BYTES } from "../core/limits.ts";
import { nameOf, parentOf } from "../core/path.ts";
import { relativeStat } from "../folder/scan.ts";
import { FsError } from "../platform/ports.ts";
import { runsOf } from "./missing.ts";
import type { Replica } from "./replica.ts";
import { piecesOf } from "./serve.ts";

/** What is read between two rests: some hundredths of a second. */
const STRETCH_BYTES = 4 * 2 ** 20;

export type ReadAgain =
  | { readonly kind: "good" }
  /** It is not what our row was made of: whoever looks after the folder is to look. */
  | { readonly kind: "changed" }
  /** Whoever asked wants no more of it now. */
  | { readonly kind: "stopped" }
  /** Its bytes are others, behind an unchanged fingerprint; null where the disk does not give them. */
  | { readonly kind: "bad"; readonly found: ContentId | null; readonly mtimeMs: number };

/** `rest` is told of bytes that were read, and answers whether to go on. */
export async function readAgain(
  replica: Replica,
  { row: { path, entry }, state }: HeldRow,
  rest: (bytes: number) => Promise<boolean>,
): Promise<ReadAgain> {
  const { deps: { fs, pool }, rootDev, catalogue } = replica;
  const print = catalogue.prints.get(state);
  if (print === null || !print.settled) return { kind: "changed" };
  try {
    const pin = fs.pin(replica.root, parentOf(path));
    try {
      const at = pin.at(nameOf(path));
      const isAsKnown = () => {
        const stat = fs.lstat(at);
        return stat?.kind === "file" && samePrint(print, relativeStat(stat, rootDev)) &&
          replica.own(path)?.state === state;
      };
      if (!isAsKnown()) return { kind: "changed" };
      const first = await look(replica, at, entry.content!, entry.size, rest);
      if (first === "stopped") return { kind: "stopped" };
      if (!isAsKnown()) return { kind: "changed" };
      if (first === "good") return { kind: "good" };
      // Memory and cables err, too: what reads well the second time is not damaged on the disk.
      const [again] = await pool.hash([at]);
      if (!isAsKnown() || again === undefined) return { kind: "changed" };
      if (again instanceof FsError) {
        return again.code === "io"
          ? { kind: "bad", found: null, mtimeMs: print.mtimeMs }
          : { kind: "changed" };
      }
      if (again.content === entry.content) return { kind: "good" };
      return { kind: "bad", found: again.content, mtimeMs: print.mtimeMs };
    } finally {
      pin.close();
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return { kind: "changed" };
  }
}

async function look(
  { deps: { pool }, catalogue }: Replica,
  at: string,
  content: ContentId,
  size: number,
  rest: (bytes: number) => Promise<boolean>,
): Promise<"good" | "bad" | "stopped"> {
  if (size <= SMALL_FILE_BYTES) {
    const [bytes] = await pool.readSmall([{ path: at, content }], true);
    await rest(size);
    return bytes === null || bytes === undefined ? "bad" : "good";
  }
  const chunks = catalogue.contents.chunks(content);
  if (chunks === null) {
    // A catalogue that was made anew has no list of it: the whole is read at once, and gives it one.
    const [hashed] = await pool.hash([at]);
    await rest(size);
    if (hashed === undefined || hashed instanceof FsError || hashed.content !== content) return "bad";
    if (hashed.chunks !== null) catalogue.contents.put(content, size, hashed.chunks);
    return "good";
  }
  const offsets = chunkOffsets(chunks);
  for (const [first, count] of runsOf(chunks, new Uint8Array(chunkCount(chunks)), STRETCH_BYTES)) {
    try {
      const good = await pool.checkPieces(at, piecesOf(chunks, first, count, offsets), true);
      if (!good.every(Boolean)) return "bad";
    } catch (error) {
      if (error instanceof FsError && error.code === "io") return "bad";
      throw error;
    }
    if (!await rest(offsets[first + count]! - offsets[first]!)) return "stopped";
  }
  return "good";
}
