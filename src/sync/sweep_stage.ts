/** What a run before this one has left in a folder's stage. */
import type { RelPath } from "../core/ids.ts";
import { ROOT } from "../core/path.ts";
import { FsError } from "../platform/ports.ts";
import { MEND } from "./mending.ts";
import type { Replica } from "./replica.ts";

/** A large stage that was not written for this long is given up. */
const STAGE_MS = 7 * 86_400_000;

/** Small stages are of no use; large ones are gone on with, unless nobody did for long. Copies of what had to be mended are looked at (`keepCopies`). */
export function sweepStage({ deps: { fs, clock }, layout: { stage }, troubles }: Replica): void {
  try {
    for (const { name } of fs.list(stage)) {
      if (name.startsWith(MEND)) continue;
      const at = `${stage}/${name}`;
      const isOld = (fs.lstat(at)?.ctimeMs ?? 0) < clock.now() - STAGE_MS;
      if (isOld || /^(s|copy|link|merge|move)-/.test(name)) fs.unlink(at);
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    troubles.set(ROOT as RelPath, {
      cause: `${stage} cannot be cleaned (${error.code})`,
      remedy: "Make it writable.",
    });
  }
}
