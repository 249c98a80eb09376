/** The journal as history, in lines that a person can read. */
import { type Entry, isAlive, isDropped, isGivenUp, type Row } from "../core/entry.ts";
import type { FolderId } from "../core/ids.ts";
import { isWithheld, sameDot } from "../core/version.ts";
import type { Applied } from "../journal/ledger.ts";
import { SHOWN_DIGITS } from "../library/removal.ts";
import { type Damage, damageOf } from "../sync/damages.ts";
import type { LogLine } from "./api_types.ts";

/** The lines of one record; none for what is nobody's business. `nameOf` names a folder. */
export function logLinesOf(
  { lsn, record }: Applied,
  timeMs: number,
  nameOf: (folder: FolderId) => string,
): LogLine[] {
  const line = (event: string, folder: string, path: string, detail: string, at = timeMs): LogLine => (
    { lsn, timeMs: at, event, folder, path, detail }
  );
  switch (record.type) {
    case "boot":
      return [line("started", "", "", `epoch ${record.epoch}`, record.timeMs)];
    case "stop":
      return [line("stopped", "", "", "", record.timeMs)];
    case "rows":
      // What was said before, and is said again after an import.
      if (record.cause === "snapshot") return [];
      return record.rows.map((row, i) => {
        const event = eventOf(record.cause, row, record.fresh.includes(i));
        return line(event, nameOf(record.folder), row.path, detailOf(row.entry), record.timeMs);
      });
    case "moved": {
      const { move: { top, now, total, parts }, cause, folder, timeMs: at } = record;
      // A large directory is many records; the one with the directory itself tells of it.
      if (parts[0]?.below !== null) return [];
      const event = cause === "received" ? "received-rename" : "renamed";
      return [
        line(event, nameOf(folder), now, `from ${top}, ${total} ${total === 1 ? "entry" : "entries"}`, at),
      ];
    }
    case "shared":
      return record.fields.flatMap(({ kind, key, field, value }) => {
        if (kind === "member" && field.startsWith("remove/")) {
          return [line("device-removed", "", "", key.slice(0, SHOWN_DIGITS))];
        }
        if (field !== "name") return [];
        const isMember = kind === "member";
        return [
          line(isMember ? "paired" : "folder-added", isMember ? "" : String(value), "", String(value)),
        ];
      });
    case "local": {
      const told = damageOf(record.key, record.value);
      return told === null ? [] : damageLines(told.damage, nameOf(told.folder), line);
    }
    default:
      return [];
  }
}

type Line = (event: string, folder: string, path: string, detail: string, at?: number) => LogLine;

/** What the disk did to a file, and that it was healed; what stood in the way of that is told by `status` alone. */
function damageLines({ path, found, foundMs, healed, cause }: Damage, folder: string, line: Line): LogLine[] {
  if (healed !== null) return [line("healed", folder, path, HEALED_FROM[healed.from], healed.atMs)];
  if (cause !== "") return [line("at-risk", folder, path, cause)];
  const what = found === null ? "the disk does not give it back" : "other bytes, and nobody wrote them";
  return [line("damaged", folder, path, what, foundMs)];
}

const HEALED_FROM = {
  copy: "from another file of this device",
  version: "from a former version",
  device: "from another device",
} as const;

/** When a record was written, as far as it says; otherwise `before`, the time of the one before it. */
export function timeOf({ record }: Applied, before: number): number {
  return "timeMs" in record && record.timeMs > 0 ? record.timeMs : before;
}

function eventOf(cause: string, row: Row, isFresh: boolean): string {
  const { entry } = row;
  if (isGivenUp(row)) return "missing";
  if (isDropped(row)) return cause === "received" ? "listed" : "dropped";
  if (cause === "mode") return row.offered ? "given" : "withdrawn";
  if (cause === "received") return isAlive(entry) ? "received" : "received-delete";
  if (!isAlive(entry)) return "deleted";
  if (isFresh) return "added";
  const { dots, meta } = entry.version;
  return isWithheld(entry.version) || dots.some((dot) => sameDot(dot, meta)) ? "changed" : "permissions";
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
