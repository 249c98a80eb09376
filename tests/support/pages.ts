/** What devices of this process tell each other of rows: every page that any of their sessions sends. */
import { encode } from "@msgpack/msgpack";
import type { DeviceId } from "../../src/core/ids.ts";
import { Session } from "../../src/peer/session.ts";
import { decodePage, MESSAGE, type SentPage } from "../../src/sync/messages.ts";

export interface ToldPage {
  readonly session: Session;
  readonly page: SentPage;
  readonly bytes: number;
}

export interface Pages extends Disposable {
  readonly all: readonly ToldPage[];
  /** Rows of `origin` that a device was told, by whomever. */
  rows(to: DeviceId, origin: DeviceId): number;
}

/** Listens until it is disposed of. */
export function pagesOfAll(): Pages {
  const all: ToldPage[] = [];
  const send = Session.prototype.send;
  Session.prototype.send = function (this: Session, lane, type, header, ...rest) {
    if (type === MESSAGE.page) {
      const bytes = encode(header);
      all.push({ session: this, page: decodePage(header), bytes: bytes.length });
    }
    return send.call(this, lane, type, header, ...rest);
  };
  return {
    all,
    rows: (to, origin) =>
      all.filter(({ session, page }) => session.peer === to && page.origin === origin)
        .reduce(
          (sum, { page }) => sum + page.folders.reduce((rows, folder) => rows + folder.rows.length, 0),
          0,
        ),
    [Symbol.dispose]: () => void (Session.prototype.send = send),
  };
}
