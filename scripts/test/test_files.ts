/** The test files below some places, each once, sorted. A file that is named itself is one whatever its name. */
export function testFilesIn(places: readonly string[]): string[] {
  const found = new Set<string>();
  const look = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const below = `${path.replace(/\/$/, "")}/${name}`;
      if (isDirectory) look(below);
      else if (name.endsWith("_test.ts")) found.add(below);
    }
  };
  for (const place of places) {
    if (Deno.statSync(place).isDirectory) look(place);
    else found.add(place);
  }
  return [...found].sort();
}
