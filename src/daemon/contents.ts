/** Contents from wherever they are: streamed to who reads them, or put at a path of this computer. */
import type { Hono } from "hono";
import { stream, streamText } from "hono/streaming";
import * as v from "valibot";
import { SELF } from "../catalogue/interning.ts";
import { CairnError } from "../core/errors.ts";
import { ROOT } from "../core/path.ts";
import { layoutOf } from "../folder/layout.ts";
import { replicasOf } from "../library/folders.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { type GetFailure, getFile, type GetHooks } from "../sync/get_file.ts";
import { getTree } from "../sync/get_tree.ts";
import { readContent, ReadingEnded } from "../sync/read_content.ts";
import { treeEntries } from "../sync/tree_entries.ts";
import { apiError } from "./api_error.ts";
import type { ApiError } from "./api_types.ts";
import { bodyOf } from "./body.ts";
import { type CatFrame, encodeCatFrame } from "./cat_frames.ts";
import type { CatRequest, CopyState, GetAnswer, GetEvent, GetFailed, GetRequest } from "./contents_types.ts";
import type { Device, DevicePorts } from "./device.ts";
import { gettingBack } from "./dropping.ts";
import { findInFolders } from "./path_in_folder.ts";
import { copiesOf, unreachable, type Wanted, wantedAt } from "./wanted.ts";

/** Failures that are told one by one. */
const MOST_FAILED = 1_000;
const PROGRESS_MS = 200;

export interface ContentsService {
  cat(request: CatRequest): AsyncGenerator<CatFrame>;
  /** `isOver`: nobody reads any more; what has come stays for the next time. */
  get(request: GetRequest, isOver: () => boolean): AsyncGenerator<GetEvent>;
}

type Ports = Pick<DevicePorts, "fs" | "pool" | "clock">;
type File = Extract<Wanted, { readonly kind: "file" }>;

/** Targets that are being written, of each device: two must not write one. */
const underWay = new WeakMap<Device, Set<string>>();

export function contentsService(device: Device, ports: Ports): ContentsService {
  return {
    cat: (request) => cat(device, ports, request),
    get: (request, isOver) => get(device, ports, request, isOver),
  };
}

const text = v.pipe(v.string(), v.maxLength(8_192));
const catSchema = v.object({ address: text, here: v.optional(text) });
const getSchema = v.object({
  ...catSchema.entries,
  to: v.pipe(v.string(), v.startsWith("/"), v.maxLength(8_192)),
  into: v.boolean(),
  force: v.boolean(),
});

export function addContentRoutes(app: Hono, service: ContentsService): void {
  app.post("/v1/cat", async (c) => {
    const request = await bodyOf(c, catSchema);
    return stream(c, async (out) => {
      for await (const frame of service.cat(request)) {
        if (out.aborted || out.closed) return;
        for (const part of encodeCatFrame(frame)) await out.write(part);
      }
    });
  });
  app.post("/v1/get", async (c) => {
    const request = await bodyOf(c, getSchema);
    return streamText(c, async (out) => {
      for await (const event of service.get(request, () => out.aborted || out.closed)) {
        await out.writeln(JSON.stringify(event));
      }
    });
  });
}

// -------------------------------------------------------------------------------- cat

async function* cat(
  device: Device,
  { pool, clock, fs }: Ports,
  request: CatRequest,
): AsyncGenerator<CatFrame> {
  const { address } = request;
  let bytes = 0;
  let copies: readonly CopyState[] = [];
  let error: ApiError | null = null;
  try {
    const wanted = await wantedAt(device, { clock, fs }, request);
    if (wanted.kind === "tree") {
      throw new CairnError("usage", `${address} is a directory`, `Fetch it with: cairn get ${address}`);
    }
    const { name, want: { content, size }, devices } = wanted;
    const copiesNow = () => copies = copiesOf(device, devices, size);
    copiesNow();
    const news: CatFrame[] = [];
    const reading = readContent(
      { ...device.local, pool, clock, sources: device.sources },
      { content, size, devices: devices.filter((one) => one !== SELF), isLocal: devices.includes(SELF) },
      (from, because) => {
        const id = from === "here" ? device.identity.id : device.ledger.catalogue.ids.deviceOf(from);
        const source = copiesNow().find((copy) => copy.id === id)?.device ?? id.slice(0, 8);
        news.push({ kind: "news", news: { name, size, device: source, at: bytes, because, copies } });
      },
    );
    try {
      for await (const part of reading) {
        yield* news.splice(0);
        bytes += part.length;
        yield { kind: "bytes", bytes: part };
      }
    } catch (ended) {
      if (!(ended instanceof ReadingEnded)) throw ended;
      copiesNow();
      const where = ended.at === 0
        ? `${address} cannot be read`
        : `${address} ends at byte ${ended.at} of ${size}`;
      throw unreachable(where, ended.why, copies);
    }
  } catch (thrown) {
    error = apiError(thrown);
  }
  yield { kind: "end", end: { bytes, error, copies } };
}

// -------------------------------------------------------------------------------- get

async function* get(
  device: Device,
  ports: Ports,
  request: GetRequest,
  isOver: () => boolean,
): AsyncGenerator<GetEvent> {
  const { clock, fs } = ports;
  const back = request.into ? await gettingBack(device, ports, request, isOver) : null;
  if (back !== null) return yield* back;
  const busy = underWay.get(device) ?? new Set<string>();
  underWay.set(device, busy);
  const tally = new Tally(device);
  let to = request.to;
  let isDirectory = false;
  let copies: readonly CopyState[] = [];
  let error: ApiError | null = null;
  let taken: string | null = null;
  try {
    const wanted = await wantedAt(device, { clock, fs }, request);
    isDirectory = wanted.kind === "tree";
    to = targetOf(fs, wanted, request);
    if (busy.has(to)) {
      throw new CairnError(
        "path-unusable",
        `${to} is being fetched already`,
        "Wait for that, or give another place.",
      );
    }
    busy.add(taken = to);
    if (wanted.kind === "file") copies = copiesOf(device, wanted.devices, wanted.want.size);
    const { files, bytes } = await countOf(device, ports, wanted);
    yield { kind: "plan", to, isDirectory, files, bytes, copies };
    const hooks: GetHooks = {
      gained: (bytes) => tally.gained += bytes,
      brought: (session, bytes) => tally.brought(device.sources.deviceOf(session), bytes),
      isOver,
    };
    const work = wanted.kind === "file" ? getOne(device, ports, wanted, to, request, hooks, tally) : getTree(
      { ...ports, stager: device.stager, catalogue: device.ledger.catalogue },
      wanted.tree,
      { root: to, ...folderAt(device, fs, to), force: request.force },
      hooks,
      tally,
    );
    let isDone = false;
    const ended = work.finally(() => isDone = true);
    ended.catch(() => {});
    while (!isDone) {
      const tick = new Promise<void>((resolve) => void clock.after(PROGRESS_MS, resolve));
      await Promise.race([ended.catch(() => {}), tick]);
      if (!isDone) yield { kind: "progress", files: tally.files + tally.alreadyThere, bytes: tally.gained };
    }
    await ended;
    if (wanted.kind === "file") {
      copies = copiesOf(device, wanted.devices, wanted.want.size);
      const [failed] = tally.failures;
      if (failed !== undefined) error = apiError(errorOf(request.address, failed, tally.isNobody, copies));
    }
  } catch (thrown) {
    error = apiError(thrown);
  } finally {
    if (taken !== null) busy.delete(taken);
  }
  yield { kind: "end", ...tally.answer(to, isDirectory, error, copies) };
}

/** What is told of a file that did not come. */
function errorOf(
  address: string,
  { cause, remedy }: GetFailed,
  isNobody: boolean,
  copies: readonly CopyState[],
): CairnError {
  return isNobody
    ? unreachable(`${address} cannot be fetched`, cause, copies)
    : new CairnError("path-unusable", `${address} was not fetched: ${cause}`, remedy);
}

async function getOne(
  device: Device,
  ports: Ports,
  { want, devices }: File,
  to: string,
  { force }: GetRequest,
  hooks: GetHooks,
  tally: Tally,
): Promise<void> {
  const directory = to.slice(0, Math.max(1, to.lastIndexOf("/")));
  if (!isDirectoryAt(ports.fs, directory)) {
    throw new CairnError("path-unusable", `${directory} is not there, or no directory`, "Make it first.");
  }
  const failure = await getFile(
    { ...ports, stager: device.stager },
    want,
    { devices: devices.filter((one) => one !== SELF), isLocal: devices.includes(SELF) },
    {
      shown: to,
      at: to,
      directory,
      stageDirectory: folderAt(device, ports.fs, to).stageDirectory ?? directory,
      force,
    },
    hooks,
  );
  if (failure === null) tally.done(want.size);
  else tally.failed("", failure);
}

function isDirectoryAt(fs: Fs, path: string): boolean {
  try {
    return fs.lstat(`${path}/.`)?.kind === "directory";
  } catch (error) {
    if (error instanceof FsError && error.code === "not-directory") return false;
    throw error;
  }
}

/** A file goes into a directory that is there; a tree becomes the directory, so that asking again goes on with it. */
function targetOf(fs: Fs, wanted: Wanted, { to, into }: GetRequest): string {
  const clean = to.length > 1 ? to.replace(/\/+$/, "") : to;
  const isInto = into || (wanted.kind === "file" && isDirectoryAt(fs, clean));
  return isInto ? `${clean === "/" ? "" : clean}/${wanted.name}` : clean;
}

/** Within a folder of this device stages stand where Cairn's own things are: no scan takes them for files. */
function folderAt(
  device: Device,
  fs: Fs,
  to: string,
): { readonly stageDirectory: string | null; readonly isFolderRoot: boolean } {
  const roots = replicasOf(device.ledger.catalogue).map(({ folder, path }) => ({ folder, path }));
  const found = findInFolders(fs, roots, to);
  const root = roots.find(({ folder }) => folder === found?.folder);
  return {
    stageDirectory: root === undefined ? null : layoutOf(root.path).stage,
    isFolderRoot: found?.path === ROOT,
  };
}

async function countOf(
  device: Device,
  { clock }: Ports,
  wanted: Wanted,
): Promise<{ files: number; bytes: number }> {
  if (wanted.kind === "file") return { files: 1, bytes: wanted.want.size };
  let files = 0;
  let bytes = 0;
  for await (const slice of treeEntries(device.ledger.catalogue, clock, wanted.tree)) {
    for (const { entry } of slice) {
      if (entry.kind !== "file") continue;
      files++;
      bytes += entry.size;
    }
  }
  return { files, bytes };
}

/** What has come of a request so far. */
class Tally {
  files = 0;
  bytes = 0;
  alreadyThere = 0;
  gained = 0;
  isNobody = false;
  failedTotal = 0;
  readonly failures: GetFailed[] = [];
  readonly #device: Device;
  readonly #brought = new Map<number, number>();

  constructor(device: Device) {
    this.#device = device;
  }

  readonly done = (bytes: number): void => {
    this.files++;
    this.bytes += bytes;
  };

  readonly already = (): void => void this.alreadyThere++;

  readonly failed = (path: string, { cause, remedy, isNobody }: GetFailure): void => {
    this.failedTotal++;
    this.isNobody ||= isNobody === true;
    if (this.failures.length < MOST_FAILED) this.failures.push({ path, cause, remedy });
  };

  brought(device: number | null, bytes: number): void {
    if (device !== null) this.#brought.set(device, (this.#brought.get(device) ?? 0) + bytes);
  }

  answer(to: string, isDirectory: boolean, error: ApiError | null, copies: readonly CopyState[]): GetAnswer {
    const from = [...this.#brought].map(([number, bytes]) => ({
      device: copiesOf(this.#device, [number], 0)[0]!.device,
      bytes,
    }));
    const others = from.reduce((sum, { bytes }) => sum + bytes, 0);
    // What no peer brought was on this disk: in another file, or in the stage of an earlier try.
    if (this.bytes > others) from.push({ device: "this disk", bytes: this.bytes - others });
    return {
      to,
      isDirectory,
      files: this.files,
      bytes: this.bytes,
      already: this.alreadyThere,
      from: from.sort((a, b) => b.bytes - a.bytes),
      failed: this.failures,
      failedTotal: this.failedTotal,
      error,
      copies,
    };
  }
}
