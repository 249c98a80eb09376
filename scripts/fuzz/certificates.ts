/**
 * Certificates as no honest device makes them, built byte by byte: another version, other dates, somebody else's key, other kinds
 * of keys, absurd sizes, broken DER.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import type { Seeded } from "./seeded.ts";

export interface Forged {
  readonly what: string;
  readonly cert: string;
  readonly key: string;
}

export interface Shape {
  /** 0 is v1, 2 is v3; null leaves the field out, which means v1. */
  readonly version?: number | null;
  readonly notAfter?: string;
  /** Bytes of an extension that nobody knows. */
  readonly extraBytes?: number;
  /** The key that is certified, when it is not the signer's. */
  readonly subjectKey?: KeyObject;
  readonly name?: string;
}

export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(parts);
  const length = body.length;
  const head = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : length < 0x10000
    ? [0x82, length >> 8, length & 255]
    : [0x83, length >> 16, length >> 8 & 255, length & 255];
  return concat([new Uint8Array([tag, ...head]), body]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const text = (value: string) => new TextEncoder().encode(value);
const ECDSA_SHA256 = der(0x30, der(0x06, new Uint8Array([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])));
const nameOf = (name: string) =>
  der(0x30, der(0x31, der(0x30, der(0x06, new Uint8Array([0x55, 4, 3])), der(0x0c, text(name)))));

/** A certificate of the shape, signed with a P-256 key. */
export function certificateDer(key: KeyObject, serial: Uint8Array, shape: Shape = {}): Uint8Array {
  const { version = 2, notAfter = "99991231235959Z", extraBytes = 0, name = "cairn" } = shape;
  const spki = (shape.subjectKey ?? createPublicKey(key)).export({ type: "spki", format: "der" });
  const extension = der(
    0x30,
    der(0x06, new Uint8Array([0x2b, 6, 1, 4, 1, 0x83, 0x31, 1])),
    der(0x04, new Uint8Array(extraBytes)),
  );
  const body = der(
    0x30,
    ...(version === null ? [] : [der(0xa0, der(0x02, new Uint8Array([version])))]),
    der(0x02, new Uint8Array([0x40, ...serial])),
    ECDSA_SHA256,
    nameOf(name),
    der(0x30, der(0x18, text("19700101000000Z")), der(0x18, text(notAfter))),
    nameOf(name),
    new Uint8Array(spki),
    ...(extraBytes === 0 ? [] : [der(0xa3, der(0x30, extension))]),
  );
  const signature = new Uint8Array(sign("sha256", body, key));
  return der(0x30, body, ECDSA_SHA256, der(0x03, new Uint8Array([0]), signature));
}

export function pemOf(certificate: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...certificate)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** A certificate to attack with. `members` are certificates of devices that the victim would let in. */
export function forge(random: Seeded, members: readonly Uint8Array[]): Forged {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const serial = random.bytes(15);
  const made = (what: string, shape: Shape): Forged => ({
    what,
    cert: pemOf(certificateDer(privateKey, serial, shape)),
    key,
  });
  const member = random.pick(members);
  const subjectKey = new X509Certificate(member as Uint8Array<ArrayBuffer>).publicKey;
  switch (random.below(11)) {
    case 0:
      return made("self-made", {});
    case 1:
      return made("v1", { version: null });
    case 2:
      return made("version field out of range", { version: random.pick([0, 1, 3, 255]) });
    case 3:
      return made("expired", { notAfter: "19991231235959Z" });
    case 4:
      return made("v1 over a member's key", { version: null, subjectKey });
    case 5:
      return made("v3 over a member's key", { subjectKey });
    case 6:
      return { what: "a member's certificate without its key", cert: pemOf(member), key };
    case 7:
      return made("oversized", { extraBytes: random.pick([3_000, 4_000, 16_000, 60_000]) });
    case 8:
      return made("odd name", { name: random.pick(["", "\0", "\u202e", "x".repeat(2_000), "\u001b[2J"]) });
    case 9: {
      const curve = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
      return made("another curve", { subjectKey: curve });
    }
    default: {
      const broken = certificateDer(privateKey, serial).slice();
      for (let i = random.between(1, 8); i > 0; i--) broken[random.below(broken.length)] = random.below(256);
      const length = random.chance(0.3) ? random.below(broken.length) : broken.length;
      return { what: "broken DER", cert: pemOf(broken.subarray(0, length)), key };
    }
  }
}
