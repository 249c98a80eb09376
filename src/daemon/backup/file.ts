/**
 * The file of an export: JSON, so that whoever opens it reads what it is, around the contents.
 *
 *   format   "cairn-export"
 *   version  1
 *   about    what it is, in words
 *   madeMs   when
 *   sha256   of the payload's bytes, in hex
 *   cipher   null, or {name: "aes-256-gcm", kdf: "scrypt", n, r, p, salt, iv}, bytes in base64
 *   payload  base64: the contents in MessagePack (contents.ts), by gzip; with a cipher encrypted, the tag behind it
 *
 * A cipher binds version and cipher as well: nobody can change by which numbers the key is made.
 */
import { createCipheriv, createDecipheriv, createHash, scryptSync } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import * as v from "valibot";
import { CairnError, messageOf } from "../../core/errors.ts";
import type { Random } from "../../platform/ports.ts";
import { type BackupContents, decodeContents, encodeContents } from "./contents.ts";

const FORMAT = "cairn-export";
const VERSION = 1;
const ABOUT =
  "This file has the private key of a Cairn device in it: whoever can read it can be that device. " +
  "It is for `cairn import FILE`.";
const TAG_BYTES = 16;
const SALT_BYTES = 16;
const IV_BYTES = 12;
/** Some 0.1 s and 64 MiB: a passphrase is guessed slowly, and a small computer can do it. */
const SCRYPT = { n: 2 ** 16, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 2 ** 28;
/** Of tags and notes there may be 64 MiB. */
export const MOST_FILE_BYTES = 2 ** 28;

const power = v.picklist([2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17]);
const base64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]*={0,2}$/));
const cipherSchema = v.object({
  name: v.literal("aes-256-gcm"),
  kdf: v.literal("scrypt"),
  n: power,
  r: v.literal(8),
  p: v.literal(1),
  salt: base64,
  iv: base64,
});
const schema = v.object({
  format: v.literal(FORMAT),
  version: v.number(),
  madeMs: v.number(),
  sha256: v.string(),
  cipher: v.nullable(cipherSchema),
  payload: base64,
});
type Cipher = v.InferOutput<typeof cipherSchema>;

/** The text of the file; with a passphrase nobody can read it who does not know that. */
export function encodeExport(contents: BackupContents, passphrase: string | null, random: Random): string {
  const plain = gzipSync(encodeContents(contents));
  const cipher: Cipher | null = passphrase === null ? null : {
    name: "aes-256-gcm",
    kdf: "scrypt",
    ...SCRYPT,
    salt: random.bytes(SALT_BYTES).toBase64(),
    iv: random.bytes(IV_BYTES).toBase64(),
  };
  const payload = cipher === null ? plain : encrypt(plain, cipher, passphrase!);
  const sha256 = digestOf(payload);
  const head = { format: FORMAT, version: VERSION, about: ABOUT, madeMs: contents.madeMs, sha256, cipher };
  return JSON.stringify({ ...head, payload: new Uint8Array(payload).toBase64() }, null, 2) + "\n";
}

export interface ReadExport {
  readonly isEncrypted: boolean;
  /** Throws CairnError "backup-unusable", also for a passphrase that is not the one. */
  open(passphrase: string | null): BackupContents;
}

/** Checks that it is an export, whole. Throws CairnError "backup-unusable". */
export function readExport(text: string): ReadExport {
  const { cipher, payload, sha256 } = parsed(text);
  const bytes = bytesOf(payload);
  if (digestOf(bytes) !== sha256) throw unusable("it is damaged: its checksum is another");
  return {
    isEncrypted: cipher !== null,
    open(passphrase) {
      const plain = cipher === null ? bytes : decrypt(bytes, cipher, passphrase ?? "");
      return decodeContents(unpacked(plain));
    },
  };
}

function parsed(text: string): v.InferOutput<typeof schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unusable("it is no export of Cairn");
  }
  const { format, version } = (json ?? {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) throw unusable("it is no export of Cairn");
  if (typeof version === "number" && version > VERSION) {
    throw unusable("it was written by a newer Cairn", "Take that version for the import.");
  }
  const read = v.safeParse(schema, json);
  if (!read.success || version !== VERSION) throw unusable("it is damaged");
  return read.output;
}

/** Of letters that are base64's there may still be one too many. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw unusable("it is damaged");
  }
}

function unpacked(plain: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(plain, { maxOutputLength: MOST_FILE_BYTES }));
  } catch (error) {
    throw unusable(`it is damaged (${messageOf(error)})`);
  }
}

function encrypt(plain: Uint8Array, cipher: Cipher, passphrase: string): Uint8Array {
  const work = createCipheriv("aes-256-gcm", keyOf(cipher, passphrase), Uint8Array.fromBase64(cipher.iv));
  work.setAAD(boundTo(cipher));
  return concat([work.update(plain), work.final(), work.getAuthTag()]);
}

function decrypt(bytes: Uint8Array, cipher: Cipher, passphrase: string): Uint8Array {
  const at = bytes.length - TAG_BYTES;
  if (at < 0) throw unusable("it is damaged");
  if (bytesOf(cipher.salt).length !== SALT_BYTES || bytesOf(cipher.iv).length !== IV_BYTES) {
    throw unusable("it is damaged");
  }
  const work = createDecipheriv("aes-256-gcm", keyOf(cipher, passphrase), Uint8Array.fromBase64(cipher.iv));
  work.setAAD(boundTo(cipher));
  work.setAuthTag(bytes.subarray(at));
  try {
    return concat([work.update(bytes.subarray(0, at)), work.final()]);
  } catch {
    throw unusable("the passphrase is not the one with which it was made", "Say it again.");
  }
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

function keyOf({ n, r, p, salt }: Cipher, passphrase: string): Uint8Array {
  const text = passphrase.normalize("NFC");
  return scryptSync(text, Uint8Array.fromBase64(salt), 32, { N: n, r, p, maxmem: SCRYPT_MEMORY });
}

function boundTo({ name, kdf, n, r, p, salt, iv }: Cipher): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([FORMAT, VERSION, name, kdf, n, r, p, salt, iv]));
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function unusable(why: string, hint = "Take another copy of it."): CairnError {
  return new CairnError("backup-unusable", `The export cannot be used: ${why}`, hint);
}
