/**
 * Headers of frames: MessagePack of plain data (nil, booleans, numbers, strings, bytes, arrays, maps), no extensions.
 * The decoder library bounds each string and array; what it does not bound, nesting and the number of values, is
 * counted here before it runs, for a header of 16 MiB can say a hundred million empty arrays (invariant 10).
 */
import { decode, encode } from "@msgpack/msgpack";
import { HEADER_BYTES } from "../core/limits.ts";

/** Nesting of a header: ours have 6. */
export const HEADER_DEPTH = 32;
/** Values in a header: a page of PAGE_WEIGHT that ends with a record of RECORD_WEIGHT has some 300,000 at most. */
export const HEADER_VALUES = 2 ** 19;
/** Lists, maps and byte fields among them, a hundred bytes of memory each: the same page has some 100,000 at most. */
export const HEADER_OBJECTS = 2 ** 17;

/** Bytes of a header. `undefined` fields are left out. */
export function encodeHeader(header: unknown): Uint8Array<ArrayBuffer> {
  return encode(header, { ignoreUndefined: true }) as Uint8Array<ArrayBuffer>;
}

/** The header, or an Error that says what is wrong with it. Byte fields are views of `bytes`. */
export function decodeHeader(bytes: Uint8Array): { readonly header: unknown } | Error {
  try {
    if (bytes.length > HEADER_BYTES) return new Error(`more than ${HEADER_BYTES} bytes`);
    const trouble = measure(bytes);
    if (trouble !== null) return new Error(trouble);
    return { header: decode(bytes, { maxExtLength: 0 }) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Walks over the values without making any. Null, or the limit that is exceeded. */
function measure(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come in each open array or map. */
  const open: number[] = [];
  let at = 0;
  let values = 0;
  let objects = 0;
  do {
    if (++values > HEADER_VALUES) return `more than ${HEADER_VALUES} values`;
    const tag = view.getUint8(at++);
    let inside = 0;
    if (tag >= 0xe0 || tag < 0x80) inside = 0;
    else if (tag < 0xa0) {
      inside = tag < 0x90 ? 2 * (tag & 0x0f) : tag & 0x0f;
      objects++;
    } else if (tag < 0xc0) at += tag & 0x1f;
    else {
      const shape = SHAPES[tag - 0xc0]!;
      if (shape.kind === "bad") return `a value of type 0x${tag.toString(16)}`;
      if (shape.kind === "fixed") at += shape.size;
      else {
        const count = shape.size === 1
          ? view.getUint8(at)
          : shape.size === 2
          ? view.getUint16(at)
          : view.getUint32(at);
        at += shape.size;
        if (shape.kind !== "text") objects++;
        if (shape.kind === "bytes" || shape.kind === "text") at += count;
        else inside = shape.kind === "map" ? 2 * count : count;
      }
    }
    if (objects > HEADER_OBJECTS) return `more than ${HEADER_OBJECTS} lists, maps and byte fields`;
    if (at > bytes.length) return "it is cut off";
    if (inside > bytes.length - at) return "a length beyond the end";
    if (inside > 0) {
      if (open.length === HEADER_DEPTH) return `nested deeper than ${HEADER_DEPTH}`;
      open.push(inside);
    } else {
      while (open.length > 0 && --open[open.length - 1]! === 0) open.pop();
    }
  } while (open.length > 0);
  return at === bytes.length ? null : "bytes behind its end";
}

interface Shape {
  readonly kind: "bad" | "fixed" | "bytes" | "text" | "array" | "map";
  /** Bytes of a fixed value, or of the length field. */
  readonly size: number;
}

/** Tags 0xc0 to 0xdf of the MessagePack specification; extensions and the unused tag are bad. */
const SHAPES: readonly Shape[] = [
  ...fixed(0),
  { kind: "bad", size: 0 },
  ...fixed(0, 0),
  ...[1, 2, 4].map((size) => ({ kind: "bytes" as const, size })),
  ...Array.from({ length: 3 }, () => ({ kind: "bad" as const, size: 0 })),
  ...fixed(4, 8, 1, 2, 4, 8, 1, 2, 4, 8),
  ...Array.from({ length: 5 }, () => ({ kind: "bad" as const, size: 0 })),
  ...[1, 2, 4].map((size) => ({ kind: "text" as const, size })),
  ...[2, 4].map((size) => ({ kind: "array" as const, size })),
  ...[2, 4].map((size) => ({ kind: "map" as const, size })),
];

function fixed(...sizes: number[]): Shape[] {
  return sizes.map((size) => ({ kind: "fixed", size }));
}
