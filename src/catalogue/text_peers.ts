/** How far we have what other devices' indexes of texts hold: a cursor of its own for each (R39). */
import { type DeviceId, fromHex, toHex } from "../core/ids.ts";
import type { TextFile } from "./text_file.ts";

export interface PeerTexts {
  /** Names the index: another one is listed from its beginning. */
  readonly index: string;
  /** The number of the last record that was looked at. */
  readonly seen: number;
  /** When it was last listed from its beginning. */
  readonly listedMs: number;
  /** Something was passed by or dropped since then that may be wanted. */
  readonly relist: boolean;
}

export class TextPeers {
  readonly #file: TextFile;

  constructor(file: TextFile) {
    this.#file = file;
  }

  of(device: DeviceId): PeerTexts | null {
    return this.#file.do((db) => {
      const row = db.get(
        "SELECT index_id, seen, listed_ms, relist FROM peers WHERE device = ?",
        fromHex(device),
      );
      if (row === undefined) return null;
      const [index, seen, listedMs, relist] = row;
      return {
        index: toHex(index as Uint8Array),
        seen: Number(seen),
        listedMs: Number(listedMs),
        relist: relist === 1,
      };
    });
  }

  set(device: DeviceId, { index, seen, listedMs, relist }: PeerTexts): void {
    this.#file.do((db) =>
      db.run(
        "INSERT OR REPLACE INTO peers (device, index_id, seen, listed_ms, relist) VALUES (?, ?, ?, ?, ?)",
        fromHex(device),
        fromHex(index),
        seen,
        listedMs,
        relist ? 1 : 0,
      )
    );
  }

  /** What was passed by may be wanted now: all are listed from their beginning once more, in their time. */
  relistAll(): void {
    this.#file.do((db) => db.run("UPDATE peers SET relist = 1"));
  }
}
