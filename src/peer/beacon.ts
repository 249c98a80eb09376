/**
 * The beacon: "a device is here". A hint and nothing more: who it is, the TLS handshake proves. It carries no names
 * and nothing of pairing codes (R33). 45 bytes, integers little endian:
 *
 *   offset  size  field
 *   0       5     "CAIRN"
 *   5       1     version, 1
 *   6       32    device id
 *   38      2     TCP port of the device's sessions, not 0
 *   40      4     instance, random at each start: two of them for one device id mean a copied home (R36)
 *   44      1     flags: bit 0 inviting, bit 1 please answer; the others are sent as 0 and ignored
 */
import { type DeviceId, fromHex, idOf } from "../core/ids.ts";

export interface Beacon {
  readonly device: DeviceId;
  readonly port: number;
  readonly instance: number;
  readonly inviting: boolean;
  readonly answerPlease: boolean;
}

export const BEACON_BYTES = 45;
const MAGIC = new TextEncoder().encode("CAIRN");
const VERSION = 1;
const INVITING = 1;
const ANSWER_PLEASE = 2;

export function encodeBeacon(beacon: Beacon): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BEACON_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint8(5, VERSION);
  bytes.set(fromHex(beacon.device), 6);
  view.setUint16(38, beacon.port, true);
  view.setUint32(40, beacon.instance, true);
  view.setUint8(44, (beacon.inviting ? INVITING : 0) | (beacon.answerPlease ? ANSWER_PLEASE : 0));
  return bytes;
}

/** Null for whatever is no beacon of this version: anyone may send to the port. */
export function decodeBeacon(bytes: Uint8Array): Beacon | null {
  if (bytes.length !== BEACON_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const device = idOf("device", bytes.subarray(6, 38));
  const port = view.getUint16(38, true);
  if (view.getUint8(5) !== VERSION || device === null || port === 0) return null;
  const flags = view.getUint8(44);
  return {
    device,
    port,
    instance: view.getUint32(40, true),
    inviting: (flags & INVITING) !== 0,
    answerPlease: (flags & ANSWER_PLEASE) !== 0,
  };
}
