/** What a bundled module opens when it runs: other modules, and files beside it. Pure. */

export interface References {
  /** Specifiers of `import`, `export … from` and `import("…")`. */
  readonly modules: readonly string[];
  /** First words of `new URL("…", import.meta.url)`: workers and files. */
  readonly files: readonly string[];
}

const STATIC = /^(?:import|export)\s[^;"'`]*?\bfrom\s*"([^"\n]+)";?$|^import\s*"([^"\n]+)";?$/gm;
const DYNAMIC = /(?<![\w.$])import\(\s*"([^"\n$]+)"\s*\)/g;
const REQUIRED = /(?<![\w.$])(?:__)?require\(\s*"([^"\n]+)"\s*\)/g;
const BESIDE = /new URL\(\s*"([^"\n]+)",\s*import\.meta\.url\s*\)/g;

/** Of a module as esbuild prints it: one statement a line, double quotes. */
export function referencesOf(source: string): References {
  const found = (pattern: RegExp) => [...source.matchAll(pattern)].map((match) => (match[1] ?? match[2])!);
  const modules = [...found(STATIC), ...found(DYNAMIC), ...found(REQUIRED)];
  return { modules: [...new Set(modules)].sort(), files: [...new Set(found(BESIDE))].sort() };
}

/** What modules refer to and is not among them, as lines to print. Node's own parts are inside every Deno. */
export function missingFrom(modules: ReadonlyMap<string, string>): string[] {
  const missing: string[] = [];
  for (const [path, source] of modules) {
    const { modules: specifiers, files } = referencesOf(source);
    for (const specifier of specifiers) {
      if (specifier.startsWith("node:")) continue;
      const isThere = specifier.startsWith(".") && modules.has(resolveFrom(path, specifier));
      if (!isThere) missing.push(`${path} imports ${specifier}`);
    }
    for (const file of files) {
      if (!modules.has(resolveFrom(path, file))) missing.push(`${path} opens ${file}`);
    }
  }
  return missing;
}

/** A relative specifier in the module at `path`, as a path from the same top. */
export function resolveFrom(path: string, specifier: string): string {
  return decodeURIComponent(new URL(specifier, `file:///${path}`).pathname.slice(1));
}
