/**
 * Which `.cairnignore` is in force in a folder (R18).
 *
 * 1. Before it was read once in a run nothing is concluded: without its patterns what is private would be announced, and what was
 *    deleted while it was ignored would be deleted everywhere.
 * 2. What was concluded under other patterns than those that stand there when it is to be recorded is concluded anew: who writes a
 *    line and then deletes what it names has told us so in that order.
 * 3. Whenever they have become others, what was not wanted under the former ones is asked for.
 */
import { sha256 } from "../core/content.ts";
import { CairnError } from "../core/errors.ts";
import { toHex } from "../core/ids.ts";
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
    if (this.#isRead && read === former) return false;
    this.#isRead = true;
    this.#replica.ignore = read;
    this.#wantAgain(read);
    return read !== former;
  }

  /**
   * What others have at paths that were ignored was dropped; under other patterns it may be wanted. Who wrote them may have done so while the
   * program was off, or it may have been stopped before it had read them: so the catalogue knows under which its needs were dropped.
   */
  #wantAgain({ text }: IgnoreRules): void {
    const { catalogue, folder, number } = this.#replica;
    const key = `ignore/${folder}`;
    const digest = text === "" ? "" : toHex(sha256(new TextEncoder().encode(text)));
    if ((catalogue.values.meta(key) ?? "") === digest) return;
    catalogue.db.transaction(() => {
      catalogue.rows.wanting.begin(number);
      catalogue.values.putMeta(key, digest);
    });
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
