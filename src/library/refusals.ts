/**
 * Whom this device refuses and with which words (R32); and how a device that is refused learns that it is so: the refusal
 * carries the signed operations that make it so, and whoever is told checks them like any other.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { DeviceId } from "../core/ids.ts";
import { decode, encode } from "../core/msgpack.ts";
import { decodeSharedFields, encodeSharedFields, type SharedField } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import { PROOF_BYTES, type Refusal } from "../peer/messages.ts";
import { readOp } from "./member_ops.ts";
import { decideMembership, type Membership, membershipOf } from "./members.ts";

export const COME_BACK_HINT =
  "Its files stay as they are. To come back as a new device: cairn join CODE PATH --again";

/** Null lets `device` in, as far as membership goes. */
export function refusalFor(catalogue: Catalogue, self: DeviceId, device: DeviceId): Refusal | null {
  const membership = membershipOf(catalogue);
  if (membership.standing(self)?.kind === "removed") {
    return {
      code: "other-removed",
      message: "The other device was removed from this library",
      hint: "See `cairn devices`.",
      ...proofOf(membership, self),
    };
  }
  const standing = membership.standing(device);
  switch (standing?.kind) {
    case "member":
      return null;
    case "removed": {
      const by = membership.known.get(standing.by)?.name ?? "another device";
      const left = standing.by === device;
      return {
        code: "removed",
        message: left
          ? "This device has left the library"
          : `This device was removed from the library by ${by}`,
        hint: COME_BACK_HINT,
        ...proofOf(membership, device),
      };
    }
    case "suspended":
      return {
        code: "suspended",
        message: "The device that let this one in was removed, and nobody has confirmed this one since",
        hint: "On another device: cairn devices confirm NAME",
        ...proofOf(membership, device),
      };
    default:
      return {
        code: "not-a-member",
        message: "The device is not a member of this library",
        hint: "Pair it with `cairn invite` here and `cairn join` there.",
      };
  }
}

/** The operations that decide a device's standing, those on which they depend behind them, as many as there is room for. */
function proofOf({ ops, fields }: Membership, device: DeviceId): { proof?: Uint8Array } {
  const shown: SharedField[] = [];
  const open = new Set([device]);
  // A set that is added to while it is walked: whoever signed an operation is looked at in its turn.
  for (const about of open) {
    for (const op of ops) {
      if (op.device !== about) continue;
      const field = fields.get(op)!;
      if (encode(encodeSharedFields([...shown, field])).length > PROOF_BYTES) return bytesOf(shown);
      shown.push(field);
      open.add(op.by);
    }
  }
  return bytesOf(shown);
}

function bytesOf(fields: readonly SharedField[]): { proof?: Uint8Array } {
  return fields.length === 0 ? {} : { proof: encode(encodeSharedFields(fields)) };
}

/**
 * Takes what a refusal shows into our own journal, when it changes how we or the one who sent it stand; anything else is not
 * worth a record. Answers whether it did.
 */
export async function takeProof(
  ledger: Ledger,
  parties: readonly DeviceId[],
  proof: Uint8Array,
): Promise<boolean> {
  const { catalogue } = ledger;
  const { library, ops, standing } = membershipOf(catalogue);
  if (library === null || proof.length > PROOF_BYTES) return false;
  const fields = operationsIn(proof).filter((field) => catalogue.values.isNews(field));
  const news = fields.flatMap((field) => readOp(library, field) ?? []);
  const then = decideMembership(library, [...ops, ...news]);
  if (parties.every((device) => then.standing(device)?.kind === standing(device)?.kind)) return false;
  await ledger.commit({ type: "shared", fields: fields.filter((field) => readOp(library, field) !== null) });
  return true;
}

function operationsIn(proof: Uint8Array): SharedField[] {
  try {
    return decodeSharedFields(decode(proof));
  } catch {
    return [];
  }
}
