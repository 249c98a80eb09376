/** New names of devices and folders: shared, and the same for all (R34). */
import { CairnError } from "../core/errors.ts";
import { checkGivenName } from "../core/given_name.ts";
import type { DeviceId, Stamp } from "../core/ids.ts";
import type { Ledger } from "../journal/ledger.ts";
import { FOLDER } from "./folder_settings.ts";
import { type Folder, folderField, foldersOf } from "./folders.ts";
import { type Member, nameField, nameStamp } from "./members.ts";
import { requireMembership } from "./removal.ts";

/** Durable when it is done. Throws CairnError "usage" for a name that is none, or that another device has. */
export async function renameDevice(ledger: Ledger, self: DeviceId, of: Member, name: string): Promise<void> {
  const { known, standing } = requireMembership(ledger.catalogue, self);
  refuseBadName(name, "device");
  const other = [...known.values()].find((one) =>
    one.device !== of.device && one.name === name && standing(one.device)?.kind !== "removed"
  );
  if (other !== undefined) throw taken("device", name, "cairn devices");
  const stamp = ledger.mintStamp(nameStamp(ledger.catalogue, of.device));
  await ledger.commit({ type: "shared", fields: [nameField(of.device, name, stamp, self)] });
}

/** The same for a folder, on all devices; where it is on them stays. */
export async function renameFolder(ledger: Ledger, self: DeviceId, of: Folder, name: string): Promise<void> {
  const { catalogue } = ledger;
  requireMembership(catalogue, self);
  refuseBadName(name, "folder");
  const other = foldersOf(catalogue).find((one) => one.id !== of.id && one.name === name);
  if (other !== undefined) throw taken("folder", name, "cairn folders");
  const stamp = ledger.mintStamp(catalogue.values.shared(FOLDER, of.id, "name")?.stamp ?? 0 as Stamp);
  await ledger.commit({ type: "shared", fields: [folderField(of.id, name, stamp, self)] });
}

function refuseBadName(name: string, of: "device" | "folder"): void {
  const trouble = checkGivenName(name);
  if (trouble === null) return;
  throw new CairnError(
    "usage",
    `"${name}" cannot name a ${of}: ${trouble}`,
    "Use up to 64 characters without slash, backslash, colon or control characters.",
  );
}

function taken(of: "device" | "folder", name: string, see: string): CairnError {
  return new CairnError("usage", `There is a ${of} "${name}" already`, `Choose another name; see: ${see}`);
}
