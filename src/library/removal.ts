/** Removing a device, leaving, confirming one that is suspended (R32): finds who is meant, and signs. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import type { SharedField } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { DeviceIdentity } from "../peer/identity.ts";
import { additionField, removalField } from "./member_ops.ts";
import { MEMBER, type Member, type Membership, membershipOf } from "./members.ts";
import { COME_BACK_HINT } from "./refusals.ts";

/** Digits of an id that are enough to name a device by. */
const ID_DIGITS = 4;
/** Digits of an id that people are shown. */
export const SHOWN_DIGITS = 8;

/** Throws CairnError "removed" when this device is no member any more. */
export function requireMembership(catalogue: Catalogue, self: DeviceId): Membership {
  const membership = membershipOf(catalogue);
  if (membership.standing(self)?.kind !== "removed") return membership;
  throw new CairnError("removed", "This device was removed from its library", COME_BACK_HINT);
}

/** Throws CairnError "removed" or "suspended" when this device may let nobody in. */
export function requireFullMembership(catalogue: Catalogue, self: DeviceId): void {
  if (requireMembership(catalogue, self).standing(self)?.kind !== "member") throw suspendedItself();
}

/**
 * The device that a person means by a name or the first digits of an id. A name that several devices gave themselves names none of
 * them: to remove the wrong one cannot be undone. Throws CairnError "device-unknown".
 */
export function deviceNamed(catalogue: Catalogue, text: string): Member {
  const { known, standing } = membershipOf(catalogue);
  const own = (device: DeviceId) => catalogue.values.shared(MEMBER, device, "name")?.value;
  const present = [...known.values()].filter(({ device }) => standing(device)!.kind !== "removed");
  const byId = text.length >= ID_DIGITS
    ? present.filter(({ device }) => device.startsWith(text.toLowerCase()))
    : [];
  const byName = present.filter(({ device, name }) => name === text || own(device) === text);
  const found = byName.length > 0 ? byName : byId;
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    throw new CairnError(
      "device-unknown",
      `"${text}" may be ${listed(found, " or ")}`,
      `Say which one by the first digits of its id, such as ${found[0]!.device.slice(0, SHOWN_DIGITS)}.`,
    );
  }
  const gone = [...known.values()].find(({ device, name }) =>
    standing(device)!.kind === "removed" &&
    (name === text || own(device) === text ||
      (text.length >= ID_DIGITS && device.startsWith(text.toLowerCase())))
  );
  throw gone === undefined
    ? new CairnError(
      "device-unknown",
      `There is no device "${text}" in the library`,
      `There is ${listed(present)}.`,
    )
    : new CairnError("device-unknown", `${gone.name} was removed already`, "See `cairn devices`.");
}

function listed(members: readonly Member[], between = ", "): string {
  return members.map(({ name, device }) => `${name} (${device.slice(0, SHOWN_DIGITS)})`).join(between);
}

/** What a removal leaves to be looked at. */
export interface Removed {
  readonly device: Member;
  /** Devices that it had let in and that stay. */
  readonly letIn: readonly Member[];
}

/**
 * Removes a device for good; durable when this resolves. `isLeaving`: the person knows that it is this very device. Throws
 * CairnError.
 */
export async function removeDevice(
  ledger: Ledger,
  identity: DeviceIdentity,
  text: string,
  nowMs: number,
  isLeaving: boolean,
): Promise<Removed> {
  const { catalogue } = ledger;
  const { library, members, known, rooted, ops, standing } = requireMembership(catalogue, identity.id);
  const device = deviceNamed(catalogue, text);
  if (device.device === identity.id && !isLeaving) {
    throw new CairnError(
      "usage",
      `${device.name} is this device`,
      `To leave the library with it, run: cairn devices remove ${device.name} --self`,
    );
  }
  if (device.device !== identity.id && isLeaving) {
    throw new CairnError("usage", `${device.name} is not this device`, "Leave out --self to remove it.");
  }
  if (!isLeaving && standing(identity.id)?.kind !== "member") throw suspendedItself();
  if (isLeaving && members.length === 1) {
    throw new CairnError("usage", "This device is the only one in its library", "There is nothing to leave.");
  }
  // Those that were removed meanwhile are kept too: the standing of others may lead through them.
  const keeps = ops.flatMap((op) =>
    op.type === "add" && op.by === device.device && rooted.has(op.device) ? [op.device] : []
  );
  const stamp = ledger.mintStamp();
  const field = removalField(identity, library!, device.device, keeps, Math.max(0, Math.floor(nowMs)), stamp);
  await ledger.commit({ type: "shared", fields: [field] });
  const letIn = keeps.filter((id) => id !== device.device && standing(id)!.kind === "member");
  return { device, letIn: letIn.map((id) => known.get(id)!) };
}

/** Confirms a device that was let in by one that has been removed. Throws CairnError. */
export async function confirmDevice(ledger: Ledger, identity: DeviceIdentity, text: string): Promise<Member> {
  const { catalogue } = ledger;
  const { library, standing } = requireMembership(catalogue, identity.id);
  const device = deviceNamed(catalogue, text);
  if (standing(identity.id)?.kind !== "member") throw suspendedItself();
  if (standing(device.device)?.kind !== "suspended") {
    throw new CairnError("usage", `${device.name} is a member already`, "There is nothing to confirm.");
  }
  const field = additionField(identity, library!, device.device, device.certificate, ledger.mintStamp());
  await ledger.commit({ type: "shared", fields: [field] });
  return device;
}

function suspendedItself(): CairnError {
  return new CairnError(
    "suspended",
    "This device is suspended itself",
    "Confirm it on another device first.",
  );
}

/** Whether a shared field says who is in the library. */
export function isMembership({ kind }: SharedField): boolean {
  return kind === MEMBER;
}
