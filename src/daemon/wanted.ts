/** What an address asks for: a file by its content, or a tree; and who has it. */
import { SELF } from "../catalogue/interning.ts";
import type { ContentHolder } from "../catalogue/content_holders.ts";
import { parseAddress } from "../core/address.ts";
import { CairnError } from "../core/errors.ts";
import { type ContentId, isId } from "../core/ids.ts";
import { nameOf } from "../core/path.ts";
import { membersOf } from "../library/members.ts";
import type { Tree } from "../sync/tree_entries.ts";
import type { CopyWant } from "../sync/verified_copy.ts";
import type { CopyState } from "./contents_types.ts";
import type { Device } from "./device.ts";

export type Wanted =
  | {
    readonly kind: "file";
    readonly name: string;
    readonly want: CopyWant;
    readonly devices: readonly number[];
  }
  | { readonly kind: "tree"; readonly name: string; readonly tree: Tree };

/** Throws CairnError for what is no address, and for one that means nothing or several things. */
export function wantedAt(device: Device, text: string): Wanted {
  const { catalogue } = device.ledger;
  const address = parseAddress(text);
  if (address.kind !== "content") throw new CairnError("usage", "not yet");
  const content = `01${address.prefix}` as ContentId;
  const holders = isId("content", content) ? catalogue.contentHolders.of(content) : [];
  const [first] = holders;
  if (first === undefined) throw new CairnError("usage", `${text} is nowhere`);
  return fileWanted(content, first, holders);
}

function fileWanted(
  content: ContentId,
  { path, size, mode, mtimeMs }: ContentHolder,
  holders: readonly ContentHolder[],
): Wanted {
  return {
    kind: "file",
    name: nameOf(path),
    want: { content, size, mode, mtimeMs },
    devices: [...new Set(holders.map(({ device }) => device))],
  };
}

/** Devices that have a content, the one that would be asked first at the head; those that are not there last, the latest first. */
export function copiesOf(
  { ledger: { catalogue }, sources, identity }: Device,
  devices: readonly number[],
  size: number,
): CopyState[] {
  const names = new Map(membersOf(catalogue).map(({ device, name }) => [device, name]));
  const order = sources.quickest(devices, size).map((session) => sources.deviceOf(session));
  const rank = (number: number) =>
    number === SELF ? -1 : order.includes(number) ? order.indexOf(number) : Infinity;
  const { ids, cursors } = catalogue;
  return devices.map((number) => {
    const session = sources.with(number);
    const speed = session === null ? null : sources.speedOf(session);
    const id = ids.deviceOf(number);
    return {
      rank: rank(number),
      copy: {
        id,
        device: names.get(id) ?? id.slice(0, 8),
        isHere: id === identity.id,
        connected: session !== null,
        lastSeenMs: cursors.lastSeen(number).lastSeenMs,
        bytesPerSecond: speed === null ? null : Math.round(speed * 1000),
        latencyMs: session === null ? null : sources.latencyOf(session),
      },
    };
  }).sort((a, b) => a.rank === b.rank ? b.copy.lastSeenMs - a.copy.lastSeenMs : a.rank - b.rank)
    .map(({ copy }) => copy);
}

/** The error of a content that cannot be had, or not to its end. */
export function unreachable(what: string, why: string, copies: readonly CopyState[]): CairnError {
  const others = copies.filter(({ isHere }) => !isHere);
  const offline = others.filter(({ connected }) => !connected).map(({ device }) => device);
  const hint = offline.length > 0
    ? `Start ${inWords(offline, "or")}, or bring it into this network; then ask again.`
    : others.length > 0
    ? "Ask again in a moment: what the devices have now is being told."
    : "No other device has it; `cairn versions` tells what is kept of former contents.";
  return new CairnError("content-unreachable", `${what}: ${why}`, hint);
}

export function inWords(names: readonly string[], word: "and" | "or"): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;
}
