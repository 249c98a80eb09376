/** A device that invites, and others that try to join it over links in memory. */
import assert from "node:assert/strict";
import { type PairingCode, pairingCodeOf, parsePairingCode } from "../../src/core/pairing_code.ts";
import { encodeFrame, FrameDecoder } from "../../src/peer/frame.ts";
import { createIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import { Invites, type InvitesOptions, type Served } from "../../src/peer/invites.ts";
import { joinWith, PAIR } from "../../src/peer/pairing.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { type ManualClock, manualClock } from "./clock.ts";
import { linkPair, type MemoryLink } from "./links.ts";

export const random = realRandom();
export const inviter = await createIdentity(random);
export const joiner = await createIdentity(random);
export const other = await createIdentity(random);
export const text = new TextEncoder();

export interface Host {
  clock: ManualClock;
  invites: Invites;
  /** What `welcome` was told. */
  told: string[];
  changes: number;
}

export function host(over: Partial<InvitesOptions> = {}): Host {
  const clock = manualClock();
  const it: Host = { clock, told: [], changes: 0, invites: null as unknown as Invites };
  it.invites = new Invites({
    identity: inviter,
    clock,
    random,
    welcome(paired, info) {
      it.told.push(`${paired.device === joiner.id ? "joiner" : "other"} ${new TextDecoder().decode(info)}`);
      return Promise.resolve(text.encode("welcome"));
    },
    changed: () => void it.changes++,
    ...over,
  });
  return it;
}

export async function invite({ invites }: Host): Promise<PairingCode> {
  return codeOf((await invites.create()).code);
}

export function codeOf(shown: string): PairingCode {
  const parsed = parsePairingCode(shown);
  assert.ok("code" in parsed);
  return parsed.code;
}

export const wrongCode = pairingCodeOf(new Uint8Array(8));

/** One whole attempt; the outcomes as `joined` or the refusal's code, of the joiner and of the inviter. */
export async function attempt(
  { clock, invites }: Host,
  code: PairingCode,
  { as = joiner, accept = () => Promise.resolve(null), pieceBytes = 65536 }: {
    as?: DeviceIdentity;
    accept?: Parameters<typeof joinWith>[1]["accept"];
    pieceBytes?: number;
  } = {},
): Promise<{ joiner: string; inviter: string; links: [MemoryLink, MemoryLink] }> {
  const links = linkPair({
    certificates: [as.certificateDer, inviter.certificateDer],
    protocol: "cairn-pair/1",
    pieceBytes,
  });
  const [joined, served] = await Promise.all([
    joinWith(links[0], { identity: as, code, info: text.encode("phone"), clock, random, accept }),
    invites.serve(links[1]),
  ]);
  return { joiner: "refusal" in joined ? joined.refusal.code : "joined", inviter: servedAs(served), links };
}

/** A well-formed proof that is wrong, without the joiner's 150 ms of stretching. The inviter's outcome. */
export async function wrongProof({ invites }: Host): Promise<string> {
  const [link, served] = linkPair({ certificates: [other.certificateDer, inviter.certificateDer] });
  const serving = invites.serve(served);
  const say = (type: number, header: unknown) => {
    for (const part of encodeFrame(type, 0, header).parts) link.write(part);
  };
  say(PAIR.ask, { version: 1, nonce: new Uint8Array(32) });
  const decoder = new FrameDecoder(2048);
  link.onData((bytes) =>
    decoder.push(bytes, ({ type }) => {
      if (type === PAIR.ready) say(PAIR.proof, { mac: new Uint8Array(32) });
    })
  );
  return servedAs(await serving);
}

export function servedAs(served: Served): string {
  return "refusal" in served ? served.refusal.code : "joined";
}
