/** Looking at the disk from outside: nobody on it notices. */
import { createHash } from "node:crypto";
import { FsError } from "../../../src/platform/ports.ts";
import { type Entry, type Inode, NO_BYTES } from "./inode.ts";
import type { Peek } from "./observers.ts";
import type { Caller } from "./paths.ts";
import type { Tree } from "./tree.ts";
import type { Volume } from "./volume.ts";

export function peek(tree: Tree, path: string, caller: Caller): Peek | null {
  try {
    const { inode } = tree.paths.locate(path, caller);
    return inode === null ? null : peekOf(tree, inode);
  } catch (error) {
    if (error instanceof FsError) return null;
    throw error;
  }
}

function peekOf(tree: Tree, inode: Inode): Peek {
  const bytes = inode.kind === "file" ? inode.bytes : NO_BYTES;
  return {
    ...tree.statOf(inode),
    bytes,
    identity: () => inode.identity(),
    target: inode.target,
    links: inode.links,
  };
}

/** Everything below a directory: parents first, names sorted. */
export function walk(
  tree: Tree,
  path: string,
  caller: Caller,
  visit: (relative: string, peek: Peek) => void,
): void {
  const top = tree.paths.locate(path, caller, true).inode;
  if (top !== null) each(top, "", (relative, inode) => visit(relative, peekOf(tree, inode)));
}

function each(dir: Inode, prefix: string, visit: (path: string, inode: Inode) => void): void {
  if (dir.entries === null) return;
  for (const { name, inode } of sorted(dir)) {
    const found = inode.mounted?.root ?? inode;
    const path = prefix === "" ? name : `${prefix}/${name}`;
    visit(path, found);
    each(found, path, visit);
  }
}

function sorted(dir: Inode): Entry[] {
  return [...dir.entries!.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** SHA-256 over what is seen and what is durable of the volumes. */
export function stateHash(volumes: readonly Volume[]): string {
  const hash = createHash("sha256");
  for (const { dev, root, pending, used } of volumes) {
    hash.update(`volume ${dev} ${used}\n`);
    each(root, "", (path, inode) => {
      const { kind, ino, mode, mtimeMs, ctimeMs, birthMs, links, size, target } = inode;
      const facts = [path, kind, ino, mode, mtimeMs, ctimeMs, birthMs, links, size, target];
      hash.update(`${JSON.stringify(facts)}\n`).update(inode.bytes);
      if (!inode.unsynced) return;
      const { durableSize, low, dirtyFrom, dirtyTo, failedFrom, failedTo } = inode;
      hash.update(`durable ${[durableSize, low, dirtyFrom, dirtyTo, failedFrom, failedTo].join(" ")}\n`);
      hash.update(inode.durableBuf.subarray(0, durableSize));
    });
    for (const { edits, subject, attributes, atMs } of pending) {
      const names = edits.map(({ dir, key, after }) => [dir.serial, key, after?.inode.serial ?? null]);
      hash.update(`${JSON.stringify([subject.serial, names, attributes, atMs])}\n`);
    }
  }
  return hash.digest("hex");
}
