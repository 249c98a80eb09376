/** The journal as history, in lines that a person can read. */
import { type Entry, isAlive, type Row } from "../core/entry.ts";
import type { FolderId } from "../core/ids.ts";
import { sameDot } from "../core/version.ts";
import type { Applied } from "../journal/ledger.ts";
import type { LogLine } from "./api_types.ts";

/** The lines of one record; none for what is nobody's business. `nameOf` names a folder. */
export function logLinesOf({ lsn, record }: Applied, timeMs: number, nameOf: (folder: FolderId) => string): LogLine[] {
  const line = (event: string, folder: string, path: string, detail: string, at = timeMs): LogLine => (
    { lsn, timeMs: at, event, folder, path, detail }
  );
  switch (record.type) {
    case "boot":
      return [line("started", "", "", `epoch ${record.epoch}`, record.timeMs)];
    case "stop":
      return [line("stopped", "", "", "", record.timeMs)];
    case "rows":
      return record.rows.map((row) =>
        line(eventOf(record.cause, row), nameOf(record.folder), row.path, detailOf(row.entry), record.timeMs)
      );
    case "shared":
      return record.fields.filter(({ field }) => field === "name").map(({ kind, value }) =>
        line(kind === "member" ? "paired" : "folder-added", kind === "folder" ? String(value) : "", "", String(value))
      );
    default:
      return [];
  }
}

/** When a record was written, as far as it says; otherwise `before`, the time of the one before it. */
export function timeOf({ record }: Applied, before: number): number {
  return "timeMs" in record && record.timeMs > 0 ? record.timeMs : before;
}

function eventOf(cause: string, { entry }: Row): string {
  if (cause === "received") return isAlive(entry) ? "received" : "received-delete";
  if (!isAlive(entry)) return "deleted";
  const { dots, meta, context } = entry.version;
  if (!dots.some((dot) => sameDot(dot, meta))) return "permissions";
  return context.size === 1 && dots.length === 1 && isFirst(entry) ? "added" : "changed";
}

/** A context that holds nothing but the entry's own dot, which is all that a first write has seen. */
function isFirst({ version: { dots, context } }: Entry): boolean {
  return context.get(dots[0]!.actor) === dots[0]!.counter;
}

function detailOf(entry: Entry): string {
  switch (entry.kind) {
    case "file":
      return `${entry.size} bytes`;
    case "directory":
      return "directory";
    case "symlink":
      return `link to ${entry.target}`;
    case "deleted":
      return "";
  }
}
