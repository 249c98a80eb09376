/**
 * What is missing when the journal has lost its end, or an older one was put back (R24): the record that a file was dropped (R10) may be among what
 * is not known any more, and then it is no delete. Until everything was looked at once in the new epoch, what is missing here and stands on
 * another device comes again from there. `cairn drop` sees to it that such a journal is noticed: the root's marker has come further (drop.ts).
 *
 * 1. Looked at is what a scan of everything has come across, with all that it left to be looked at behind it. While what is missing waits for a
 *    person's word (invariant 8), nothing was.
 * 2. Where that scan could not look, and there alone, it goes on: a directory that nobody may list must not bring back what is deleted elsewhere.
 */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import type { Row } from "../core/entry.ts";
import type { FolderId, RelPath } from "../core/ids.ts";
import type { JournalRecord } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Halt } from "./halt.ts";
import { EVERYWHERE, NOWHERE, Places } from "./places.ts";

/** The epoch in which all of a root was looked at last; with the places that were not, where there are any. */
export const SCANNED = "scanned/";
/** In the first epoch nothing was lost. */
const FIRST_EPOCH = 1;

const scannedSchema = v.union([
  v.number(),
  v.object({ epoch: v.number(), unlisted: v.array(v.string()) }),
]);

/** The replica that is looked at. */
interface Looked {
  readonly deps: { readonly ledger: Ledger };
  readonly folder: FolderId;
}

/** Asks nobody who else has it: of what others say, nothing may be known either at the beginning of an epoch. */
export function isVaguelyAbsent(
  { deps: { ledger }, folder }: Looked,
  { row: { path, entry, offered } }: HeldRow,
): boolean {
  return offered && entry.kind === "file" && unscanned(ledger, folder).has(path);
}

/** Where nothing was looked at yet in this epoch. */
function unscanned({ catalogue, epoch }: Ledger, folder: FolderId): Places {
  if (epoch === FIRST_EPOCH) return NOWHERE;
  const scanned = scannedOf(catalogue, folder);
  return scanned.epoch === epoch ? scanned.unlisted : EVERYWHERE;
}

function scannedOf({ values }: Catalogue, folder: FolderId): { epoch: number; unlisted: Places } {
  const { success, output } = v.safeParse(scannedSchema, values.local(SCANNED + folder) ?? FIRST_EPOCH);
  if (!success) return { epoch: 0, unlisted: NOWHERE };
  if (typeof output === "number") return { epoch: output, unlisted: NOWHERE };
  return { epoch: output.epoch, unlisted: new Places(output.unlisted as RelPath[]) };
}

/** `epoch` 0: nothing was looked at in any. */
export function scannedRecord(folder: FolderId, epoch: number, { isEmpty, paths } = NOWHERE): JournalRecord {
  const value = isEmpty ? epoch : { epoch, unlisted: [...paths] };
  return { type: "local", key: SCANNED + folder, value };
}

/**
 * At the start, before a new epoch may begin: homes of programs that dropped nothing say nothing of it, and in the epoch in which they were left what
 * is missing is deleted.
 */
export async function noteFoundEpoch(ledger: Ledger, folders: readonly FolderId[]): Promise<void> {
  for (const folder of folders) {
    if (ledger.catalogue.values.local(SCANNED + folder) !== null) continue;
    await ledger.commit(scannedRecord(folder, ledger.foundEpoch));
  }
}

/** Nothing is said of it any more, and it comes again where others have it. */
export function givenUp(
  { row }: HeldRow,
): { readonly row: Row; readonly print: null; readonly isFresh: false } {
  return { row: { ...row, offered: false, held: false }, print: null, isFresh: false };
}

/** Notes how much of a root was looked at in the present epoch. */
export class Absences {
  readonly #replica: Looked & { readonly brake: { readonly halt: Halt | null } };
  /** The epochs in which a scan of everything has begun, and the last complete one had. */
  #begun = 0;
  #complete = 0;
  /** Where disks have gone with their mount points, as the last scan of everything has found. */
  unmounted: readonly RelPath[] = [];

  constructor(replica: Looked & { readonly brake: { readonly halt: Halt | null } }) {
    this.#replica = replica;
  }

  /** A scan of everything begins. */
  begin(): void {
    this.#begun = this.#replica.deps.ledger.epoch;
    this.#complete = 0;
  }

  /** It is complete, but for what it has left to be looked at next. */
  complete(): void {
    this.#complete = this.#isHalted ? 0 : this.#begun;
  }

  get #isHalted(): boolean {
    const { halt } = this.#replica.brake;
    return halt?.kind === "emptied" || halt?.kind === "older";
  }

  /** Something is missing here without being deleted. */
  get isOpen(): boolean {
    const { deps: { ledger }, folder } = this.#replica;
    return !unscanned(ledger, folder).isEmpty;
  }

  /** Nothing is left to be looked at. `unlisted` answers where else nobody could, within some places: elsewhere what is missing is deleted from now on. */
  async settle(unlisted: (within: Places) => Iterable<RelPath>): Promise<void> {
    const { deps: { ledger }, folder } = this.#replica;
    // What was missing meanwhile was not recorded: it is looked for anew.
    if (this.#isHalted) this.#complete = 0;
    const { epoch } = ledger;
    if (this.#complete !== epoch) return;
    const before = unscanned(ledger, folder);
    const left = new Places([...this.unmounted, ...unlisted(before)]).within(before);
    if (!left.isSame(before)) await ledger.commit(scannedRecord(folder, epoch, left));
  }
}
