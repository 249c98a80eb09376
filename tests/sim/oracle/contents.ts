/** The bytes that users write, and how the oracle knows them again. */
import type { Peek } from "../disk/sim_disk.ts";

/** Stands for all bytes of a file, or for a symlink with its target. */
export type ContentKey = string;

const EMPTY_KEY: ContentKey = "f:";
const SMALL_BYTES = 512;
const latin1 = new TextDecoder("latin1");
const made = new Map<string, Uint8Array<ArrayBuffer>>();
const MOST_MADE = 4_000;

/** The content that a token names: unlike any other, from its first byte to its last. The bytes are never to be changed. */
export function contentOf(token: number, size: number): Uint8Array<ArrayBuffer> {
  const name = `${token}/${size}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const words = new Uint32Array((size + 3) >>> 2);
  let state = (token * 0x9e3779b9 + size) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state | 0x01010101;
  }
  const bytes = new Uint8Array(words.buffer, 0, size);
  const label = new TextEncoder().encode(`T${token}:`);
  bytes.set(label.subarray(0, Math.min(label.length, size)));
  if (made.size >= MOST_MADE) made.clear();
  made.set(name, bytes);
  return bytes;
}

export function keyOfBytes(bytes: Uint8Array): ContentKey {
  if (bytes.length <= SMALL_BYTES) return `f:${latin1.decode(bytes)}`;
  return `f#${bytes.length}:${sumOf(bytes)}`;
}

/** Two sums over all words: what tokens make does not collide, and SHA-1 takes four times as long. */
function sumOf(bytes: Uint8Array): string {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i]!, 0x01000193);
    b = (Math.imul(b, 31) + words[i]!) | 0;
  }
  for (let i = words.length * 4; i < aligned.length; i++) a = Math.imul(a ^ aligned[i]!, 0x01000193);
  return `${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`;
}

/** Of a file or symlink; null for all else. */
export function keyOf(peek: Peek | null): ContentKey | null {
  if (peek === null) return null;
  if (peek.kind === "symlink") return `l:${peek.target}`;
  return peek.kind === "file" ? keyOfBytes(peek.bytes) : null;
}

/** What can be lost: a content, wherever it stands; of empty files, which are all alike, the one at this path. */
export function losableKey(content: ContentKey, path: string): string {
  return content === EMPTY_KEY ? `${path}: ${content}` : content;
}

/** For people: which token, how long. */
export function describe(key: ContentKey): string {
  const text = key.startsWith("f:") ? key.slice(2) : key;
  const token = /^T\d+:/.exec(text)?.[0] ?? "";
  if (key.startsWith("l:")) return `link ${key.slice(2)}`;
  return key.startsWith("f:")
    ? `${token || JSON.stringify(text.slice(0, 12))} ${text.length} bytes`
    : key.slice(0, 24);
}
