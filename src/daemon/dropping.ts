/** Files that stay listed here and are not kept, and come back (docs/selective.md), as a person asks for it. */
import type { Hono } from "hono";
import { streamText } from "hono/streaming";
import * as v from "valibot";
import { isLocalPath } from "../core/address.ts";
import { isDropped, isGivenUp } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { RelPath } from "../core/ids.ts";
import { takesOthers } from "../core/mode.ts";
import { deviceCalled, folderCalled } from "../library/resolve.ts";
import type { Fs } from "../platform/ports.ts";
import { bringBack, canComeBack, hasCome, ownFiles } from "../sync/bring_back.ts";
import type { NotDropped } from "../sync/drop.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { apiError } from "./api_error.ts";
import type { ApiError } from "./api_types.ts";
import { bodyOf } from "./body.ts";
import type { GetEvent, GetFailed } from "./contents_types.ts";
import type { Device, DevicePorts } from "./device.ts";
import type { DropAnswer, DropEvent, DropRequest, NotDroppedFile } from "./dropping_types.ts";
import { addressAskedFor, askingOf } from "./places.ts";

const PROGRESS_MS = 200;
/** Files that stay and are told one by one. */
const MOST_REFUSED = 1_000;

export interface DroppingService {
  drop(request: DropRequest, isOver: () => boolean): AsyncGenerator<DropEvent>;
}

type Ports = Pick<DevicePorts, "fs" | "clock">;

const text = v.pipe(v.string(), v.maxLength(8_192));
const dropSchema = v.object({ address: text, here: v.optional(text), dryRun: v.boolean() });

export function addDroppingRoutes(app: Hono, service: DroppingService): void {
  app.post("/v1/drop", async (c) => {
    const request = await bodyOf(c, dropSchema);
    return streamText(c, async (out) => {
      for await (const event of service.drop(request, () => out.aborted || out.closed)) {
        await out.writeln(JSON.stringify(event));
      }
    });
  });
}

export function droppingService(device: Device, ports: Ports): DroppingService {
  return { drop: (request, isOver) => drop(device, ports, request, isOver) };
}

/** A place in a folder of this device. */
interface Here {
  readonly sync: FolderSync;
  readonly folder: string;
  readonly path: RelPath;
}

/** Throws CairnError where it is none: with what to name instead. */
function placeHere(
  device: Device,
  fs: Fs,
  { address: word, here }: Pick<DropRequest, "address" | "here">,
): Here {
  const asking = askingOf(device);
  const address = here !== undefined && (isLocalPath(word) || !isNamed(device, fs, word))
    ? addressAskedFor({ device, fs }, { path: here })
    : addressAskedFor({ device, fs }, { address: word });
  if (address.kind !== "place" || address.folder === null) {
    throw new CairnError("usage", `${word} is nothing in a folder`, "Name a folder, or what is in it.");
  }
  if (address.device !== null && !deviceCalled(asking, address.device).isSelf) {
    throw new CairnError(
      "usage",
      `${word} is on another device`,
      `Say it there: what a device keeps is its own business.`,
    );
  }
  const folder = folderCalled(asking, address.folder);
  const sync = device.folders.byNumber(folder.number);
  if (sync !== null) return { sync, folder: folder.name, path: address.path };
  throw new CairnError(
    "folder-unknown",
    `This device has no replica of "${folder.name}" that runs`,
    "`cairn folders` lists those that it has; see `cairn status`.",
  );
}

/** Whether a word that is no path by its form names a folder or device. */
function isNamed(device: Device, fs: Fs, word: string): boolean {
  try {
    const address = addressAskedFor({ device, fs }, { address: word });
    if (address.kind !== "place") return true;
    if (address.device !== null) deviceCalled(askingOf(device), address.device);
    if (address.folder !== null) folderCalled(askingOf(device), address.folder);
    return true;
  } catch (error) {
    if (error instanceof CairnError) return false;
    throw error;
  }
}

// -------------------------------------------------------------------------------- drop

async function* drop(
  device: Device,
  { fs, clock }: Ports,
  request: DropRequest,
  isOver: () => boolean,
): AsyncGenerator<DropEvent> {
  const tally = new DropTally();
  let [folder, path]: [string, string] = ["", ""];
  let error: ApiError | null = null;
  try {
    const here = placeHere(device, fs, request);
    ({ folder, path } = here);
    const { sync } = here;
    const sizeOf = (one: RelPath) => sync.replica.own(one)?.row.entry.size ?? 0;
    const files: RelPath[] = [];
    let bytes = 0;
    for await (const some of ownFiles(sync, here.path, ({ row }) => row.held)) {
      for (const one of some) bytes += sizeOf(one);
      files.push(...some);
    }
    if (files.length === 0) throw nothingTo(request.address);
    yield { kind: "plan", files: files.length, bytes };
    yield* dropFiles({ device, clock, sync, files, tally, dryRun: request.dryRun, isOver });
  } catch (thrown) {
    error = apiError(thrown);
  }
  yield { kind: "end", ...tally.answer(folder, path, error) };
}

interface Dropping {
  readonly device: Device;
  readonly clock: Ports["clock"];
  readonly sync: FolderSync;
  readonly files: readonly RelPath[];
  readonly tally: DropTally;
  readonly dryRun: boolean;
  isOver(): boolean;
}

/** Drops files, or only looks what stands in their way, and tells how far it is. What comes of each is in the tally. */
export async function* dropFiles(
  { device: { selective: { drops } }, clock, sync, files, tally, dryRun, isOver }: Dropping,
): AsyncGenerator<Extract<DropEvent, { kind: "progress" }>> {
  let isDone = false;
  const sizeOf = (one: RelPath) => sync.replica.own(one)?.row.entry.size ?? 0;
  const told = (one: RelPath, size: number, refused: NotDropped | null) => tally.note(one, size, refused);
  const work =
    (dryRun
      ? preview(clock, files, (one) => told(one, sizeOf(one), drops.objection(sync, one)))
      : drops.drop(sync, files, told, isOver)).finally(() => isDone = true);
  work.catch(() => {});
  while (!isDone) {
    const tick = new Promise<void>((resolve) => void clock.after(PROGRESS_MS, resolve));
    await Promise.race([work.catch(() => {}), tick]);
    if (!isDone) yield { kind: "progress", files: tally.files + tally.refusedTotal, bytes: tally.bytes };
  }
  await work;
}

function nothingTo(word: string): CairnError {
  return new CairnError(
    "usage",
    `${word} has no files that are kept here`,
    "`cairn ls` lists what there is.",
  );
}

/** Files that are looked at between two turns. */
const TURN_FILES = 200;

async function preview(
  clock: Ports["clock"],
  files: readonly RelPath[],
  look: (path: RelPath) => void,
): Promise<void> {
  for (const [i, path] of files.entries()) {
    look(path);
    if (i % TURN_FILES === TURN_FILES - 1) await new Promise<void>((resolve) => void clock.after(0, resolve));
  }
}

/** What came of each file. */
export class DropTally {
  files = 0;
  bytes = 0;
  refusedTotal = 0;
  #refusedBytes = 0;
  readonly #refused: NotDroppedFile[] = [];

  note(path: RelPath, bytes: number, refused: NotDropped | null): void {
    if (refused === null) {
      this.files++;
      this.bytes += bytes;
      return;
    }
    this.refusedTotal++;
    this.#refusedBytes += bytes;
    const { cause, remedy } = refused;
    if (this.#refused.length < MOST_REFUSED) this.#refused.push({ path, cause, remedy });
  }

  answer(folder: string, path: string, error: ApiError | null): DropAnswer {
    const { files, bytes, refusedTotal } = this;
    return {
      folder,
      path,
      files,
      bytes,
      refused: this.#refused,
      refusedTotal,
      refusedBytes: this.#refusedBytes,
      error,
    };
  }
}

// -------------------------------------------------------------------------------- get

/** How often it is looked whether what comes back is here. */
const LOOK_MS = 100;

/**
 * Brings back what is listed and not kept at or below a place of this device, and tells of it until it is there. Null where nothing is to come
 * back: then the address is what any other device has.
 */
export async function gettingBack(
  device: Device,
  { fs, clock }: Ports,
  request: Pick<DropRequest, "address" | "here">,
  isOver: () => boolean,
): Promise<AsyncGenerator<GetEvent> | null> {
  let here: Here;
  try {
    here = placeHere(device, fs, request);
  } catch (error) {
    if (error instanceof CairnError) return null; // it says what it is itself
    throw error;
  }
  const files: RelPath[] = [];
  const isAway = ({ row }: Parameters<Parameters<typeof ownFiles>[2]>[0]) => isDropped(row) || isGivenUp(row);
  for await (const some of ownFiles(here.sync, here.path, isAway)) files.push(...some);
  return files.length === 0 ? null : comingBack(here, clock, files, isOver);
}

async function* comingBack(
  { sync, path }: Here,
  clock: Ports["clock"],
  files: readonly RelPath[],
  isOver: () => boolean,
): AsyncGenerator<GetEvent> {
  const { replica } = sync;
  const { catalogue, number, root } = replica;
  const to = path === "" ? root : `${root}/${path}`;
  const isDirectory = files[0] !== path;
  const sizes = new Map(files.map((one) => [one, replica.own(one)?.row.entry.size ?? 0]));
  const failed = new Map<RelPath, GetFailed>();
  let [done, bytes] = [0, 0];
  let error: ApiError | null = null;
  yield { kind: "plan", to, isDirectory, files: files.length, bytes: sum(sizes.values()), copies: [] };
  try {
    if (!takesOthers(replica.mode)) {
      throw new CairnError(
        "path-unusable",
        `This device does not take what others have in this folder: it is kept in mode ${replica.mode}`,
        "Change that with: cairn folders mode FOLDER sync; or give another place to get it to.",
      );
    }
    for (const one of files) {
      if (!canComeBack(sync, one)) failed.set(one, { path: one, ...NOBODY });
    }
    const left = new Set(await bringBack(sync, files.filter((one) => !failed.has(one))));
    for (let isLast = false; left.size > 0 && !isLast && !isOver();) {
      await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
      for (const one of left) {
        if (!hasCome(sync, one)) continue;
        left.delete(one);
        done++;
        bytes += sizes.get(one) ?? 0;
      }
      // What waits for a device that is away comes when that does: nobody sits by it.
      const stuck = new Map(catalogue.needs.blocked(number, MOST_REFUSED).map((need) => [need.path, need]));
      isLast = sync.inbound.isQuiet && [...left].every((one) => stuck.has(one));
      if (isLast) { for (const one of left) failed.set(one, waiting(one, stuck.get(one)!)); }
      else yield { kind: "progress", files: done, bytes };
    }
  } catch (thrown) {
    error = apiError(thrown);
  }
  const answer = { to, isDirectory, files: done, bytes, already: 0, from: [], copies: [] };
  yield {
    kind: "end",
    ...answer,
    failed: [...failed.values()].slice(0, MOST_REFUSED),
    failedTotal: failed.size,
    error,
  };
}

const NOBODY = {
  cause: "no other device has it at present",
  remedy: "`cairn where` tells where it was; start that device, and get it again.",
};

function waiting(
  path: RelPath,
  { cause, remedy }: { readonly cause: string; readonly remedy: string },
): GetFailed {
  return { path, cause, remedy: `${remedy} It comes by itself then.` };
}

function sum(numbers: Iterable<number>): number {
  let all = 0;
  for (const one of numbers) all += one;
  return all;
}
