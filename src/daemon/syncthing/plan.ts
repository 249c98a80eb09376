/** What would become of Syncthing's folders here. */
import { CairnError } from "../../core/errors.ts";
import { isGoodName } from "../../core/given_name.ts";
import type { Mode } from "../../core/mode.ts";
import { IGNORE_FILE, IGNORE_PATTERNS } from "../../folder/ignore.ts";
import { type Fs, FsError } from "../../platform/ports.ts";
import { CONFIG_BYTES, readSyncthingConfig, type SyncthingFolder } from "./config.ts";
import { SYNCTHINGS_OWN, type Translated, translateIgnores } from "./patterns.ts";

export interface PlannedFolder {
  readonly name: string;
  readonly path: string;
  /** Null: it is left out, for the reason in `why`. */
  readonly mode: Mode | null;
  readonly why: string;
  /** The text of `.cairnignore` that would be written; null where there is one already. */
  readonly ignore: string | null;
  /** What of `.stignore` could not be said. */
  readonly remarks: Translated["remarks"];
}

const MODES: Readonly<Record<string, Mode>> = {
  sendreceive: "sync",
  sendonly: "send",
  receiveonly: "receive",
};
const STIGNORE_BYTES = 2 ** 20;

/** `absolute` makes a path of one that begins with `~`. Throws CairnError "usage" or "path-unusable". */
export function planSyncthing(fs: Fs, config: string, absolute: (path: string) => string): PlannedFolder[] {
  return readSyncthingConfig(textOf(fs, config, CONFIG_BYTES)).map((folder) => {
    const path = absolute(folder.path);
    const name = folder.label || folder.id;
    const mode = MODES[folder.type] ?? null;
    const nothing = { name, path, mode: null, ignore: null, remarks: [] };
    const reason = reasonAgainst(fs, folder, path, mode);
    if (reason !== null) return { ...nothing, why: reason };
    const there = fs.lstat(`${path}/.stignore`);
    const { lines, remarks } = there === null
      ? { lines: [], remarks: [] }
      : translateIgnores(textOf(fs, `${path}/.stignore`, STIGNORE_BYTES));
    const all = [...lines, ...SYNCTHINGS_OWN];
    if (all.length > IGNORE_PATTERNS) {
      return { ...nothing, why: `its .stignore has more than ${IGNORE_PATTERNS} patterns` };
    }
    const hasOwn = fs.lstat(`${path}/${IGNORE_FILE}`) !== null;
    return { name, path, mode, why: "", ignore: hasOwn ? null : all.join("\n") + "\n", remarks };
  });
}

function reasonAgainst(fs: Fs, folder: SyncthingFolder, path: string, mode: Mode | null): string | null {
  if (folder.type === "receiveencrypted") return "what is kept encrypted there cannot be read here";
  if (mode === null) return `its type ${folder.type} is not known`;
  if (!isGoodName(folder.label || folder.id)) {
    return "its name cannot be one here: up to 64 characters, no slash, no colon";
  }
  if (folder.isPaused) return "it is paused there; add it by hand when it is wanted: cairn folders add PATH";
  if (fs.lstat(path)?.kind !== "directory") return "its directory is not there";
  return null;
}

function textOf(fs: Fs, path: string, most: number): string {
  try {
    const bytes = fs.readSmall(path, most);
    if (bytes !== null) return new TextDecoder().decode(bytes);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new CairnError(
      "path-unusable",
      `Cannot read ${path}: ${error.message}`,
      "Mend its permissions.",
      error,
    );
  }
  throw new CairnError("path-unusable", `There is no file ${path}`, "Name Syncthing's config.xml.");
}
