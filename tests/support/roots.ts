/** A folder's root on the real disk, with a place outside of it that nothing may touch. */
import { type Fingerprint, printOf } from "../../src/core/fingerprint.ts";
import { Pins } from "../../src/folder/pins.ts";
import { type PlaceContext } from "../../src/folder/place.ts";
import { relativeStat } from "../../src/folder/scan.ts";
import { openVersionStore } from "../../src/folder/versions.ts";
import type { Fs } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { handClock } from "./ledgers.ts";
import { tempDir } from "./temp_dir.ts";

export interface TestRoot extends Disposable {
  readonly root: string;
  readonly outside: string;
  readonly rootDev: number;
  at(path: string): string;
  /** Writes a file, its parents made. */
  write(path: string, text: string): void;
  read(path: string): string | null;
  /** What stands at the path, as it would be expected there. */
  print(path: string): Fingerprint;
  /** Staged bytes, ready to be placed. */
  stage(text: string): string;
  /** The texts of all kept versions, sorted. */
  kept(): string[];
  /** For `place()`, over this or another file system. */
  context(fs?: Fs): PlaceContext & Disposable;
}

export function testRoot(): TestRoot {
  const dir = tempDir();
  const root = dir.at("root");
  const outside = dir.at("outside");
  const fs = realFs();
  Deno.mkdirSync(root);
  Deno.mkdirSync(outside);
  const rootDev = fs.lstat(root)!.dev;
  const versions = openVersionStore(fs, handClock(), root);
  const at = (path: string) => `${root}/${path}`;
  let staged = 0;
  return {
    root,
    outside,
    rootDev,
    at,
    write(path, text) {
      Deno.mkdirSync(at(path).slice(0, at(path).lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(at(path), text);
    },
    read: (path) => readText(at(path)),
    print: (path) => printOf(relativeStat(fs.lstat(at(path))!, rootDev), 0),
    stage(text) {
      const path = `${versions.stage}/s-${++staged}`;
      Deno.writeTextFileSync(path, text);
      return path;
    },
    kept: () => textsBelow(versions.dir).sort(),
    context(over = fs) {
      const pins = new Pins(over, root);
      return { fs: over, rootDev, versions, pins, [Symbol.dispose]: () => pins.close() };
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function textsBelow(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isDirectory, isSymlink }) => {
    const path = `${dir}/${name}`;
    return isDirectory
      ? textsBelow(path)
      : [isSymlink ? `-> ${Deno.readLinkSync(path)}` : Deno.readTextFileSync(path)];
  });
}

/** Everything below a directory, for a look at whether it was touched. */
export function listingOf(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isDirectory }) =>
    isDirectory ? [`${name}/`, ...listingOf(`${dir}/${name}`).map((below) => `${name}/${below}`)] : [name]
  ).sort();
}
