/** The journal of a device of the floor: Cairn's own, with one fdatasync for what arrives together. It is never read again. */
import { encode } from "../../../src/core/msgpack.ts";
import type { Lsn } from "../../../src/core/ids.ts";
import { Journal } from "../../../src/journal/journal.ts";
import { disk } from "./known.ts";

export class Log {
  readonly #journal: Journal;

  /** In a directory of its own for each start. */
  constructor(home: string) {
    const dir = `${home}/journal-${Date.now()}`;
    disk.makeDirectories(dir);
    this.#journal = new Journal(disk, dir, [], 0 as Lsn, () => {});
  }

  /** Resolves when the record is on the disk. */
  async append(record: unknown): Promise<void> {
    await this.#journal.append(encode(record), null);
  }
}
