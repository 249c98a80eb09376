/**
 * Pairing (R33): how a device proves that it was told a code, to a device that proves the same. It has its own ALPN,
 * frames are those of frame.ts with tag 0, and the parties take turns:
 *
 *   joiner                            inviter
 *   1 ask     {version, nonce}    →
 *                                 ←   2 ready    {nonce}
 *   3 proof   {mac}               →
 *                                 ←   4 answer   {mac}        only to a valid proof
 *   5 info    raw                 →                           what the joiner says of itself
 *                                 ←   6 welcome  raw          what makes it a member
 *   7 done                        →                           it is one, durably
 *   8 refuse  {code, message, hint}   by either, instead of its turn
 *
 *   key = scrypt(code, salt = SHA-256(inviter's certificate), N = 2^14, r = 8, p = 1), 32 bytes
 *   mac = HMAC-SHA-256(key, "cairn-pair/1 joiner" or "cairn-pair/1 inviter", 0 byte, SHA-256 of the inviter's certificate,
 *         SHA-256 of the joiner's, the joiner's nonce, the inviter's nonce)
 *
 * A man in the middle has other certificates, so what he passes on is never valid; what he hears is stretched by
 * scrypt over 60 bits. Certificates go in as digests, so that every part has a fixed length.
 */
import { createHmac, scrypt, timingSafeEqual } from "node:crypto";
import { type DeviceId, fromHex } from "../core/ids.ts";
import { FRAME_BYTES, JOIN_WAIT_MS } from "../core/limits.ts";
import type { PairingCode } from "../core/pairing_code.ts";
import type { Clock, Random, SecureLink } from "../platform/ports.ts";
import { checkCertificate, type DeviceIdentity, deviceIdOf } from "./identity.ts";
import type { Refusal } from "./messages.ts";
import { Talk, TalkStopped } from "./talk.ts";

/** The ALPN of pairing. */
export const PAIRING_PROTOCOL = "cairn-pair/1";
export const PAIRING_VERSION = 1;
export const PAIR = { ask: 1, ready: 2, proof: 3, answer: 4, info: 5, welcome: 6, done: 7 } as const;
export const NONCE_BYTES = 32;
/** Frames until both have proven themselves: a nonce or a mac, or a refusal in words. */
export const PROOF_FRAME_BYTES = 2048;

/** 16 MiB and some 80 ms a guess: 2^60 of them are out of reach, and an invite costs a small device no more. */
const STRETCH = { N: 2 ** 14, r: 8, p: 1, maxmem: 32 * 2 ** 20 };
const KEY_BYTES = 32;
export const MAC_BYTES = 32;

/** Who takes part, known to both; the nonces are of this conversation. */
export interface Parties {
  readonly inviter: DeviceId;
  readonly joiner: DeviceId;
  readonly joinerNonce: Uint8Array;
  readonly inviterNonce: Uint8Array;
}

/** The other device of a pairing. */
export interface PairedDevice {
  readonly device: DeviceId;
  readonly certificate: Uint8Array;
}

/** Makes the code hard to guess offline. Done on another thread. */
export function stretch(code: PairingCode, inviter: DeviceId): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(code, fromHex(inviter), KEY_BYTES, STRETCH, (error, key) => error ? reject(error) : resolve(key));
  });
}

export function proofOf(key: Uint8Array, role: "joiner" | "inviter", parties: Parties): Uint8Array {
  return createHmac("sha256", key)
    .update(`${PAIRING_PROTOCOL} ${role}\0`)
    .update(fromHex(parties.inviter))
    .update(fromHex(parties.joiner))
    .update(parties.joinerNonce)
    .update(parties.inviterNonce)
    .digest();
}

/** True when `mac` is the proof; takes the same time for every wrong one. */
export function isProof(
  mac: unknown,
  key: Uint8Array,
  role: "joiner" | "inviter",
  parties: Parties,
): boolean {
  const expected = proofOf(key, role, parties);
  return mac instanceof Uint8Array && mac.length === expected.length && timingSafeEqual(mac, expected);
}

/** The bytes in a field of a header, or null. */
export function bytesField(header: unknown, name: string, length: number): Uint8Array | null {
  const value = (header as Record<string, unknown> | null)?.[name];
  return value instanceof Uint8Array && value.length === length ? value : null;
}

/** The device at the other end of a link, or why it cannot take part in a pairing. */
export function otherParty(link: SecureLink, own: DeviceId): PairedDevice | Refusal {
  const certificate = link.peerCertificate;
  const trouble = certificate === null ? "it showed none" : checkCertificate(certificate);
  if (certificate === null || trouble !== null) {
    return refusalOf(
      "not-a-member",
      `The certificate of the other device is not accepted: ${trouble}`,
      "Update Cairn there.",
    );
  }
  const device = deviceIdOf(certificate);
  if (device !== own) return { device, certificate };
  return refusalOf(
    "own-certificate",
    "A device cannot be paired with itself",
    "Enter the code on the other device. If its home was copied from here, give it a new one.",
  );
}

export function refusalOf(code: string, message: string, hint: string): Refusal {
  return { code, message, hint };
}

export interface JoinOptions {
  readonly identity: DeviceIdentity;
  readonly code: PairingCode;
  /** What the inviter is told of us, once it has proven that it knows the code. */
  readonly info: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  /** Makes us a member, durably; a refusal ends the pairing and is told to the inviter. */
  accept(welcome: Uint8Array<ArrayBuffer>, inviter: PairedDevice): Promise<Refusal | null>;
}

/** Joins the device at the other end of the link, which is closed afterwards. Takes `JOIN_WAIT_MS` at most, `accept` left out. */
export async function joinWith(
  link: SecureLink,
  options: JoinOptions,
): Promise<{ readonly inviter: PairedDevice } | { readonly refusal: Refusal }> {
  const talk = new Talk(link, options.clock, PROOF_FRAME_BYTES, JOIN_WAIT_MS);
  try {
    const inviter = otherParty(link, options.identity.id);
    if ("code" in inviter) {
      talk.end(inviter);
      return { refusal: inviter };
    }
    const welcome = await proveAndAsk(talk, inviter, options);
    // It writes to disk, and nothing of the inviter is waited for meanwhile.
    talk.within(null);
    const refusal = await options.accept(welcome, inviter);
    if (refusal === null) talk.say(PAIR.done, null);
    talk.end(refusal);
    return refusal === null ? { inviter } : { refusal };
  } catch (error) {
    const refusal = error instanceof TalkStopped ? error.refusal : refusalOf(
      "internal",
      `Pairing did not finish: ${error instanceof Error ? error.message : error}`,
      "Try again.",
    );
    talk.end(error instanceof TalkStopped && error.by !== "us" ? null : refusal);
    return { refusal };
  }
}

async function proveAndAsk(
  talk: Talk,
  inviter: PairedDevice,
  { identity, code, info, random }: JoinOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await stretch(code, inviter.device);
  const joinerNonce = random.bytes(NONCE_BYTES);
  talk.say(PAIR.ask, { version: PAIRING_VERSION, nonce: joinerNonce });
  const inviterNonce = bytesField((await talk.next(PAIR.ready)).header, "nonce", NONCE_BYTES);
  if (inviterNonce === null) throw impostor();
  const parties = { inviter: inviter.device, joiner: identity.id, joinerNonce, inviterNonce };
  talk.say(PAIR.proof, { mac: proofOf(key, "joiner", parties) });
  const answer = await talk.next(PAIR.answer);
  if (!isProof(bytesField(answer.header, "mac", MAC_BYTES), key, "inviter", parties)) throw impostor();
  talk.allow(FRAME_BYTES);
  talk.say(PAIR.info, null, info);
  return (await talk.next(PAIR.welcome)).raw;
}

function impostor(): TalkStopped {
  const refusal = refusalOf(
    "impostor",
    "The other device does not know the code: it is not the one that made it",
    "Give the address of the right device, and make sure that nobody else answers in this network.",
  );
  return new TalkStopped(refusal, "us");
}
