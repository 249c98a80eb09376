/** What an address asks for: a file by its content, or a tree; and who has it. */
import { SELF } from "../catalogue/interning.ts";
import type { ContentHolder } from "../catalogue/content_holders.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import { isLocalPath } from "../core/address.ts";
import { isAlive, isGivenUp } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import { nameOf, ROOT } from "../core/path.ts";
import { membersOf } from "../library/members.ts";
import type { Work } from "../library/questions.ts";
import { chosenOf, contentCalled, resolvePlace } from "../library/resolve.ts";
import type { Clock, Fs } from "../platform/ports.ts";
import { pause, type Tree } from "../sync/tree_entries.ts";
import type { CopyWant } from "../sync/verified_copy.ts";
import type { CatRequest, CopyState } from "./contents_types.ts";
import type { Device } from "./device.ts";
import { addressAskedFor, askingOf } from "./places.ts";

export type Wanted =
  | {
    readonly kind: "file";
    readonly name: string;
    readonly want: CopyWant;
    readonly devices: readonly number[];
  }
  | { readonly kind: "tree"; readonly name: string; readonly tree: Tree };

/** Throws CairnError for what is no address, and for one that means nothing or several things. */
export async function wantedAt(
  device: Device,
  { clock, fs }: { readonly clock: Pick<Clock, "after">; readonly fs: Fs },
  { address: text, here }: CatRequest,
): Promise<Wanted> {
  const { ledger: { catalogue } } = device;
  const asking = askingOf(device);
  const { holders } = catalogue.views;
  const asked = here !== undefined && isLocalPath(text) ? { path: here } : { address: text, here };
  const address = addressAskedFor({ device, fs }, asked);
  if (address.kind === "content") {
    const content = contentCalled(asking, address.prefix);
    const all = holders.of(content);
    const [first] = all;
    if (first === undefined) throw nowhere(text);
    const { path, size, mode, mtimeMs } = first;
    return fileWanted(nameOf(path), { content, size, mode, mtimeMs }, all);
  }
  const { folder, path, entry, isDirectory, device: only } = await inTurns(
    resolvePlace(asking, address),
    clock,
  );
  if (folder === null) {
    throw new CairnError(
      "usage",
      `"${text}" names no folder`,
      "Name one of those that `cairn ls` lists, or what is in it.",
    );
  }
  if (isDirectory) {
    const choose = (rows: readonly HeldRow[]) => {
      if (only === null) return chosenOf(rows);
      const row = rows.find((one) => one.device === only.number)?.row;
      return row !== undefined && isAlive(row.entry) && !isGivenUp(row) ? row.entry : null;
    };
    const name = path === ROOT ? folder.name : nameOf(path);
    return { kind: "tree", name, tree: { folder: folder.number, top: path, choose } };
  }
  if (entry?.kind === "symlink") {
    throw new CairnError(
      "usage",
      `${text} is a symlink to ${entry.target}`,
      "Ask for what it leads to, or get its directory.",
    );
  }
  const { content, size, mode, mtimeMs } = entry!;
  return fileWanted(nameOf(path), { content: content!, size, mode, mtimeMs }, holders.of(content!));
}

function nowhere(text: string): CairnError {
  return new CairnError(
    "address-unknown",
    `No device has ${text} any more`,
    "`cairn find` looks for what there is.",
  );
}

/** Does a question step by step: others have their turns in between. */
async function inTurns<T>(work: Work<T>, clock: Pick<Clock, "after">): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await pause(clock);
  }
}

function fileWanted(name: string, want: CopyWant, holders: readonly ContentHolder[]): Wanted {
  return { kind: "file", name, want, devices: [...new Set(holders.map(({ device }) => device))] };
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
