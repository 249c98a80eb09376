/** Who is let in: decisions about a peer's certificate and hello, as values (invariant 7). */
import type { DeviceId } from "../core/ids.ts";
import type { SecureLink } from "../platform/ports.ts";
import { encodeFrame, type Frame } from "./frame.ts";
import { checkCertificate, deviceIdOf } from "./identity.ts";
import { commonVersion, type Hello, readHello, readRefusal, type Refusal, TYPE } from "./messages.ts";

/** What we say of ourselves, and whom we take. */
export interface Greeting {
  readonly hello: Hello;
  /**
   * Null lets the device in. Asked twice: with null for the hello as soon as the certificate is known, before we say anything
   * of ourselves, and with the peer's hello before anything else of it is looked at.
   */
  admit(device: DeviceId, hello: Hello | null): Refusal | null;
}

/** What both sides agreed on. */
export interface Agreement {
  readonly hello: Hello;
  readonly version: number;
  readonly capabilities: ReadonlySet<string>;
}

export type Verdict<Good> = { readonly good: Good } | {
  readonly refusal: Refusal;
  readonly by: "us" | "peer";
};

/** Looks at the certificate, before anything is sent or read. */
export function judgeCertificate(der: Uint8Array | null, greeting: Greeting): Verdict<DeviceId> {
  const trouble = der === null ? "it showed none" : checkCertificate(der);
  if (der === null || trouble !== null) {
    return refuse(
      "not-a-member",
      `The certificate of the other device is not accepted: ${trouble}`,
      "Pair the devices with `cairn invite` and `cairn join`.",
    );
  }
  const device = deviceIdOf(der);
  const refusal = greeting.admit(device, null);
  return refusal === null ? { good: device } : { refusal, by: "us" };
}

/** Looks at the first frame. */
export function judgeFirstFrame(frame: Frame, device: DeviceId, greeting: Greeting): Verdict<Agreement> {
  if (frame.type === TYPE.refuse) {
    const refusal = readRefusal(frame.header);
    if (refusal !== null) return { refusal, by: "peer" };
  }
  const hello = frame.type === TYPE.hello && frame.tag === 0 ? readHello(frame.header) : null;
  if (hello === null) {
    return refuse("message-invalid", "The first message is not a hello", "Update Cairn on both devices.");
  }
  const ours = greeting.hello;
  const version = commonVersion(ours.versions, hello.versions);
  if (version === null) {
    return refuse(
      "protocol-version",
      `No common protocol version: ${range(ours)} here, ${range(hello)} there`,
      `Update Cairn on the device that speaks ${range(ours.versions[1] < hello.versions[0] ? ours : hello)}.`,
    );
  }
  const refusal = greeting.admit(device, hello);
  if (refusal !== null) return { refusal, by: "us" };
  const theirs = new Set(hello.capabilities);
  return {
    good: { hello, version, capabilities: new Set(ours.capabilities.filter((name) => theirs.has(name))) },
  };
}

function range({ versions: [min, max] }: Hello): string {
  return min === max ? `version ${min}` : `versions ${min} to ${max}`;
}

function refuse(code: string, message: string, hint: string): { refusal: Refusal; by: "us" } {
  return { refusal: { code, message, hint }, by: "us" };
}

/** Of two connections made at the same time, the one to keep: that which the lower device id dialled (R37). */
export function roleThatStays(own: DeviceId, peer: DeviceId): "dialled" | "accepted" {
  return own < peer ? "dialled" : "accepted";
}

/** Tells a device why it is not let in, and closes the link; what it says is heard by nobody. */
export function sayRefusal(link: SecureLink, refusal: Refusal): void {
  for (const part of encodeFrame(TYPE.refuse, 0, { ...refusal }).parts) link.write(part);
  link.onData(() => {});
  link.close();
}
