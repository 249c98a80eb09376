/**
 * An editor's save injected at each system call of `place`, for all that can be placed, on disks of three kinds: what the person wrote is
 * afterwards the file, and is found by the next look, or it is in the version store (invariants 3 and 4, R20).
 */
import assert from "node:assert/strict";
import { samePrint } from "../../src/core/fingerprint.ts";
import { type Expected, place, type Placed, type Placement } from "../../src/folder/place.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { libc } from "../../src/platform/real/libc.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { pathOf } from "../support/entries.ts";
import { type TestRoot, testRoot } from "../support/roots.ts";

const PATH = pathOf("d/notes.txt");
const FROM = pathOf("e/from.txt");
/** As long as what it replaces: its length tells nothing. */
const SAVED = "SAVED";
/** Long before the save. */
const BEFORE_MS = 1_700_000_000_000;

interface Scene {
  readonly expected: Expected;
  readonly placement: Placement;
}

const SCENES: Record<string, (root: TestRoot) => Scene> = {
  "a file is created": (root) => ({ expected: null, placement: { kind: "file", stage: staged(root) } }),
  "a link is created": () => ({ expected: null, placement: { kind: "symlink", target: "t" } }),
  "a directory is created": () => ({ expected: null, placement: { kind: "directory", mode: 0o755 } }),
  "a file replaces a file": (root) => ({
    expected: old(root, PATH),
    placement: { kind: "file", stage: staged(root) },
  }),
  "a link replaces a file": (root) => ({
    expected: old(root, PATH),
    placement: { kind: "symlink", target: "t" },
  }),
  "a directory replaces a file": (root) => ({
    expected: old(root, PATH),
    placement: { kind: "directory", mode: 0o755 },
  }),
  "a file replaces a directory": (root) => {
    Deno.mkdirSync(root.at(PATH));
    return { expected: { kind: "directory" }, placement: { kind: "file", stage: staged(root) } };
  },
  "a file is deleted": (root) => ({ expected: old(root, PATH), placement: { kind: "deleted" } }),
  "a file gets another mode and time": (root) => ({
    expected: old(root, PATH),
    placement: { kind: "metadata", mode: 0o600, mtimeMs: BEFORE_MS + 5 },
  }),
  "a file moves": (root) => ({ expected: null, placement: moved(root) }),
  "a file moves onto another": (root) => ({ expected: old(root, PATH), placement: moved(root) }),
};

function old(root: TestRoot, path: string, text = "old 1"): Expected {
  root.write(path, text);
  Deno.utimeSync(root.at(path), BEFORE_MS / 1000, BEFORE_MS / 1000);
  return { kind: "file", print: root.print(path) };
}

function staged(root: TestRoot): string {
  const stage = root.stage("new 1");
  Deno.utimeSync(stage, BEFORE_MS / 1000 + 100, BEFORE_MS / 1000 + 100);
  return stage;
}

function moved(root: TestRoot): Placement {
  old(root, FROM, "moved");
  const print = root.print(FROM);
  return { kind: "moved", from: FROM, print, mode: print.mode, mtimeMs: print.mtimeMs };
}

const SAVES: Record<string, (path: string) => void> = {
  "in place": (path) => Deno.writeTextFileSync(path, SAVED, { create: false }),
  "by rename": (path) => {
    Deno.writeTextFileSync(`${path}~`, SAVED);
    Deno.renameSync(`${path}~`, path);
  },
};

const unsupported = (_: string, to: string): never => {
  throw new FsError("unsupported", to);
};
const withoutExchange: Fs = { ...realFs(), exchange: unsupported, renameNew: unsupported };
const DISKS: readonly { name: string; fs: Fs; windows: readonly string[]; ignore: boolean }[] = [
  { name: "with exchange", fs: realFs(), windows: [], ignore: libc()?.renameat2 == null },
  {
    name: "with hard links and no exchange",
    fs: withoutExchange,
    // docs/failure-model.md: a save by rename between the last look and our own rename.
    windows: [
      "a file moves onto another, saved by rename to d/notes.txt before rename",
      "a file replaces a file, saved by rename to d/notes.txt before rename",
      "a link replaces a file, saved by rename to d/notes.txt before rename",
    ],
    ignore: false,
  },
  {
    name: "with neither",
    fs: { ...withoutExchange, link: unsupported },
    // docs/failure-model.md: where the path is empty for a moment, what comes in that moment is replaced.
    windows: [
      "a file is created, saved by rename to d/notes.txt before rename",
      "a file moves onto another, saved by rename to d/notes.txt before rename",
      "a file moves, saved by rename to d/notes.txt before rename",
      "a file replaces a directory, saved by rename to d/notes.txt before rename",
      "a file replaces a file, saved by rename to d/notes.txt before rename",
      "a link is created, saved by rename to d/notes.txt before rename",
      "a link replaces a file, saved by rename to d/notes.txt before rename",
    ],
    ignore: false,
  },
];

for (const { name, fs: disk, windows, ignore } of DISKS) {
  Deno.test({
    name:
      `an editor's save at any call of place() is the file or kept, and is found by the next look, on a disk ${name}`,
    ignore,
    fn() {
      const lost: string[] = [];
      let saves = 0;
      for (const [what, make] of Object.entries(SCENES)) {
        for (const [how, save] of Object.entries(SAVES)) {
          for (const target of [PATH, FROM]) {
            for (let step = 0, last = false; !last; step++) {
              using root = testRoot();
              for (const parent of ["d", "e"]) Deno.mkdirSync(root.at(parent));
              const { expected, placement } = make(root);
              if (target === FROM && placement.kind !== "moved") break;
              let calls = 0;
              let at: string | null = null;
              const fs = watchedFs(disk, (call) => {
                if (calls++ === step && trySave(save, root.at(target))) at = call;
              });
              using context = root.context(fs);
              const placed = place(context, PATH, expected, placement);
              last = calls <= step;
              if (at === null) continue;
              saves++;
              const trouble = troubleWith(root, placed);
              if (trouble !== null) lost.push(`${what}, saved ${how} to ${target} before ${at}${trouble}`);
            }
          }
        }
      }
      assert.ok(saves > 100, `only ${saves} saves were made`);
      assert.deepEqual([...new Set(lost)].sort(), [...windows].sort());
    },
  });
}

function trySave(save: (path: string) => void, path: string): boolean {
  try {
    save(path);
    return true;
  } catch (error) {
    // Nothing was there to save over, or a directory stood there.
    const isFine = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory ||
      (error as { code?: unknown }).code === "EISDIR" || (error as { code?: unknown }).code === "ELOOP";
    assert.ok(isFine, String(error));
    return false;
  }
}

/** Null when the save is there and will be seen. */
function troubleWith(root: TestRoot, placed: Placed): string | null {
  const fs = realFs();
  if (root.kept().includes(SAVED)) return null;
  // The row of the old path says "deleted", or nothing happened: what stands there is news.
  if (textAt(root, FROM) === SAVED) return null;
  if (fs.lstat(root.at(PATH))?.kind === "symlink" && textAt(root, "d/t") === SAVED) return null; // written through the link
  if (textAt(root, PATH) !== SAVED) return "";
  if (placed.result !== "done" || placed.stat === null || placed.isTouched) return null;
  return samePrint(placed.stat, root.print(PATH)) ? ": it stands there and nobody will notice" : null;
}

function textAt(root: TestRoot, path: string): string | null {
  const stat = realFs().lstat(root.at(path));
  return stat?.kind === "file" ? root.read(path) : null;
}

Deno.test("a save that was taken out, and that the disk refuses to put back, is kept", () => {
  if (libc() === null) return;
  using root = testRoot();
  const expected = old(root, PATH);
  let exchanges = 0;
  const fs = watchedFs(realFs(), (call) => {
    if (call !== "exchange") return;
    if (++exchanges === 1) SAVES["by rename"]!(root.at(PATH));
    else throw new FsError("io", "the disk");
  });
  using context = root.context(fs);
  assert.throws(() => place(context, PATH, expected, { kind: "file", stage: staged(root) }), { code: "io" });
  assert.ok(root.kept().includes(SAVED), "under the stage's name it would be thrown away with it");
});
