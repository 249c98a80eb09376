/**
 * Pairing codes: 60 random bits as 12 characters of Crockford's base32 (no I, L, O, U), shown as XXXX-XXXX-XXXX (R33).
 * People read them aloud and type them, so reading is tolerant of case, spaces, dashes and look-alikes.
 */
declare const brand: unique symbol;
/** A code in its plain form: 12 characters of the alphabet, no dashes. */
export type PairingCode = string & { readonly [brand]: "PairingCode" };

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 12;
const GROUP_LENGTH = 4;
/** Random bytes that a code is made of; 4 bits of them are not used. */
export const CODE_RANDOM_BYTES = 8;
const LOOKS_LIKE: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };

/** The code of `CODE_RANDOM_BYTES` random bytes. */
export function pairingCodeOf(random: Uint8Array): PairingCode {
  if (random.length !== CODE_RANDOM_BYTES) {
    throw new RangeError(`a code needs ${CODE_RANDOM_BYTES} random bytes`);
  }
  let bits = new DataView(random.buffer, random.byteOffset, random.byteLength).getBigUint64(0);
  let code = "";
  for (let i = 0; i < CODE_LENGTH; i++) {
    code += ALPHABET[Number(bits & 31n)];
    bits >>= 5n;
  }
  return code as PairingCode;
}

/** The code as it is shown: XXXX-XXXX-XXXX. */
export function showPairingCode(code: PairingCode): string {
  return code.replace(new RegExp(`.{${GROUP_LENGTH}}(?=.)`, "g"), "$&-");
}

/** The code that a person typed, or what seems to be mistyped, as a sentence. */
export function parsePairingCode(
  typed: string,
): { readonly code: PairingCode } | { readonly problem: string } {
  let code = "";
  let place = 0;
  for (const character of typed) {
    place++;
    if (/[\s\u2010-\u2015_.-]/.test(character)) continue;
    const upper = character.toUpperCase();
    const plain = LOOKS_LIKE[upper] ?? upper;
    if (plain.length !== 1 || !ALPHABET.includes(plain)) {
      return {
        problem: `Character ${place}, "${printable(character)}", is not used in codes: look for a typo`,
      };
    }
    code += plain;
  }
  if (code.length === CODE_LENGTH) return { code: code as PairingCode };
  const amount = code.length < CODE_LENGTH ? "too short" : "too long";
  return {
    problem: `The code is ${amount}: it has ${code.length} characters, and ${CODE_LENGTH} are needed`,
  };
}

function printable(character: string): string {
  return /[\p{C}\p{Z}]/u.test(character) ? `U+${character.codePointAt(0)!.toString(16)}` : character;
}
