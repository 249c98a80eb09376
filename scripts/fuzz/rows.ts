/** Index pages as a member that has gone bad makes them: the shapes of docs/protocol.md, with nothing checked. */
import { contentId, sha256 } from "../../src/core/content.ts";
import { fromHex } from "../../src/core/ids.ts";
import { encodeSharedFields, type SharedField } from "../../src/core/record.ts";

export const KIND = { deleted: 0, file: 1, directory: 2, symlink: 3 } as const;
const OFFERED = 4;
const HELD = 8;

export interface RowParts {
  readonly name: unknown;
  readonly kind?: number;
  readonly flags?: unknown;
  readonly mtime?: unknown;
  readonly mode?: unknown;
  readonly stamp?: unknown;
  readonly writer?: unknown;
  readonly version?: unknown;
  readonly size?: unknown;
  readonly content?: unknown;
  readonly target?: unknown;
}

/** Counters and stamps of this run: later than whatever came before. */
let last = Date.now();

export function nextCounter(): number {
  return last = Math.max(last + 1, Date.now());
}

export function rowOf(parts: RowParts): unknown[] {
  const { name, kind = KIND.file, mtime = kind === KIND.file ? Date.now() : 0, writer = 0 } = parts;
  const counter = nextCounter();
  const row = [
    name,
    parts.flags ?? (kind | OFFERED | (kind === KIND.deleted ? 0 : HELD)),
    mtime,
    parts.mode ?? (kind === KIND.directory ? 0o755 : 0o644),
    parts.stamp ?? counter * 1024,
    writer,
    parts.version ?? [0, counter],
  ];
  if (kind === KIND.file) row.push(parts.size ?? 5, parts.content ?? fromHex(smallContent("hello")));
  if (kind === KIND.symlink) row.push(parts.target ?? "target");
  return row;
}

/** The content id of a small text, which is one chunk. */
export function smallContent(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return contentId(bytes.length, sha256(bytes));
}

/** What stands in each directory. */
export type Group = readonly [lsn: unknown, directory: unknown, rows: readonly unknown[]];

export interface PageParts {
  readonly origin: unknown;
  readonly epoch: unknown;
  readonly from: unknown;
  readonly boot?: unknown;
  readonly to: unknown;
  readonly complete?: unknown;
  readonly folders?: readonly unknown[];
  readonly facts?: unknown;
  readonly shared?: readonly SharedField[];
}

export function pageOf(parts: PageParts): unknown[] {
  const { origin, epoch, from, boot = null, to, complete = true, folders = [], facts = [], shared = [] } =
    parts;
  return [origin, epoch, from, boot, to, complete, folders, facts, encodeSharedFields(shared)];
}

export function blockOf(
  actors: readonly unknown[],
  devices: readonly unknown[],
  groups: readonly unknown[],
): unknown[] {
  return [actors, devices, groups];
}
