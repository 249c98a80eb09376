/**
 * Which `.cairnignore` is in force in a folder (R18).
 *
 * 1. Before it was read once in a run nothing is concluded: without its patterns what is private would be announced, and what was
 *    deleted while it was ignored would be deleted everywhere.
 * 2. What was concluded under other patterns than those that stand there when it is to be recorded is concluded anew: who writes a
 *    line and then deletes what it names has told us so in that order.
 */
import { CairnError } from "../core/errors.ts";
import { IGNORE_FILE, IGNORE_PATTERNS, type IgnoreRules, readIgnore } from "../folder/ignore.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";

export class IgnoreInForce {
  readonly #replica: Replica;
  #isRead = false;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Reads the patterns anew. True when they are others. Throws CairnError "path-unusable" while they never could be read. */
  refresh(): boolean {
    const former = this.#replica.ignore;
    const read = this.#read();
    if (read instanceof FsError) {
      const cause = causeOf(read);
      if (!this.#isRead) {
        throw new CairnError(
          "path-unusable",
          `${IGNORE_FILE} ${cause}; nothing is synced without its patterns`,
        );
      }
      this.#replica.troubles.set(IGNORE_FILE, { cause, remedy: "The patterns read before stay in force." });
      return false;
    }
    this.#isRead = true;
    if (read === former) return false;
    this.#replica.ignore = read;
    // What others have at paths that were ignored was dropped; now it may be wanted.
    this.#replica.catalogue.rows.needAll(this.#replica.number);
    return true;
  }

  /** What stands in the file is in force, as far as it can be read. */
  get isCurrent(): boolean {
    const read = this.#read();
    return read instanceof FsError || read === this.#replica.ignore;
  }

  #read(): IgnoreRules | FsError {
    try {
      return readIgnore(this.#replica.deps.fs, this.#replica.root, this.#replica.ignore);
    } catch (error) {
      if (error instanceof FsError) return error;
      throw error;
    }
  }
}

function causeOf({ code }: FsError): string {
  return code === "unsupported" ? `has more than ${IGNORE_PATTERNS} patterns` : `cannot be read (${code})`;
}
