/** Looking at a catalogue's file without changing it or keeping anybody from it. */
import { DatabaseSync } from "node:sqlite";
import { SCHEMA_VERSION } from "./database.ts";

/**
 * "live": a device works on it; readers keep out no writer. "still": nobody does, and all is in the file. SQLite would make files beside it to
 * look at it, unless it is told that nothing will change.
 */
export type HowStill = "live" | "still";

export function openToLook(path: string, how: HowStill): DatabaseSync {
  if (how === "live") return new DatabaseSync(path, { readOnly: true });
  const url = new URL("file:///");
  url.pathname = path.replace(path.startsWith("/") ? /[%\\]/g : /%/g, encodeURIComponent);
  url.search = "immutable=1";
  return new DatabaseSync(url, { readOnly: true });
}

/** Whether this program wrote it. Throws what SQLite says of a file that is no database. */
export function schemaOf(path: string, how: HowStill): "ours" | "older" | "newer" {
  const db = openToLook(path, how);
  try {
    const version = Number(Object.values(db.prepare("PRAGMA user_version").get() ?? {})[0]);
    return version === SCHEMA_VERSION ? "ours" : version < SCHEMA_VERSION ? "older" : "newer";
  } finally {
    db.close();
  }
}
