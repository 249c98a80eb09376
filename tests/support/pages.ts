/** What devices of this process tell each other of rows: every page that any of their sessions sends. */
import type { DeviceId } from "../../src/core/ids.ts";
import { Session } from "../../src/peer/session.ts";
import { decodePage, MESSAGE, type SentPage } from "../../src/sync/messages.ts";
import { openPage } from "../../src/sync/page_packing.ts";

export interface ToldPage {
  readonly session: Session;
  readonly page: SentPage;
}

export interface Pages extends Disposable {
  readonly all: readonly ToldPage[];
  /** Rows of `origin` that a device was told, by whomever. */
  rows(to: DeviceId, origin: DeviceId): number;
  /** Those of them that others told. */
  relayed(to: DeviceId, origin: DeviceId): number;
}

/** Listens until it is disposed of. */
export function pagesOfAll(): Pages {
  const all: ToldPage[] = [];
  const send = Session.prototype.send;
  Session.prototype.send = function (this: Session, lane, type, header, ...rest) {
    if (type === MESSAGE.page) all.push({ session: this, page: decodePage(header) });
    if (type === MESSAGE.packedPage) {
      all.push({ session: this, page: decodePage(openPage(header, rest[0]!)) });
    }
    return send.call(this, lane, type, header, ...rest);
  };
  const rowsIn = (pages: readonly ToldPage[]) =>
    pages.flatMap(({ page }) => page.folders.map(({ rows }) => rows.length)).reduce((a, b) => a + b, 0);
  const toldTo = (to: DeviceId, origin: DeviceId) =>
    all.filter(({ session, page }) => session.peer === to && page.origin === origin);
  // Whoever speaks begins with what it has itself.
  const speaker = (of: Session) => all.find(({ session }) => session === of)!.page.origin;
  return {
    all,
    rows: (to, origin) => rowsIn(toldTo(to, origin)),
    relayed: (to, origin) => rowsIn(toldTo(to, origin).filter(({ session }) => speaker(session) !== origin)),
    [Symbol.dispose]: () => void (Session.prototype.send = send),
  };
}
