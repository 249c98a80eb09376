/**
 * Branded types for what must not be mixed. All of them are plain strings or numbers at run time.
 */
declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** SHA-256 of a device's whole certificate DER, 64 hex digits (invariant 7). */
export type DeviceId = Brand<string, "DeviceId">;
/** Random id made with a journal (R1), 16 hex digits. */
export type ActorId = Brand<string, "ActorId">;
/** Random id of one opening of a journal (R24), 16 hex digits. */
export type BootId = Brand<string, "BootId">;
/** Random id of a folder, 32 hex digits. */
export type FolderId = Brand<string, "FolderId">;
/** Random id of a library, 32 hex digits. */
export type LibraryId = Brand<string, "LibraryId">;
/** Algorithm byte and SHA-256 (R31), 66 hex digits. */
export type ContentId = Brand<string, "ContentId">;
/** Position in a device's journal, counted from 1; 0 is "nothing yet". */
export type Lsn = Brand<number, "Lsn">;
/** A checked path inside a folder: `/` between names, no `.`, `..` or empty name. See `core/path.ts`. */
export type RelPath = Brand<string, "RelPath">;
/** Hybrid logical clock time: milliseconds since 1970 times 1024, plus a counter. See `core/stamp.ts`. */
export type Stamp = Brand<number, "Stamp">;

const HEX_LENGTH = { device: 64, actor: 16, boot: 16, folder: 32, library: 32, content: 66 } as const;
type HexIds = {
  device: DeviceId;
  actor: ActorId;
  boot: BootId;
  folder: FolderId;
  library: LibraryId;
  content: ContentId;
};
const HEX = /^[0-9a-f]*$/;

/** True when `value` is a well-formed id of the kind. */
export function isId<K extends keyof HexIds>(kind: K, value: unknown): value is HexIds[K] {
  return typeof value === "string" && value.length === HEX_LENGTH[kind] && HEX.test(value);
}

/** The number of bytes behind an id of the kind. */
export function idBytes(kind: keyof HexIds): number {
  return HEX_LENGTH[kind] / 2;
}

/** Bytes as an id of the kind, or null when their number is wrong. */
export function idOf<K extends keyof HexIds>(kind: K, bytes: Uint8Array): HexIds[K] | null {
  return bytes.length * 2 === HEX_LENGTH[kind] ? (toHex(bytes) as HexIds[K]) : null;
}

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** Bytes of a hex string; the caller has checked that it is one. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex);
}
