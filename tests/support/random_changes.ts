/** Random changes that people make in real trees: few names and few contents, so that much of it meets. All chance from one generator. */
import type { Rng } from "../sim/disk/rng.ts";

const NAMES = ["a.txt", "b.txt", "c.md", "d", "e.jpg", "f.jpg"];
const DIRECTORIES = ["one", "two", "two/deep", "three", "three/x/y", "four"];
const MODES = [0o644, 0o600, 0o755];
/** Contents that are written again and again, anywhere. */
const COMMON = 150;

export type Change = "write" | "empty" | "copy" | "rename" | "move-tree" | "delete" | "chmod" | "symlink";

/** A tree that is changed. Where a change cannot be made on what is there, another one is. */
export class ChangingTree {
  readonly #root: string;
  readonly #rng: Rng;

  constructor(root: string, rng: Rng) {
    this.#root = root;
    this.#rng = rng;
  }

  /** Files and links, relative to the root, in no order that a disk decides. */
  files(): string[] {
    return walk(this.#root).sort();
  }

  /** One change; `others` are files elsewhere that may be copied here. */
  change(others: () => readonly string[]): Change {
    const rng = this.#rng;
    const at = rng.next();
    if (at < 0.34) return this.#write(false);
    if (at < 0.36) return this.#write(true);
    if (at < 0.5) return this.#copy(others());
    if (at < 0.62) return this.#rename();
    if (at < 0.64) return this.#moveTree();
    if (at < 0.88) return this.#delete();
    if (at < 0.97) return this.#chmod();
    return this.#link();
  }

  #at(path: string): string {
    return `${this.#root}/${path}`;
  }

  #path(): string {
    const rng = this.#rng;
    return `${rng.pick(DIRECTORIES)}/${rng.chance(0.5) ? "" : `${rng.below(8)}-`}${rng.pick(NAMES)}`;
  }

  /** A path that no directory stands at, its parents made. */
  #free(): string {
    for (;;) {
      const path = this.#path();
      const parent = this.#at(path.slice(0, path.lastIndexOf("/")));
      Deno.mkdirSync(parent, { recursive: true });
      if (kindOf(this.#at(path)) !== "directory") return path;
    }
  }

  #some(): string | null {
    const files = this.files();
    return files.length === 0 ? null : this.#rng.pick(files);
  }

  #write(isEmpty: boolean): Change {
    const rng = this.#rng;
    const path = this.#at(this.#free());
    const token = rng.chance(0.6) ? rng.below(COMMON) : COMMON + rng.uint32();
    // Of common ones the length follows from the token: they are equal wherever they are.
    const text = isEmpty ? "" : `content ${token} `.repeat(1 + token % 9);
    if (kindOf(path) === "link" || rng.chance(0.5)) {
      Deno.writeTextFileSync(`${path}.new`, text);
      Deno.renameSync(`${path}.new`, path);
    } else Deno.writeTextFileSync(path, text);
    return isEmpty ? "empty" : "write";
  }

  #copy(others: readonly string[]): Change {
    const from = others.length === 0 ? null : this.#rng.pick(others);
    if (from === null || kindOf(from) !== "file") return this.#write(false);
    const to = this.#at(this.#free());
    if (to === from) return this.#write(false);
    const bytes = Deno.readFileSync(from);
    if (kindOf(to) === "link") Deno.removeSync(to);
    Deno.writeFileSync(to, bytes);
    return "copy";
  }

  #rename(): Change {
    const from = this.#some();
    if (from === null) return this.#write(false);
    Deno.renameSync(this.#at(from), this.#at(this.#free()));
    return "rename";
  }

  #moveTree(): Change {
    const [from, to] = [this.#rng.pick(DIRECTORIES), `${this.#rng.pick(DIRECTORIES)}/moved`];
    if (kindOf(this.#at(from)) !== "directory" || `${to}/`.startsWith(`${from}/`)) return this.#write(false);
    if (kindOf(this.#at(to)) !== null) return this.#write(false);
    Deno.mkdirSync(this.#at(to.slice(0, to.lastIndexOf("/"))), { recursive: true });
    Deno.renameSync(this.#at(from), this.#at(to));
    return "move-tree";
  }

  #delete(): Change {
    const path = this.#some();
    if (path === null) return this.#write(false);
    Deno.removeSync(this.#at(path));
    return "delete";
  }

  #chmod(): Change {
    const path = this.#some();
    if (path === null || kindOf(this.#at(path)) !== "file") return this.#write(false);
    Deno.chmodSync(this.#at(path), this.#rng.pick(MODES));
    return "chmod";
  }

  #link(): Change {
    const path = this.#at(this.#free());
    if (kindOf(path) !== null) Deno.removeSync(path);
    Deno.symlinkSync(`target-${this.#rng.below(20)}`, path);
    return "symlink";
  }
}

function kindOf(path: string): "file" | "link" | "directory" | null {
  try {
    const { isDirectory, isSymlink } = Deno.lstatSync(path);
    return isDirectory ? "directory" : isSymlink ? "link" : "file";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** All files and links below a root, but for Cairn's own. */
export function walk(root: string, below = ""): string[] {
  return [...Deno.readDirSync(below === "" ? root : `${root}/${below}`)].flatMap(({ name, isDirectory }) => {
    if (below === "" && name === ".cairn") return [];
    const path = below === "" ? name : `${below}/${name}`;
    return isDirectory ? walk(root, path) : [path];
  });
}
