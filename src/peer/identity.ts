/**
 * What a device is: a P-256 key and a self-signed X.509 v3 certificate over it. The device id is the SHA-256 of the
 * whole certificate (invariant 7). The certificate says nothing else of its owner: its name is "cairn" for all.
 */
import { createHash, sign as signBytes, verify as verifyBytes, X509Certificate } from "node:crypto";
import { CairnError, messageOf } from "../core/errors.ts";
import { type DeviceId, toHex } from "../core/ids.ts";
import type { Random, TlsIdentity } from "../platform/ports.ts";

/** A device's identity with its id. `keyPem` never leaves the device. */
export interface DeviceIdentity extends TlsIdentity {
  readonly id: DeviceId;
}

const NAME = "CN=cairn";
/** Clocks of new devices may be anywhere; RFC 5280 writes "no end" as the end of 9999. */
const NOT_BEFORE = new Date(Date.UTC(1970, 0, 1));
const NOT_AFTER = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));
const SERIAL_BYTES = 16;
/** A certificate of ours has about 300 bytes; one of 4 KiB is not ours. */
const CERTIFICATE_BYTES = 4096;
const FORMAT_VERSION = 1;

/** Makes a new identity. */
export async function createIdentity(random: Random): Promise<DeviceIdentity> {
  // Loading the library takes 120 ms, and a device does this once in its life.
  const { PemConverter, X509CertificateGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const serial = random.bytes(SERIAL_BYTES);
  serial[0] = serial[0]! & 0x7f | 0x40; // positive and of full length in DER
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: toHex(serial),
    name: NAME,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return identityOf(certificate.toString("pem"), PemConverter.encode(key, "PRIVATE KEY"));
}

function identityOf(certificatePem: string, keyPem: string): DeviceIdentity {
  const certificateDer = new Uint8Array(new X509Certificate(certificatePem).raw);
  return { certificatePem, keyPem, certificateDer, id: deviceIdOf(certificateDer) };
}

/** Signatures, and certificates, whose check is remembered. */
const MOST_REMEMBERED = 1024;

/** The answers of a check that says the same of the same bytes for ever, by what identifies the bytes. The oldest go first. */
function remembering<T>(): (key: string, check: () => T) => T {
  const answers = new Map<string, { readonly answer: T }>();
  return (key, check) => {
    const known = answers.get(key);
    if (known !== undefined) return known.answer;
    const answer = check();
    if (answers.size >= MOST_REMEMBERED) answers.delete(answers.keys().next().value!);
    answers.set(key, { answer });
    return answer;
  };
}

const checkedCertificate = remembering<string | null>();
const verified = remembering<boolean>();

/** The id of the device that shows this certificate (invariant 7). */
export function deviceIdOf(certificateDer: Uint8Array): DeviceId {
  return digestOf(certificateDer) as DeviceId;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Null when the certificate can be an identity, else what is wrong with it. Must be asked before anything else that a peer
 * says is looked at: with an X.509 v1 certificate Deno skips the proof that the peer has the key (invariant 7).
 */
export function checkCertificate(der: Uint8Array): string | null {
  if (der.length > CERTIFICATE_BYTES) return `it has more than ${CERTIFICATE_BYTES} bytes`;
  return checkedCertificate(digestOf(der), () => troubleOf(der));
}

function troubleOf(der: Uint8Array): string | null {
  const certificate = readSequence(der, 0);
  if (certificate === null || certificate.end !== der.length) return "it is not one DER sequence";
  const body = readSequence(der, certificate.start);
  if (body === null || body.end > certificate.end) return "its TBSCertificate is not a DER sequence";
  // version [0] EXPLICIT INTEGER v3(2); an absent field means v1.
  const version = [0xa0, 0x03, 0x02, 0x01, 0x02];
  if (!version.every((byte, i) => der[body.start + i] === byte)) return "it is not X.509 version 3";
  try {
    const key = new X509Certificate(der as Uint8Array<ArrayBuffer>).publicKey;
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? null : "its key is not of the curve P-256";
  } catch {
    return "it cannot be parsed";
  }
}

/** Where the content of the SEQUENCE at `at` starts and ends; null when there is none. Lengths in DER's shortest form. */
function readSequence(der: Uint8Array, at: number): { start: number; end: number } | null {
  const first = der[at + 1];
  if (der[at] !== 0x30 || first === undefined) return null;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  if (lengthBytes > 2 || first === 0x80) return null;
  let length = lengthBytes === 0 ? first : 0;
  for (let i = 0; i < lengthBytes; i++) length = length << 8 | (der[at + 2 + i] ?? 0);
  if (lengthBytes > 0 && length < (lengthBytes === 1 ? 0x80 : 0x100)) return null;
  const start = at + 2 + lengthBytes;
  return start + length > der.length ? null : { start, end: start + length };
}

/** Signs with the device's key (R32): ECDSA P-256 over SHA-256, as DER. */
export function sign(identity: TlsIdentity, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(signBytes("sha256", bytes, identity.keyPem));
}

/** True when the device of the certificate signed `bytes` (R32). Never throws, whatever it is given. */
export function verify(certificateDer: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (checkCertificate(certificateDer) !== null) return false;
  // Who belongs to a library is read at each start and each change of it, with the signatures that were there before.
  const key = [certificateDer, bytes, signature].map(digestOf).join();
  return verified(key, () => {
    try {
      const key = new X509Certificate(certificateDer as Uint8Array<ArrayBuffer>).publicKey;
      return verifyBytes("sha256", bytes, key, signature);
    } catch {
      return false;
    }
  });
}

/** The identity as JSON text for the home directory (mode 0600 is the writer's part). */
export function encodeIdentity(identity: DeviceIdentity): string {
  const { certificatePem, keyPem } = identity;
  return JSON.stringify({ version: FORMAT_VERSION, certificate: certificatePem, key: keyPem }, null, 2) +
    "\n";
}

/** The identity from its text; throws CairnError "home-unusable" where it is none or key and certificate differ. */
export function decodeIdentity(text: string): DeviceIdentity {
  try {
    const stored = JSON.parse(text);
    if (stored.version !== FORMAT_VERSION) throw new Error(`version ${stored.version} is not known`);
    const identity = identityOf(stored.certificate, stored.key);
    const trouble = checkCertificate(identity.certificateDer);
    if (trouble !== null) throw new Error(`the certificate is not usable: ${trouble}`);
    const probe = new Uint8Array(32);
    if (!verify(identity.certificateDer, probe, sign(identity, probe))) {
      throw new Error("the key does not belong to the certificate");
    }
    return identity;
  } catch (error) {
    throw new CairnError(
      "home-unusable",
      `Cannot read this device's identity: ${messageOf(error)}`,
      "Restore the file from a backup, or remove it and pair the device again.",
      error,
    );
  }
}
