/** Ids, entries and rows for tests: made by hand, or as arbitraries of everything that is well-formed. */
import fc from "fast-check";
import { contentId, sha256 } from "../../src/core/content.ts";
import type { Entry, EntryKind, Row } from "../../src/core/entry.ts";
import type {
  ActorId,
  BootId,
  ContentId,
  DeviceId,
  FolderId,
  LibraryId,
  Lsn,
  RelPath,
  Stamp,
} from "../../src/core/ids.ts";
import { MTIME_MS } from "../../src/core/limits.ts";
import { relPath } from "../../src/core/path.ts";
import { compareDots, type Context, type Dot, type Version } from "../../src/core/version.ts";

const digit = (i: number, length: number) => i.toString(16).padStart(2, "0").repeat(length / 2);
export const actorOf = (i: number) => digit(i, 16) as ActorId;
export const bootOf = (i: number) => digit(i, 16) as BootId;
export const deviceOf = (i: number) => digit(i, 64) as DeviceId;
export const folderOf = (i: number) => digit(i, 32) as FolderId;
export const libraryOf = (i: number) => digit(i, 32) as LibraryId;
export const lsnOf = (n: number) => n as Lsn;
export const stampOf = (n: number) => n as Stamp;

export function contentOf(text: string): ContentId {
  const bytes = new TextEncoder().encode(text);
  return contentId(bytes.length, sha256(bytes));
}

/** `path`, which must be one. */
export function pathOf(path: string): RelPath {
  const checked = relPath(path);
  if (checked === null) throw new Error(`${JSON.stringify(path)} is no path`);
  return checked;
}

/** `dot(1, 7)`: write 7 of actor 1. */
export function dot(actor: number, counter: number): Dot {
  return { actor: actorOf(actor), counter };
}

export function contextOf(...dots: readonly Dot[]): Context {
  return new Map(dots.map(({ actor, counter }) => [actor, counter]));
}

export interface EntryParts {
  readonly kind?: EntryKind;
  /** A file's bytes or a symlink's target. */
  readonly text?: string;
  /** Content dots; the first is also the metadata's, unless `meta` says otherwise. */
  readonly dots: readonly Dot[];
  readonly meta?: Dot;
  readonly metaStamp?: number;
  /** What was seen besides the dots. */
  readonly seen?: readonly Dot[];
  readonly stamp?: number;
  readonly writer?: number;
  readonly mode?: number;
  readonly mtimeMs?: number;
}

export function entryOf(parts: EntryParts): Entry {
  const { kind = "file", text = "text", dots, meta = dots[0]!, seen = [], stamp = 1024, writer = 1 } = parts;
  const context = new Map<ActorId, number>();
  for (const { actor, counter } of [...dots, meta, ...seen]) {
    context.set(actor, Math.max(counter, context.get(actor) ?? 0));
  }
  return {
    kind,
    size: kind === "file" ? text.length : 0,
    mtimeMs: parts.mtimeMs ?? (kind === "file" ? 1_000 : 0),
    mode: parts.mode ?? (kind === "deleted" ? 0 : 0o644),
    content: kind === "file" ? contentOf(text) : null,
    target: kind === "symlink" ? text : null,
    version: {
      dots: [...dots].sort(compareDots),
      meta,
      metaStamp: stampOf(parts.metaStamp ?? stamp),
      context,
    },
    stamp: stampOf(stamp),
    writer: deviceOf(writer),
  };
}

export function rowOf(path: string, entry: Entry, over: Partial<Row> = {}): Row {
  return { path: pathOf(path), entry, offered: true, held: entry.kind !== "deleted", ...over };
}

// ------------------------------------------------------------------------------------ arbitraries

/** Names of all the kinds that people give to files. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "Größe",
    "e\u0301",
    "\u{1f600}.txt",
    " ",
    "a b",
    'q"uote',
    "line\nbreak",
    "-",
    "...",
  ),
  fc.constantFrom(".hidden", "no.ext.", "a.tar.gz", "x".repeat(255), "ß".repeat(127), "\u202e", "\\", "con"),
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).filter((name) => relPath(`x${name}`) !== null)
    .map((name) => `x${name}`),
).filter((name) => !name.includes("/"));

export const anyPath: fc.Arbitrary<RelPath> = fc.array(anyName, { minLength: 1, maxLength: 4 })
  .map((names) => names.join("/")).filter((path) => relPath(path) !== null).map(pathOf);

export const anyStamp: fc.Arbitrary<Stamp> = fc.oneof(fc.nat(1000), fc.nat(Number.MAX_SAFE_INTEGER - 1)).map(
  stampOf,
);

const anyDot: fc.Arbitrary<Dot> = fc.tuple(
  fc.nat(4),
  fc.oneof(fc.integer({ min: 1, max: 5 }), fc.nat(2 ** 50)),
)
  .map(([actor, counter]) => dot(actor, counter + 1));

/** Versions as honest devices make them: the context covers all dots. Every second one in the short form. */
export function anyVersion(stamp: Stamp): fc.Arbitrary<Version> {
  const short = anyDot.map((only): Version => ({
    dots: [only],
    meta: only,
    metaStamp: stamp,
    context: contextOf(only),
  }));
  const long = fc.record({
    dots: fc.uniqueArray(anyDot, { minLength: 1, maxLength: 3, selector: ({ actor }) => actor }),
    meta: anyDot,
    metaStamp: anyStamp,
    seen: fc.array(anyDot, { maxLength: 4 }),
  }).map(({ dots, meta, metaStamp, seen }): Version => ({
    ...entryOf({ dots, meta, seen, metaStamp }).version,
    metaStamp,
  }));
  return fc.oneof(short, long);
}

export const anyEntry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom<EntryKind>("deleted", "file", "directory", "symlink"),
  size: fc.nat(2 ** 40),
  mtimeMs: fc.oneof(fc.integer(), fc.integer({ min: -MTIME_MS, max: MTIME_MS })),
  mode: fc.nat(0o777),
  text: fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.replaceAll("\0", "0")),
  stamp: anyStamp,
  writer: fc.nat(4),
}, { noNullPrototype: true }).chain(({ kind, size, mtimeMs, mode, text, stamp, writer }) =>
  anyVersion(stamp).map((version): Entry => ({
    kind,
    size: kind === "file" ? size : 0,
    mtimeMs,
    mode,
    content: kind === "file" ? contentOf(text) : null,
    target: kind === "symlink" ? text : null,
    version,
    stamp,
    writer: deviceOf(writer),
  }))
);

export const anyRow: fc.Arbitrary<Row> = fc.record({
  path: anyPath,
  entry: anyEntry,
  offered: fc.boolean(),
  held: fc.boolean(),
}, { noNullPrototype: true });
