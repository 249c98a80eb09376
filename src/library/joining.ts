/**
 * Becoming one library (R33, R34): what the inviter tells a joiner that has proved the code, and what the joiner makes of it.
 * A device that is alone in its library gives it up for the other's; its folders and rows come along.
 */
import { decode, encode } from "@msgpack/msgpack";
import * as v from "valibot";
import { isId, type LibraryId, type Stamp, toHex } from "../core/ids.ts";
import { decodeSharedFields, encodeSharedFields, type SharedField } from "../core/record.ts";
import { isStamp } from "../core/stamp.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { DeviceIdentity } from "../peer/identity.ts";
import type { Refusal } from "../peer/messages.ts";
import type { PairedDevice } from "../peer/pairing.ts";
import type { Random } from "../platform/ports.ts";
import { FOLDER } from "./folder_settings.ts";
import { isAcceptableFolder } from "./folders.ts";
import {
  isAcceptable,
  isGoodName,
  isWellFormed,
  MEMBER,
  membershipFields,
  membershipStamp,
  membersOf,
} from "./members.ts";

const LIBRARY = "library";

const infoSchema = v.object({
  name: v.pipe(v.string(), v.check(isGoodName)),
  library: v.string(),
  alone: v.boolean(),
  stamp: v.custom<Stamp>(isStamp),
});
const welcomeSchema = v.object({ library: v.string(), fields: v.unknown() });

export function libraryOf(ledger: Ledger): LibraryId | null {
  const id = ledger.catalogue.values.local(LIBRARY);
  return isId("library", id) ? id : null;
}

/** Founds a library of one, at a device's first start. */
export async function foundLibrary(
  ledger: Ledger,
  identity: DeviceIdentity,
  random: Random,
  name: string,
): Promise<void> {
  const library = toHex(random.bytes(16)) as LibraryId;
  const self = { device: identity.id, certificate: identity.certificateDer, name };
  const fields = membershipFields(identity, library, self, (replaced) => ledger.mintStamp(replaced));
  await Promise.all([
    ledger.commit({ type: "local", key: LIBRARY, value: library }),
    ledger.commit({ type: "shared", fields }),
  ]);
}

/** Whether a shared field from a member may be taken in. */
export function acceptsField(ledger: Ledger, field: SharedField): boolean {
  const library = libraryOf(ledger);
  if (field.kind === MEMBER) return library !== null && isAcceptable(ledger.catalogue, library, field);
  return field.kind === FOLDER && isAcceptableFolder(field);
}

/** What a joiner says of itself. */
export function infoOf(ledger: Ledger, identity: DeviceIdentity, name: string): Uint8Array {
  return encode({
    name,
    library: libraryOf(ledger),
    alone: membersOf(ledger.catalogue).length === 1,
    stamp: membershipStamp(ledger.catalogue, identity.id),
  });
}

/** Makes the joiner a member and tells it all that members know; or why it cannot be one. */
export async function welcome(
  ledger: Ledger,
  identity: DeviceIdentity,
  joiner: PairedDevice,
  info: Uint8Array,
): Promise<Uint8Array | Refusal> {
  const read = v.safeParse(infoSchema, decoded(info));
  if (!read.success) {
    return {
      code: "message-invalid",
      message: "The joining device says nothing sensible of itself",
      hint: "Update Cairn on both devices.",
    };
  }
  const { name, library: theirs, alone, stamp } = read.output;
  const library = libraryOf(ledger)!;
  if (theirs !== library && !alone) return twoLibraries();
  const known = membersOf(ledger.catalogue).some(({ device }) => device === joiner.device);
  if (!known || theirs !== library) {
    const fields = membershipFields(
      identity,
      library,
      { ...joiner, name },
      (replaced) => ledger.mintStamp(replaced),
      stamp,
    );
    await ledger.commit({ type: "shared", fields });
  }
  const { values } = ledger.catalogue;
  const fields = [MEMBER, FOLDER].flatMap((kind) =>
    [...values.sharedOfKind(kind).values()].flatMap((record) => [...record.values()])
  );
  return encode({ library, fields: encodeSharedFields(fields) });
}

function twoLibraries(): Refusal {
  return {
    code: "library-conflict",
    message: "The joining device is in a library with other devices already",
    hint:
      "Two libraries of several devices cannot be merged. Run `cairn join` on a device that is in none yet, or invite from there.",
  };
}

/** Takes the inviter's welcome; null when this device is a member now. */
export async function acceptWelcome(
  ledger: Ledger,
  bytes: Uint8Array,
  inviter: PairedDevice,
  self: DeviceIdentity,
): Promise<Refusal | null> {
  const read = v.safeParse(welcomeSchema, decoded(bytes));
  const malformed: Refusal = {
    code: "message-invalid",
    message: "The inviter's welcome is malformed",
    hint: "Update Cairn on both devices.",
  };
  if (!read.success || !isId("library", read.output.library)) return malformed;
  const library = read.output.library;
  const isAlone = membersOf(ledger.catalogue).every(({ device }) => device === self.id);
  if (libraryOf(ledger) !== library && !isAlone) return twoLibraries();
  // What the one who knows the code says is the root of our trust: everything later must be signed by a member.
  const fields = sensibleFields(read.output.fields);
  if (fields === null) return malformed;
  const keys = new Set(fields.filter(({ kind }) => kind === MEMBER).map(({ key }) => key));
  if (!keys.has(inviter.device) || !keys.has(self.id)) return malformed;
  for (const { stamp } of fields) ledger.receive(stamp);
  await Promise.all([
    ledger.commit({ type: "local", key: LIBRARY, value: library }),
    ledger.commit({ type: "shared", fields }),
  ]);
  return null;
}

/** What MessagePack bytes say; null when they are none. */
function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch {
    return null;
  }
}

/** The member and folder fields of a welcome; null when any of them makes no sense. */
function sensibleFields(value: unknown): SharedField[] | null {
  try {
    const fields = decodeSharedFields(value).filter(({ kind }) => kind === MEMBER || kind === FOLDER);
    return fields.every((field) => field.kind === FOLDER ? isAcceptableFolder(field) : isWellFormed(field))
      ? fields
      : null;
  } catch {
    return null;
  }
}
