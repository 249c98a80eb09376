/** Bytes of a plain text as characters: UTF-8, UTF-16 where it says so, and Latin-1 where it can be nothing else. */

/** Bytes at the beginning by which a binary file is known. */
const LOOKED_AT = 8 * 1024;
/** Control characters, of so many bytes one: a text in no encoding has less. */
const CONTROL_SHARE = 200;

/** Null for what is no text. Of bytes that are only the beginning of a file, a character that their end has cut is left out. */
export function decodePlain(bytes: Uint8Array, isCut: boolean): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs("utf-16le", bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeAs("utf-16be", bytes);
  if (isBinary(bytes.subarray(0, LOOKED_AT))) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return decodeAs("windows-1252", bytes);
  }
}

function decodeAs(encoding: string, bytes: Uint8Array): string {
  return new TextDecoder(encoding).decode(bytes, { stream: true });
}

function isBinary(bytes: Uint8Array): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte === 0) return true;
    const isBlank = byte >= 0x09 && byte <= 0x0d;
    if ((byte < 0x20 && !isBlank && byte !== 0x1b) || byte === 0x7f) controls++;
  }
  return controls * CONTROL_SHARE > bytes.length;
}
