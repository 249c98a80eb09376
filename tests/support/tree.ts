/** Two trees on disk, compared by what they hold. */
import { createHash } from "node:crypto";

/** What Cairn keeps in a root for itself; never part of what is the same everywhere. */
const OWN_NAME = ".cairn";
const READ_BYTES = 1 << 20;

/** Path → what is there, in words: kind, permission bits, size and SHA-256, or a symlink's target. */
export type Tree = ReadonlyMap<string, string>;

/** A tree without reading contents: names, kinds, sizes. Cheap enough to be asked again and again. */
export function outlineOf(root: string): Tree {
  const tree = new Map<string, string>();
  walk(root, "", (path, info) => tree.set(path, `${kindOf(info)} ${info.isFile ? info.size : ""}`));
  return tree;
}

/** A tree with every file's content hashed. */
export async function treeOf(root: string): Promise<Tree> {
  const found: [string, Deno.FileInfo][] = [];
  walk(root, "", (path, info) => found.push([path, info]));
  const tree = new Map<string, string>();
  for (const [path, info] of found) tree.set(path, await describe(`${root}/${path}`, info));
  return tree;
}

/** What differs, a line each, `a` first; none when the trees are the same. */
export function differences(a: Tree, b: Tree): string[] {
  const lines: string[] = [];
  for (const [path, what] of a) {
    const other = b.get(path);
    if (other === undefined) lines.push(`${path}: only in the first (${what})`);
    else if (other !== what) lines.push(`${path}: ${what} / ${other}`);
  }
  for (const [path, what] of b) if (!a.has(path)) lines.push(`${path}: only in the second (${what})`);
  return lines;
}

function walk(root: string, below: string, visit: (path: string, info: Deno.FileInfo) => void): void {
  for (const { name } of Deno.readDirSync(below === "" ? root : `${root}/${below}`)) {
    if (below === "" && name === OWN_NAME) continue;
    const path = below === "" ? name : `${below}/${name}`;
    const info = Deno.lstatSync(`${root}/${path}`);
    visit(path, info);
    if (info.isDirectory) walk(root, path, visit);
  }
}

function kindOf(info: Deno.FileInfo): string {
  return info.isSymlink ? "symlink" : info.isDirectory ? "directory" : info.isFile ? "file" : "other";
}

async function describe(path: string, info: Deno.FileInfo): Promise<string> {
  if (info.isSymlink) return `symlink to ${Deno.readLinkSync(path)}`;
  const mode = info.mode === null ? "" : ` ${(info.mode & 0o777).toString(8)}`;
  if (!info.isFile) return kindOf(info) + mode;
  return `file${mode} ${info.size} ${await sha256(path, info.size)}`;
}

async function sha256(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  // At one go: of thousands of small files the looking must not take the time of what is looked at.
  if (bytes <= READ_BYTES) return hash.update(Deno.readFileSync(path)).digest("hex");
  const buffer = new Uint8Array(READ_BYTES);
  using file = await Deno.open(path);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}
