/**
 * The inviting side of pairing (R33; the protocol stands in pairing.ts). What holds:
 *  1. Only a well-formed wrong proof counts as a try; connections that send junk or nothing do not.
 *  2. Proofs are looked at at a limited rate, whether right or wrong, so 20 tries cannot be burned in an instant.
 *  3. A code is used up by the first certificate that proves it. That one may repeat it until it expires or says
 *     that it is done: it may have crashed in between.
 *  4. Why a code does not work any more is told only to who knows it.
 */
import { CairnError, messageOf } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import {
  HANDSHAKE_MS,
  INVITE_MS,
  INVITE_TRIES,
  JOIN_WAIT_MS,
  JOINER_BYTES,
  OPEN_INVITES,
} from "../core/limits.ts";
import { CODE_RANDOM_BYTES, pairingCodeOf, showPairingCode } from "../core/pairing_code.ts";
import type { Clock, Random, SecureLink } from "../platform/ports.ts";
import type { DeviceIdentity } from "./identity.ts";
import type { Refusal } from "./messages.ts";
import {
  bytesField,
  isProof,
  MAC_BYTES,
  NONCE_BYTES,
  otherParty,
  PAIR,
  type PairedDevice,
  PAIRING_VERSION,
  type Parties,
  PROOF_FRAME_BYTES,
  proofOf,
  refusalOf,
  stretch,
} from "./pairing.ts";
import { Talk, TalkStopped } from "./talk.ts";

/** Devices in conversation before their proof; the oldest goes for a new one. */
const UNPROVEN_TALKS = 16;
/** Proofs looked at in a row, and the time that earns one more. */
const PROOF_BURST = 5;
const PROOF_EVERY_MS = 1000;
/** Codes that are over and still known, to say why they do not work. */
const REMEMBERED_INVITES = 2 * OPEN_INVITES;

export interface InvitesOptions {
  readonly identity: DeviceIdentity;
  readonly clock: Clock;
  readonly random: Random;
  /** What makes the joiner a member, from what it says of itself; or why it cannot be one. Both know the code by now. */
  welcome(joiner: PairedDevice, info: Uint8Array<ArrayBuffer>): Promise<Uint8Array | Refusal>;
  /** `isOpen()` may have changed. */
  changed?(): void;
}

export interface ShownInvite {
  /** XXXX-XXXX-XXXX. */
  readonly code: string;
  /** Wall clock. */
  readonly expiresMs: number;
}

/** How a conversation ended, for the log. */
export type Served = { readonly joined: DeviceId } | { readonly refusal: Refusal };

interface Invite {
  readonly key: Uint8Array;
  /** Monotone clock. */
  readonly expiresMs: number;
  tries: number;
  usedBy: DeviceId | null;
  /** Null while the invite is open. */
  over: "expired" | "burned" | "done" | "withdrawn" | null;
  cancelTimer(): void;
}

export class Invites {
  readonly #options: InvitesOptions;
  readonly #invites: Invite[] = [];
  readonly #unproven = new Set<Talk>();
  #making = 0;
  #proofs = PROOF_BURST;
  #proofsAtMs: number;

  constructor(options: InvitesOptions) {
    this.#options = options;
    this.#proofsAtMs = options.clock.monotonic();
  }

  /** Makes a code. Throws CairnError "usage" when OPEN_INVITES are open. */
  async create(): Promise<ShownInvite> {
    const { clock, random, identity } = this.#options;
    if (this.#openInvites().length + this.#making >= OPEN_INVITES) {
      throw new CairnError(
        "usage",
        `${OPEN_INVITES} invites are open already`,
        "Use one of them, or wait until one expires.",
      );
    }
    const code = pairingCodeOf(random.bytes(CODE_RANDOM_BYTES));
    this.#making++;
    try {
      const key = await stretch(code, identity.id);
      const expiresMs = clock.monotonic() + INVITE_MS;
      const cancelTimer = clock.after(INVITE_MS, () => this.#finish(invite, "expired"));
      const invite: Invite = { key, expiresMs, tries: 0, usedBy: null, over: null, cancelTimer };
      this.#invites.push(invite);
      this.#options.changed?.();
      return { code: showPairingCode(code), expiresMs: clock.now() + INVITE_MS };
    } finally {
      this.#making--;
    }
  }

  /** True while the pairing protocol is to be offered. */
  isOpen(): boolean {
    return this.#openInvites().length > 0;
  }

  /** Takes back all open invites. */
  withdraw(): void {
    for (const invite of this.#openInvites()) this.#finish(invite, "withdrawn");
  }

  /** Talks to a device that wants to join, and closes the link. Never rejects. */
  async serve(link: SecureLink): Promise<Served> {
    for (const oldest of this.#unproven) {
      if (this.#unproven.size < UNPROVEN_TALKS) break;
      this.#unproven.delete(oldest);
      oldest.abandon();
    }
    const talk = new Talk(link, this.#options.clock, PROOF_FRAME_BYTES, HANDSHAKE_MS);
    this.#unproven.add(talk);
    try {
      const outcome = await this.#converse(talk, link);
      talk.end("refusal" in outcome ? outcome.refusal : null);
      return outcome;
    } catch (error) {
      const known = error instanceof TalkStopped;
      const refusal = known
        ? error.refusal
        : refusalOf("internal", `Pairing failed: ${messageOf(error)}`, "Try again.");
      talk.end(known && error.by !== "us" ? null : refusal);
      return { refusal };
    } finally {
      this.#unproven.delete(talk);
    }
  }

  async #converse(talk: Talk, link: SecureLink): Promise<Served> {
    const { identity, random } = this.#options;
    const joiner = otherParty(link, identity.id);
    if ("code" in joiner) return { refusal: joiner };
    if (!this.isOpen()) return { refusal: notInviting() };
    const ask = (await talk.next(PAIR.ask)).header as { version?: unknown };
    const joinerNonce = bytesField(ask, "nonce", NONCE_BYTES);
    if (joinerNonce === null || ask.version !== PAIRING_VERSION) return { refusal: otherVersion() };
    const inviterNonce = random.bytes(NONCE_BYTES);
    talk.say(PAIR.ready, { nonce: inviterNonce });
    const parties = { inviter: identity.id, joiner: joiner.device, joinerNonce, inviterNonce };
    const mac = bytesField((await talk.next(PAIR.proof)).header, "mac", MAC_BYTES);
    if (mac === null) return { refusal: otherVersion() };
    const invite = this.#judge(mac, parties);
    if (!("key" in invite)) return { refusal: invite };
    this.#unproven.delete(talk);
    return await this.#bringIn(talk, invite, joiner, parties);
  }

  async #bringIn(talk: Talk, invite: Invite, joiner: PairedDevice, parties: Parties): Promise<Served> {
    talk.allow(JOINER_BYTES);
    talk.within(JOIN_WAIT_MS);
    talk.say(PAIR.answer, { mac: proofOf(invite.key, "inviter", parties) });
    const info = await talk.next(PAIR.info);
    const welcome = await this.#options.welcome(joiner, info.raw);
    if (!(welcome instanceof Uint8Array)) return { refusal: welcome };
    talk.say(PAIR.welcome, null, welcome);
    await talk.next(PAIR.done);
    this.#finish(invite, "done");
    return { joined: joiner.device };
  }

  /** The invite that the proof opens, now used up; or what is wrong with it. */
  #judge(mac: Uint8Array, parties: Parties): Invite | Refusal {
    if (!this.isOpen()) return notInviting();
    if (!this.#mayLook()) {
      return refusalOf(
        "busy",
        "Too many codes were tried at once",
        "Wait some seconds and enter the code again.",
      );
    }
    const invite = this.#invites.find(({ key }) => isProof(mac, key, "joiner", parties));
    if (invite === undefined) {
      this.#countTry();
      return refusalOf(
        "wrong-code",
        "The code is not right",
        "Compare it with the code that `cairn invite` shows.",
      );
    }
    if (invite.usedBy !== null && invite.usedBy !== parties.joiner) {
      return dead("code-used", "was used by another device");
    }
    if (invite.over === "burned") return dead("too-many-tries", "was closed after too many wrong tries");
    if (invite.over === "withdrawn") return dead("not-inviting", "was withdrawn");
    if (invite.over === "expired") return dead("code-expired", "has expired");
    if (invite.over === "done") return dead("code-used", "was used already");
    invite.usedBy = parties.joiner;
    return invite;
  }

  #mayLook(): boolean {
    const nowMs = this.#options.clock.monotonic();
    const earned = Math.floor((nowMs - this.#proofsAtMs) / PROOF_EVERY_MS);
    this.#proofsAtMs += earned * PROOF_EVERY_MS;
    this.#proofs = Math.min(PROOF_BURST, this.#proofs + earned);
    if (this.#proofs === 0) return false;
    this.#proofs--;
    return true;
  }

  /** It cannot be told which invite was meant, so each that is not used pays. */
  #countTry(): void {
    for (const invite of this.#openInvites()) {
      if (invite.usedBy === null && ++invite.tries >= INVITE_TRIES) this.#finish(invite, "burned");
    }
  }

  /** Open and not expired: a timer may be late, after a sleep for example. */
  #openInvites(): Invite[] {
    const nowMs = this.#options.clock.monotonic();
    for (const invite of this.#invites) {
      if (invite.over === null && nowMs >= invite.expiresMs) invite.over = "expired";
    }
    return this.#invites.filter((invite) => invite.over === null);
  }

  #finish(invite: Invite, over: NonNullable<Invite["over"]>): void {
    if (invite.over === null) invite.over = over;
    invite.cancelTimer();
    while (this.#invites.length > REMEMBERED_INVITES) {
      const oldest = this.#invites.findIndex((known) => known.over !== null);
      if (oldest < 0) break;
      this.#invites.splice(oldest, 1);
    }
    this.#options.changed?.();
  }
}

function dead(code: string, what: string): Refusal {
  return refusalOf(code, `This code ${what}`, "Make a new one with `cairn invite`.");
}

function notInviting(): Refusal {
  return refusalOf("not-inviting", "This device is not inviting now", "Run `cairn invite` on it.");
}

function otherVersion(): Refusal {
  return refusalOf("protocol-version", "The devices pair in different ways", "Update Cairn on both devices.");
}
