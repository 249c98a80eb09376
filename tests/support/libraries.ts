/** Devices with real journals and identities, and no network: they are paired by hand, and tell each other what a session would. */
import assert from "node:assert/strict";
import type { SharedField } from "../../src/core/record.ts";
import type { Ledger, LedgerOptions } from "../../src/journal/ledger.ts";
import { acceptsField, acceptWelcome, foundLibrary, infoOf, welcome } from "../../src/library/joining.ts";
import { membershipOf, membersOf } from "../../src/library/members.ts";
import { createIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { type HandClock, homeAt } from "./ledgers.ts";
import { tempDir } from "./temp_dir.ts";

const identities = await Promise.all(Array.from({ length: 4 }, () => createIdentity(realRandom())));

export interface Device extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly clock: HandClock;
  readonly identity: DeviceIdentity;
  readonly paired: { readonly device: DeviceIdentity["id"]; readonly certificate: Uint8Array };
  readonly name: string;
}

export async function device(
  number: number,
  name = `device-${number}`,
  over: Partial<LedgerOptions> = {},
): Promise<Device> {
  const dir = tempDir();
  const identity = identities[number]!;
  const home = homeAt(dir.path);
  const ledger = await home.open({ self: identity.id, ...over });
  await foundLibrary(ledger, identity, name);
  return {
    ledger,
    clock: home.clock,
    identity,
    name,
    paired: { device: identity.id, certificate: identity.certificateDer },
    async [Symbol.asyncDispose]() {
      await ledger.close();
      dir[Symbol.dispose]();
    },
  };
}

export function info({ ledger, identity, name }: Device): Uint8Array {
  return infoOf(ledger, identity, name);
}

export async function welcomed(inviter: Device, joiner: Device): Promise<Uint8Array> {
  const answer = await welcome(inviter.ledger, inviter.identity, joiner.paired, info(joiner));
  assert.ok(answer instanceof Uint8Array, JSON.stringify(answer));
  return answer;
}

export async function join(inviter: Device, joiner: Device): Promise<void> {
  const refusal = await acceptWelcome(
    joiner.ledger,
    await welcomed(inviter, joiner),
    inviter.paired,
    joiner.identity,
  );
  assert.equal(refusal, null);
}

export const members = ({ ledger }: Device) => membersOf(ledger.catalogue).map(({ device }) => device);
export const sorted = (...devices: Device[]) => devices.map(({ identity }) => identity.id).sort();

/** Every shared field that a device has. */
export function sharedBy({ ledger }: Device): SharedField[] {
  return ledger.catalogue.values.sharedAfter(0 as never).fields.map(({ field }) => field);
}

/** `to` hears what `from` shares, as it would over a session. */
export async function tell(from: Device, to: Device): Promise<void> {
  const fields = sharedBy(from).filter((field) =>
    acceptsField(to.ledger, field) && to.ledger.catalogue.values.isNews(field)
  );
  if (fields.length > 0) await to.ledger.commit({ type: "shared", fields });
}

/** Everybody hears everybody. */
export async function gossip(...devices: readonly Device[]): Promise<void> {
  for (let round = 0; round < devices.length; round++) {
    for (const from of devices) for (const to of devices) if (from !== to) await tell(from, to);
  }
}

/** How a device stands in the eyes of another. */
export function standing(of: Device, inEyesOf: Device): string {
  return membershipOf(inEyesOf.ledger.catalogue).standing(of.identity.id)?.kind ?? "stranger";
}
