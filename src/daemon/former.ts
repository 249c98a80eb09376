/**
 * Coming back as a new device (R32): what this device was, its identity, journal and catalogue, is set aside in its home, and the next start
 * makes it anew. Nothing is deleted, and the folders' files are not touched.
 */
import { CairnError } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import { Ledger, type LedgerOptions } from "../journal/ledger.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { membershipOf } from "../library/members.ts";
import { decodeIdentity } from "../peer/identity.ts";
import { type Fs, FsError } from "../platform/ports.ts";

const FORMER = /^former-\d+$/;
const IDENTITY = "identity.json";
const IDENTITY_BYTES = 64 * 2 ** 10;
/** The identity last: without it the home would be taken for that of a device that never was. */
const SET_ASIDE = ["journal", "catalogue.db-wal", "catalogue.db-shm", "catalogue.db", IDENTITY];

export interface Former {
  /** Where what it was is kept. */
  readonly at: string;
  readonly folders: readonly { readonly name: string; readonly path: string }[];
}

/** Sets aside what a removed device was. Throws CairnError "usage" when it is none. The home is locked, and no device runs in it. */
export async function setAside(options: Omit<LedgerOptions, "self">): Promise<Former> {
  const { fs, home, clock } = options;
  const identity = readIdentity(fs, home);
  if (identity === null) {
    throw new CairnError("usage", `No device was ever started in ${home}`, "Join without --again.");
  }
  const ledger = await Ledger.open({ ...options, self: identity });
  const { catalogue } = ledger;
  const standing = membershipOf(catalogue).standing(identity);
  const names = new Map(foldersOf(catalogue).map(({ id, name }) => [id, name]));
  const folders = replicasOf(catalogue).map(({ folder, path }) => ({
    name: names.get(folder) ?? "folder",
    path,
  }));
  await ledger.close();
  if (standing?.kind !== "removed") {
    throw new CairnError(
      "usage",
      "This device was not removed from its library",
      "Join without --again; or leave the library first: cairn devices remove NAME --self",
    );
  }
  const at = `${home}/former-${clock.now()}`;
  fs.makeDirectories(at);
  fs.chmod(at, 0o700);
  for (const name of SET_ASIDE) {
    if (fs.lstat(`${home}/${name}`) !== null) fs.rename(`${home}/${name}`, `${at}/${name}`);
  }
  await Promise.all([fs.syncDirectory(at), fs.syncDirectory(home)]);
  return { at, folders };
}

/** The devices that this one was: what carries their marker is its own. */
export function formerDevices(fs: Fs, home: string): Set<DeviceId> {
  const homes = fs.list(home).filter(({ name, kind }) => kind === "directory" && FORMER.test(name));
  return new Set(homes.flatMap(({ name }) => {
    try {
      return readIdentity(fs, `${home}/${name}`) ?? [];
    } catch (error) {
      // Somebody has tidied up there; its folders count as another device's then.
      if (error instanceof CairnError || error instanceof FsError) return [];
      throw error;
    }
  }));
}

function readIdentity(fs: Fs, home: string): DeviceId | null {
  const bytes = fs.readSmall(`${home}/${IDENTITY}`, IDENTITY_BYTES);
  return bytes === null ? null : decodeIdentity(new TextDecoder().decode(bytes)).id;
}
