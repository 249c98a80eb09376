/**
 * The messages that a session itself speaks, and the tag that all messages carry (protocol.md has the byte tables).
 *
 *   type  message  header
 *   1     hello    {versions: [min, max], capabilities: [string], extra: {…}}
 *   2     refuse   {code, message, hint}
 *   3     ping     nil
 *   4     pong     nil
 *   5     credit   {bulk?: bytes, index?: bytes}
 *   6     close    {reason}
 *   16…   what the application makes of it
 *
 * tag, 32 bits: bit 31 answer · bits 30–29 lane (0 control, 1 index, 2 bulk) · bits 28–0 request id, 0 for none.
 * Each side counts its own requests; an answer carries the id of the request it answers.
 */
import * as v from "valibot";

export const TYPE = { hello: 1, refuse: 2, ping: 3, pong: 4, credit: 5, close: 6 } as const;
/** The first type that belongs to the application. */
export const APPLICATION_TYPES = 16;
/** The last type that a byte holds. */
export const LAST_TYPE = 255;

/** Lanes in the order in which they are served. */
export const LANES = ["control", "index", "bulk"] as const;
export type Lane = (typeof LANES)[number];
/** Lanes whose bytes need credit. */
export type PaidLane = Exclude<Lane, "control">;

/** Request ids are 1 to this. */
export const LAST_REQUEST_ID = 2 ** 29 - 1;

export interface Tag {
  readonly answer: boolean;
  readonly lane: Lane;
  readonly requestId: number;
}

export function encodeTag({ answer, lane, requestId }: Tag): number {
  return ((answer ? 2 ** 31 : 0) + LANES.indexOf(lane) * 2 ** 29) + requestId;
}

/** Null when the lane is none, or an answer answers nothing. */
export function decodeTag(tag: number): Tag | null {
  const lane = LANES[tag >>> 29 & 3];
  const answer = tag >= 2 ** 31;
  const requestId = tag % 2 ** 29;
  return lane === undefined || (answer && requestId === 0) ? null : { answer, lane, requestId };
}

/** Why a device is not let in, in words for its user. `code` is stable; known ones are those of `ErrorCode`. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** What shows that it is so, for the program to check; at most `PROOF_BYTES`. */
  readonly proof?: Uint8Array;
}

/** Half of what may be sent before a hello. */
export const PROOF_BYTES = 32 * 2 ** 10;

export interface Hello {
  /** Lowest and highest protocol version that the sender speaks. */
  readonly versions: readonly [number, number];
  readonly capabilities: readonly string[];
  /** What the application says of itself, for example its library and name. To be checked by whoever uses it. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A line that a peer sends for people to read: no control characters, no length that floods a terminal. */
function line(maxLength: number) {
  // deno-lint-ignore no-control-regex -- these are what must not reach a terminal
  const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  return v.pipe(v.string(), v.transform((text) => text.replace(unprintable, " ").slice(0, maxLength)));
}

const versionNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const creditBytes = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const token = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/));

const helloSchema = v.object({
  versions: v.pipe(v.tuple([versionNumber, versionNumber]), v.check(([min, max]) => min <= max)),
  capabilities: v.pipe(v.array(token), v.maxLength(256)),
  extra: v.record(v.string(), v.unknown()),
});
const refusalSchema = v.object({
  code: token,
  message: line(400),
  hint: line(400),
  proof: v.exactOptional(v.pipe(v.instance(Uint8Array), v.maxLength(PROOF_BYTES))),
});
const creditSchema = v.object({ bulk: v.optional(creditBytes), index: v.optional(creditBytes) });
const closeSchema = v.object({ reason: line(400) });

// Unknown fields are ignored everywhere: a later version may say more.

export function readHello(header: unknown): Hello | null {
  return readAs(helloSchema, header);
}

export function readRefusal(header: unknown): Refusal | null {
  return readAs(refusalSchema, header);
}

export function readCredit(
  header: unknown,
): { bulk?: number | undefined; index?: number | undefined } | null {
  return readAs(creditSchema, header);
}

export function readClose(header: unknown): { reason: string } | null {
  return readAs(closeSchema, header);
}

function readAs<Schema extends v.GenericSchema>(
  schema: Schema,
  header: unknown,
): v.InferOutput<Schema> | null {
  const result = v.safeParse(schema, header);
  return result.success ? result.output : null;
}

/** The protocol version that both sides speak, or null. */
export function commonVersion(ours: Hello["versions"], theirs: Hello["versions"]): number | null {
  const version = Math.min(ours[1], theirs[1]);
  return version >= Math.max(ours[0], theirs[0]) ? version : null;
}
