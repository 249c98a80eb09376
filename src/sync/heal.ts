/**
 * Puts the right bytes in the place of those that the disk has damaged (R15). They come from another file of this device, from the version
 * store, or from another device, in that case by chunks: what is still good in the file is not fetched. They are placed by the usual door
 * with the usual looks; the bad bytes go into the version store, named as such. They are read once more before that, for somebody may have
 * healed the file meanwhile.
 *
 * The row stays what it is: nothing is announced. A crash between the exchange and the fingerprint costs one reading at the next scan, which
 * finds the content that the row says.
 */
import { SELF } from "../catalogue/interning.ts";
import type { Entry } from "../core/entry.ts";
import { type Fingerprint, printOfPlaced, samePrint } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { type Kept, versionId } from "../core/kept.ts";
import { parentOf } from "../core/path.ts";
import { stampMs } from "../core/stamp.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { relativeStat } from "../folder/scan.ts";
import { announceKept, nextName, storedAt } from "../folder/versions.ts";
import { FsError } from "../platform/ports.ts";
import type { Damage } from "./damages.ts";
import { FULL } from "./keeping.ts";
import { findLocal, type Local, placesOf } from "./local_source.ts";
import { syncPlaced } from "./placed_durable.ts";
import type { Replica } from "./replica.ts";
import type { Stager } from "./stager.ts";
import { copyVerified } from "./verified_copy.ts";

export type Healed =
  | { readonly kind: "healed"; readonly from: "copy" | "version" | "device"; readonly by: string }
  /** It reads well: there is nothing to be healed. */
  | { readonly kind: "good" }
  /** The file is another one by now: whoever looks after the folder finds what it is. */
  | { readonly kind: "changed" }
  | {
    readonly kind: "not";
    readonly cause: string;
    readonly remedy: string;
    /** For a device that has a copy to be here. */
    readonly waits?: boolean;
  };

/** Former contents of the path that are no longer what it should be are better than nothing. */
function noCopy({ catalogue, number }: Replica, path: RelPath): Healed {
  const former = catalogue.kept.at(number, path).find(({ kept }) =>
    kept.why !== "damaged" && kept.kind === "file"
  );
  return {
    kind: "not",
    waits: true,
    cause: "no other copy of it is known",
    remedy: former === undefined
      ? "If a backup has it, put that in its place. If it is good as it is, touch it, and it counts as an edit."
      : `A former version is kept: cairn restore brings it back (${
        versionId(former.kept)
      }, see cairn versions). If it is good as it is, touch it, and it counts as an edit.`,
  };
}

/** Where this device only tells of its files, or keeps a change to itself, nobody writes to them but people (R9). */
const NOT_OURS: Healed = {
  kind: "not",
  cause: "this device does not give it to others, so Cairn does not write to it",
  remedy: "`cairn get --force` puts another device's copy in its place.",
};

const UNREADABLE: Healed = {
  kind: "not",
  cause: "the disk does not give it back",
  remedy:
    "Save what can be saved from this disk. `cairn get --force` puts another device's copy in its place.",
};

export async function heal(
  replica: Replica,
  local: Local,
  stager: Pick<Stager, "stage" | "isAnyThere" | "discard">,
  damage: Damage,
): Promise<Healed> {
  const own = replica.own(damage.path);
  const entry = own?.row.entry;
  const { found } = damage;
  if (entry?.kind !== "file" || entry.content !== damage.content) return { kind: "changed" };
  if (found === null) return UNREADABLE;
  if (!own!.row.offered) return NOT_OURS;
  if (!replica.hasRoom(0)) return { kind: "not", cause: FULL.cause, remedy: FULL.remedy };
  try {
    const staged = await stageGood(replica, local, stager, damage.path, entry);
    if (!("stage" in staged)) return staged;
    try {
      const seen = await lookAgain(replica, damage.path, own!.state);
      if (!("found" in seen)) return seen;
      if (seen.found === entry.content) return { kind: "good" };
      const isPlaced = await replica.exclusive(() =>
        put(replica, { ...damage, found: seen.found }, seen.print, own!.state, entry, staged.stage)
      );
      return isPlaced ? { kind: "healed", from: staged.from, by: staged.by } : { kind: "changed" };
    } finally {
      stager.discard(replica, staged.stage);
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return {
      kind: "not",
      cause: `the disk refuses the good bytes (${error.code})`,
      remedy: "Mend the disk; Cairn tries again.",
    };
  }
}

/** What stands there now, behind which print. */
async function lookAgain(
  { deps: { fs, pool }, root, rootDev, catalogue: { prints } }: Replica,
  path: RelPath,
  state: number,
): Promise<{ readonly found: ContentId; readonly print: Fingerprint } | Healed> {
  const print = prints.get(state);
  if (print === null) return { kind: "changed" };
  const pins = new Pins(fs, root);
  try {
    const at = pins.at(path);
    const [hashed] = await pool.hash([at]);
    if (hashed instanceof FsError && hashed.code === "io") return UNREADABLE;
    const stat = fs.lstat(at);
    const isAsKnown = stat?.kind === "file" && samePrint(print, relativeStat(stat, rootDev));
    if (!isAsKnown || hashed === undefined || hashed instanceof FsError) return { kind: "changed" };
    return { found: hashed.content, print };
  } finally {
    pins.close();
  }
}

/** What stands there is known, and can be named in the version store. */
type Named = Damage & { readonly found: ContentId };

type Good = { readonly stage: string; readonly from: "copy" | "version" | "device"; readonly by: string };

async function stageGood(
  replica: Replica,
  local: Local,
  stager: Pick<Stager, "stage" | "isAnyThere">,
  path: RelPath,
  entry: Entry,
): Promise<Good | Healed> {
  const { catalogue, number, versions, deps } = replica;
  const want = { content: entry.content!, size: entry.size, mode: entry.mode, mtimeMs: entry.mtimeMs };
  const stage = `${versions.stage}/copy-${versions.next()}`;
  const copy = await fromOtherFile(
    local,
    replica,
    path,
    want.content,
    (at) => copyVerified(deps, at, stage, want),
  );
  if (copy) return { stage, from: "copy", by: "another file of this device" };
  for (const { kept } of catalogue.kept.at(number, path)) {
    if (kept.content !== want.content || kept.kind !== "file") continue;
    if (await copyVerified(deps, storedAt(versions, kept), stage, want)) {
      return { stage, from: "version", by: "a former version" };
    }
  }
  const devices = catalogue.views.holders.devicesOf(want.content).filter((device) => device !== SELF);
  if (devices.length === 0) return noCopy(replica, path);
  if (!stager.isAnyThere(devices)) {
    return {
      kind: "not",
      waits: true,
      cause: "no device that has another copy is connected",
      remedy: "Start one that has it (`cairn where` tells which); it is healed as soon as it is here.",
    };
  }
  const fetched = await stager.stage(replica, path, entry, { devices, isLocal: true });
  if (fetched.ok) return { stage: fetched.stage, from: "device", by: "another device" };
  return { kind: "not", cause: `no good copy could be had: ${fetched.cause}`, remedy: fetched.remedy };
}

/** Tries the other files of this device with the content. */
async function fromOtherFile(
  local: Local,
  replica: Replica,
  path: RelPath,
  content: ContentId,
  copy: (at: string) => Promise<boolean>,
): Promise<boolean> {
  const others = (placesOf(local, [content]).get(content) ?? [])
    .filter((one) => one.folder !== replica.number || one.path !== path);
  for (const other of others) {
    const source = findLocal(local, content, undefined, new Map([[content, [other]]]));
    if (source === null) continue;
    try {
      if (await copy(source.at)) return true;
    } finally {
      source.pin.close();
    }
  }
  return false;
}

/** False when the disk is not as it was when the damage was read last, behind `print` (invariant 3). */
async function put(
  replica: Replica,
  damage: Named,
  print: Fingerprint,
  state: number,
  entry: Entry,
  stage: string,
): Promise<boolean> {
  const { deps: { fs }, rootDev, versions, catalogue: { prints } } = replica;
  const { path } = damage;
  if (replica.own(path)?.state !== state || replica.stopped !== null) return false;
  const pins = new Pins(fs, replica.root);
  try {
    const stat = fs.lstat(pins.at(path));
    if (stat?.kind !== "file" || !samePrint(print, relativeStat(stat, rootDev))) return false;
    const kept = keptOf(replica, damage, entry, print.mtimeMs);
    const index = await announceKept(versions, [kept]);
    await Promise.all([stage, ...(index === null ? [] : [index])].map((file) => fs.syncFile(file)));
    const context = { fs, rootDev, versions, pins, spelling: replica.spelling() };
    const placed = place(context, path, { kind: "file", print }, { kind: "file", stage });
    if (placed.result !== "done" || placed.stat === null) return false;
    const shards = new Set(placed.kept === null ? [] : [placed.kept.shard]);
    await syncPlaced(replica, { directories: new Set([parentOf(path)]), shards });
    prints.put(state, printOfPlaced(placed.stat, replica.fsNowMs()));
    return true;
  } finally {
    pins.close();
  }
}

function keptOf({ versions, deps }: Replica, damage: Named, entry: Entry, mtimeMs: number): Kept {
  return {
    ...nextName(versions, damage.path),
    path: damage.path,
    kind: "file",
    size: damage.size,
    mtimeMs,
    mode: entry.mode,
    content: damage.found,
    target: null,
    sinceMs: Math.min(stampMs(entry.stamp), damage.foundMs),
    why: "damaged",
    by: deps.device,
    lost: null,
  };
}
