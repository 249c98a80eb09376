/** Which line of a folder's `.cairnignore` ignores a path, and changing its lines (R18). */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { nearestNames } from "../core/nearest.ts";
import { ROOT } from "../core/path.ts";
import { IGNORE_FILE, IGNORE_PATTERNS } from "../folder/ignore.ts";
import { ignoreReason, patternLines } from "../folder/ignore_reason.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { inOrder } from "../library/in_order.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import { folderNamed } from "./folder_named.ts";
import type { IgnoreAnswer, IgnoredAnswer, IgnoredPath, IgnoreRequest } from "./ignoring_types.ts";
import { pathInFolder } from "./path_in_folder.ts";

/** What is read of the file when folders are looked at, too. */
const FILE_BYTES = 2 ** 20;
const PATTERN_CHARACTERS = 1024;

export interface IgnoringService {
  /** Throws CairnError "folder-unknown" or "usage". */
  ignored(paths: readonly string[]): IgnoredAnswer;
  /** Throws CairnError "usage", "folder-unknown" or "path-unusable". The file is durable when it is answered. */
  ignore(request: IgnoreRequest): Promise<IgnoreAnswer>;
}

export function ignoringService(device: Device, fs: Fs): IgnoringService {
  const { ledger } = device;
  const { catalogue } = ledger;
  return {
    ignored: (paths) => ({
      schema: "cairn.ignored/1",
      paths: paths.map((asked) => ignoredPath(device, fs, asked)),
    }),
    async ignore({ folder, add = null, remove = null }) {
      const { id, name } = folderNamed(catalogue, folder);
      const root = replicasOf(catalogue).find((one) => one.folder === id)?.path;
      if (root === undefined) {
        throw new CairnError(
          "folder-unknown",
          `"${name}" is not on this device`,
          "See: cairn folders. A pattern is for all devices, so any that has the folder can say it.",
        );
      }
      const answer = (hasChanged: boolean): IgnoreAnswer => {
        const patterns = patternLines(readFile(fs, root));
        return {
          schema: "cairn.ignore/1",
          folder: name,
          file: `${root}/${IGNORE_FILE}`,
          patterns,
          hasChanged,
        };
      };
      const change = add !== null
        ? (text: string) => withPattern(text, add)
        : remove !== null
        ? (text: string) => withoutPattern(text, remove, name)
        : null;
      if (change === null) return answer(false);
      const sync = device.folders.get(id);
      if (sync === undefined || sync.replica.stopped !== null) {
        throw new CairnError(
          "path-unusable",
          `"${name}" is stopped`,
          "See why, and what to do: cairn status",
        );
      }
      return answer(await inOrder(ledger, () => rewrite(fs, sync, change)));
    },
  };
}

function ignoredPath({ ledger: { catalogue } }: Device, fs: Fs, asked: string): IgnoredPath {
  const replicas = replicasOf(catalogue);
  const { folder, path } = pathInFolder(fs, replicas, asked);
  const root = replicas.find((one) => one.folder === folder)!.path;
  const reason = path === ROOT
    ? null
    : ignoreReason(readFile(fs, root), path, isDirectory(fs, root, path, asked));
  return {
    asked,
    folder: foldersOf(catalogue).find(({ id }) => id === folder)?.name ?? "folder",
    path,
    isIgnored: reason?.isIgnored ?? false,
    line: reason?.line ?? 0,
    pattern: reason?.pattern ?? "",
    of: reason?.of ?? "",
    file: `${root}/${IGNORE_FILE}`,
  };
}

/** Of what is not there, a slash at the end says that a directory is meant. */
function isDirectory(fs: Fs, root: string, path: string, asked: string): boolean {
  try {
    const stat = fs.lstat(`${root}/${path}`);
    return stat === null ? asked.endsWith("/") : stat.kind === "directory";
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return asked.endsWith("/");
  }
}

function readFile(fs: Fs, root: string): string {
  const file = `${root}/${IGNORE_FILE}`;
  try {
    const stat = fs.lstat(file);
    if (stat === null) return "";
    if (stat.kind !== "file") {
      throw new CairnError("path-unusable", `${file} is no file`, "Put a plain file in its place.");
    }
    return new TextDecoder().decode(fs.readSmall(file, FILE_BYTES) ?? new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new CairnError("path-unusable", `${file} cannot be read (${error.code})`, "Mend it.", error);
  }
}

function withPattern(text: string, pattern: string): string {
  const lines = patternLines(text);
  if (/[\r\n\0]/.test(pattern) || patternLines(pattern).length === 0) {
    throw new CairnError(
      "usage",
      `"${pattern}" is no pattern: it is empty, a comment, or can match nothing`,
      "Write it as for git, such as build/, *.tmp or /private/**.",
    );
  }
  if (lines.some((one) => one.pattern === pattern)) return text;
  if (lines.length >= IGNORE_PATTERNS) {
    throw new CairnError(
      "usage",
      `There are ${lines.length} patterns already, and more cannot be`,
      "Remove some: cairn ignore remove.",
    );
  }
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  return `${text}${text === "" || text.endsWith("\n") ? "" : end}${pattern}${end}`;
}

function withoutPattern(text: string, pattern: string, folder: string): string {
  const lines = text.split(/(?<=\n)/);
  const left = lines.filter((line) => line.replace(/\r?\n$/, "") !== pattern);
  if (left.length < lines.length) return left.join("");
  const [near] = nearestNames(pattern, patternLines(text).map((one) => one.pattern), 1);
  throw new CairnError(
    "usage",
    `${folder} has no line "${pattern}" in its ${IGNORE_FILE}`,
    near === undefined
      ? `See: cairn ignore list ${folder}`
      : `Did you mean ${near}? See: cairn ignore list ${folder}`,
  );
}

/** False when it stays as it is. The text is written whole, beside, and put in the place of that which it was made from, and of no other. */
async function rewrite(
  fs: Fs,
  { replica: { root, layout }, replica, outbound }: FolderSync,
  change: (text: string) => string,
): Promise<boolean> {
  const file = `${root}/${IGNORE_FILE}`;
  const beside = `${layout.own}/ignore.new`;
  try {
    // Nothing of others is placed meanwhile.
    return await replica.exclusive(async () => {
      const before = readFile(fs, root);
      const after = change(before);
      if (after === before) return false;
      const bytes = new TextEncoder().encode(after);
      if (bytes.length > FILE_BYTES) {
        throw new CairnError("usage", `${file} would be too large`, "Remove what is not needed in it.");
      }
      await fs.writeDurably(beside, bytes, fs.lstat(file)?.mode ?? 0o644);
      if (readFile(fs, root) !== before) {
        throw new CairnError("path-unusable", `${file} was changed by somebody just now`, "Say it again.");
      }
      fs.rename(beside, file);
      await fs.syncDirectory(root);
      return true;
    });
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new CairnError("path-unusable", `${file} cannot be written (${error.code})`, "Mend it.", error);
  } finally {
    outbound.hint(IGNORE_FILE);
  }
}

export function addIgnoringRoutes(app: Hono, service: IgnoringService): void {
  app.post("/v1/ignored", async (c) => c.json(service.ignored((await bodyOf(c, ignoredSchema)).paths)));
  app.post("/v1/ignore", async (c) => c.json(await service.ignore(await bodyOf(c, ignoreSchema))));
}

const patternSchema = v.optional(v.nullable(v.pipe(v.string(), v.maxLength(PATTERN_CHARACTERS))));
const ignoredSchema = v.object({
  paths: v.pipe(v.array(v.pipe(v.string(), v.maxLength(8192))), v.minLength(1), v.maxLength(10_000)),
});
const ignoreSchema = v.object({
  folder: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  add: patternSchema,
  remove: patternSchema,
});
