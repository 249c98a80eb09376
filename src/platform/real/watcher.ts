/**
 * The real watcher. Linux: inotify itself (`watch_inotify.ts`), as far as the C library can be had. Elsewhere
 * `Deno.watchFs` (`watch_deno.ts`).
 *
 * Why not `Deno.watchFs` on Linux too: it opens every path that an event names. A FIFO in the tree thus stops it for ever,
 * and takes the reader's place before the FIFO's real reader comes; a poke that frees it is itself an
 * event that blocks it again. It also follows symlinked directories, drops events beyond sixteen that wait, hides
 * an overflow of the kernel's queue, and fills that queue by its own opening. inotify opens nothing.
 */
import type { Watcher } from "../ports.ts";
import { libc } from "./libc.ts";
import { watchByDeno } from "./watch_deno.ts";
import { watchByInotify } from "./watch_inotify.ts";

export function realWatcher(): Watcher {
  return {
    get announcesDirectories() {
      return libc() !== null;
    },
    watch(root, ignoreTop, events) {
      const c = libc();
      return c === null ? watchByDeno(root, ignoreTop, events) : watchByInotify(c, root, ignoreTop, events);
    },
  };
}
