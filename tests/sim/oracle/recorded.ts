/** What a device's rows say of its tree: where they tell of what stands there, and where they do not (yet). */
import { SELF } from "../../../src/catalogue/interning.ts";
import { type Entry, isAlive } from "../../../src/core/entry.ts";
import type { Lsn } from "../../../src/core/ids.ts";
import type { Peek } from "../disk/sim_disk.ts";
import { ROOT, type SimDevice } from "../world/device.ts";

const MOST_ROWS = 100_000;

/** Whether an entry tells of what stands there, permissions and times apart. */
export function tellsOf(entry: Entry, peek: Peek): boolean {
  if (entry.kind !== peek.kind) return false;
  if (peek.kind === "symlink") return entry.target === peek.target;
  return peek.kind !== "file" || entry.content === peek.identity().content;
}

/** The rows of what the device has, by path. Null while it has no replica. */
function living(device: SimDevice): Map<string, Entry> | null {
  const catalogue = device.folder?.replica.catalogue;
  if (catalogue === undefined) return null;
  const rows = catalogue.rows.page(SELF, 0 as Lsn, Infinity as Lsn, MOST_ROWS).map(({ placed: { row } }) =>
    row
  );
  return new Map(
    rows.filter((row) => isAlive(row.entry) && row.held).map(({ path, entry }) => [path, entry]),
  );
}

/** Paths at which the daemon's rows tell of something else than what stands in its tree. */
export function untold(device: SimDevice): string[] {
  const rows = living(device);
  if (rows === null) return [];
  const out: string[] = [];
  device.disk.walk(ROOT, (path, peek) => {
    if (path === ".cairn" || path.startsWith(".cairn/")) return;
    const entry = rows.get(path);
    rows.delete(path);
    if (entry === undefined || !tellsOf(entry, peek)) out.push(path);
  });
  return [...out, ...rows.keys()];
}

/** The same, and what it is about to place: what comes of all these when the daemon ends now is not known. */
export function unsettled(device: SimDevice): string[] {
  return [...untold(device), ...device.folder?.replica.placing ?? []];
}
