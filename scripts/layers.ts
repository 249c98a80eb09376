/** The layer check: reads the project's sources, prints each violation, and fails when there is one. */
import { checkLayers } from "./layer_rules.ts";

const root = new URL("../", import.meta.url);

/** Every TypeScript file that the rules speak of, by its path from the root. */
function readSources(): Map<string, string> {
  const sources = new Map([["main.ts", Deno.readTextFileSync(new URL("main.ts", root))]]);
  const readDirectory = (directory: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(directory, root))) {
      if (isDirectory) readDirectory(`${directory}${name}/`);
      else if (/\.tsx?$/.test(name)) {
        sources.set(directory + name, Deno.readTextFileSync(new URL(directory + name, root)));
      }
    }
  };
  for (const directory of ["src/", "scripts/", "tests/"]) readDirectory(directory);
  return new Map([...sources].sort(([a], [b]) => a < b ? -1 : 1));
}

if (import.meta.main) {
  const sources = readSources();
  const violations = checkLayers(sources);
  for (const { file, line, what, why } of violations) console.error(`${file}:${line}: ${what}: ${why}`);
  if (violations.length > 0) {
    console.error(`layers: ${violations.length} violations in ${sources.size} files`);
    Deno.exit(1);
  }
  console.log(`layers: ${sources.size} files, all in order`);
}
