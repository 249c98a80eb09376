/** Questions about places, as the local API asks them: an address or a local path becomes a place, and the library answers. */
import type { Hono } from "hono";
import * as v from "valibot";
import { type Address, formatAddress, parseAddress, type PlaceAddress } from "../core/address.ts";
import { CairnError } from "../core/errors.ts";
import { versionId } from "../core/kept.ts";
import type { FolderId, RelPath } from "../core/ids.ts";
import { ROOT } from "../core/path.ts";
import { usageOf } from "../library/disk_usage.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { labelsAt } from "../library/labelling.ts";
import { listPlace } from "../library/listing.ts";
import { membersOf } from "../library/members.ts";
import type { Questions, Work } from "../library/questions.ts";
import {
  type Asking,
  contentCalled,
  deviceCalled,
  folderCalled,
  type Place,
  resolvePlace,
} from "../library/resolve.ts";
import { walkPlace } from "../library/walk.ts";
import { statContent, statPlace, type Whereabouts, whereIsContent } from "../library/whereabouts.ts";
import { type Fs, FsError, type HashedFile, type HashPool } from "../platform/ports.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import { findInFolders } from "./path_in_folder.ts";
import type {
  DuAnswer,
  DuRequest,
  KeptHere,
  LsAnswer,
  LsRequest,
  PlaceAsked,
  StatAnswer,
  StatRequest,
  TreeAnswer,
  TreeRequest,
  WhereAnswer,
  WhereRequest,
} from "./places_types.ts";

/** Entries in one answer: some hundred kilobytes. */
const MOST_ENTRIES = 1_000;
const ADDRESS_CHARACTERS = 16_384;
const DEPTH = 256;
const KEPT_TOLD = 20;

const text = v.pipe(v.string(), v.maxLength(ADDRESS_CHARACTERS));
export const placeSchema = v.union([
  v.strictObject({ address: text, here: v.optional(text) }),
  v.strictObject({ path: text }),
]);
const limitSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_ENTRIES));
const depthSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(DEPTH));
const lsSchema = v.object({ place: placeSchema, after: text, limit: limitSchema });
const treeSchema = v.object({
  place: placeSchema,
  depth: v.pipe(depthSchema, v.minValue(1)),
  after: v.nullable(text),
  limit: limitSchema,
});
const placeOnlySchema = v.object({ place: placeSchema });
const duSchema = v.object({ place: placeSchema, depth: depthSchema });

export interface PlacesService {
  ls(request: LsRequest): Promise<LsAnswer>;
  tree(request: TreeRequest): Promise<TreeAnswer>;
  stat(request: StatRequest): Promise<StatAnswer>;
  where(request: WhereRequest): Promise<WhereAnswer>;
  du(request: DuRequest): Promise<DuAnswer>;
}

export function addPlaceRoutes(app: Hono, service: PlacesService): void {
  app.post("/v1/ls", async (c) => c.json(await service.ls(await bodyOf(c, lsSchema))));
  app.post("/v1/tree", async (c) => c.json(await service.tree(await bodyOf(c, treeSchema))));
  app.post("/v1/stat", async (c) => c.json(await service.stat(await bodyOf(c, placeOnlySchema))));
  app.post("/v1/where", async (c) => c.json(await service.where(await bodyOf(c, placeOnlySchema))));
  app.post("/v1/du", async (c) => c.json(await service.du(await bodyOf(c, duSchema))));
}

export interface PlacesPorts {
  readonly device: Device;
  readonly fs: Fs;
  readonly pool: HashPool;
  readonly questions: Questions;
}

/** What questions of a device are asked of. */
export function askingOf(device: Device): Asking {
  return {
    catalogue: device.ledger.catalogue,
    self: device.identity.id,
    isOnline: (other) => device.links.session(other) !== null,
  };
}

/** Throws CairnError "address-malformed", and "folder-unknown" for a local path outside of all folders. */
export function addressAskedFor(
  { device, fs }: Pick<PlacesPorts, "device" | "fs">,
  asked: PlaceAsked,
): Address {
  const settled = settledPlace({ device, fs }, asked);
  if ("address" in settled) return parseAddress(settled.address);
  const found = localPlace(device, fs, settled.path);
  if (found !== null) return found;
  throw new CairnError(
    "folder-unknown",
    `${settled.path} lies in no folder of this device`,
    "`cairn where` reads a file anywhere and says which devices have its content.",
  );
}

/** Whether a word that may be either is an address or a path: an address wherever it names a folder or device that there is. */
function settledPlace({ device, fs }: Pick<PlacesPorts, "device" | "fs">, asked: PlaceAsked): PlaceAsked {
  if ("path" in asked || asked.here === undefined) return asked;
  const asking = askingOf(device);
  try {
    const address = parseAddress(asked.address);
    if (address.kind === "content") return asked;
    if (address.device !== null) deviceCalled(asking, address.device);
    if (address.folder !== null) folderCalled(asking, address.folder);
    return asked;
  } catch (error) {
    if (!(error instanceof CairnError) || !isThere(fs, asked.here)) throw error;
    return { path: asked.here };
  }
}

function isThere(fs: Fs, path: string): boolean {
  try {
    fs.realPath(path);
    return true;
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}

/** The same, of what has something in it. Throws CairnError "usage" for a content. */
export function placeAskedFor(ports: Pick<PlacesPorts, "device" | "fs">, asked: PlaceAsked): PlaceAddress {
  const address = addressAskedFor(ports, asked);
  if (address.kind === "place") return address;
  throw new CairnError(
    "usage",
    "A content is no place that has something in it",
    "`cairn where` tells its places.",
  );
}

export function placesService({ device, fs, pool, questions }: PlacesPorts): PlacesService {
  const asking = askingOf(device);
  const addressOf = (asked: PlaceAsked) => addressAskedFor({ device, fs }, asked);
  const placeOf = (asked: PlaceAsked) => placeAskedFor({ device, fs }, asked);
  return {
    ls: ({ place, after, limit }) =>
      questions.ask(function* (): Work<LsAnswer> {
        const found = yield* resolvePlace(asking, placeOf(place));
        const listing = yield* listPlace(asking, found, after, limit);
        return { schema: "cairn.ls/1", address: addressIn(found), ...listing };
      }()),
    tree: ({ place, depth, after, limit }) =>
      questions.ask(function* (): Work<TreeAnswer> {
        const found = yield* resolvePlace(asking, placeOf(place));
        const tree = yield* walkPlace(asking, found, depth, after, limit);
        return { schema: "cairn.tree/1", address: addressIn(found), ...tree };
      }()),
    stat: ({ place }) =>
      questions.ask(function* (): Work<StatAnswer> {
        const address = addressOf(place);
        if (address.kind === "content") {
          const content = contentCalled(asking, address.prefix);
          const stat = yield* statContent(asking, content);
          return {
            schema: "cairn.stat/1",
            ...stat,
            ...labelsAt(asking.catalogue, content, null),
            kept: null,
            keptTotal: 0,
          };
        }
        const found = yield* resolvePlace(asking, address);
        const stat = yield* statPlace(asking, found);
        const labels = labelsAt(asking.catalogue, stat.content, placeOfLabels(found));
        return { schema: "cairn.stat/1", ...stat, ...labels, ...keptHere(device, found) };
      }()),
    async where({ place: asked }) {
      const place = settledPlace({ device, fs }, asked);
      const isOutside = "path" in place && localPlace(device, fs, place.path) === null;
      const content = isOutside ? await contentOfFile(fs, pool, place.path) : null;
      return await questions.ask(function* (): Work<WhereAnswer> {
        const schema = "cairn.where/1";
        const address = isOutside ? null : addressOf(place);
        if (address?.kind !== "place") {
          const of = content?.content ?? contentCalled(asking, address!.prefix);
          const found = yield* whereIsContent(asking, of);
          const size = content?.size ?? found.size;
          return { schema, address: null, kind: "file", copies: [], content: { ...found, size } };
        }
        const resolved = yield* resolvePlace(asking, address);
        const { kind, copies } = yield* statPlace(asking, resolved);
        const id = resolved.entry?.content ?? null;
        const places: Whereabouts | null = id === null ? null : yield* whereIsContent(asking, id);
        return { schema, address: addressIn(resolved), kind, copies, content: places };
      }());
    },
    du: ({ place, depth }) =>
      questions.ask(function* (): Work<DuAnswer> {
        const found = yield* resolvePlace(asking, placeOf(place));
        return { schema: "cairn.du/1", ...yield* usageOf(asking, found, depth) };
      }()),
  };
}

/** The place on this device that a local path means; null outside of all folders. */
function localPlace({ ledger: { catalogue }, identity }: Device, fs: Fs, path: string): PlaceAddress | null {
  const found = findInFolders(fs, replicasOf(catalogue), path);
  const folder = foldersOf(catalogue).find(({ id }) => id === found?.folder);
  if (found === null || folder === undefined) return null;
  const self = membersOf(catalogue).find(({ device }) => device === identity.id);
  return { kind: "place", device: self?.name ?? null, folder: folder.name, path: found.path };
}

/** Reads a file outside of all folders, through a symlink too: "do I have this anywhere?" */
async function contentOfFile(fs: Fs, pool: HashPool, path: string): Promise<HashedFile> {
  try {
    const [hashed] = await pool.hash([fs.realPath(path)]);
    if (hashed instanceof FsError) throw hashed;
    return hashed!;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new CairnError(
      "path-unusable",
      error.code === "not-found" ? `There is no file ${path}` : `Cannot read ${path}: ${error.code}`,
      "Give a file that can be read, or an address as in docs/catalogue.md.",
      error,
    );
  }
}

/** What this device keeps of a path: nothing can be said where it has no replica of the folder. */
function keptHere(device: Device, place: Place): Pick<StatAnswer, "kept" | "keptTotal"> {
  const { catalogue } = device.ledger;
  const isHere = replicasOf(catalogue).some(({ folder }) => folder === place.folder?.id) &&
    (place.device === null || place.device.isSelf);
  if (!isHere || place.path === ROOT) return { kept: null, keptTotal: 0 };
  const all = catalogue.kept.at(place.folder!.number, place.path);
  const kept = all.slice(0, KEPT_TOLD).map(({ kept }): KeptHere => ({
    id: versionId(kept),
    size: kept.size,
    sinceMs: kept.sinceMs,
    keptMs: kept.keptMs,
    why: kept.why,
  }));
  return { kept, keptTotal: all.length };
}

function addressIn({ device, folder, path }: Place): string {
  return formatAddress({ kind: "place", device: device?.name ?? null, folder: folder?.name ?? null, path });
}

/** Where tags of the place itself would be; a folder as a whole has none. */
function placeOfLabels({ folder, path }: Place): { folder: FolderId; path: RelPath } | null {
  return folder === null || path === ROOT ? null : { folder: folder.id, path };
}
