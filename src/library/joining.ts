/**
 * Becoming one library (R33, R34): what the inviter tells a joiner that has proved the code, and what the joiner makes of it.
 * A device that is alone in its library gives it up for the other's; its folders and rows come along.
 */
import * as v from "valibot";
import { isGoodName } from "../core/given_name.ts";
import { isId, type LibraryId, type Stamp } from "../core/ids.ts";
import { encode } from "../core/msgpack.ts";
import {
  decodeSharedFields,
  encodeSharedFields,
  type JournalRecord,
  type SharedField,
} from "../core/record.ts";
import { isStamp } from "../core/stamp.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { DeviceIdentity } from "../peer/identity.ts";
import { decodeHeader } from "../peer/header.ts";
import type { Refusal } from "../peer/messages.ts";
import type { PairedDevice } from "../peer/pairing.ts";
import { FOLDER } from "./folder_settings.ts";
import { isAcceptableFolder } from "./folders.ts";
import { additionField, libraryFoundedBy, readOp } from "./member_ops.ts";
import {
  decideMembership,
  isAcceptable,
  LIBRARY,
  libraryIn,
  MEMBER,
  membershipOf,
  nameField,
  nameStamp,
} from "./members.ts";
import { refusalFor } from "./refusals.ts";

const NAME = "name";
/** Signatures that are checked in one go: each takes up to a millisecond. */
const CHECKED_AT_ONCE = 32;

const infoSchema = v.object({
  name: v.pipe(v.string(), v.check(isGoodName)),
  library: v.string(),
  alone: v.boolean(),
  stamp: v.custom<Stamp>(isStamp),
});
const welcomeSchema = v.object({ library: v.string(), fields: v.unknown() });

export function libraryOf(ledger: Ledger): LibraryId | null {
  return libraryIn(ledger.catalogue);
}

/** Founds a library of one, at a device's first start. */
export async function foundLibrary(ledger: Ledger, identity: DeviceIdentity, name: string): Promise<void> {
  const library = libraryFoundedBy(identity.id);
  const stamp = ledger.mintStamp();
  const fields = [
    additionField(identity, library, identity.id, identity.certificateDer, stamp),
    nameField(identity.id, name, stamp, identity.id),
  ];
  await Promise.all([
    ledger.commit({ type: "local", key: LIBRARY, value: library }),
    ledger.commit({ type: "shared", fields }),
  ]);
}

/**
 * Of shared fields that a member sends together, those that may be taken in. A name of a device of which nothing else is known is
 * nobody's: anybody could give thousands of them. `turn` lets others go on between some signatures and the next.
 */
export async function acceptedFields(
  ledger: Ledger,
  fields: readonly SharedField[],
  turn: () => Promise<void>,
): Promise<SharedField[]> {
  const accepted: SharedField[] = [];
  for (const [i, field] of fields.entries()) {
    if (i > 0 && i % CHECKED_AT_ONCE === 0) await turn();
    if (acceptsField(ledger, field)) accepted.push(field);
  }
  const isName = ({ kind, field }: SharedField) => kind === MEMBER && field === NAME;
  const known = new Set(
    accepted.flatMap((field) => field.kind === MEMBER && !isName(field) ? [field.key] : []),
  );
  return accepted.filter((field) =>
    !isName(field) || known.has(field.key) || ledger.catalogue.values.saysMore(field)
  );
}

/** Whether a shared field from a member may be taken in, as far as it alone tells. */
export function acceptsField(ledger: Ledger, field: SharedField): boolean {
  const library = libraryOf(ledger);
  if (field.kind === MEMBER) return library !== null && isAcceptable(library, field);
  return field.kind === FOLDER && isAcceptableFolder(field);
}

/** What a joiner says of itself. */
export function infoOf(ledger: Ledger, identity: DeviceIdentity, name: string): Uint8Array {
  return encode({
    name,
    library: libraryOf(ledger),
    alone: isAlone(ledger, identity),
    stamp: nameStamp(ledger.catalogue, identity.id),
  });
}

/** Alone in its library, and not because it was removed from it. */
function isAlone(ledger: Ledger, { id }: DeviceIdentity): boolean {
  const { members } = membershipOf(ledger.catalogue);
  return members.length === 1 && members[0]!.device === id;
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
  const { catalogue } = ledger;
  const membership = membershipOf(catalogue);
  // One that was removed comes back with another certificate or not at all (R32). A suspended one is confirmed by its code.
  const isKnown = membership.standing(joiner.device)?.kind === "member";
  const refusal = refusalFor(catalogue, identity.id, joiner.device);
  if (refusal !== null && ["removed", "other-removed"].includes(refusal.code)) return refusal;
  const library = membership.library!;
  if (theirs !== library && !alone) return twoLibraries();
  const fields: SharedField[] = [];
  const replaced = Math.max(stamp, nameStamp(catalogue, joiner.device)) as Stamp;
  const minted = ledger.mintStamp(replaced);
  if (!isKnown) fields.push(additionField(identity, library, joiner.device, joiner.certificate, minted));
  if (!isKnown || theirs !== library) fields.push(nameField(joiner.device, name, minted, identity.id));
  if (fields.length > 0) await ledger.commit({ type: "shared", fields });
  const { values } = catalogue;
  const all = [MEMBER, FOLDER].flatMap((kind) =>
    [...values.sharedOfKind(kind).values()].flatMap((record) => [...record.values()])
  ).filter((field) => acceptsField(ledger, field));
  return encode({ library, fields: encodeSharedFields(all) });
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
  if (libraryOf(ledger) !== library && !isAlone(ledger, self)) return twoLibraries();
  // What the one who knows the code says is the root of our trust: everything later must be signed by a member.
  const fields = sensibleFields(library, read.output.fields);
  if (fields === null) return malformed;
  const { standing } = decideMembership(library, fields.flatMap((field) => readOp(library, field) ?? []));
  if ([inviter.device, self.id].some((device) => standing(device)?.kind !== "member")) return malformed;
  for (const { stamp } of fields) ledger.receive(stamp);
  const records: JournalRecord[] = [
    { type: "local", key: LIBRARY, value: library },
    { type: "shared", fields },
  ];
  await Promise.all(records.map((record) => ledger.commit(record)));
  return null;
}

/** What MessagePack bytes say; null when they are none, or are monstrous: who knows a code is not trusted yet (invariant 10). */
function decoded(bytes: Uint8Array): unknown {
  const said = decodeHeader(bytes);
  return said instanceof Error ? null : said.header;
}

/** The member and folder fields of a welcome; null when any of them makes no sense. */
function sensibleFields(library: LibraryId, value: unknown): SharedField[] | null {
  try {
    const fields = decodeSharedFields(value).filter(({ kind }) => kind === MEMBER || kind === FOLDER);
    return fields.every((field) =>
        field.kind === FOLDER ? isAcceptableFolder(field) : isAcceptable(library, field)
      )
      ? fields
      : null;
  } catch {
    return null;
  }
}
