/** What people ask of their files: how many copies, on which devices, how lately verified. Shared: the same on all devices. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { type DeviceId, type FolderId, isId, type Stamp } from "../core/ids.ts";
import { isTag } from "../core/label.ts";
import { POLICY_COPIES, POLICY_DEVICES, POLICY_VERIFIED_DAYS } from "../core/limits.ts";
import type { SharedField } from "../core/record.ts";

/** Kind of the shared records that policies are. */
export const POLICY = "policy";
const ALL = "all";
const OF_FOLDER = "folder/";
const OF_TAG = "tag/";

/** What a policy is for. */
export type Scope =
  | { readonly kind: "all" }
  | { readonly kind: "folder"; readonly folder: FolderId }
  | { readonly kind: "tag"; readonly tag: string };

/** What is asked; null of what is not. */
export interface Asked {
  /** Disks that are to have it. */
  readonly copies: number | null;
  /** Devices of which each is to have it. */
  readonly on: readonly DeviceId[] | null;
  /** Within so many days a copy of it is to have been read and found good. */
  readonly verifiedDays: number | null;
}

export interface Policy extends Asked {
  readonly scope: Scope;
}

export const NOTHING_ASKED: Asked = { copies: null, on: null, verifiedDays: null };

const FIELDS = {
  copies: { field: "copies", isGood: isWholeUpTo(POLICY_COPIES) },
  on: { field: "on", isGood: areDevices },
  verifiedDays: { field: "verified_days", isGood: isWholeUpTo(POLICY_VERIFIED_DAYS) },
} as const;
const NAMES = Object.keys(FIELDS) as (keyof Asked)[];

function isWholeUpTo(most: number) {
  return (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
}

function areDevices(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= POLICY_DEVICES &&
    value.every((id, i) => isId("device", id) && (i === 0 || value[i - 1] < id));
}

export function policyKey(scope: Scope): string {
  if (scope.kind === "all") return ALL;
  return scope.kind === "folder" ? OF_FOLDER + scope.folder : OF_TAG + scope.tag;
}

function scopeBy(key: string): Scope | null {
  if (key === ALL) return { kind: "all" };
  const folder = key.slice(OF_FOLDER.length);
  if (key.startsWith(OF_FOLDER)) return isId("folder", folder) ? { kind: "folder", folder } : null;
  const tag = key.slice(OF_TAG.length);
  return key.startsWith(OF_TAG) && isTag(tag) ? { kind: "tag", tag } : null;
}

/** Whether a field of a policy may be taken in. */
export function isAcceptablePolicy({ key, field, value }: SharedField): boolean {
  return scopeBy(key) !== null &&
    NAMES.some((name) => FIELDS[name].field === field && (value === null || FIELDS[name].isGood(value)));
}

/** Every policy that asks something, in the order of their keys. */
export function policiesOf(catalogue: Catalogue): Policy[] {
  return [...catalogue.values.sharedOfKind(POLICY)].sort(([a], [b]) => a < b ? -1 : 1).flatMap(
    ([key, fields]) => {
      const scope = scopeBy(key);
      const asked = Object.fromEntries(NAMES.map((name) => {
        const value = fields.get(FIELDS[name].field)?.value;
        return [name, FIELDS[name].isGood(value) ? value : null];
      })) as unknown as Asked;
      return scope === null || NAMES.every((name) => asked[name] === null) ? [] : [{ scope, ...asked }];
    },
  );
}

/** The fields that make a policy ask this, as far as it does not yet. */
export function policyFields(
  catalogue: Catalogue,
  scope: Scope,
  asked: Partial<Asked>,
  writer: { readonly device: DeviceId; stamp(replaced: Stamp): Stamp },
): SharedField[] {
  const key = policyKey(scope);
  return NAMES.flatMap((name) => {
    const value = asked[name];
    const { field } = FIELDS[name];
    const there = catalogue.values.shared(POLICY, key, field);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(there?.value ?? null)) return [];
    const stamp = writer.stamp(there?.stamp ?? 0 as Stamp);
    return [{ kind: POLICY, key, field, value, stamp, writer: writer.device }];
  });
}
