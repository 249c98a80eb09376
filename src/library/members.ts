/**
 * The members of the library as shared records. A membership is a signed statement: who adds whom, in which library (R32); a
 * record that nobody of the library has signed is not taken in.
 */
import * as v from "valibot";
import { type DeviceId, fromHex, isId, type LibraryId, type Stamp, toHex } from "../core/ids.ts";
import type { SharedField } from "../core/record.ts";
import { checkCertificate, type DeviceIdentity, deviceIdOf, sign, verify } from "../peer/identity.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";

export const MEMBER = "member";
const MEMBERSHIP = "membership";
const NAME = "name";
const DOMAIN = new TextEncoder().encode("cairn-member-1");

const membershipSchema = v.object({
  certificate: v.instance(Uint8Array),
  by: v.instance(Uint8Array),
  signature: v.instance(Uint8Array),
});

export interface Member {
  readonly device: DeviceId;
  /** Unique in the library (R34). */
  readonly name: string;
  readonly certificate: Uint8Array;
}

/** The fields that make a device a member. `replaced` is the stamp of a membership it had elsewhere. */
export function membershipFields(
  identity: DeviceIdentity,
  library: LibraryId,
  joiner: { readonly device: DeviceId; readonly certificate: Uint8Array; readonly name: string },
  mintStamp: (replaced?: Stamp) => Stamp,
  replaced: Stamp = 0 as Stamp,
): SharedField[] {
  const stamp = mintStamp(replaced);
  const signature = sign(identity, statementOf(library, joiner.device));
  const value = { certificate: joiner.certificate, by: fromHex(identity.id), signature };
  const field = (name: string, content: unknown): SharedField => ({
    kind: MEMBER,
    key: joiner.device,
    field: name,
    value: content,
    stamp,
    writer: identity.id,
  });
  return [field(MEMBERSHIP, value), field(NAME, joiner.name)];
}

function statementOf(library: LibraryId, device: DeviceId): Uint8Array {
  const out = new Uint8Array(DOMAIN.length + 16 + 32);
  out.set(DOMAIN);
  out.set(fromHex(library), DOMAIN.length);
  out.set(fromHex(device), DOMAIN.length + 16);
  return out;
}

/** Whether a member field is one at all: a good name, or a certificate of the device that it is said of. */
export function isWellFormed(field: SharedField): boolean {
  if (!isId("device", field.key)) return false;
  if (field.field === NAME) return typeof field.value === "string" && isGoodName(field.value);
  const read = v.safeParse(membershipSchema, field.value);
  return field.field === MEMBERSHIP && read.success && checkCertificate(read.output.certificate) === null &&
    deviceIdOf(read.output.certificate) === field.key;
}

/** Whether a member field may be taken in: a name of anybody, a membership only with a member's good signature. */
export function isAcceptable(catalogue: Catalogue, library: LibraryId, field: SharedField): boolean {
  if (!isWellFormed(field) || !isId("device", field.key)) return false;
  const read = v.safeParse(membershipSchema, field.value);
  if (!read.success) return field.field === NAME;
  const { by, signature } = read.output;
  const signer = certificateOf(catalogue, toHex(by) as DeviceId);
  return signer !== null && verify(signer, statementOf(library, field.key), signature);
}

/** Names are shown in terminals and typed in addresses. */
export function isGoodName(name: string): boolean {
  return name.length > 0 && name.length <= 64 && name.trim() === name && !/[\p{C}/:\\]/u.test(name);
}

/** The certificate of a member, or null for a stranger. */
export function certificateOf(catalogue: Catalogue, device: DeviceId): Uint8Array | null {
  const field = catalogue.values.shared(MEMBER, device, MEMBERSHIP);
  const read = v.safeParse(membershipSchema, field?.value);
  return read.success ? read.output.certificate : null;
}

export function membershipStamp(catalogue: Catalogue, device: DeviceId): Stamp {
  return catalogue.values.shared(MEMBER, device, MEMBERSHIP)?.stamp ?? 0 as Stamp;
}

/** All members; of equal names the later devices (by id) get a number. */
export function membersOf(catalogue: Catalogue): Member[] {
  const taken = new Set<string>();
  const out: Member[] = [];
  const records = [...catalogue.values.sharedOfKind(MEMBER)].sort(([a], [b]) => a < b ? -1 : 1);
  for (const [key, fields] of records) {
    const certificate = certificateOf(catalogue, key as DeviceId);
    if (certificate === null) continue;
    const name = uniqueName(String(fields.get(NAME)?.value ?? "device"), taken);
    out.push({ device: key as DeviceId, name, certificate });
  }
  return out;
}

/** `name`, or `name-2`, `name-3` … when it is taken; notes what it gives out (R34). */
export function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name}-${i}`;
  taken.add(unique);
  return unique;
}
