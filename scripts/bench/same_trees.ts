/** Two trees compared byte by byte, outside of the timed part. Contents are compared and not hashed, which is several times faster. */
import { Buffer } from "node:buffer";

/** What the programs keep in a root for themselves, and the remains of what they had under way. */
const OWN_NAMES = new Set([".cairn", ".stfolder", ".stversions", ".stignore"]);
const OWN_PREFIXES = [".syncthing.", "~syncthing~"];
const READ_BYTES = 1 << 20;

/** What differs, a line each, at most `limit`; none when both hold the same names, kinds, permission bits of files, and bytes. */
export function differencesOf(a: string, b: string, limit = 10): string[] {
  const [ofA, ofB] = [outlineOf(a), outlineOf(b)];
  const lines: string[] = [];
  for (const [path, what] of ofA) {
    if (lines.length >= limit) return lines;
    const other = ofB.get(path);
    if (other !== what) lines.push(`${path}: ${what} / ${other ?? "missing"}`);
    else if (what.startsWith("file") && !haveSameContent(`${a}/${path}`, `${b}/${path}`)) {
      lines.push(`${path}: other bytes`);
    }
  }
  for (const path of ofB.keys()) {
    if (lines.length < limit && !ofA.has(path)) lines.push(`${path}: only in the second`);
  }
  return lines;
}

/** Path → what is there, in words, without its bytes. */
function outlineOf(root: string): Map<string, string> {
  const outline = new Map<string, string>();
  const walk = (below: string) => {
    for (const { name } of Deno.readDirSync(`${root}/${below}`)) {
      if (OWN_NAMES.has(name) || OWN_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
      const path = below === "" ? name : `${below}/${name}`;
      const info = Deno.lstatSync(`${root}/${path}`);
      if (info.isDirectory) {
        outline.set(path, "directory");
        walk(path);
      } else if (info.isSymlink) outline.set(path, `symlink to ${Deno.readLinkSync(`${root}/${path}`)}`);
      else outline.set(path, `file ${((info.mode ?? 0) & 0o777).toString(8)} of ${info.size} bytes`);
    }
  };
  walk("");
  return outline;
}

function haveSameContent(a: string, b: string): boolean {
  using one = Deno.openSync(a);
  using other = Deno.openSync(b);
  const [left, right] = [Buffer.alloc(READ_BYTES), Buffer.alloc(READ_BYTES)];
  while (true) {
    const [read, too] = [fill(one, left), fill(other, right)];
    if (read !== too || Buffer.compare(left.subarray(0, read), right.subarray(0, read)) !== 0) return false;
    if (read < READ_BYTES) return true;
  }
}

/** Reads until the buffer is full or the file ends; the bytes read. */
function fill(file: Deno.FsFile, buffer: Uint8Array): number {
  let at = 0;
  while (at < buffer.length) {
    const read = file.readSync(buffer.subarray(at));
    if (read === null) break;
    at += read;
  }
  return at;
}
