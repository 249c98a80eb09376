/** Devices beside each other, some of which drop files: what a person says and is told, and what must be true however it goes. */
import assert from "node:assert/strict";
import { droppingService } from "../../src/daemon/dropping.ts";
import { contentsService } from "../../src/daemon/contents.ts";
import { folderKeepService } from "../../src/daemon/folder_keep.ts";
import type { KeepAnswer } from "../../src/daemon/folder_keep_types.ts";
import type { DropAnswer } from "../../src/daemon/dropping_types.ts";
import type { GetAnswer } from "../../src/daemon/contents_types.ts";
import { fromHex, type Stamp } from "../../src/core/ids.ts";
import { type Asked, policyFields } from "../../src/library/policies.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import { pathOf } from "./entries.ts";
import type { Neighbour, Neighbours } from "./neighbours.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";

/** The disks' clocks run ahead, so that what was just written is sure at the next look (R14). */
export function settleAtOnce(neighbours: Neighbours): void {
  for (const { sync } of neighbours.all) sync.replica.fsNowMs = () => Date.now() + 10_000;
}

/** What `cairn drop` does. */
export async function drop(
  { fs, clock }: Neighbours,
  one: Neighbour,
  path: string,
  dryRun = false,
): Promise<DropAnswer> {
  const service = droppingService(one.device, { fs, clock });
  const here = path === "" ? one.root : one.at(path);
  for await (const event of service.drop({ address: here, here, dryRun }, () => false)) {
    if (event.kind === "end") return event;
  }
  throw new Error("it did not end");
}

/** What `cairn folders keep` does. Rejects with what it says when it does not come to its end. */
export async function keep(
  { clock }: Neighbours,
  { device }: Neighbour,
  patterns: readonly string[] | null,
  { again = false, dryRun = false } = {},
): Promise<KeepAnswer> {
  const service = folderKeepService(device, clock);
  for await (const event of service.keep({ folder: "Notes", patterns, again, dryRun }, () => false)) {
    if (event.kind !== "end") continue;
    if (event.error !== null) throw new Error(event.error.message);
    return event;
  }
  throw new Error("it did not end");
}

/** What `cairn get` does in a folder. */
export async function getBack({ fs, clock }: Neighbours, one: Neighbour, path: string): Promise<GetAnswer> {
  const pool = realHashPool();
  try {
    const service = contentsService(one.device, { fs, clock, pool });
    const here = path === "" ? one.root : one.at(path);
    const request = { address: here, here, to: one.home, into: true, force: false };
    for await (const event of service.get(request, () => false)) if (event.kind === "end") return event;
  } finally {
    pool.close();
  }
  throw new Error("it did not end");
}

/** What `cairn guard set --all` does. */
export async function ask({ device: { ledger, identity } }: Neighbour, asked: Partial<Asked>): Promise<void> {
  const writer = { device: identity.id, stamp: (replaced: Stamp) => ledger.mintStamp(replaced) };
  const fields = policyFields(ledger.catalogue, { kind: "all" }, asked, writer);
  await ledger.commit({ type: "shared", fields });
}

/** What one device asks another before it drops a file, and is answered. */
export async function askFor(from: Neighbour, of: Neighbour, path: string): Promise<unknown> {
  const session = from.device.links.session(of.device.identity.id)!;
  const number = from.device.ledger.catalogue.ids.device(of.device.identity.id);
  const row = from.sync.replica.rowsAt(pathOf(path)).find(({ device }) => device === number)!;
  const file = [path, fromHex(row.row.entry.content!), row.lsn];
  const { header } = await session.request(MESSAGE.promise, [fromHex(from.folder), [file]]);
  return header;
}

/** How a device stands to a path: "kept", "listed", "deleted" or "nothing". */
export function standingOf({ sync: { replica } }: Neighbour, path: string): string {
  const row = replica.own(pathOf(path))?.row;
  if (row === undefined) return "nothing";
  if (row.entry.kind === "deleted") return "deleted";
  return row.held ? "kept" : row.offered ? "listed" : "on its way";
}

/** All that was said against files. */
export function causes({ refused, error }: DropAnswer): string[] {
  assert.equal(error, null);
  return refused.map(({ path, cause }) => `${path}: ${cause}`);
}
