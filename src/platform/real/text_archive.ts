/** Entries of a zip archive in memory. What it says of its sizes is believed only as a bound: nothing more is ever unpacked (a bomb). */
import { unzipSync } from "fflate";
import { TEXT_ENTRIES, TEXT_ENTRY_BYTES, TEXT_UNPACKED_BYTES } from "../../core/limits.ts";

/** Why a file cannot be read, in words for people. */
export class UnreadableText extends Error {
  override readonly name = "UnreadableText";
}

export class Archive {
  /** Names of its entries, in their order. */
  readonly names: readonly string[];
  readonly #bytes: Uint8Array;
  #unpacked = 0;

  /** Throws UnreadableText. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const names: string[] = [];
    this.#walk((name) => {
      if (names.push(name) > TEXT_ENTRIES) {
        throw new UnreadableText(`the archive has more than ${TEXT_ENTRIES} entries`);
      }
      return false;
    });
    this.names = names;
  }

  /** An entry as text; null when there is none of that name. Throws UnreadableText. */
  text(name: string): string | null {
    let size = 0;
    const found = this.#walk((one, originalSize) => {
      if (one !== name) return false;
      // A name may stand there twice.
      size += originalSize;
      if (size > TEXT_ENTRY_BYTES || this.#unpacked + size > TEXT_UNPACKED_BYTES) {
        throw new UnreadableText("the archive unpacks to more than is read");
      }
      return true;
    })[name];
    this.#unpacked += size;
    return found === undefined ? null : new TextDecoder().decode(found);
  }

  #walk(wanted: (name: string, originalSize: number) => boolean): Record<string, Uint8Array> {
    try {
      return unzipSync(this.#bytes, { filter: ({ name, originalSize }) => wanted(name, originalSize) });
    } catch (error) {
      if (error instanceof UnreadableText) throw error;
      throw new UnreadableText("the archive is damaged or not complete");
    }
  }
}
