/** Patterns of what this device keeps of a folder (docs/selective.md): shown, changed, and followed by what is here. */
import type { Hono } from "hono";
import { streamText } from "hono/streaming";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import type { RelPath } from "../core/ids.ts";
import { KEEP_PATTERN_CHARACTERS, KEEP_PATTERNS } from "../core/limits.ts";
import { takesOthers } from "../core/mode.ts";
import { keepFault, type KeepRules, keepRules } from "../folder/keep_patterns.ts";
import type { Clock } from "../platform/ports.ts";
import { canComeBack } from "../sync/bring_back.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { apiError } from "./api_error.ts";
import type { ApiError } from "./api_types.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import { dropFiles, DropTally } from "./dropping.ts";
import type { KeepAnswer, KeepEvent, KeepRequest, KeptCount } from "./folder_keep_types.ts";
import { folderNamed } from "./folder_named.ts";

export interface FolderKeepService {
  keep(request: KeepRequest, isOver: () => boolean): AsyncGenerator<KeepEvent>;
}

const schema = v.object({
  folder: v.pipe(v.string(), v.minLength(1), v.maxLength(4_096)),
  // One more than can be is told in words.
  patterns: v.nullable(v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(8 * KEEP_PATTERN_CHARACTERS))),
    v.maxLength(8 * KEEP_PATTERNS),
  )),
  again: v.boolean(),
  dryRun: v.boolean(),
});

export function addFolderKeepRoutes(app: Hono, service: FolderKeepService): void {
  app.post("/v1/folders/keep", async (c) => {
    const request = await bodyOf(c, schema);
    return streamText(c, async (out) => {
      for await (const event of service.keep(request, () => out.aborted || out.closed)) {
        await out.writeln(JSON.stringify(event));
      }
    });
  });
}

export function folderKeepService(device: Device, clock: Clock): FolderKeepService {
  return { keep: (request, isOver) => keep(device, clock, request, isOver) };
}

const NONE: KeptCount = { files: 0, bytes: 0 };

async function* keep(
  device: Device,
  clock: Clock,
  request: KeepRequest,
  isOver: () => boolean,
): AsyncGenerator<KeepEvent> {
  const { patterns, again, dryRun } = request;
  const tally = new DropTally();
  let folder = "";
  let [rules, coming, absent]: [KeepRules, KeptCount, KeptCount] = [keepRules([]), NONE, NONE];
  let left = { kept: NONE, listed: NONE, outside: NONE };
  let error: ApiError | null = null;
  try {
    const asked = patterns === null ? null : rulesOf(patterns);
    const sync = replicaOf(device, request.folder);
    folder = request.folder;
    rules = asked ?? sync.replica.keep;
    if (asked !== null) refuseMode(sync, request.folder, asked);
    const standing = await sync.parts.look(rules);
    const comes = (path: RelPath) => canComeBack(sync, path);
    absent = counted(sync, standing.inside.filter((path) => !comes(path)));
    if (asked !== null) {
      coming = counted(sync, standing.inside.filter(comes));
      if (!dryRun) coming = counted(sync, await sync.parts.change(asked));
    }
    if (asked !== null || again) {
      // What has come by the former patterns until the others held.
      const outside = dryRun ? standing.outside : (await sync.parts.look(rules)).outside;
      yield { kind: "plan", ...counted(sync, outside) };
      const isNoMore = () => isOver() || sync.replica.keep !== rules;
      yield* dropFiles({ device, clock, sync, files: outside, tally, dryRun, isOver: isNoMore });
    }
    const now = await sync.parts.look(rules);
    left = { kept: now.kept, listed: now.listed, outside: counted(sync, now.outside) };
  } catch (thrown) {
    error = apiError(thrown);
  }
  const { files, bytes, refused, refusedTotal, refusedBytes } = tally.answer(folder, "", error);
  const answer: KeepAnswer = {
    folder,
    patterns: rules.patterns,
    ...left,
    dropped: { files, bytes },
    coming,
    absent,
    refused,
    refusedTotal,
    refusedBytes,
    error,
  };
  yield { kind: "end", ...answer };
}

/** Throws CairnError "usage". */
function rulesOf(patterns: readonly string[]): KeepRules {
  const fault = keepFault(patterns);
  if (fault === null) return keepRules(patterns);
  throw new CairnError(
    "usage",
    fault,
    "Write them as for .cairnignore, such as '2025/**', '*.jpg' or '!raw/'.",
  );
}

/** Throws CairnError "folder-unknown" or "path-unusable". */
function replicaOf({ ledger: { catalogue }, folders }: Device, name: string): FolderSync {
  const { id } = folderNamed(catalogue, name);
  const sync = folders.get(id);
  if (sync === undefined) {
    throw new CairnError(
      "folder-unknown",
      `This device has no replica of "${name}" that runs`,
      "`cairn folders` lists those that it has; see `cairn status`.",
    );
  }
  if (sync.replica.stopped === null) return sync;
  throw new CairnError(
    "path-unusable",
    `"${name}" is stopped on this device`,
    "See why, and what to do about it, with: cairn status",
  );
}

function refuseMode({ replica: { mode } }: FolderSync, name: string, { patterns }: KeepRules): void {
  if (takesOthers(mode) || patterns.length === 0) return;
  throw new CairnError(
    "usage",
    `"${name}" is in the mode ${mode} on this device, which takes nothing of what others have, so there is nothing to choose from`,
    `Change the mode first: cairn folders mode ${JSON.stringify(name)} sync`,
  );
}

function counted({ replica }: FolderSync, paths: readonly RelPath[]): KeptCount {
  let bytes = 0;
  for (const path of paths) bytes += replica.own(path)?.row.entry.size ?? 0;
  return { files: paths.length, bytes };
}
