/**
 * Who is a member, as a pure function of the signed operations that are known (R32). The order in which they came, and every
 * stamp and time in them, has no say: whoever has the same operations says the same, and a clock in 2099 is worth nothing.
 *
 * 1. An operation counts when its signer was ever let in: a chain of additions leads to it from the founder.
 * 2. A removal that counts removes its device for good. Two that remove each other are both gone.
 * 3. An addition by a device that was removed stands only when each removal of that device says that it had seen it (`keeps`).
 *    Whoever has no other addition is suspended, until a member adds it again, which is how it is confirmed.
 *
 * Rule 3 fails closed: a thief who answers a removal by removals of his own can shut others out, but bring nobody in.
 */
import type { DeviceId } from "./ids.ts";

/** `by` lets `device` in. The founder adds itself. */
export interface Addition {
  readonly type: "add";
  readonly device: DeviceId;
  readonly by: DeviceId;
}

/** `by` removes `device`, having seen that it had let in `keeps`. `timeMs` is shown to people and decides nothing. */
export interface Removal {
  readonly type: "remove";
  readonly device: DeviceId;
  readonly by: DeviceId;
  readonly keeps: readonly DeviceId[];
  readonly timeMs: number;
}

export type MemberOp = Addition | Removal;

export type Standing =
  | { readonly kind: "member" }
  | { readonly kind: "removed"; readonly by: DeviceId; readonly timeMs: number }
  /** Let in by `by`, which was removed by someone who had not seen it. */
  | { readonly kind: "suspended"; readonly by: DeviceId };

export interface Standings {
  /** Of every device that was ever let in. */
  readonly of: ReadonlyMap<DeviceId, Standing>;
  /** Devices with a chain of additions that stands, removed or not: what a new removal says that it has seen. */
  readonly rooted: ReadonlySet<DeviceId>;
}

export function standingsOf(founder: DeviceId, ops: readonly MemberOp[]): Standings {
  const additions = ops.filter((op) => op.type === "add");
  const ever = reach(founder, additions, () => true);
  const removals = new Map<DeviceId, Removal[]>();
  for (const op of ops) {
    if (op.type !== "remove" || !ever.has(op.by) || !ever.has(op.device)) continue;
    const known = removals.get(op.device);
    if (known === undefined) removals.set(op.device, [op]);
    else known.push(op);
  }
  const stands = ({ device, by }: Addition) =>
    (removals.get(by) ?? []).every(({ keeps }) => keeps.includes(device));
  const rooted = reach(founder, additions, stands);
  const of = new Map<DeviceId, Standing>();
  for (const device of [...ever].sort()) {
    const removed = removals.get(device);
    of.set(
      device,
      removed !== undefined
        ? shown(removed)
        : rooted.has(device)
        ? { kind: "member" }
        : { kind: "suspended", by: firstAdder(device, additions, ever) },
    );
  }
  return { of, rooted };
}

/** Devices to which a chain of such additions leads from the founder. */
function reach(
  founder: DeviceId,
  additions: readonly Addition[],
  counts: (addition: Addition) => boolean,
): Set<DeviceId> {
  const reached = new Set<DeviceId>();
  const letIn = new Map<DeviceId, DeviceId[]>();
  for (const addition of additions) {
    if (!counts(addition)) continue;
    const list = letIn.get(addition.by);
    if (list === undefined) letIn.set(addition.by, [addition.device]);
    else list.push(addition.device);
  }
  for (const open = [founder]; open.length > 0;) {
    const device = open.pop()!;
    if (reached.has(device)) continue;
    reached.add(device);
    open.push(...letIn.get(device) ?? []);
  }
  return reached;
}

/** Of several removals the one that people are told of: the earliest as they say, then by the least device. */
function shown(removals: readonly Removal[]): Standing {
  const first = [...removals].sort((a, b) => a.timeMs - b.timeMs || (a.by < b.by ? -1 : 1))[0]!;
  return { kind: "removed", by: first.by, timeMs: first.timeMs };
}

function firstAdder(device: DeviceId, additions: readonly Addition[], ever: ReadonlySet<DeviceId>): DeviceId {
  return additions.filter((op) => op.device === device && ever.has(op.by)).map(({ by }) => by).sort()[0]!;
}
