/**
 * Watching a tree with inotify. One descriptor a tree, one watch a directory; one thread waits for all trees
 * (`watch_poll.ts`), so nothing is spent while nothing happens. Directories are never reached through a symlink below the root.
 *
 * A directory is watched first and listed then, so that no subdirectory falls between. What was in a directory before it
 * was watched is not told apart: such a directory is hinted itself, to be listed. The first directories of a tree
 * are watched before `watch` returns; a tree too large for that is watched on in slices, each with its hint.
 */
import * as fs from "node:fs";
import type { WatchEvents } from "../ports.ts";
import { guarded } from "./fs_errors.ts";
import { listDirectory } from "./fs_list.ts";
import { lstat } from "./fs_stat.ts";
import { cString, ERRNO, errno, type Libc } from "./libc.ts";
import { eventsIn, type InotifyEvent, MASK } from "./watch_events.ts";
import { hintOf } from "./watch_hint.ts";
import { NONBLOCK_CLOEXEC, onReadable } from "./watch_poll.ts";

/** Some thousand events. */
const READ_BYTES = 64 * 1024;
/** How long the main thread is held for watching a tree before `watch` returns: some ten thousand directories. */
const FIRST_SLICE_MS = 100;
/** And in each slice after. */
const SLICE_MS = 10;

/**
 * Magic numbers of ext2 to ext4, xfs and tmpfs, where a directory has a link from each directory in it, and two of its own: what has no more
 * need not be listed for them, name by name. Others (btrfs, network mounts) count otherwise, or not at all.
 */
const COUNTS_DIRECTORIES = new Set([0xef53, 0x58465342, 0x01021994]);
const OWN_LINKS = 2;

const WANTED = MASK.modify | MASK.attrib | MASK.closeWrite | MASK.movedFrom | MASK.movedTo | MASK.create |
  MASK.delete | MASK.deleteSelf | MASK.moveSelf | MASK.onlyDir;

export function watchByInotify(c: Libc, root: string, ignoreTop: string, events: WatchEvents): () => void {
  const watch = new TreeWatch(c, guarded(root, () => Deno.realPathSync(root)), ignoreTop, events);
  watch.start();
  return () => watch.stop();
}

class TreeWatch {
  readonly #c: Libc;
  readonly #root: string;
  readonly #ignoreTop: string;
  readonly #events: WatchEvents;
  readonly #buffer = new Uint8Array(READ_BYTES);
  /** The watched directories by the kernel's number for them, and back. */
  readonly #pathOf = new Map<number, string>();
  readonly #watchOf = new Map<string, number>();
  /** Directories still to be watched and listed. */
  readonly #ahead: string[] = [];
  #sliceTimer: ReturnType<typeof setTimeout> | undefined;
  /** Of the root's disk, where that counts the directories in a directory; null elsewhere. */
  #countedDev: number | null = null;
  #fd = -1;
  #release: () => void = () => {};
  #open = true;

  constructor(c: Libc, root: string, ignoreTop: string, events: WatchEvents) {
    this.#c = c;
    this.#root = root;
    this.#ignoreTop = ignoreTop;
    this.#events = events;
  }

  start(): void {
    this.#fd = this.#c.inotify_init1(NONBLOCK_CLOEXEC);
    if (this.#fd < 0) {
      return this.#end("There are no more inotify instances (raise fs.inotify.max_user_instances)");
    }
    const release = onReadable(this.#c, this.#fd, {
      readable: () => this.#drain(),
      failed: (reason) => this.#end(reason),
    });
    if (release === null) {
      this.#c.close(this.#fd);
      return this.#end("There are no more file descriptors");
    }
    this.#release = release;
    this.#countedDev = countedDevOf(this.#root);
    this.#ahead.push("");
    this.#walk(FIRST_SLICE_MS, false);
  }

  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#sliceTimer);
    this.#release();
  }

  /** Ends the watch from this side. `gone` is told later: the caller may still be inside `watch`. */
  #end(reason: string): void {
    if (!this.#open) return;
    this.stop();
    queueMicrotask(() => this.#events.gone(reason));
  }

  /** Takes what one read gives; what is left makes the next poll return at once, others in between. */
  #drain(): void {
    const filled = Number(this.#c.read(this.#fd, this.#buffer, BigInt(READ_BYTES)));
    if (filled <= 0) return;
    const hints = new Set<string>();
    for (const event of eventsIn(this.#buffer, filled)) {
      this.#take(event, hints);
      if (!this.#open) return;
    }
    for (const path of hints) this.#hint(path);
    this.#walk(SLICE_MS, true);
  }

  #take({ watch, mask, name }: InotifyEvent, hints: Set<string>): void {
    if (mask & MASK.overflow) return this.#lookAtAll();
    const dir = this.#pathOf.get(watch);
    if (dir === undefined) return; // of a directory that was given up meanwhile
    if (mask & MASK.ignored) return this.#forget(dir, watch);
    if (name === "") {
      const left = mask & (MASK.deleteSelf | MASK.moveSelf | MASK.unmount);
      if (dir === "" && left) return this.#end(`${this.#root} was removed, moved or unmounted`);
      hints.add(dir);
      return;
    }
    const path = dir === "" ? name : `${dir}/${name}`;
    if (mask & MASK.isDir) {
      if (mask & MASK.movedFrom) this.#forgetTree(path);
      if (mask & (MASK.create | MASK.movedTo)) this.#ahead.push(path);
    }
    hints.add(path);
  }

  /** The kernel's queue ran over: directories may have come unseen, and anything may have changed. */
  #lookAtAll(): void {
    this.#ahead.length = 0;
    this.#ahead.push("");
    this.#walk(0, true);
  }

  /** Watches and lists the directories ahead for `forMs`; goes on later with those that are left. */
  #walk(forMs: number, announced: boolean): void {
    if (this.#sliceTimer !== undefined) return; // is at it
    const until = performance.now() + forMs;
    while (this.#open && this.#ahead.length > 0) {
      if (performance.now() > until) {
        this.#sliceTimer = setTimeout(() => {
          this.#sliceTimer = undefined;
          this.#walk(SLICE_MS, true);
        }, 0);
        return;
      }
      const dir = this.#ahead.pop()!;
      if (!this.#add(dir)) continue;
      if (announced) this.#hint(dir);
      if (dir !== this.#ignoreTop) this.#lookInto(dir);
    }
  }

  #lookInto(dir: string): void {
    try {
      if (this.#hasNoDirectories(dir)) return;
      for (const { name, kind } of listDirectory(this.#absolute(dir))) {
        if (kind === "directory") this.#ahead.push(dir === "" ? name : `${dir}/${name}`);
      }
    } catch {
      // It went, or may not be read. Listing it for the scan says which, with its path and remedy.
    }
  }

  #hasNoDirectories(dir: string): boolean {
    if (this.#countedDev === null) return false;
    const stat = lstat(this.#absolute(dir));
    return stat?.dev === this.#countedDev && stat.links === OWN_LINKS;
  }

  /** Watches a directory. False when there is none to watch. */
  #add(dir: string): boolean {
    const flags = dir === "" ? WANTED : WANTED | MASK.dontFollow;
    const watch = this.#c.inotify_add_watch(this.#fd, cString(this.#absolute(dir)), flags);
    if (watch < 0) {
      const why = errno(this.#c);
      if (why === ERRNO.ENOSPC) {
        this.#end("There are no more inotify watches (raise fs.inotify.max_user_watches)");
      } else if (dir === "") {
        this.#end(`Cannot watch ${this.#root}: errno ${why}`);
      }
      return false;
    }
    const before = this.#pathOf.get(watch);
    if (before !== undefined && before !== dir) this.#watchOf.delete(before); // the same directory, moved
    this.#pathOf.set(watch, dir);
    this.#watchOf.set(dir, watch);
    return true;
  }

  #forget(dir: string, watch: number): void {
    this.#pathOf.delete(watch);
    if (this.#watchOf.get(dir) === watch) this.#watchOf.delete(dir);
  }

  /** A directory that moved is watched anew where it turns up; below it the paths are all others. */
  #forgetTree(top: string): void {
    const below = `${top}/`;
    for (const [dir, watch] of this.#watchOf) {
      if (dir !== top && !dir.startsWith(below)) continue;
      this.#c.inotify_rm_watch(this.#fd, watch);
      this.#forget(dir, watch);
    }
  }

  #hint(path: string): void {
    const hint = this.#open ? hintOf(path, this.#ignoreTop) : null;
    if (hint !== null) this.#events.hint(hint);
  }

  #absolute(dir: string): string {
    return dir === "" ? this.#root : `${this.#root}/${dir}`;
  }
}

/** The device number of a directory's disk, where that counts the directories in a directory; else, and where it does not tell, null. */
function countedDevOf(root: string): number | null {
  try {
    return COUNTS_DIRECTORIES.has(fs.statfsSync(root).type) ? lstat(root)?.dev ?? null : null;
  } catch {
    return null;
  }
}
