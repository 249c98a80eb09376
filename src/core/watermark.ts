/**
 * When a tombstone may be forgotten (R28). Each device publishes how far it has the rows of each other, as a fact of its own,
 * durable before it is told. A path is forgotten when every row that any member has of it is a tombstone, and every member has
 * published that it has every one of them.
 *
 * Why that is enough. Take a member X and what it had published when it said so. X has the tombstones of all others and, of
 * itself, a tombstone or nothing. From then on X can have a living row of the path only by writing one, with a dot of its own
 * that no old tombstone covers (R1), or from another member, of whom the same holds. Nobody goes back behind what it has
 * published: of a device of which we have less than we said (`isBehind`), all that we have is dropped and fetched from the beginning, since
 * that something was forgotten is told to nobody; and until we have it again, its rows do not count and are not passed on. Whoever
 * joins later is told by a member.
 */
import type { Cursor } from "./cursor.ts";
import { type Entry, isAlive } from "./entry.ts";
import { type DeviceId, fromHex, idOf, type Lsn } from "./ids.ts";

/** How far a device has another's rows. */
export interface Watermark {
  readonly epoch: number;
  readonly lsn: Lsn;
}

/** The key of the fact that says a device's watermarks. */
export const SEEN = "seen";
/** Devices that one fact may name: what a subscription can hold. */
const SEEN_DEVICES = 1024;

export type Watermarks = ReadonlyMap<DeviceId, Watermark>;

export function encodeWatermarks(watermarks: Watermarks): unknown {
  return [...watermarks].sort(([a], [b]) => a < b ? -1 : 1).map((
    [id, { epoch, lsn }],
  ) => [fromHex(id), epoch, lsn]);
}

/** What a fact says; empty for what is no such fact: then its device has told nothing. */
export function decodeWatermarks(value: unknown): Watermarks {
  const out = new Map<DeviceId, Watermark>();
  if (!Array.isArray(value) || value.length > SEEN_DEVICES) return out;
  for (const item of value) {
    const [bytes, epoch, lsn] = Array.isArray(item) ? item : [];
    const device = bytes instanceof Uint8Array ? idOf("device", bytes) : null;
    if (device === null || !isCount(epoch) || !isCount(lsn)) return new Map();
    out.set(device, { epoch, lsn: lsn as Lsn });
  }
  return out;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** True when we once had more of a device than we have now: our catalogue was lost or set back. */
export function isBehind(have: Cursor, published: Watermark): boolean {
  return have.epoch !== published.epoch ? have.epoch < published.epoch : have.lsn < published.lsn;
}

/**
 * For each member the lsn up to which all others have published that they have its rows; 0 where one has not. Of a device that is
 * alone everything is known to all.
 */
export function floorsOf(
  members: readonly DeviceId[],
  epochOf: (member: DeviceId) => number,
  publishedBy: (member: DeviceId) => Watermarks,
): ReadonlyMap<DeviceId, number> {
  const published = members.map((member) => [member, publishedBy(member)] as const);
  return new Map(members.map((origin) => {
    const epoch = epochOf(origin);
    const lsns = published.filter(([member]) => member !== origin).map(([, seen]) => {
      const mark = seen.get(origin);
      return mark?.epoch === epoch ? mark.lsn : 0;
    });
    return [origin, Math.min(Infinity, ...lsns)];
  }));
}

/** Whether nobody needs the tombstones of a path any more. `rows` are all that members have of it. */
export function mayForget(
  rows: readonly { readonly device: DeviceId; readonly lsn: number; readonly entry: Entry }[],
  floors: ReadonlyMap<DeviceId, number>,
): boolean {
  // An lsn that is not positive is of an older epoch, of which nobody knows what has become of it (R25).
  return rows.every(({ device, lsn, entry }) =>
    !isAlive(entry) && lsn > 0 && lsn <= (floors.get(device) ?? 0)
  );
}
