/** The log of a device without a terminal, read from its end. */
import { logFiles } from "../service/log_file.ts";

const LOOK_EVERY_MS = 200;
const NEWLINE = 10;

/** The last lines, over all files that there are. */
export function lastLines(path: string, count: number): string[] {
  const lines: string[] = [];
  for (const file of logFiles(path).reverse()) {
    if (lines.length >= count) break;
    const here = textFrom(file, 0).split("\n");
    if (here.at(-1) === "") here.pop();
    lines.unshift(...here);
  }
  return lines.slice(Math.max(0, lines.length - count));
}

/** Lines as they come from now on. `isOver` ends it. */
export async function* linesToCome(path: string, isOver: () => boolean): AsyncGenerator<string> {
  let at = logEnd(path);
  let inode = inodeOf(path);
  while (!isOver()) {
    let bytes = bytesFrom(path, at);
    if (inodeOf(path) !== inode) {
      // Put aside meanwhile: what was left of it is read there first.
      const aside = logFiles(path).at(-2)!;
      bytes = inode !== null && inodeOf(aside) === inode ? bytesFrom(aside, at) : new Uint8Array();
      [at, inode] = [-bytes.length, inodeOf(path)];
    }
    const whole = bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
    at = Math.max(0, at + whole.length);
    const lines = new TextDecoder().decode(whole).split("\n");
    lines.pop();
    yield* lines;
    if (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Where the next line will stand. */
export function logEnd(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** The last error that a device said behind a place of its log, taken apart again; "" for none. */
export function lastWords(path: string, from: number): { message: string; hint: string } {
  const lines = textFrom(path, from).split("\n").map((line) => line.replace(/^\S+ /, ""));
  const at = lines.findLastIndex((line) => line.startsWith("cairn: "));
  if (at < 0) return { message: "", hint: "" };
  const next = lines[at + 1] ?? "";
  return { message: lines[at]!.slice("cairn: ".length), hint: next.startsWith("→ ") ? next.slice(2) : "" };
}

function textFrom(path: string, from: number): string {
  return new TextDecoder().decode(bytesFrom(path, from));
}

/** The files are small: their size is bounded where they are written. */
function bytesFrom(path: string, from: number): Uint8Array {
  try {
    return Deno.readFileSync(path).subarray(from);
  } catch {
    return new Uint8Array();
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}
