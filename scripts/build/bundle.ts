/**
 * The program as few modules of plain JavaScript: main.ts and each worker with all that they import, npm packages and SQL included, in
 * chunks, so that a command loads what it needs. Executables and portable files carry just this.
 */
import { fileURLToPath } from "node:url";
import { COMMIT_WORD } from "../../src/core/version_name.ts";
import { BuildError } from "./build_error.ts";
import { missingFrom, resolveFrom } from "./references.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The modules that `new Worker` starts; each is an entry of its own. */
export const WORKERS = [
  "src/platform/real/hash_worker.ts",
  "src/platform/real/text_worker.ts",
  "src/platform/real/watch_worker.ts",
] as const;

/** Where the program begins in a bundle. */
export const MAIN = "main.js";

/** Paths in the bundle with their sources. */
export type Bundle = ReadonlyMap<string, string>;

/** Bundles into `directory`, which must not be there yet, with the commit baked in. */
export async function bundleInto(directory: string, commit: string): Promise<Bundle> {
  const args = [
    ...["bundle", "--quiet", "--no-check", "--config", `${ROOT}deno.json`, "--code-splitting"],
    ...["--outdir", directory, "main.ts", ...WORKERS],
  ];
  const done = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" }).output();
  if (!done.success) {
    throw new BuildError(
      `Cannot bundle the program:\n${new TextDecoder().decode(done.stderr).trim()}`,
      "deno bundle needs its bundler and Cairn's packages from the npm registry, once: run it where that can be reached",
    );
  }
  const bundle = finishBundle(readModules(directory), commit);
  for (const [path, source] of bundle) Deno.writeTextFileSync(`${directory}/${path}`, source);
  return bundle;
}

/** Workers by the names that they have in the bundle, and the commit in its place. Throws where anything refers to what is not there. */
export function finishBundle(modules: Bundle, commit: string): Bundle {
  const workers = new Map(WORKERS.map((path) => [fileName(path), path.replace(/\.ts$/, ".js")]));
  const finished = new Map<string, string>();
  for (const [path, source] of modules) {
    const named = source.replace(
      /new URL\("\.\/([a-z_]+\.ts)", import\.meta\.url\)/g,
      (whole, name: string) => {
        const worker = workers.get(name);
        return worker === undefined
          ? whole
          : `new URL("${"../".repeat(depth(path))}${worker}", import.meta.url)`;
      },
    );
    finished.set(path, named.replaceAll(COMMIT_WORD, commit));
  }
  const missing = missingFrom(finished);
  for (const [name, worker] of workers) {
    const isOpened = [...finished].some(([path, source]) =>
      [...source.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)]
        .some(([, file]) => resolveFrom(path, file!) === worker)
    );
    if (!isOpened) missing.push(`no module starts ${name}`);
  }
  if (missing.length > 0) {
    throw new BuildError(
      `The bundle is not whole:\n  ${missing.join("\n  ")}`,
      "A worker belongs into WORKERS in scripts/build/bundle.ts; anything else must be imported by its full name",
    );
  }
  if (![...modules.values()].some((source) => source.includes(COMMIT_WORD))) {
    throw new BuildError(
      "The bundle has no place for the commit",
      "See COMMIT_WORD in src/core/version_name.ts",
    );
  }
  return finished;
}

/** All modules below a directory, by their paths from there. */
export function readModules(directory: string, under = ""): Map<string, string> {
  const modules = new Map<string, string>();
  for (const { name, isDirectory } of Deno.readDirSync(`${directory}/${under}`)) {
    const path = under + name;
    if (isDirectory) { for (const [p, source] of readModules(directory, `${path}/`)) modules.set(p, source); }
    else modules.set(path, Deno.readTextFileSync(`${directory}/${path}`));
  }
  return new Map([...modules].sort(([a], [b]) => a < b ? -1 : 1));
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function depth(path: string): number {
  return path.split("/").length - 1;
}
