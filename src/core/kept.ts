/**
 * What a version store says of each content that it keeps (R21), and the line of its index that says so:
 * one JSON object a line, so that a person finds a lost file with nothing but a text tool. Formats: docs/storage.md.
 */
import { sha256 } from "./content.ts";
import { type ActorId, type ContentId, type DeviceId, isId, type RelPath, toHex } from "./ids.ts";
import { relPath } from "./path.ts";
import type { Dot } from "./version.ts";

/** Why a content went into the store. */
export type Why =
  /** Another device's edit took its place. */
  | "replaced"
  /** Another device deleted it. */
  | "deleted"
  /** It lost a conflict (R4). */
  | "conflict"
  /** Someone here brought an older content back in its place. */
  | "restored"
  /** The disk had changed its bytes, and it was healed (R15). Never what anybody wrote. */
  | "damaged";

export interface Kept {
  /** Its name in the store: KEY-TIME-SEQ, see `keptName`. */
  readonly file: string;
  readonly path: RelPath;
  readonly kind: "file" | "symlink";
  readonly size: number;
  /** The disk's own, at the moment at which it was kept. */
  readonly mtimeMs: number;
  readonly mode: number;
  /** Of a file; null for all else. */
  readonly content: ContentId | null;
  readonly target: string | null;
  /** When this content was written; it stood at the path from then until `keptMs`. */
  readonly sinceMs: number;
  readonly keptMs: number;
  readonly why: Why;
  /** The device whose change took its place. */
  readonly by: DeviceId;
  /** Of a loser that is kept nowhere but here: its dots, and those of the winner at that time. Null for all else. */
  readonly lost: { readonly dots: readonly Dot[]; readonly winner: readonly Dot[] } | null;
}

/** `mtimeMs` of a version that is not believed to be what its line says before it was read: no file has that time. */
export const UNREAD_MS = Number.MIN_SAFE_INTEGER;

const WHYS: readonly Why[] = ["replaced", "deleted", "conflict", "restored", "damaged"];
const NAME = /^([0-9a-f]{32})-(\d{1,16})-(\d{1,9})$/;
/** A disk gives out at least this much for any name. */
const BLOCK_BYTES = 4096;

/** The start of the names of all kept versions of a path: the path itself may be too long for a name. */
export function versionKey(path: RelPath): string {
  return toHex(sha256(new TextEncoder().encode(path)).subarray(0, 16));
}

/** `sequence` tells apart what was kept in the same millisecond. */
export function keptName(path: RelPath, keptMs: number, sequence: number): string {
  return `${versionKey(path)}-${keptMs}-${sequence}`;
}

/** How a person names one version of a path: the time and number of its name, shorter. */
export function versionId({ file }: Pick<Kept, "file">): string {
  const [, , time, sequence] = NAME.exec(file)!;
  return `${Number(time).toString(36)}-${Number(sequence).toString(36)}`;
}

/** What a kept version counts for in the store's size. */
export function roomOf({ size }: Pick<Kept, "size">): number {
  return Math.max(1, Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES;
}

export function encodeKept(kept: Kept): string {
  const { file, path, kind, size, mode, content, target, why, by, lost } = kept;
  return JSON.stringify({
    file,
    path,
    kind,
    size,
    mtime_ms: kept.mtimeMs,
    mode,
    ...(content === null ? {} : { content }),
    ...(target === null ? {} : { target }),
    since_ms: kept.sinceMs,
    why,
    by,
    ...(lost === null ? {} : { lost: [encodeDots(lost.dots), encodeDots(lost.winner)] }),
  });
}

function encodeDots(dots: readonly Dot[]): [ActorId, number][] {
  return dots.map(({ actor, counter }) => [actor, counter]);
}

/** Whether a version's name is one of its path: a damaged line may say another. */
export function isNamedAfterPath({ file, path }: Kept): boolean {
  return file.startsWith(`${versionKey(path)}-`);
}

/** What a line says; null for one that is torn, damaged, or not of this form. */
export function decodeKept(line: string): Kept | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { file, kind, size, mtime_ms: mtimeMs, mode, target, since_ms: sinceMs, by } = value;
  const path = relPath(value.path);
  const name = typeof file === "string" ? NAME.exec(file) : null;
  const why = WHYS.find((known) => known === value.why);
  const content = value.content ?? null;
  const lost = value.lost === undefined ? null : decodeLost(value.lost);
  if (path === null || name === null) return null;
  if (kind !== "file" && kind !== "symlink") return null;
  if (kind === "file" ? !isId("content", content) : typeof target !== "string" || content !== null) {
    return null;
  }
  if (!isCount(size) || !isCount(mode) || !isTime(mtimeMs) || !isTime(sinceMs)) return null;
  if (why === undefined || !isId("device", by) || lost === undefined) return null;
  return {
    file: name[0],
    path,
    kind,
    size,
    mtimeMs,
    mode: mode & 0o777,
    content: content as ContentId | null,
    target: kind === "symlink" ? target as string : null,
    sinceMs,
    keptMs: Number(name[2]),
    why,
    by,
    lost,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Undefined for what is none. */
function decodeLost(value: unknown): Kept["lost"] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [dots, winner] = value.map(decodeDots);
  return dots === null || winner === null ? undefined : { dots: dots!, winner: winner! };
}

function decodeDots(value: unknown): Dot[] | null {
  if (!Array.isArray(value)) return null;
  const dots = value.flatMap((item): Dot[] => {
    const [actor, counter] = Array.isArray(item) ? item : [];
    return isId("actor", actor) && isCount(counter) ? [{ actor, counter }] : [];
  });
  return dots.length === value.length ? dots : null;
}
