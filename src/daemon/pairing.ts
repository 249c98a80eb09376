/** Both ends of pairing as the device offers them: invites, and joining by a code. */
import { CairnError, type ErrorCode, messageOf } from "../core/errors.ts";
import { HANDSHAKE_MS, JOIN_WAIT_MS } from "../core/limits.ts";
import { parsePairingCode } from "../core/pairing_code.ts";
import { takeProof } from "../library/refusals.ts";
import { requireMembership } from "../library/removal.ts";
import { acceptWelcome, infoOf, welcome } from "../library/joining.ts";
import { Invites } from "../peer/invites.ts";
import type { Refusal } from "../peer/messages.ts";
import { joinWith, type PairedDevice, PAIRING_PROTOCOL } from "../peer/pairing.ts";
import type { Clock, Net, Random } from "../platform/ports.ts";
import type { Device } from "./device.ts";

export interface PairingPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
}

const LOOK_AGAIN_MS = 200;
/** Beacons are asked for this often while nobody inviting is heard. */
const ASK_AGAIN_MS = 3_000;

export function openInvites({ clock, random }: PairingPorts, device: () => Device): Invites {
  const invites: Invites = new Invites({
    identity: device().identity,
    clock,
    random,
    welcome: async (joiner, info) => {
      const answer = await welcome(device().ledger, device().identity, joiner, info);
      device().links.refresh();
      return answer;
    },
    changed: () => device().discovery?.setInviting(invites.isOpen()),
  });
  return invites;
}

/** Pairs with whoever shows the code: at `address`, or found by beacon. Answers the inviter. */
export async function join(
  ports: PairingPorts,
  device: Device,
  name: string,
  codeText: string,
  address: string | null,
): Promise<PairedDevice> {
  const parsed = parsePairingCode(codeText);
  if (!("code" in parsed)) {
    throw new CairnError("code-malformed", parsed.problem, "Look at the code on the other device again.");
  }
  const { ledger, identity } = device;
  requireMembership(ledger.catalogue, identity.id);
  const attempt = async (at: string): Promise<PairedDevice | Refusal> => {
    let link;
    try {
      link = await ports.net.dial(at, device.identity, PAIRING_PROTOCOL, HANDSHAKE_MS);
    } catch (error) {
      return {
        code: "no-answer",
        message: `${at} does not answer: ${messageOf(error)}`,
        hint: UNREACHABLE_HINT,
      };
    }
    const result = await joinWith(link, {
      identity: device.identity,
      code: parsed.code,
      info: infoOf(device.ledger, device.identity, name),
      clock: ports.clock,
      random: ports.random,
      accept: (bytes, inviter) => acceptWelcome(device.ledger, bytes, inviter, device.identity),
    });
    if ("refusal" in result) {
      const { proof } = result.refusal;
      // That we have been removed is news to us.
      if (proof !== undefined) await takeProof(ledger, [identity.id], proof);
      return result.refusal;
    }
    device.addresses.remember(result.inviter.device, at);
    device.links.refresh();
    return result.inviter;
  };
  const found = address === null ? await tryInviting(ports, device, attempt) : await attempt(address);
  if ("device" in found) return found;
  throw new CairnError(codeOf(found), found.message, found.hint);
}

const UNHEARD_HINT =
  "Is it running and inviting (`cairn invite`)? Without broadcast give its address: --at HOST:PORT.";

const UNREACHABLE_HINT =
  "Is it running there, on the port that `cairn status` tells? If so, a firewall there keeps TCP out: cairn doctor";

async function tryInviting(
  { clock }: PairingPorts,
  device: Device,
  attempt: (at: string) => Promise<PairedDevice | Refusal>,
): Promise<PairedDevice | Refusal> {
  const deadline = clock.monotonic() + JOIN_WAIT_MS;
  const tried = new Set<string>();
  let refusal: Refusal | null = null;
  let unreachable: Refusal | null = null;
  let askedAt = -Infinity;
  while (clock.monotonic() < deadline) {
    if (clock.monotonic() - askedAt > ASK_AGAIN_MS) {
      device.discovery?.ask();
      askedAt = clock.monotonic();
    }
    const inviting = device.discovery?.sightings().filter((sighting) => sighting.inviting) ?? [];
    for (const sighting of inviting) {
      const key = `${sighting.device}/${sighting.instance}`;
      if (tried.has(key)) continue;
      for (const at of sighting.addresses) {
        const answer = await attempt(at);
        if ("device" in answer) return answer;
        // One that does not answer there may answer at its next address.
        if (answer.code === "no-answer" || answer.code === "network") {
          unreachable = answer;
          continue;
        }
        tried.add(key);
        refusal = answer;
        break;
      }
    }
    if (refusal !== null && inviting.every(({ device: id, instance }) => tried.has(`${id}/${instance}`))) {
      return refusal;
    }
    await new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve));
  }
  // Who was heard is not said to be silent.
  return refusal ?? unreachable ?? {
    code: "no-answer",
    message: `No inviting device was heard on this network for ${JOIN_WAIT_MS / 1000} seconds`,
    hint: UNHEARD_HINT,
  };
}

/** A refusal's code as one of ours; what pairing says beyond them is about the code. */
function codeOf({ code }: Refusal): ErrorCode {
  const own: readonly ErrorCode[] = [
    "no-answer",
    "protocol-version",
    "library-conflict",
    "message-invalid",
    "network",
    "not-a-member",
    "removed",
    "suspended",
  ];
  return own.find((known) => known === code) ?? "code-refused";
}
