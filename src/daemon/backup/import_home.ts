/**
 * Makes a home out of an export: the same device, in a new epoch, with a new actor and lsns far beyond the former ones (R1, R24, R25).
 *
 * 1. Only where there is no device yet. The identity comes last: until it is there no start takes the home for anything, and the same import
 *    may be said again.
 * 2. A folder's directory that is there and empty is set up anew, as another replica: nobody deleted what is not in it. All others are left as
 *    they are, and wait for what other devices know (restorer.ts).
 */
import { newActor } from "../../core/conflict_name.ts";
import { CairnError } from "../../core/errors.ts";
import { type BootId, type FolderId, type Lsn, toHex } from "../../core/ids.ts";
import { isReserved } from "../../core/path.ts";
import { layoutOf } from "../../folder/layout.ts";
import { readMarker, writeMarker } from "../../folder/marker.ts";
import { Ledger } from "../../journal/ledger.ts";
import { writeSeed } from "../../journal/seed.ts";
import { type ReplicaConfig, replicaFrom, replicaRecords } from "../../library/folders.ts";
import { FOLDER } from "../../library/folder_settings.ts";
import { libraryOf } from "../../library/joining.ts";
import { membershipOf } from "../../library/members.ts";
import { restoringRecord } from "../../library/restoring.ts";
import { decodeIdentity, type DeviceIdentity } from "../../peer/identity.ts";
import { type Clock, type Fs, FsError, type Random } from "../../platform/ports.ts";
import { scannedRecord } from "../../sync/vague_absence.ts";
import { IMPORTING } from "../home.ts";
import type { BackupContents } from "./contents.ts";

/** Further than any journal comes from one export to the next; a frame has room for 60,000 of these. */
const LSNS_AHEAD = 2 ** 32;
/** New epochs that the former journal may have begun since; and so that two imports of one file are not the same. */
const EPOCHS_AHEAD = 256;
/** In the order in which they come into their place. */
const MADE = ["journal", "catalogue.db-wal", "catalogue.db-shm", "catalogue.db"];

/**
 * "there": the folder's own directory, as its marker says. "empty": nothing is in it. "missing": nothing is at the path. "unknown": something
 * is, and nothing says that it is the folder's.
 */
export type RootFound = "there" | "empty" | "missing" | "unknown";

export interface PlannedRoot {
  readonly folder: FolderId;
  readonly name: string;
  readonly path: string;
  readonly mode: string;
  readonly found: RootFound;
}

export interface ImportPorts {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly random: Random;
  readonly osBoot: string;
}

/** What an import would find. Changes nothing. */
export function planImport(fs: Fs, { identity, records }: BackupContents): PlannedRoot[] {
  const self = decodeIdentity(identity);
  const names = new Map(
    records.flatMap((record) => record.type === "shared" ? record.fields : [])
      .filter(({ kind, field }) => kind === FOLDER && field === "name")
      .map(({ key, value }) => [key, String(value)]),
  );
  return replicasIn(records).map((config) => ({
    folder: config.folder,
    name: names.get(config.folder) ?? "folder",
    path: config.path,
    mode: config.mode,
    found: foundAt(fs, config, self),
  }));
}

function replicasIn(records: BackupContents["records"]): ReplicaConfig[] {
  return records.flatMap((record) =>
    record.type === "local" ? replicaFrom(record.key, record.value) ?? [] : []
  );
}

function foundAt(fs: Fs, { path, replica }: ReplicaConfig, { id }: DeviceIdentity): RootFound {
  try {
    if (fs.lstat(`${path}/.`)?.kind !== "directory") return "missing";
    const marker = readMarker(fs, path);
    if (marker !== null && marker !== "unreadable" && marker.replica === replica) return "there";
    const isOurs = marker === null || (marker !== "unreadable" && marker.device === id);
    return isOurs && fs.list(path).every(({ name }) => isReserved(name)) ? "empty" : "unknown";
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return "missing";
  }
}

/** Refuses a home that is somebody's. Throws CairnError "home-unusable". */
export function refuseUsedHome(fs: Fs, home: string): void {
  const isUsed = fs.lstat(`${home}/identity.json`) !== null;
  const isHalf = fs.lstat(`${home}/${IMPORTING}`) !== null;
  if (!isUsed && (isHalf || MADE.every((name) => fs.lstat(`${home}/${name}`) === null))) return;
  throw new CairnError(
    "home-unusable",
    `There is a device in ${home} already`,
    "An import makes a device where there is none: name another home with --home DIR, or move this one away first.",
  );
}

/** `home` is locked, and checked by `refuseUsedHome`. Answers what became of each folder. */
export async function importHome(
  ports: ImportPorts,
  home: string,
  contents: BackupContents,
  say: (line: string) => void,
): Promise<PlannedRoot[]> {
  const { fs, clock, random } = ports;
  const identity = decodeIdentity(contents.identity);
  const plan = planImport(fs, contents);
  clear(fs, home);
  const making = `${home}/${IMPORTING}`;
  fs.makeDirectories(`${making}/journal`);
  await fs.syncDirectory(home);
  await writeSeed(fs, `${making}/journal`, {
    lsn: contents.lsn + LSNS_AHEAD as Lsn,
    epoch: contents.epoch + EPOCHS_AHEAD + random.bytes(1)[0]!,
    actor: newActor(random.bytes(8)),
    boot: toHex(random.bytes(8)) as BootId,
    counter: 0,
    stamp: contents.stamp,
    timeMs: clock.now(),
    records: contents.records,
  });
  const ledger = await Ledger.open({ ...ports, home: making, self: identity.id, say });
  try {
    await setUp(ports, ledger, identity, contents, plan);
  } finally {
    await ledger.close();
  }
  await putInPlace(fs, home, contents);
  return plan;
}

async function setUp(
  { fs, random }: ImportPorts,
  ledger: Ledger,
  { id: device }: DeviceIdentity,
  { records, addresses }: BackupContents,
  plan: readonly PlannedRoot[],
): Promise<void> {
  const { catalogue } = ledger;
  const library = libraryOf(ledger);
  if (library === null) {
    throw new CairnError("backup-unusable", "The export names no library", "Take another.");
  }
  for (const [id, address, seenMs] of addresses) {
    const number = catalogue.ids.device(id);
    catalogue.cursors.seen(number, seenMs, address);
  }
  for (const config of replicasIn(records)) {
    await ledger.commit(scannedRecord(config.folder, 0));
    if (plan.find(({ folder }) => folder === config.folder)?.found !== "empty") continue;
    const replica = toHex(random.bytes(8));
    fs.makeDirectories(layoutOf(config.path).own);
    await writeMarker(fs, config.path, { library, folder: config.folder, device, replica, lsn: 0 });
    for (const record of replicaRecords({ ...config, replica })) await ledger.commit(record);
  }
  const waiting = plan.filter(({ found }) => found !== "empty").map(({ folder }) => folder);
  const { known, standing } = membershipOf(catalogue);
  const isAlone = [...known.keys()].every((id) => id === device || standing(id)?.kind !== "member");
  // Where nobody else is, nobody knows anything.
  if (!isAlone) await ledger.commit(restoringRecord(waiting));
}

/** What an import that was stopped has left. */
function clear(fs: Fs, home: string): void {
  const making = `${home}/${IMPORTING}`;
  if (fs.lstat(making) === null) return;
  for (const at of [making, home]) {
    for (const name of MADE) if (fs.lstat(`${at}/${name}`) !== null) remove(fs, `${at}/${name}`);
  }
}

function remove(fs: Fs, path: string): void {
  if (fs.lstat(path)?.kind !== "directory") return fs.unlink(path);
  for (const { name } of fs.list(path)) remove(fs, `${path}/${name}`);
  fs.removeDirectory(path);
}

async function putInPlace(fs: Fs, home: string, { identity, name, port }: BackupContents): Promise<void> {
  const making = `${home}/${IMPORTING}`;
  for (const made of MADE) {
    if (fs.lstat(`${making}/${made}`) !== null) fs.rename(`${making}/${made}`, `${home}/${made}`);
  }
  await fs.syncDirectory(home);
  const write = (file: string, text: string) =>
    fs.writeDurably(`${home}/${file}`, new TextEncoder().encode(text), 0o600);
  await write("settings.json", JSON.stringify({ format: 1, name, port }, null, 2) + "\n");
  await write("identity.json", identity);
  remove(fs, making);
  await fs.syncDirectory(home);
}
