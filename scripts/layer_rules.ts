/**
 * The rules of the house that a machine can check: which way imports go, what may touch the world outside, and how long a file
 * may be. Pure: sources in, violations out. See "The house" in docs/architecture.md.
 */
import { maskSource } from "./source_mask.ts";

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Imports go to a lower level or stay in their own part; parts of one level are strangers. */
const LEVELS: Readonly<Record<string, number>> = {
  main: 7,
  cli: 6,
  daemon: 5,
  sync: 4,
  library: 4,
  service: 3,
  peer: 3,
  folder: 3,
  journal: 3,
  platform: 2,
  catalogue: 2,
  core: 1,
};

/** Files that may touch the world although their part may not; each with the reason why it cannot be helped. */
const WORLDLY_FILES: ReadonlyMap<string, string> = new Map();

/** What reaches the world, time or chance without a port. */
const AMBIENT: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /(?<![\w$.])Deno\b/g, name: "Deno" },
  { pattern: /(?<![\w$])Date\s*\.\s*now\b/g, name: "Date.now" },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s($]))/g, name: "new Date()" },
  { pattern: /(?<![\w$])Math\s*\.\s*random\b/g, name: "Math.random" },
  { pattern: /(?<![\w$])performance\s*\.\s*now\b/g, name: "performance.now" },
  { pattern: /(?<![\w$])setTimeout\b/g, name: "setTimeout" },
  { pattern: /(?<![\w$])setInterval\b/g, name: "setInterval" },
  { pattern: /(?<![\w$])setImmediate\b/g, name: "setImmediate" },
  { pattern: /(?<![\w$.])random(?:Bytes|Int|FillSync)\s*\(/g, name: "node:crypto's randomness" },
  { pattern: /\bgetRandomValues\b/g, name: "getRandomValues" },
  { pattern: /\brandomUUID\b/g, name: "randomUUID" },
];

/** Parts of Node that only compute; the others reach the world. */
const COMPUTING_NODE = ["node:crypto", "node:zlib", "node:path", "node:path/posix", "node:buffer"];
const CORE_PACKAGES = ["node:crypto", "node:zlib", "@msgpack/msgpack", "chrono-node", "node-diff3"];

/** At this length a file is more than one idea. */
export const LINES_MAX = 400;

/** Every violation in the sources, keyed by path from the project's root (`src/core/path.ts`). */
export function checkLayers(sources: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, Import[]>();
  for (const [file, source] of sources) {
    violations.push(...checkLength(file, source));
    const part = partOf(file);
    if (part === null) continue;
    const masked = maskSource(source);
    const imports = importsOf(source, masked);
    for (const found of imports) violations.push(...checkImport(file, part, found));
    if (!mayTouchWorld(file, part)) violations.push(...checkAmbient(file, source, masked));
    graph.set(
      file,
      imports.filter((i) => i.specifier.startsWith(".")).map((i) => ({ ...i, specifier: target(file, i) })),
    );
  }
  return [...violations, ...findCircles(graph)];
}

/** `core` for `src/core/path.ts`, `main` for main.ts, null for what lies outside the house (tests, scripts). */
function partOf(file: string): string | null {
  if (file === "main.ts") return "main";
  return /^src\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/** Imports, re-exports and dynamic imports, types as well: a type from above is knowledge of what is above. */
export function importsOf(source: string, masked: string): Import[] {
  const found: Import[] = [];
  for (const match of masked.matchAll(/(?:\bfrom|(?<![\w$.])import\s*\(?)\s*(["'])( *)\1/g)) {
    const start = match.index + match[0].length - match[2]!.length - 1;
    found.push({
      specifier: source.slice(start, start + match[2]!.length),
      line: lineAt(source, match.index),
    });
  }
  return found;
}

function checkImport(file: string, part: string, found: Import): Violation[] {
  const refuse = (why: string) => [{ file, line: found.line, what: `imports ${found.specifier}`, why }];
  if (!found.specifier.startsWith(".")) return checkPackage(file, part, found, refuse);
  const path = target(file, found);
  const other = partOf(path);
  const [own, theirs] = [LEVELS[part], other === null ? undefined : LEVELS[other]];
  if (own === undefined) return refuse(`src/${part} has no level; give it one in scripts/layer_rules.ts`);
  if (theirs === undefined) return refuse("it lies outside the house (src and main.ts)");
  if (/^src\/platform\/real\//.test(path) && !buildsReal(file, part)) {
    return refuse("only the daemon builds the real platform; the others see platform/ports.ts");
  }
  if (other === part || theirs < own) return [];
  return refuse(
    theirs > own
      ? `${part} is below ${other}: imports go downwards`
      : `${part} and ${other} are of one level`,
  );
}

function checkPackage(
  file: string,
  part: string,
  { specifier }: Import,
  refuse: (why: string) => Violation[],
): Violation[] {
  if (part === "core") {
    return CORE_PACKAGES.includes(specifier) ? [] : refuse("core imports only core and what computes");
  }
  if (!specifier.startsWith("node:") || mayTouchWorld(file, part)) return [];
  if (COMPUTING_NODE.includes(specifier) || (part === "catalogue" && specifier === "node:sqlite")) return [];
  return refuse("it reaches the world without a port");
}

function checkAmbient(file: string, source: string, masked: string): Violation[] {
  return AMBIENT.flatMap(({ pattern, name }) =>
    [...masked.matchAll(pattern)].map((match) => ({
      file,
      line: lineAt(source, match.index),
      what: `uses ${name}`,
      why: "only src/platform/real, src/cli and main.ts touch the world; use a port",
    }))
  );
}

function checkLength(file: string, source: string): Violation[] {
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  if (lines <= LINES_MAX) return [];
  return [{
    file,
    line: LINES_MAX + 1,
    what: `has ${lines} lines`,
    why: `a file is one idea, at most ${LINES_MAX} lines`,
  }];
}

function mayTouchWorld(file: string, part: string): boolean {
  return part === "cli" || part === "main" || file.startsWith("src/platform/real/") ||
    WORLDLY_FILES.has(file);
}

function buildsReal(file: string, part: string): boolean {
  return part === "daemon" || part === "cli" || part === "main" || file.startsWith("src/platform/real/");
}

/** One violation for each circle, at the import that closes it. */
function findCircles(graph: ReadonlyMap<string, readonly Import[]>): Violation[] {
  const violations: Violation[] = [];
  const state = new Map<string, "open" | "done">();
  const way: string[] = [];
  function visit(file: string) {
    state.set(file, "open");
    way.push(file);
    for (const { specifier, line } of graph.get(file) ?? []) {
      if (state.get(specifier) === "open") {
        const circle = [...way.slice(way.indexOf(specifier)), specifier].join(" → ");
        violations.push({
          file,
          line,
          what: `closes a circle: ${circle}`,
          why: "files that need each other are one file, or two and a third",
        });
      } else if (!state.has(specifier)) visit(specifier);
    }
    way.pop();
    state.set(file, "done");
  }
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return violations;
}

/** The imported file's path from the project's root. */
function target(file: string, { specifier }: Import): string {
  const parts = file.split("/").slice(0, -1);
  for (const name of specifier.split("/")) {
    if (name === "..") parts.pop();
    else if (name !== ".") parts.push(name);
  }
  return parts.join("/");
}

function lineAt(source: string, index: number): number {
  let line = 1;
  for (let i = source.indexOf("\n"); i >= 0 && i < index; i = source.indexOf("\n", i + 1)) line++;
  return line;
}
