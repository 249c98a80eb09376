/** What a member answers to those who ask for contents: the truth, as far as it knows one. */
import { fromHex, toHex } from "../../src/core/ids.ts";
import type { Message, Session } from "../../src/peer/session.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import { smallContent } from "./rows.ts";

const HELLO = "hello";

/** Serves the small texts given, by content id, and "hello", which rows have unless they say otherwise. */
export function serveContents(texts: ReadonlyMap<string, string> = new Map()) {
  const known = new Map([[smallContent(HELLO), HELLO], ...texts]);
  return (message: Message, session: Session): void => {
    if (message.requestId === 0 || session.ending !== null) return;
    if (message.type === MESSAGE.small) {
      const wanted = (message.header as Uint8Array[]).map((id) => known.get(toHex(id)));
      const files = wanted.map((text) => text === undefined ? null : new TextEncoder().encode(text));
      const raw = new Uint8Array(files.reduce((sum, file) => sum + (file?.length ?? 0), 0));
      let at = 0;
      for (const file of files) {
        if (file === null) continue;
        raw.set(file, at);
        at += file.length;
      }
      session.answer(
        message.requestId,
        "bulk",
        MESSAGE.smallAnswer,
        files.map((file) => file?.length ?? -1),
        raw,
      );
    } else if (message.type === MESSAGE.list) {
      session.answer(message.requestId, "bulk", MESSAGE.listAnswer, [-1, 0]);
    } else if (message.type === MESSAGE.changes) {
      session.answer(message.requestId, "bulk", MESSAGE.changesAnswer, [-1, 0]);
    } else if (message.type === MESSAGE.pieces) {
      session.answer(message.requestId, "bulk", MESSAGE.piecesAnswer, [0]);
    }
  };
}

export function idOfText(text: string): Uint8Array {
  return fromHex(smallContent(text));
}
