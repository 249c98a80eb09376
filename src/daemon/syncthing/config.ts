/** The folders in Syncthing's config.xml. Other programs' files are read with care: bounded, and refused where they are no such thing. */
import { Parser } from "htmlparser2";
import { CairnError } from "../../core/errors.ts";

export interface SyncthingFolder {
  readonly id: string;
  readonly label: string;
  /** As it stands there; may begin with `~`. */
  readonly path: string;
  readonly type: string;
  readonly isPaused: boolean;
}

/** A household's has some ten kilobytes. */
export const CONFIG_BYTES = 4 * 2 ** 20;
const MOST_FOLDERS = 1_000;
const HINT =
  "Name Syncthing's own file: ~/.local/state/syncthing/config.xml or ~/.config/syncthing/config.xml on Linux, " +
  "~/Library/Application Support/Syncthing/config.xml on macOS, %LOCALAPPDATA%\\Syncthing\\config.xml on Windows.";

/** Throws CairnError "usage" for what is no configuration of Syncthing. */
export function readSyncthingConfig(xml: string): SyncthingFolder[] {
  const folders: SyncthingFolder[] = [];
  const open: string[] = [];
  let folder: { -readonly [Key in keyof SyncthingFolder]: SyncthingFolder[Key] } | null = null;
  let paused = "";
  let isWhole = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      open.push(name);
      // Below <defaults> stands one, too: what new folders begin with.
      if (name !== "folder" || open.join("/") !== "configuration/folder") return;
      const { id = "", label = "", path = "", type = "sendreceive" } = attributes;
      folder = { id, label, path, type, isPaused: false };
      paused = "";
    },
    ontext(text) {
      if (open.join("/") === "configuration/folder/paused") paused += text;
    },
    onclosetag(name, isImplied) {
      if (open.pop() !== name || isImplied) return;
      if (name === "configuration" && open.length === 0) isWhole = true;
      if (name !== "folder" || open.join("/") !== "configuration" || folder === null) return;
      if (folder.id !== "" && folder.path !== "" && folders.length < MOST_FOLDERS) {
        folders.push({ ...folder, isPaused: paused.trim() === "true" });
      }
      folder = null;
    },
  }, { xmlMode: true });
  parser.write(xml);
  parser.end();
  if (!isWhole) {
    throw new CairnError("usage", "This is no configuration of Syncthing, or not all of it", HINT);
  }
  return folders;
}
