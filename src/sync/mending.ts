/**
 * A file whose sync has failed: its bytes are in the system's memory, and perhaps nowhere else (R27). A copy of them that is durable takes
 * its place, as if somebody had saved it anew, and only that is recorded.
 */
import { printOf } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Kept } from "../core/kept.ts";
import { parentOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { relativeStat } from "../folder/scan.ts";
import { announceKept, nextName } from "../folder/versions.ts";
import { type Fs, FsError, type Stat } from "../platform/ports.ts";
import { syncPlaced } from "./placed_durable.ts";
import type { Replica } from "./replica.ts";
import type { Trouble } from "./troubles.ts";

const BLOCK_BYTES = 2 ** 20;

/** What `status` says of a file that the disk refuses to read, or to make durable. */
export function troubleOf({ code, cause }: FsError): Trouble {
  if (code === "io" || code === "no-space") {
    return {
      cause: `the disk refuses to read it or to keep it (${code})`,
      remedy:
        "Cairn tries again by itself, with a copy of it. If this stays, look after the disk, or save the file anew.",
    };
  }
  if (code === "unsupported" && cause instanceof Error) {
    return { cause: `cannot be synced: ${cause.message}`, remedy: "Change it, or add it to .cairnignore." };
  }
  return {
    cause: `cannot be read (${code})`,
    remedy: "Give Cairn's user permission to read it; it is taken then.",
  };
}

/**
 * Puts a durable copy in the file's place, if it needs one, and has the path looked at. What the disk refuses is left as it is:
 * the look tells.
 */
export async function mend(
  replica: Replica,
  path: RelPath,
  outbound: { lookAgain(paths: readonly RelPath[]): void },
): Promise<void> {
  try {
    if (replica.stopped === null) await replica.exclusive(() => putCopy(replica, path));
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
  }
  outbound.lookAgain([path]);
}

async function putCopy(replica: Replica, path: RelPath): Promise<void> {
  const { deps: { fs, pool }, root, rootDev, versions, durability } = replica;
  const pins = new Pins(fs, root);
  const stage = `${versions.stage}/copy-${versions.next()}`;
  try {
    const at = pins.at(path);
    const absolute = fs.lstat(at);
    if (absolute?.kind !== "file") return;
    const stat = relativeStat(absolute, rootDev);
    // While a change within the clock's grain could hide, a copy might be the older one.
    if (!durability.isLost(stat) || !printOf(stat, replica.fsNowMs()).settled) return;
    await copy(fs, at, stage);
    fs.chmod(stage, stat.mode);
    fs.setMtime(stage, stat.mtimeMs);
    // The old inode stays in the version store, under what it holds: who has it open may go on writing into it (R21).
    const [hashed] = await pool.hash([stage]);
    if (hashed === undefined || hashed instanceof FsError) return;
    const index = await announceKept(versions, [keptOfMended(replica, path, stat, hashed)]);
    if (index !== null) await fs.syncFile(index);
    const placed = place(
      { fs, rootDev, versions, pins },
      path,
      { kind: "file", print: stat },
      { kind: "file", stage },
    );
    if (placed.result !== "done") return;
    durability.forget(stat);
    await syncPlaced(replica, {
      directories: new Set([parentOf(path)]),
      shards: new Set(placed.kept === null ? [] : [placed.kept.shard]),
    });
  } finally {
    pins.close();
    if (fs.lstat(stage) !== null) fs.unlink(stage);
  }
}

function keptOfMended(
  { versions, deps: { device } }: Replica,
  path: RelPath,
  { mtimeMs, mode }: Stat,
  { content, size }: { readonly content: ContentId; readonly size: number },
): Kept {
  return {
    ...nextName(versions, path),
    path,
    kind: "file",
    size,
    mtimeMs,
    mode,
    content,
    target: null,
    sinceMs: Math.max(0, Math.floor(mtimeMs)),
    why: "replaced",
    by: device,
    lost: null,
  };
}

async function copy(fs: Fs, from: string, to: string): Promise<void> {
  const source = fs.open(from, "read");
  try {
    const target = fs.open(to, "create");
    try {
      const block = new Uint8Array(BLOCK_BYTES);
      for (let at = 0;;) {
        const count = await source.read(block, at);
        if (count === 0) break;
        await target.write(block.slice(0, count), at);
        at += count;
      }
      await target.syncData();
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}
