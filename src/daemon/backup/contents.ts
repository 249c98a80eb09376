/**
 * What an export has in it: who this device is and how it is set, and nothing of what it said of files. A journal out of such a file begins
 * with a snapshot without rows (R26): what other devices heard is asked of them (restorer.ts).
 *
 * Left out on purpose: watermarks (what is known of others is fetched anew, R28), halts and stops (the roots are looked at anew), passes of
 * scrub and damages (of another disk), moves and withdrawals under way.
 */
import * as v from "valibot";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { SELF } from "../../catalogue/interning.ts";
import { CairnError, messageOf } from "../../core/errors.ts";
import { type DeviceId, isId, type Lsn, type Stamp } from "../../core/ids.ts";
import { decode, encode } from "../../core/msgpack.ts";
import { decodeRecord, encodeRecord, type JournalRecord } from "../../core/record.ts";
import type { Ledger } from "../../journal/ledger.ts";
import { sharedRecords } from "../../journal/snapshot.ts";
import { replicaFrom } from "../../library/folders.ts";

/** How the keys of what is kept begin. */
const LOCAL = ["library", "replica/", "pause/", "device-settings", "settings/", "keep/"];
const FACTS = ["replica/", "pause/"];
/** On any system. */
const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/]|\\\\)/;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.object({
  identity: v.string(),
  name: v.string(),
  port: v.pipe(count, v.maxValue(65535)),
  madeMs: count,
  epoch: count,
  lsn: count,
  counter: count,
  stamp: count,
  addresses: v.array(v.tuple([v.string(), v.pipe(v.string(), v.maxLength(256)), count])),
  records: v.array(v.instance(Uint8Array)),
});

export interface BackupContents {
  /** As in `identity.json`, with the private key. */
  readonly identity: string;
  readonly name: string;
  readonly port: number;
  readonly madeMs: number;
  /** How far the journal was: what is made out of this goes on beyond it. */
  readonly epoch: number;
  readonly lsn: number;
  readonly counter: number;
  readonly stamp: Stamp;
  /** Where other devices were last, and when. */
  readonly addresses: readonly (readonly [device: DeviceId, address: string, seenMs: number])[];
  readonly records: readonly JournalRecord[];
}

/** What there is of a running device, or of one whose journal was opened, at one moment. */
export function contentsOf(
  { catalogue, epoch, lastLsn }: Ledger,
  { name, port }: { readonly name: string; readonly port: number },
  nowMs: number,
): Omit<BackupContents, "identity"> {
  return {
    name,
    port,
    madeMs: nowMs,
    epoch,
    lsn: lastLsn,
    counter: Number(catalogue.values.meta("last_counter") ?? 0),
    stamp: Number(catalogue.values.meta("last_stamp") ?? 0) as Stamp,
    addresses: addressesOf(catalogue),
    records: [...recordsOf(catalogue)],
  };
}

function* recordsOf(catalogue: Catalogue): Generator<JournalRecord> {
  const { values } = catalogue;
  for (const { key, value } of values.localWithPrefix("")) {
    if (isKept(key, LOCAL)) yield { type: "local", key, value };
  }
  for (const { key, value } of values.factsAfter(SELF, 0 as Lsn)) {
    if (isKept(key, FACTS)) yield { type: "fact", key, value };
  }
  for (const [, record] of sharedRecords(catalogue)) yield record;
}

function isKept(key: string, kept: readonly string[]): boolean {
  return kept.some((one) => key.startsWith(one));
}

function addressesOf({ cursors, ids }: Catalogue): BackupContents["addresses"] {
  return cursors.knownDevices().flatMap((number) => {
    const { address, lastSeenMs } = cursors.lastSeen(number);
    return address === "" ? [] : [[ids.deviceOf(number), address, lastSeenMs] as const];
  });
}

export function encodeContents(contents: BackupContents): Uint8Array<ArrayBuffer> {
  return encode({ ...contents, records: contents.records.map(encodeRecord) });
}

/** Throws CairnError "backup-unusable" for what is none. */
export function decodeContents(bytes: Uint8Array): BackupContents {
  try {
    const { records, addresses, ...rest } = v.parse(schema, decode(bytes));
    return {
      ...rest,
      stamp: rest.stamp as Stamp,
      addresses: addresses.flatMap(([device, address, seenMs]) =>
        isId("device", device) ? [[device, address, seenMs] as const] : []
      ),
      records: records.map((record) => checked(decodeRecord(record))),
    };
  } catch (error) {
    throw new CairnError(
      "backup-unusable",
      `The export cannot be read: ${messageOf(error)}`,
      "Take another copy of it.",
      error,
    );
  }
}

/** Nothing else may come into a journal this way. */
function checked(record: JournalRecord): JournalRecord {
  if (record.type !== "local" && record.type !== "fact" && record.type !== "shared") {
    throw new Error(`it has a record of the kind ${record.type}`);
  }
  if (record.type === "shared") return record;
  const { key, value } = record;
  if (!isKept(key, record.type === "local" ? LOCAL : FACTS)) throw new Error(`it has a value "${key}"`);
  const path = record.type === "local" ? replicaFrom(key, value)?.path : undefined;
  if (path !== undefined && !ABSOLUTE.test(path)) throw new Error(`"${path}" is no path of a folder`);
  return record;
}
