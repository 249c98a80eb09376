/** Whether what was sent is there: looks that are cheap enough to be taken hundreds of times a second. */
import { Buffer } from "node:buffer";

/**
 * A look at many paths. Each look goes on where the last one found something missing, so that all looks together cost one look at each path:
 * nothing that has come goes away again in a scenario.
 */
export function allOf<T>(things: readonly T[], isThere: (thing: T) => boolean): () => boolean {
  let at = 0;
  return () => {
    while (at < things.length && isThere(things[at]!)) at++;
    return at === things.length;
  };
}

/** The file's size in bytes, -1 when there is none. */
export function sizeAt(path: string): number {
  try {
    const info = Deno.lstatSync(path);
    return info.isFile ? info.size : -1;
  } catch (error) {
    if (isAbsence(error)) return -1;
    throw error;
  }
}

export function isAbsent(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return false;
  } catch (error) {
    if (isAbsence(error)) return true;
    throw error;
  }
}

/** Whether two small files have the same bytes; false when one is missing. */
export function haveSameBytes(a: string, b: string): boolean {
  try {
    return Buffer.compare(Deno.readFileSync(a), Deno.readFileSync(b)) === 0;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** Whether no file is left in a directory or below; true when it is gone. */
export function holdsNoFile(directory: string): boolean {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(directory)) {
      if (!isDirectory || !holdsNoFile(`${directory}/${name}`)) return false;
    }
    return true;
  } catch (error) {
    if (isAbsence(error)) return true;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
