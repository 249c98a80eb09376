/**
 * Snapshot segments (R26): what the journal says up to an lsn, so that older segments may go. Same framing as a segment,
 * under its own name; a frame's lsn is the one that the record had, and a last record seals it. A file without
 * the seal does not count.
 */
import { CairnError } from "../core/errors.ts";
import type { ActorId, FolderId, Lsn, Stamp } from "../core/ids.ts";
import { HISTORY_DAYS, PAGE_SHARED, RECORD_ROWS, RECORD_WEIGHT } from "../core/limits.ts";
import { decodeRecord, encodeRecord, type JournalRecord } from "../core/record.ts";
import { fittingRows } from "../core/row_codec.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { SELF } from "../catalogue/interning.ts";
import type { Clock, FileHandle, Fs } from "../platform/ports.ts";
import {
  checkHeader,
  decodeSegment,
  encodeFrame,
  encodeHeader,
  FRAME_HEAD_BYTES,
  HEADER_BYTES,
} from "./frame.ts";
import type { Segment } from "./segments.ts";

const NAME = /^(\d{16})\.snap$/;
const DAY_MS = 86_400_000;
/** A snapshot is read whole; its parts are this long, so that no buffer is larger. */
const PART_BYTES = 32 * 2 ** 20;

export function snapshotPath(dir: string, lsn: Lsn): string {
  return `${dir}/${String(lsn).padStart(16, "0")}.snap`;
}

/**
 * Writes a snapshot of what is applied now and makes it durable. Rows that change meanwhile may stand in it in
 * their newer form; the tail says the same again. Answers the lsn that it covers.
 */
export async function writeSnapshot(fs: Fs, clock: Clock, dir: string, catalogue: Catalogue): Promise<Lsn> {
  const lsn = catalogue.appliedLsn;
  const path = snapshotPath(dir, lsn);
  const aside = `${path}.part`;
  if (fs.lstat(aside) !== null) fs.unlink(aside);
  const file = fs.open(aside, "create");
  try {
    await file.write(encodeHeader(lsn), 0);
    let at = HEADER_BYTES;
    for (const [recordLsn, record] of recordsOf(catalogue)) {
      at = await appendFrame(file, at, recordLsn, record);
      // Rows go out in slices, so that nothing else waits for the whole of it.
      await new Promise<void>((resolve) => clock.after(0, resolve));
    }
    await appendFrame(file, at, lsn, {
      type: "snapshot-end",
      lsn,
      counter: Number(catalogue.values.meta("last_counter") ?? 0),
      stamp: Number(catalogue.values.meta("last_stamp") ?? 0) as Stamp,
    });
    await file.syncData();
  } catch (error) {
    // Half a snapshot on a full disk is room that the journal needs.
    fs.unlink(aside);
    throw error;
  } finally {
    file.close();
  }
  fs.rename(aside, path);
  await fs.syncDirectory(dir);
  return lsn;
}

async function appendFrame(file: FileHandle, at: number, lsn: Lsn, record: JournalRecord): Promise<number> {
  const payload = encodeRecord(record);
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + payload.length);
  encodeFrame(bytes, 0, lsn, payload);
  await file.write(bytes, at);
  return at + bytes.length;
}

function* recordsOf(catalogue: Catalogue): Generator<[Lsn, JournalRecord]> {
  const { values, cursors } = catalogue;
  const actor = String(values.meta("own_actor")) as ActorId;
  const osBoot = String(values.meta("os_boot") ?? "");
  for (const { firstLsn, boot, epoch } of cursors.boots()) {
    yield [firstLsn, { type: "boot", boot, epoch, actor, timeMs: 0, osBoot }];
  }
  for (const { key, value } of values.localWithPrefix("")) yield [0 as Lsn, { type: "local", key, value }];
  yield* sharedRecords(catalogue);
  for (const { lsn, key, value } of values.factsAfter(SELF, 0 as Lsn)) {
    yield [lsn, { type: "fact", key, value }];
  }
  for (const { lsn, record } of catalogue.allIntents()) yield [lsn, record];
  const [lsn, moved] = [catalogue.appliedLsn, catalogue.moves.applied];
  yield* ownRows(catalogue);
  if (catalogue.moves.applied !== moved) yield* rowsSince(catalogue, lsn);
}

/** What came in one record goes into one again, as far as nothing newer has been said since. */
export function* sharedRecords({ values }: Catalogue): Generator<[Lsn, JournalRecord]> {
  for (let after: Lsn | null = 0 as Lsn; after !== null;) {
    const { fields, upTo } = values.sharedAfter(after, PAGE_SHARED);
    for (let from = 0; from < fields.length;) {
      const { lsn } = fields[from]!;
      let end = from;
      while (end < fields.length && fields[end]!.lsn === lsn) end++;
      yield [lsn, { type: "shared", fields: fields.slice(from, end).map(({ field }) => field) }];
      from = end;
    }
    after = upTo;
  }
}

/** A move takes rows from where they were (R29): what it made of them while the others were written may have been passed by. */
function* rowsSince({ rows, ids, appliedLsn }: Catalogue, lsn: Lsn): Generator<[Lsn, JournalRecord]> {
  for (let after = lsn;;) {
    const page = rows.page(SELF, after, appliedLsn, RECORD_ROWS);
    if (page.length === 0) return;
    after = page.at(-1)!.placed.lsn;
    for (const { folder, placed } of page) yield [0 as Lsn, keptRows(ids.folderOf(folder), [placed])];
  }
}

function* ownRows({ rows, ids }: Catalogue): Generator<[Lsn, JournalRecord]> {
  for (let after = 0;;) {
    const some = fittingRows(
      rows.ownAfter(after, RECORD_ROWS),
      ({ row }) => row,
      0,
      RECORD_ROWS,
      RECORD_WEIGHT,
    );
    if (some.length === 0) return;
    after = some.at(-1)!.state;
    for (const folder of new Set(some.map((row) => row.folder))) {
      const own = some.filter((row) => row.folder === folder);
      yield [0 as Lsn, keptRows(ids.folderOf(folder), own)];
    }
  }
}

function keptRows(folder: FolderId, own: readonly { lsn: Lsn; row: JournalRow }[]): JournalRecord {
  return { type: "kept", folder, lsns: own.map(({ lsn }) => lsn), rows: own.map(({ row }) => row) };
}
type JournalRow = Extract<JournalRecord, { type: "kept" }>["rows"][number];

/** The newest sealed snapshot, or null. */
export function findSnapshot(fs: Fs, dir: string): { readonly path: string; readonly lsn: Lsn } | null {
  const found = fs.list(dir).flatMap(({ name }) => {
    const match = NAME.exec(name);
    return match === null ? [] : [{ path: `${dir}/${name}`, lsn: Number(match[1]) as Lsn }];
  });
  return found.sort((a, b) => b.lsn - a.lsn)[0] ?? null;
}

/** The records of a snapshot with their lsns. Throws CairnError when one is damaged or the seal is missing. */
export async function* readSnapshot(fs: Fs, path: string): AsyncGenerator<[Lsn, JournalRecord]> {
  const file = fs.open(path, "read");
  try {
    const size = file.stat().size;
    let carry = new Uint8Array(0);
    let header = true;
    let sealed = false;
    for (let at = 0; at < size;) {
      const part = new Uint8Array(carry.length + Math.min(PART_BYTES, size - at));
      part.set(carry);
      at += await file.read(part.subarray(carry.length), at);
      const bytes = header ? part : withHeader(part);
      if (checkHeader(bytes) !== "ok") break;
      const content = decodeSegment(bytes);
      for (const { lsn, payload } of content.frames) {
        const record = decodeRecord(payload);
        sealed = record.type === "snapshot-end";
        yield [lsn, record];
      }
      carry = bytes.slice(content.goodBytes);
      header = false;
      if (content.frames.length === 0) break;
    }
    if (!sealed || carry.length > 0) {
      throw new CairnError("journal-broken", "a snapshot ends without its seal");
    }
  } finally {
    file.close();
  }
}

function withHeader(part: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(HEADER_BYTES + part.length);
  out.set(encodeHeader(0 as Lsn));
  out.set(part, HEADER_BYTES);
  return out;
}

/** Removes older snapshots, and segments that a snapshot covers and history no longer keeps. Answers their first lsns. */
export function prune(
  fs: Fs,
  clock: Clock,
  dir: string,
  segments: readonly Segment[],
  covered: Lsn,
): Set<Lsn> {
  const gone = new Set<Lsn>();
  for (let i = 0; i + 1 < segments.length; i++) {
    const { path, firstLsn } = segments[i]!;
    if (segments[i + 1]!.firstLsn > covered + 1) break;
    const changedMs = fs.lstat(path)?.mtimeMs ?? 0;
    if (changedMs > clock.now() - HISTORY_DAYS * DAY_MS) break;
    fs.unlink(path);
    gone.add(firstLsn);
  }
  for (const { name } of fs.list(dir)) {
    const match = NAME.exec(name);
    if (match !== null && Number(match[1]) < covered) fs.unlink(`${dir}/${name}`);
  }
  return gone;
}
