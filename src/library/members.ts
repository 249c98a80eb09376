/**
 * The members of the library as this device sees them: its membership operations (member_ops.ts) decided by core/membership.ts,
 * with names. Computed once for each change of the shared records: it is asked at every dial and page.
 */
import { createHash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isGoodName } from "../core/given_name.ts";
import { type DeviceId, isId, type LibraryId, type Stamp } from "../core/ids.ts";
import { type Standing, standingsOf } from "../core/membership.ts";
import { encode } from "../core/msgpack.ts";
import type { SharedField } from "../core/record.ts";
import { stampMs } from "../core/stamp.ts";
import { isFounder, MEMBER, readOp, type SignedOp } from "./member_ops.ts";

export { MEMBER } from "./member_ops.ts";
/** Key of the local value that is the library's id. */
export const LIBRARY = "library";
const NAME = "name";

export interface Member {
  readonly device: DeviceId;
  /** Unique in the library (R34). */
  readonly name: string;
  readonly certificate: Uint8Array;
}

export interface Membership {
  readonly library: LibraryId | null;
  /** In the order of their ids. */
  readonly members: readonly Member[];
  /** Members and all others that were ever let in, with unique names; members have theirs as if there were no others. */
  readonly known: ReadonlyMap<DeviceId, Member>;
  readonly rooted: ReadonlySet<DeviceId>;
  readonly ops: readonly SignedOp[];
  /** The field that says an operation. */
  readonly fields: ReadonlyMap<SignedOp, SharedField>;
  /** Null of a stranger. */
  standing(device: DeviceId): Standing | null;
}

const CACHE = new WeakMap<Catalogue, { readonly generation: number; readonly view: Membership }>();
/** Operations whose signature was checked, by what they say. */
const CHECKED = new WeakMap<Catalogue, Map<string, SignedOp | null>>();

export function membershipOf(catalogue: Catalogue): Membership {
  const generation = catalogue.values.generation(MEMBER);
  const cached = CACHE.get(catalogue);
  if (cached?.generation === generation) return cached.view;
  const view = viewOf(catalogue);
  CACHE.set(catalogue, { generation, view });
  return view;
}

function viewOf(catalogue: Catalogue): Membership {
  const library = libraryIn(catalogue);
  const records = catalogue.values.sharedOfKind(MEMBER);
  const fields = library === null ? new Map<SignedOp, SharedField>() : opsOf(catalogue, library, records);
  const nameOf = (device: DeviceId) => records.get(device)?.get(NAME)?.value;
  return { ...decideMembership(library, [...fields.keys()], nameOf), fields };
}

/** The membership that operations make. `nameOf` answers a device's own name, which several may have. */
export function decideMembership(
  library: LibraryId | null,
  ops: readonly SignedOp[],
  nameOf: (device: DeviceId) => unknown = () => undefined,
): Membership {
  const founder = ops.find(({ device, by }) =>
    device === by && library !== null && isFounder(library, device)
  );
  const { of, rooted } = founder === undefined
    ? { of: new Map<DeviceId, Standing>(), rooted: new Set<DeviceId>() }
    : standingsOf(founder.device, ops);
  const certificates = new Map(ops.flatMap((op) => op.type === "add" ? [[op.device, op.certificate]] : []));
  const taken = new Set<string>();
  const known = new Map<DeviceId, Member>();
  // In the order of ids, so that all devices give the same names; members first, so that nobody else changes theirs.
  for (const kinds of [["member"], ["suspended", "removed"]]) {
    for (const [device, { kind }] of of) {
      const certificate = certificates.get(device);
      if (!kinds.includes(kind) || certificate === undefined) continue;
      known.set(device, { device, name: uniqueName(String(nameOf(device) ?? "device"), taken), certificate });
    }
  }
  return {
    library,
    members: [...known.values()].filter(({ device }) => of.get(device)!.kind === "member"),
    known,
    rooted,
    ops,
    fields: new Map(),
    standing: (device) => of.get(device) ?? null,
  };
}

function opsOf(
  catalogue: Catalogue,
  library: LibraryId,
  records: ReadonlyMap<string, ReadonlyMap<string, SharedField>>,
): Map<SignedOp, SharedField> {
  const before = CHECKED.get(catalogue) ?? new Map<string, SignedOp | null>();
  const checked = new Map<string, SignedOp | null>();
  const out = new Map<SignedOp, SharedField>();
  for (const record of records.values()) {
    for (const field of record.values()) {
      if (field.field === NAME) continue;
      const says = createHash("sha256").update(encode([library, field.key, field.field, field.value])).digest(
        "hex",
      );
      const op = before.has(says) ? before.get(says)! : readOp(library, field);
      checked.set(says, op);
      if (op !== null) out.set(op, field);
    }
  }
  CHECKED.set(catalogue, checked);
  return out;
}

/** All members; of equal names the later devices (by id) get a number. */
export function membersOf(catalogue: Catalogue): readonly Member[] {
  return membershipOf(catalogue).members;
}

/** The members but this device. */
export function otherMembers(catalogue: Catalogue, self: DeviceId): DeviceId[] {
  return membersOf(catalogue).map(({ device }) => device).filter((device) => device !== self);
}

export function isMember(catalogue: Catalogue, device: DeviceId): boolean {
  return membershipOf(catalogue).standing(device)?.kind === "member";
}

/** The library of this device, null before it has founded one. */
export function libraryIn(catalogue: Catalogue): LibraryId | null {
  const id = catalogue.values.local(LIBRARY);
  return isId("library", id) ? id : null;
}

/** When a device was let in last, by the clock of who let it in; 0 where that is not known. */
export function letInMs(catalogue: Catalogue, device: DeviceId): number {
  let latest = 0;
  for (const [op, { stamp }] of membershipOf(catalogue).fields) {
    if (op.type === "add" && op.device === device) latest = Math.max(latest, stampMs(stamp));
  }
  return latest;
}

// -------------------------------------------------------------------------------- names, fields

export function nameField(device: DeviceId, name: string, stamp: Stamp, writer: DeviceId): SharedField {
  return { kind: MEMBER, key: device, field: NAME, value: name, stamp, writer };
}

/** The name that a device was given, which others may have, too; null before it has one. */
export function givenNameOf(catalogue: Catalogue, device: DeviceId): string | null {
  const name = catalogue.values.shared(MEMBER, device, NAME)?.value;
  return typeof name === "string" ? name : null;
}

/** The stamp of a device's name as it is known: a new one must be later. */
export function nameStamp(catalogue: Catalogue, device: DeviceId): Stamp {
  return catalogue.values.shared(MEMBER, device, NAME)?.stamp ?? 0 as Stamp;
}

/** Whether a member field may be taken in: a good name, or an operation with a good signature (R32). */
export function isAcceptable(library: LibraryId, field: SharedField): boolean {
  if (!isId("device", field.key)) return false;
  if (field.field === NAME) return typeof field.value === "string" && isGoodName(field.value);
  return readOp(library, field) !== null;
}

/** `name`, or `name-2`, `name-3` … when it is taken; notes what it gives out (R34). */
export function uniqueName(name: string, taken: Set<string>): string {
  const numbers = NEXT.get(taken) ?? new Map<string, number>();
  NEXT.set(taken, numbers);
  let unique = name;
  for (let i = numbers.get(name) ?? 2; taken.has(unique); i++) {
    unique = `${name}-${i}`;
    numbers.set(name, i + 1);
  }
  taken.add(unique);
  return unique;
}

/** Where to look on for a free number: a thousand equal names must not cost half a million looks. */
const NEXT = new WeakMap<Set<string>, Map<string, number>>();
