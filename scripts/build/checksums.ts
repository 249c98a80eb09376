/** SHA256SUMS beside what was built, as `sha256sum -c` reads it. */
import { sha256 } from "./portable_manifest.ts";

export const CHECKSUMS = "SHA256SUMS";

/** Writes the sums of all of Cairn's files in the directory anew: no line is left of one that is gone or was built again. */
export function writeChecksums(directory: string): void {
  const names = [...Deno.readDirSync(directory)]
    .filter(({ name, isFile }) => isFile && /^cairn-/.test(name) && !name.endsWith(".new"))
    .map(({ name }) => name)
    .sort();
  const lines = names.map((name) => `${sha256(Deno.readFileSync(`${directory}/${name}`))}  ${name}\n`);
  const path = `${directory}/${CHECKSUMS}`;
  Deno.writeTextFileSync(`${path}.new`, lines.join(""));
  Deno.renameSync(`${path}.new`, path);
}
