/** Batches placed by a replica of `withKeeper`: what it has, what another device says, and the placing of that. */
import type { Entry } from "../../src/core/entry.ts";
import { placeBatch } from "../../src/sync/placing.ts";
import type { Ready } from "../../src/sync/step.ts";
import { pageOf } from "./catalogues.ts";
import { contentOf, dot, entryOf, pathOf, rowOf } from "./entries.ts";
import type { KeeperScene } from "./replicas.ts";

let lsn = 0;

/** Device 2 says what it has at a path, with or without knowledge of what we have; what is to be placed for it. */
export async function heard(
  scene: KeeperScene,
  path: string,
  text: string | null,
  knows = true,
): Promise<Ready> {
  const own = scene.replica.own(pathOf(path));
  const seen = knows ? own?.row.entry.version.dots ?? [] : [];
  const stamp = (own?.row.entry.stamp ?? 0) + 1024;
  const parts = { dots: [dot(9, lsn + 1)], seen, stamp, writer: 2 };
  const entry = text === null ? entryOf({ kind: "deleted", ...parts }) : entryOf({ text, ...parts });
  tell(scene, path, entry);
  await Promise.resolve();
  if (text === null) return { path: pathOf(path), staged: null, movedFrom: null };
  const stage = scene.root.stage(text);
  const { mode, mtimeMs } = entry;
  const staged = { content: contentOf(text), stage, mode, mtimeMs, isDurable: false };
  return { path: pathOf(path), staged, movedFrom: null };
}

/** Device 2 says that it has an entry. */
export function tell({ replica, ledger }: KeeperScene, path: string, entry: Entry): void {
  replica.catalogue.setWanted(replica.folder, true);
  lsn++;
  ledger.catalogue.applyPage(
    pageOf({ from: lsn - 1, to: lsn, complete: true, rows: [[lsn, rowOf(path, entry)]] }),
  );
}

export function place({ replica }: KeeperScene, ...batch: Ready[]) {
  return replica.exclusive(() => placeBatch(replica, batch));
}

/** A file of ours, on the disk and recorded. */
export async function ours(scene: KeeperScene, path: string, text: string): Promise<void> {
  scene.root.write(path, text);
  await scene.record(path);
}
