/**
 * Membership operations as shared fields (R32): each under a key of its own, so that none is ever replaced by another and no
 * stamp decides between two. An operation carries the signer's certificate and can be checked by itself, whatever else is known.
 *
 *   field                          value                                            signed, by `by`
 *   add/BY                         {certificate, signer, signature}                 "cairn-member-add-1" library device by
 *   remove/BY/DIGEST               {signer, keeps: [bin32], time_ms, signature}     "cairn-member-remove-1" library device by
 *                                                                                   time_ms as u64 LE, keeps in order
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { type DeviceId, fromHex, idOf, isId, type LibraryId, type Stamp, toHex } from "../core/ids.ts";
import type { Addition, Removal } from "../core/membership.ts";
import type { SharedField } from "../core/record.ts";
import { checkCertificate, type DeviceIdentity, deviceIdOf, sign, verify } from "../peer/identity.ts";

/** Kind of the shared records of members. */
export const MEMBER = "member";

const ADD_DOMAIN = "cairn-member-add-1";
const REMOVE_DOMAIN = "cairn-member-remove-1";
const LIBRARY_DOMAIN = "cairn-library-1";
const ADD = /^add\/([0-9a-f]{64})$/;
const REMOVE = /^remove\/([0-9a-f]{64})\/([0-9a-f]{16})$/;
/** Devices that one removal may name: what a subscription can hold. */
const KEPT_DEVICES = 1024;

// Strict: what is not signed could be made as large as one likes by anybody.
const addSchema = v.strictObject({
  certificate: v.instance(Uint8Array),
  signer: v.instance(Uint8Array),
  signature: v.instance(Uint8Array),
});
const removeSchema = v.strictObject({
  signer: v.instance(Uint8Array),
  keeps: v.pipe(v.array(v.instance(Uint8Array)), v.maxLength(KEPT_DEVICES)),
  time_ms: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  signature: v.instance(Uint8Array),
});

/** An addition with what it makes known of the device. */
export interface SignedAddition extends Addition {
  readonly certificate: Uint8Array;
}
export type SignedOp = SignedAddition | Removal;

/** The library that a device founds. Its id names its founder, so that nobody can be taken for another library's root. */
export function libraryFoundedBy(device: DeviceId): LibraryId {
  const digest = createHash("sha256").update(LIBRARY_DOMAIN).update(fromHex(device)).digest();
  return toHex(digest.subarray(0, 16)) as LibraryId;
}

export function isFounder(library: LibraryId, device: DeviceId): boolean {
  return libraryFoundedBy(device) === library;
}

/** The field by which `identity` lets a device in. */
export function additionField(
  identity: DeviceIdentity,
  library: LibraryId,
  device: DeviceId,
  certificate: Uint8Array,
  stamp: Stamp,
): SharedField {
  const signature = sign(identity, addStatement(library, device, identity.id));
  const value = { certificate, signer: identity.certificateDer, signature };
  return { kind: MEMBER, key: device, field: `add/${identity.id}`, value, stamp, writer: identity.id };
}

/** The field by which `identity` removes a device, having seen that it had let in `keeps`. */
export function removalField(
  identity: DeviceIdentity,
  library: LibraryId,
  device: DeviceId,
  keeps: readonly DeviceId[],
  timeMs: number,
  stamp: Stamp,
): SharedField {
  const kept = [...new Set(keeps)].sort();
  const statement = removeStatement(library, { device, by: identity.id, keeps: kept, timeMs });
  const value = {
    signer: identity.certificateDer,
    keeps: kept.map(fromHex),
    time_ms: timeMs,
    signature: sign(identity, statement),
  };
  const field = `remove/${identity.id}/${digestOf(statement)}`;
  return { kind: MEMBER, key: device, field, value, stamp, writer: identity.id };
}

/** The operation that a field is; null for one that is malformed, of another library, or not signed by whom it names. */
export function readOp(library: LibraryId, field: SharedField): SignedOp | null {
  if (field.kind !== MEMBER || !isId("device", field.key)) return null;
  const added = ADD.exec(field.field);
  if (added !== null) return readAddition(library, field.key, added[1] as DeviceId, field.value);
  const removed = REMOVE.exec(field.field);
  return removed === null ? null : readRemoval(library, field.key, removed, field.value);
}

function readAddition(library: LibraryId, device: DeviceId, by: DeviceId, value: unknown): SignedOp | null {
  const read = v.safeParse(addSchema, value);
  if (!read.success) return null;
  const { certificate, signer, signature } = read.output;
  if (deviceIdOf(certificate) !== device || deviceIdOf(signer) !== by) return null;
  if (checkCertificate(certificate) !== null) return null;
  if (!verify(signer, addStatement(library, device, by), signature)) return null;
  return { type: "add", device, by, certificate };
}

function readRemoval(
  library: LibraryId,
  device: DeviceId,
  match: RegExpExecArray,
  value: unknown,
): SignedOp | null {
  const read = v.safeParse(removeSchema, value);
  if (!read.success) return null;
  const { signer, signature, time_ms: timeMs } = read.output;
  const keeps = read.output.keeps.flatMap((bytes) => idOf("device", bytes) ?? []);
  const by = match[1] as DeviceId;
  if (keeps.length < read.output.keeps.length || deviceIdOf(signer) !== by) return null;
  const op: Removal = { type: "remove", device, by, keeps, timeMs };
  const statement = removeStatement(library, op);
  return digestOf(statement) === match[2] && verify(signer, statement, signature) ? op : null;
}

function addStatement(library: LibraryId, device: DeviceId, by: DeviceId): Uint8Array {
  return join([text(ADD_DOMAIN), fromHex(library), fromHex(device), fromHex(by)]);
}

function removeStatement(
  library: LibraryId,
  { device, by, keeps, timeMs }: Omit<Removal, "type">,
): Uint8Array {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeMs), true);
  return join([
    text(REMOVE_DOMAIN),
    fromHex(library),
    fromHex(device),
    fromHex(by),
    time,
    ...keeps.map(fromHex),
  ]);
}

function digestOf(statement: Uint8Array): string {
  return createHash("sha256").update(statement).digest("hex").slice(0, 16);
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
