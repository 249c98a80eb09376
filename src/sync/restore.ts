/**
 * Restoring is a new edit: verified bytes are staged and placed by the usual door, with what stands there going into the version
 * store first; then the path is looked at like any that a person has changed (R21).
 */
import { type Entry, isAlive } from "../core/entry.ts";
import { messageOf } from "../core/errors.ts";
import { type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Kept } from "../core/kept.ts";
import { ancestorsOf, parentOf } from "../core/path.ts";
import { stampMs } from "../core/stamp.ts";
import { Pins } from "../folder/pins.ts";
import { type Expected, place } from "../folder/place.ts";
import { relativeStat } from "../folder/scan.ts";
import { createNew } from "../folder/swap.ts";
import { announceKept, nextName, storedAt } from "../folder/versions.ts";
import { type FileKind, FsError } from "../platform/ports.ts";
import { SELF } from "../catalogue/interning.ts";
import type { FolderSync } from "./folder_sync.ts";
import { FULL } from "./keeping.ts";
import { syncPlaced } from "./placed_durable.ts";
import { clashOf } from "./respelling.ts";
import type { RestoreItem } from "./restore_plan.ts";
import type { Stager } from "./stager.ts";
import { copyVerified } from "./verified_copy.ts";

export interface Failure {
  readonly cause: string;
  readonly remedy: string;
}

/** An item and where it goes: a path of the folder, or an absolute path outside of all folders. */
export interface Restoring {
  readonly item: RestoreItem;
  readonly to: { readonly inside: RelPath } | { readonly outside: string };
}

/** Files staged, and placed in one go. */
const BATCH = 64;
const AGAIN = "Try again; `cairn versions` tells what is kept.";

/** Does what was planned; answers for each what stood in its way, null where nothing did. */
export async function restore(
  sync: FolderSync,
  stager: Stager,
  restoring: readonly Restoring[],
): Promise<(Failure | null)[]> {
  const out: (Failure | null)[] = [];
  for (let at = 0; at < restoring.length; at += BATCH) {
    const batch = await Promise.all(
      restoring.slice(at, at + BATCH).map((one) => attempt(() => staged(sync, stager, one))),
    );
    const inside = batch.filter((one): one is Staged => "restoring" in one && "inside" in one.restoring.to);
    const placed = await sync.replica.exclusive(() => placeStaged(sync, inside)).catch((error) => {
      // The index or a sync refused: nothing counts as done.
      const failure = failureOf(error);
      return new Map(inside.map((one) => [one, failure]));
    });
    for (const one of batch) {
      if (!("restoring" in one)) out.push(one);
      else if ("outside" in one.restoring.to) out.push(await putOutside(sync, one, one.restoring.to.outside));
      else out.push(placed.get(one) ?? null);
    }
    await sync.outbound.guard.releaseAll(
      inside.filter((one) => (placed.get(one) ?? null) === null).map(({ path }) => path),
    );
    sync.outbound.lookAgain(inside.map(({ path }) => path));
  }
  return out;
}

interface Staged {
  readonly restoring: Restoring;
  /** Where it goes inside the folder; its own path otherwise. */
  readonly path: RelPath;
  /** Verified bytes; null for a symlink. */
  readonly stage: string | null;
  readonly target: string | null;
}

async function attempt(work: () => Promise<Staged | Failure>): Promise<Staged | Failure> {
  try {
    return await work();
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof FsError)) throw error;
  const full = error.code === "no-space";
  return {
    cause: full ? "the disk is full" : `the disk refuses it (${error.code}: ${messageOf(error)})`,
    remedy: full ? "Free some space and try again." : "Mend it and try again.",
  };
}

async function staged(sync: FolderSync, stager: Stager, restoring: Restoring): Promise<Staged | Failure> {
  const { item: { path: from, kept }, to } = restoring;
  const { replica } = sync;
  const path = "inside" in to ? to.inside : from;
  if (kept === null) {
    const stage = await stageRecorded(sync, stager, from);
    return typeof stage === "string" ? { restoring, path, stage, target: null } : stage;
  }
  if (kept.kind === "symlink") return { restoring, path, stage: null, target: kept.target };
  const stage = `${replica.versions.stage}/copy-${replica.versions.next()}`;
  const want = { ...kept, content: kept.content! };
  const isIt = await copyVerified(replica.deps, storedAt(replica.versions, kept), stage, want);
  if (isIt) return { restoring, path, stage, target: null };
  return {
    cause: "what is kept is damaged: it is not the content that it was",
    remedy: "Restore another version.",
  };
}

/** What our row says of a file that is held back: from a kept version, from this disk, or from whoever has it. */
async function stageRecorded(sync: FolderSync, stager: Stager, path: RelPath): Promise<string | Failure> {
  const { replica } = sync;
  const entry = replica.own(path)?.row.entry;
  if (entry?.kind !== "file") return { cause: "it is not held back any more", remedy: AGAIN };
  for (const { kept } of replica.catalogue.kept.at(replica.number, path)) {
    if (kept.content !== entry.content) continue;
    const stage = `${replica.versions.stage}/copy-${replica.versions.next()}`;
    const { content, size, mode, mtimeMs } = entry;
    const want = { content: content!, size, mode, mtimeMs };
    if (await copyVerified(replica.deps, storedAt(replica.versions, kept), stage, want)) return stage;
  }
  const devices = replica.rowsAt(path).filter(({ device, row }) =>
    device !== SELF && row.held && row.entry.content === entry.content
  ).map(({ device }) => device);
  const fetched = await stager.stage(replica, path, entry, { devices, isLocal: true });
  return fetched.ok ? fetched.stage : { cause: fetched.cause, remedy: fetched.remedy };
}

// -------------------------------------------------------------------------------- inside the folder

interface Target {
  readonly staged: Staged;
  readonly expected: Expected;
  /** What goes into the version store for it. */
  readonly kept: Kept | null;
}

async function placeStaged(sync: FolderSync, all: readonly Staged[]): Promise<Map<Staged, Failure | null>> {
  const { replica } = sync;
  const { fs } = replica.deps;
  const out = new Map<Staged, Failure | null>();
  const pins = new Pins(fs, replica.root);
  const spelling = replica.spelling();
  const directories = new Set<RelPath>();
  const shards = new Set<string>();
  try {
    const targets: Target[] = [];
    for (const one of all) {
      const target = await targetOf(sync, one, pins).catch(failureOf);
      if ("cause" in target) out.set(one, target);
      else targets.push(target);
    }
    const files = targets.flatMap(({ staged: { stage } }) => stage ?? []);
    const index = await announceKept(replica.versions, targets.flatMap(({ kept }) => kept ?? []));
    await Promise.all([...files, ...(index === null ? [] : [index])].map((file) => fs.syncFile(file)));
    for (const { staged: one, expected } of targets) {
      const { path, stage, target } = one;
      try {
        const context = { fs, rootDev: replica.rootDev, versions: replica.versions, pins, spelling };
        const placement = stage === null
          ? { kind: "symlink", target: target! } as const
          : { kind: "file", stage } as const;
        const placed = place(context, path, expected, placement);
        if (placed.result === "done") {
          if (placed.kept !== null) shards.add(placed.kept.shard);
          for (const part of [...ancestorsOf(path), path]) directories.add(parentOf(part));
        }
        const failure = placed.result === "clash" ? clashOf(replica, path, placed.other) : CHANGED;
        out.set(one, placed.result === "done" ? null : failure);
      } catch (error) {
        out.set(one, failureOf(error));
      }
    }
  } finally {
    pins.close();
    for (const { stage } of all) if (stage !== null && fs.lstat(stage) !== null) fs.unlink(stage);
  }
  await syncPlaced(replica, { directories, shards });
  return out;
}

const CHANGED: Failure = {
  cause: "it is being changed here, and the change was not read yet",
  remedy: "Try again in a moment.",
};

/** What stands where the item goes, and what the version store's index is to say of it. */
async function targetOf(sync: FolderSync, one: Staged, pins: Pins): Promise<Target | Failure> {
  const { replica, outbound } = sync;
  const { path } = one;
  const own = replica.own(path);
  const entry = own !== null && isAlive(own.row.entry) ? own.row.entry : null;
  const now = lookAt(sync, path, pins);
  if (now === null) return { staged: one, expected: null, kept: null };
  if (now.kind !== "file" && now.kind !== "symlink") {
    return {
      cause: `a ${now.kind === "directory" ? "directory" : "special file"} stands there now`,
      remedy: "Restore it to another place with --to.",
    };
  }
  if (path !== one.restoring.item.path) {
    return { cause: `${path} exists already`, remedy: "Give --to a name that is free." };
  }
  if (!replica.hasRoom(0)) return { cause: FULL.cause, remedy: FULL.remedy };
  const print = own === null ? null : replica.catalogue.prints.get(own.state);
  const expected = { kind: now.kind, print: now.print };
  if (entry !== null && print !== null && entry.kind === now.kind && samePrint(print, now.print)) {
    return { staged: one, expected, kept: keptOf(sync, path, entry, now.print) };
  }
  if (!outbound.guard.isHeld(path) || entry === null) return CHANGED;
  // What the crash left goes into the store too, under the content that it has.
  const [hashed] = await replica.deps.pool.hash([pins.at(path)]);
  if (hashed === undefined || hashed instanceof FsError) return CHANGED;
  const { content, size } = hashed;
  return { staged: one, expected, kept: keptOf(sync, path, { ...entry, content, size }, now.print) };
}

function lookAt(
  { replica: { deps: { fs }, rootDev } }: FolderSync,
  path: RelPath,
  pins: Pins,
): { readonly kind: FileKind; readonly print: PrintedStat } | null {
  try {
    const stat = fs.lstat(pins.at(path));
    return stat === null ? null : { kind: stat.kind, print: relativeStat(stat, rootDev) };
  } catch (error) {
    if (error instanceof FsError && error.code === "not-found") return null;
    throw error;
  }
}

function keptOf({ replica }: FolderSync, path: RelPath, entry: Entry, print: PrintedStat): Kept {
  return {
    ...nextName(replica.versions, path),
    path,
    kind: entry.kind as "file" | "symlink",
    size: entry.size,
    mtimeMs: print.mtimeMs,
    mode: entry.mode,
    content: entry.content as ContentId | null,
    target: entry.target,
    sinceMs: stampMs(entry.stamp),
    why: "restored",
    by: replica.deps.device,
    lost: null,
  };
}

// -------------------------------------------------------------------------------- outside

/** A place that is no folder's: made with the directories that it needs, and never over what is there. */
async function putOutside({ replica }: FolderSync, one: Staged, to: string): Promise<Failure | null> {
  const { fs } = replica.deps;
  const parent = to.slice(0, Math.max(1, to.lastIndexOf("/")));
  const aside = `${parent}/.cairn-restore-${replica.versions.clock.now()}-${replica.versions.next()}`;
  const { item: { path, kept } } = one.restoring;
  try {
    fs.makeDirectories(parent);
    if (fs.lstat(to) !== null) throw new FsError("exists", to);
    if (one.stage === null) fs.symlink(one.target!, to);
    else {
      const entry = kept ?? replica.own(path)!.row.entry;
      const want = { ...entry, content: entry.content! };
      if (!await copyVerified(replica.deps, one.stage, aside, want)) throw new FsError("io", one.stage);
      await fs.syncFile(aside);
      createNew(fs, aside, to);
    }
    await fs.syncDirectory(parent);
    return null;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (error.code !== "exists") return failureOf(error);
    return { cause: `${to} exists already`, remedy: "Give --to a name that is free." };
  } finally {
    if (one.stage !== null && fs.lstat(one.stage) !== null) fs.unlink(one.stage);
    if (fs.lstat(aside) !== null) fs.unlink(aside);
  }
}
