/**
 * Operations on names and attributes that are in the cache and not on the disk yet, in the order in which they were done. Each can
 * be undone and done again: the durable state is the cache with all of them undone, last first.
 */
import type { Entry, Inode } from "./inode.ts";
import type { Rng } from "./rng.ts";
import type { CrashMode } from "./options.ts";

/** One name of one directory, before and after. */
export interface Edit {
  readonly dir: Inode;
  readonly key: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
  readonly dirMtimeMs: number;
}

export interface Attributes {
  readonly mode: number;
  readonly mtimeMs: number;
}

export interface Op {
  /** One name, or two of a rename; none where only attributes change. */
  readonly edits: readonly Edit[];
  /** What is made, moved, linked, taken away or changed. */
  readonly subject: Inode;
  /** What a rename replaced. */
  readonly replaced: Inode | null;
  readonly attributes: { readonly before: Attributes; readonly after: Attributes } | null;
  /** The operation that made the subject's number free, which must not come after it. */
  readonly after: Op | null;
  /** The subject's before. */
  readonly ctimeMs: number;
  readonly atMs: number;
}

export const NO_EDITS: readonly Edit[] = [];

interface Name {
  readonly dir: Inode;
  readonly key: string;
}

export function edit({ dir, key }: Name, before: Entry | null, after: Entry | null): Edit {
  return { dir, key, before, after, dirMtimeMs: dir.mtimeMs };
}

/** A name that is there becomes another inode's. */
export function giveTo({ dir, key }: Name, inode: Inode): Edit {
  const before = dir.entries!.get(key)!;
  return edit({ dir, key }, before, { name: before.name, inode });
}

export function undo(op: Op): void {
  for (let i = op.edits.length - 1; i >= 0; i--) {
    const edit = op.edits[i]!;
    put(edit, edit.before);
    edit.dir.mtimeMs = edit.dirMtimeMs;
  }
  if (op.attributes !== null) setAttributes(op.subject, op.attributes.before);
  op.subject.ctimeMs = op.ctimeMs;
}

export function redo(op: Op): void {
  for (const edit of op.edits) {
    put(edit, edit.after);
    edit.dir.mtimeMs = op.atMs;
  }
  if (op.attributes !== null) setAttributes(op.subject, op.attributes.after);
  op.subject.ctimeMs = op.atMs;
}

export function put({ dir, key }: Edit, entry: Entry | null): void {
  if (entry === null) dir.entries!.delete(key);
  else dir.entries!.set(key, entry);
}

function setAttributes(inode: Inode, { mode, mtimeMs }: Attributes): void {
  inode.mode = mode;
  inode.mtimeMs = mtimeMs;
}

/** Which of the pending operations a power cut keeps. */
export function survivors(ops: readonly Op[], mode: CrashMode, rng: Rng): boolean[] {
  if (mode === "ordered") {
    const end = rng.chance(0.2) ? 0 : rng.chance(0.25) ? ops.length : rng.between(0, ops.length);
    return ops.map((_, i) => i < end);
  }
  const keep = rng.pick([0.1, 0.5, 0.9]);
  const lost = new Needs(mode);
  return ops.map((op) => {
    // Drawn in any case, so that one dependency more does not change everything behind it.
    const kept = rng.chance(keep) && !lost.concerns(op);
    if (!kept) lost.add(op);
    return kept;
  });
}

/**
 * Takes those operations out of the list that a sync of `inode` makes durable. "ordered": all up to the last one that concerns
 * it. Else its own (of a directory, those on its names) and what they cannot do without.
 */
export function takeSynced(ops: Op[], inode: Inode, mode: CrashMode): void {
  if (mode === "ordered") {
    let end = ops.length;
    while (end > 0 && !isAbout(ops[end - 1]!, inode)) end--;
    ops.splice(0, end);
    return;
  }
  const wanted = new Needs(mode);
  const left: Op[] = [];
  for (let i = ops.length - 1; i >= 0; i--) {
    const op = ops[i]!;
    const own = inode.kind === "directory"
      ? isAbout(op, inode) && (op.subject !== inode || mode === "loose" || op.attributes !== null)
      : op.subject === inode && op.attributes !== null;
    if (own || wanted.isNeeded(op)) wanted.add(op);
    else left.push(op);
  }
  ops.splice(0, ops.length, ...left.reverse());
}

function isAbout(op: Op, inode: Inode): boolean {
  return op.subject === inode || op.edits.some((edit) => edit.dir === inode);
}

/**
 * What must keep its order. Always: operations on one name, changes of one inode's attributes, a number and its next use, a
 * directory's end and what was done in it, and a directory that moves with all before it. "loose" also: operations that
 * concern one inode, and what is done in a directory with the directory's own making.
 */
class Needs {
  readonly #loose: boolean;
  readonly #names = new Set<string>();
  readonly #attributes = new Set<Inode>();
  readonly #subjects = new Set<Inode>();
  readonly #removed = new Set<Inode>();
  readonly #parents = new Set<Inode>();
  readonly #ops = new Set<Op>();
  readonly #freeing = new Set<Op>();
  #moved = false;

  constructor(mode: CrashMode) {
    this.#loose = mode === "loose";
  }

  add(op: Op): void {
    this.#ops.add(op);
    if (op.after !== null) this.#freeing.add(op.after);
    if (op.attributes !== null) this.#attributes.add(op.subject);
    if (op.edits.length === 0) return;
    for (const { dir, key } of op.edits) {
      this.#names.add(`${dir.serial}/${key}`);
      this.#parents.add(dir);
    }
    this.#subjects.add(op.subject);
    if (op.replaced !== null) this.#subjects.add(op.replaced);
    if (removesDirectory(op)) this.#removed.add(op.subject);
    if (movesDirectory(op)) this.#moved = true;
  }

  /** Whether `op`, later than all that were added, cannot do without one of them. */
  concerns(op: Op): boolean {
    if (this.#ops.size === 0) return false;
    return movesDirectory(op) || this.#shares(op) || (op.after !== null && this.#ops.has(op.after)) ||
      (removesDirectory(op) && this.#parents.has(op.subject)) ||
      (this.#loose && op.edits.some(({ dir }) => this.#subjects.has(dir)));
  }

  /** Whether one of those that were added, all later than `op`, cannot do without it. */
  isNeeded(op: Op): boolean {
    if (this.#ops.size === 0) return false;
    return this.#moved || this.#shares(op) || this.#freeing.has(op) ||
      op.edits.some(({ dir }) => this.#removed.has(dir)) ||
      (this.#loose && op.edits.length > 0 && this.#parents.has(op.subject));
  }

  #shares(op: Op): boolean {
    if (op.attributes !== null && this.#attributes.has(op.subject)) return true;
    if (op.edits.some(({ dir, key }) => this.#names.has(`${dir.serial}/${key}`))) return true;
    return this.#loose && op.edits.length > 0 &&
      (this.#subjects.has(op.subject) || (op.replaced !== null && this.#subjects.has(op.replaced)));
  }
}

function movesDirectory(op: Op): boolean {
  return op.edits.length === 2 && op.subject.kind === "directory";
}

function removesDirectory(op: Op): boolean {
  return op.edits.length === 1 && op.subject.kind === "directory" && op.edits[0]!.after === null;
}
