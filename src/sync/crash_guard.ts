/**
 * After a crash of the machine, some file systems leave files that were being written empty or ending in zeros. Such a file
 * must not be news that replaces good copies elsewhere (R16): it is held back, named in `status`, until somebody
 * writes or touches it. What is held back outlives a restart, and so does the suspicion, until each path has been looked at: the next
 * start knows nothing of the crash any more. A disk that lied about a sync may also have left other bytes behind an
 * unchanged fingerprint: what had changed in the last minutes is read again.
 */
import * as v from "valibot";
import { sameMovedFile, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { isBelow, nameOf, parentOf } from "../core/path.ts";
import type { Observation } from "../folder/observe.ts";
import { FsError } from "../platform/ports.ts";
import { EVERYWHERE, NOWHERE, Places } from "./places.ts";
import type { Replica } from "./replica.ts";

/** A disk that lies about its syncs has written what is older than this by itself. */
const UNSURE_MS = 5 * 60_000;
/** So much of a file's end must be zeros: a block, which is what a lost write leaves. */
const TAIL_BYTES = 512;
const CAUSE = "is damaged, empty or ends in zeros since the machine crashed, so it is not sent to others";
const REMEDY = "To keep it as it is, touch it. To have the former content back: cairn restore PATH.";

const heldSchema = v.array(v.tuple([v.string(), v.number(), v.number()]));
const suspectsSchema = v.array(v.string());

/** How a held file looked; any change of it is a person's word. */
interface Held {
  readonly size: number;
  readonly mtimeMs: number;
}

export class CrashGuard {
  readonly #replica: Replica;
  readonly #held: Map<RelPath, Held>;
  readonly #heldStates = new Set<number>();
  /** That is in the journal. */
  #isNoted: boolean;

  constructor(replica: Replica, crashed: boolean) {
    this.#replica = replica;
    const { values, prints } = replica.catalogue;
    const suspects = v.safeParse(suspectsSchema, values.local(this.#suspectsKey));
    const left = suspects.success ? new Places(suspects.output as RelPath[]) : NOWHERE;
    replica.afterCrash = crashed ? EVERYWHERE : left;
    this.#isNoted = !crashed;
    if (crashed) prints.distrustNewest(UNSURE_MS);
    const saved = v.safeParse(heldSchema, values.local(this.#key));
    this.#held = new Map(
      (saved.success ? saved.output : []).map((
        [path, size, mtimeMs],
      ) => [path as RelPath, { size, mtimeMs }]),
    );
  }

  get #key(): string {
    return `held/${this.#replica.folder}`;
  }

  get #suspectsKey(): string {
    return `suspects/${this.#replica.folder}`;
  }

  isHeld(path: RelPath): boolean {
    return this.#held.has(path);
  }

  /** The file of this state of ours stands damaged at another path, and is held back there. */
  holdsState(state: number): boolean {
    return this.#heldStates.has(state);
  }

  /** Paths that are held back below a directory, in order. */
  heldBelow(directory: RelPath): RelPath[] {
    return [...this.#held.keys()].filter((path) => isBelow(path, directory)).sort();
  }

  /** A person has put something else there. */
  async releaseAll(paths: readonly RelPath[]): Promise<void> {
    const released = paths.filter((path) => this.#held.delete(path));
    for (const path of released) this.#replica.troubles.delete(path);
    if (released.length > 0) await this.#save();
  }

  /** Before anything is looked at: whoever is stopped in the middle goes on being suspicious. */
  async begin(): Promise<void> {
    if (!this.#isNoted) await this.#note(this.#replica.afterCrash);
  }

  /** All that the crash left has been looked at, but for what is at these places. */
  async settle(unseen: Places): Promise<void> {
    if (this.#replica.afterCrash.isEmpty) return;
    const left = unseen.within(this.#replica.afterCrash);
    if (left.isSame(this.#replica.afterCrash)) return;
    await this.#note(left);
    this.#replica.afterCrash = left;
  }

  async #note({ paths, isEmpty }: Places): Promise<void> {
    const value = isEmpty ? null : [...paths];
    await this.#replica.deps.ledger.commit({ type: "local", key: this.#suspectsKey, value });
    this.#isNoted = true;
  }

  /** The observations that may be recorded; the others are held back and named. */
  async sift(observations: readonly Observation[]): Promise<readonly Observation[]> {
    if (this.#replica.afterCrash.isEmpty && this.#held.size === 0) return observations;
    const before = this.#held.size;
    let isChanged = false;
    const good: Observation[] = [];
    for (const observation of observations) {
      const { path, size, mtimeMs } = observation;
      const held = this.#held.get(path);
      if (
        held !== undefined && (held.size !== size || held.mtimeMs !== mtimeMs || this.#isMended(observation))
      ) {
        this.#held.delete(path);
        isChanged = true;
      }
      const stays = this.#held.has(path) ||
        (held === undefined && this.#replica.afterCrash.has(path) && await this.#isSuspect(observation));
      if (!stays) {
        good.push(observation);
        continue;
      }
      this.#held.set(path, { size, mtimeMs });
      this.#replica.troubles.set(path, { cause: CAUSE, remedy: REMEDY });
    }
    if (isChanged || this.#held.size !== before) await this.#save();
    return good;
  }

  /** The former content is back, with its former time. */
  #isMended({ path, content }: Observation): boolean {
    return content !== null && this.#replica.own(path)?.row.entry.content === content;
  }

  /** A file that we have with other bytes, and that is now empty or ends in zeros, or that nobody has changed (R15). */
  async #isSuspect(observation: Observation): Promise<boolean> {
    const { path, kind, size, content, print } = observation;
    const own = this.#replica.own(path);
    const entry = own?.row.entry;
    if (kind !== "file") return false;
    if (entry?.kind !== "file") return this.#isDamagedMove(observation);
    if (entry.size === 0 || entry.content === content) return false;
    const known = this.#replica.catalogue.prints.get(own!.state);
    if (known !== null && samePrint(known, print)) return true;
    return size === 0 || await this.#endsInZeros(path, size);
  }

  /** It is the file of another path of ours, which a rename brought here or a lost rename back, with other bytes that nobody has written. */
  #isDamagedMove({ content, print, movedState }: Observation): boolean {
    if (movedState !== null) return false;
    const { prints, rows } = this.#replica.catalogue;
    for (const { state, print: known } of prints.statesOfInode(print.ino)) {
      const former = sameMovedFile(known, print) ? rows.contentOf(state) : null;
      if (former === null || former === content) continue;
      this.#heldStates.add(state);
      return true;
    }
    return false;
  }

  async #endsInZeros(path: RelPath, size: number): Promise<boolean> {
    const { deps: { fs }, root } = this.#replica;
    const tail = new Uint8Array(Math.min(size, TAIL_BYTES));
    try {
      const pin = fs.pin(root, parentOf(path));
      try {
        const file = fs.open(pin.at(nameOf(path)), "read");
        try {
          const read = await file.read(tail, size - tail.length);
          return read === tail.length && tail.every((byte) => byte === 0);
        } finally {
          file.close();
        }
      } finally {
        pin.close();
      }
    } catch (error) {
      if (error instanceof FsError) return false; // changed again: the next look tells
      throw error;
    }
  }

  async #save(): Promise<void> {
    const value = [...this.#held].map(([path, { size, mtimeMs }]) => [path, size, mtimeMs]);
    await this.#replica.deps.ledger.commit({
      type: "local",
      key: this.#key,
      value: value.length === 0 ? null : value,
    });
  }
}
