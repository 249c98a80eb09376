/** Files as a tar archive (ustar). Nothing of the build's machine or hour is in it: the same files make the same bytes. */

export interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

const BLOCK = 512;
const NAME_BYTES = 100;

export function tarOf(files: readonly TarFile[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    parts.push(header(file), file.bytes, new Uint8Array(-file.bytes.length & (BLOCK - 1)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function header({ path, bytes, mode }: TarFile): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0") + "\0";
  if (new TextEncoder().encode(path).length >= NAME_BYTES) {
    throw new RangeError(`Path is too long for tar: ${path}`);
  }
  put(path, 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108); // user
  put(octal(0, 7), 116); // group
  put(octal(bytes.length, 11), 124);
  put(octal(0, 11), 136); // time
  put("        ", 148); // the sum is computed over spaces
  put("0", 156); // a plain file
  put("ustar\0" + "00", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(sum.toString(8).padStart(6, "0") + "\0 ", 148);
  return block;
}
