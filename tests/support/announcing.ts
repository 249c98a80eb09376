/** A peer that keeps what it is told, and what others have told a device. */
import assert from "node:assert/strict";
import type { Page } from "../../src/catalogue/catalogue.ts";
import { BEGINNING } from "../../src/core/cursor.ts";
import type { DeviceId } from "../../src/core/ids.ts";
import { HEADER_BYTES } from "../../src/core/limits.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { encodeHeader } from "../../src/peer/header.ts";
import type { Session } from "../../src/peer/session.ts";
import { decodePage, type SentPage } from "../../src/sync/messages.ts";
import { bootOf, deviceOf, lsnOf, type rowOf } from "./entries.ts";
import { FOLDER, homeAt } from "./ledgers.ts";
import { tempDir } from "./temp_dir.ts";

export const PEER = deviceOf(2);
export const ORIGIN = deviceOf(3);

/** A session that takes everything, or fails. */
export function listener(
  fails: () => boolean = () => false,
  room: () => number = () => 1,
  can: readonly string[] = [],
) {
  const pages: SentPage[] = [];
  let closed: string | null = null;
  const session = {
    peer: PEER,
    agreement: { capabilities: new Set(can) },
    get ending() {
      return closed === null ? null : { by: "us", reason: closed };
    },
    roomFor: room,
    onRoom: () => {},
    close: (reason: string) => closed = reason,
    send(_lane: string, _type: number, header: unknown) {
      if (fails()) throw new Error("no such message");
      assert.ok(encodeHeader(header).length <= HEADER_BYTES);
      pages.push(decodePage(header));
    },
  } as unknown as Session;
  return { session, pages, closed: () => closed };
}

export async function withLedger(work: (ledger: Ledger) => Promise<void>): Promise<void> {
  using dir = tempDir();
  const ledger = await homeAt(dir.path).open();
  try {
    await work(ledger);
  } finally {
    await ledger.close();
  }
}

export function tell(
  ledger: Ledger,
  origin: DeviceId,
  to: number,
  rows: readonly ReturnType<typeof rowOf>[],
  epoch = 1,
  complete = true,
): void {
  ledger.catalogue.applyPage(pageOf(origin, to, rows, epoch, complete));
}

export function pageOf(
  origin: DeviceId,
  to: number,
  rows: readonly ReturnType<typeof rowOf>[],
  epoch = 1,
  complete = true,
): Page {
  return {
    origin,
    from: BEGINNING,
    to: { epoch, boot: bootOf(3), lsn: lsnOf(to) },
    complete,
    folders: [{ folder: FOLDER, rows: rows.map((row, i) => ({ lsn: lsnOf(i + 1), row })) }],
    facts: [],
  };
}

export const said = (pages: readonly SentPage[], origin: DeviceId) =>
  pages.filter((page) => page.origin === origin).flatMap(({ folders }) =>
    folders.flatMap(({ rows }) => rows)
  );
