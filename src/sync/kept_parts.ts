/**
 * Which part of a folder this device keeps (docs/selective.md), and its change.
 *
 * 1. Patterns are durable before anything is done by them, and one set holds at a time: each batch of placements is planned by those in force.
 * 2. What others make outside of them gets a row that lists it, as after a drop, and is not fetched (`isOutside` in planning.ts).
 * 3. What is listed and inside of them comes back. Stopped in the middle, the next start knows that not all is on its way, and goes on.
 * 4. What is here and outside goes by a drop alone, with all that it checks (drops.ts): nothing in this file removes anything.
 */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import { isDropped } from "../core/entry.ts";
import type { FolderId, RelPath } from "../core/ids.ts";
import { takesOthers } from "../core/mode.ts";
import { letPass } from "../core/passing.ts";
import type { JournalRecord } from "../core/record.ts";
import { KEEP_ALL, keepFault, type KeepRules, keepRules } from "../folder/keep_patterns.ts";
import { bringBack, canComeBack, type Fetching, ownFiles } from "./bring_back.ts";

/** Key of the local value, before the folder. */
export const KEEP = "keep/";

const schema = v.object({ patterns: v.array(v.string()), isSettled: v.boolean() });

interface Kept {
  readonly rules: KeepRules;
  /** All that is listed inside is on its way, or here. */
  readonly isSettled: boolean;
}

/** What cannot be read says nothing: then all is kept. */
function keptOf(catalogue: Catalogue, folder: FolderId): Kept {
  const read = v.safeParse(schema, catalogue.values.local(KEEP + folder));
  if (!read.success || keepFault(read.output.patterns) !== null) return { rules: KEEP_ALL, isSettled: true };
  return { rules: keepRules(read.output.patterns), isSettled: read.output.isSettled };
}

function keptRecord(folder: FolderId, { patterns }: KeepRules, isSettled: boolean): JournalRecord {
  const value = patterns.length === 0 && isSettled ? null : { patterns, isSettled };
  return { type: "local", key: KEEP + folder, value };
}

export interface FileCount {
  files: number;
  bytes: number;
}

export interface Standing {
  /** What is here of the folder, and what is only listed. */
  readonly kept: FileCount;
  readonly listed: FileCount;
  /** Listed, and inside of the rules. */
  readonly inside: RelPath[];
  /** Here, and outside. */
  readonly outside: RelPath[];
}

export class KeptParts {
  readonly #sync: Fetching;
  #isSettled: boolean;
  #isStopped = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(sync: Fetching) {
    this.#sync = sync;
    const { rules, isSettled } = keptOf(sync.replica.catalogue, sync.replica.folder);
    sync.replica.keep = rules;
    this.#isSettled = isSettled;
  }

  /** Goes on where a former run was stopped, or the mode did not let it. */
  start(): void {
    if (!this.#isSettled) this.#inTurn(() => this.#settle()).catch(letPass);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Other patterns; resolves when they hold and what is listed inside of them is on its way, and answers that. Rejects when the journal refuses:
   * then the former hold, or the next start goes on.
   */
  change(rules: KeepRules): Promise<RelPath[]> {
    return this.#inTurn(async () => {
      const { replica, inbound } = this.#sync;
      await replica.exclusive(async () => {
        await replica.deps.ledger.commit(keptRecord(replica.folder, rules, false));
        replica.keep = rules;
        this.#isSettled = false;
      });
      // What waits for somebody who has it need not any more, where it is only to be listed.
      inbound.retry((needs, folder) => needs.retryAll(folder));
      return await this.#settle();
    });
  }

  /** How the folder stands to some rules. */
  async look(rules: KeepRules): Promise<Standing> {
    const standing: Standing = { kept: none(), listed: none(), inside: [], outside: [] };
    const isOther = ({ row }: HeldRow) => {
      const isListed = isDropped(row);
      if (!isListed && !row.held) return false;
      const count = isListed ? standing.listed : standing.kept;
      count.files++;
      count.bytes += row.entry.size;
      return isListed === rules.keeps(row.path);
    };
    for await (const some of ownFiles(this.#sync, "" as RelPath, isOther)) {
      for (const path of some) (rules.keeps(path) ? standing.inside : standing.outside).push(path);
      if (this.#sync.replica.isClosed) break;
    }
    return standing;
  }

  async #settle(): Promise<RelPath[]> {
    const { replica } = this.#sync;
    const { keep } = replica;
    const { inside } = await this.look(keep);
    const paths = inside.filter((path) => canComeBack(this.#sync, path));
    const coming = await bringBack(this.#sync, paths);
    if (this.#isStopped || replica.isClosed || !takesOthers(replica.mode)) return coming;
    await replica.deps.ledger.commit(keptRecord(replica.folder, keep, true));
    this.#isSettled = true;
    return coming;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }
}

function none(): FileCount {
  return { files: 0, bytes: 0 };
}
