/** Does what a user's step says on the tree as it is, and tells the oracle what was done knowingly. */
import { FsError } from "../../../src/platform/ports.ts";
import type { DiskUser, Peek } from "../disk/sim_disk.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { type ContentKey, contentOf, keyOf } from "../oracle/contents.ts";
import type { Act, History } from "../oracle/history.ts";
import type { Rots } from "../oracle/rot.ts";
import type { DiskOracle } from "../oracle/watcher.ts";
import type { UserStep } from "./step.ts";

export class SimUser {
  readonly #device: SimDevice;
  readonly #oracle: DiskOracle;
  readonly #history: History;
  readonly #scheduler: Scheduler;
  readonly #rots: Rots;

  constructor(device: SimDevice, oracle: DiskOracle, history: History, scheduler: Scheduler, rots: Rots) {
    this.#device = device;
    this.#oracle = oracle;
    this.#history = history;
    this.#scheduler = scheduler;
    this.#rots = rots;
  }

  get #user(): DiskUser {
    return this.#device.disk.user;
  }

  /** False when the tree does not allow it. */
  do(step: UserStep): boolean {
    const paths = ["to" in step ? step.to : step.path, step.path];
    // Who works with a damaged file makes an edit of it, and sees that it is none of his: nobody does.
    if (this.#rots.isNear(this.#device, paths)) return false;
    const before = paths.map((path) => this.#oracle.actsAt(path));
    try {
      return this.#do(step);
    } catch (error) {
      // The disk is full: the user's program stops where it is, and what it has overwritten by then is gone.
      if (!(error instanceof FsError)) throw error;
      paths.forEach((path, i) => this.#wroteHalf(path, before[i]!));
      return false;
    }
  }

  /** A damaged file that nothing can heal is good enough: its person touches it, and says so to all. */
  accept(path: string): void {
    const before = this.#oracle.actsAt(path);
    this.#rots.end(this.#device, path);
    this.#user.touch(at(path), this.#device.wallNow());
    this.#wrote(path, before);
  }

  /** What is known of these files is lost: nobody can tell damage from edits any more. */
  acceptAll(paths: readonly string[] = this.#rots.standing(this.#device)): void {
    for (const path of paths) {
      for (const act of this.#oracle.actsAt(path)) act.isLost = true;
      this.#rots.giveUp(this.#device, path);
      this.#oracle.reread(path);
      this.#device.unsettled.add(path);
    }
  }

  #wroteHalf(path: string, before: readonly Act[]): void {
    const content = keyOf(this.#device.disk.peek(at(path)));
    if (before.some((act) => act.content === content)) return;
    this.#history.supersede(before, this.#device.index);
    if (content === null || content === "directory") return;
    // Nobody misses it. But it is an edit, beside which another one of the path is a conflict.
    this.#history.act(this.#device.index, path, content, before, true).isLost = true;
  }

  #do(step: UserStep): boolean {
    const { path } = step;
    const kind = this.#kind(path);
    switch (step.do) {
      case "write":
        if (kind === "directory" || !this.#makeParents(path)) return false;
        return this.#write(step, kind);
      case "append": {
        if (kind !== "file") return false;
        const before = this.#oracle.actsAt(path);
        this.#user.append(at(path), contentOf(step.token, step.size));
        this.#wrote(path, before);
        return true;
      }
      case "truncate": {
        if (kind !== "file") return false;
        const before = this.#oracle.actsAt(path);
        const size = this.#device.disk.peek(at(path))!.size;
        this.#user.truncate(at(path), Math.floor(size * step.keep / 100));
        this.#wrote(path, before);
        return true;
      }
      case "rename":
        return this.#rename(path, step.to);
      case "copy": {
        if (
          kind !== "file" || path === step.to || this.#kind(step.to) === "directory" ||
          !this.#makeParents(step.to)
        ) {
          return false;
        }
        const before = this.#oracle.actsAt(step.to);
        if (this.#kind(step.to) !== null) this.#user.rm(at(step.to));
        this.#user.copy(at(path), at(step.to));
        this.#wrote(step.to, before);
        return true;
      }
      case "delete":
        if (kind === null) return false;
        this.#delete(path);
        return true;
      case "mkdir":
        if (kind !== null || !this.#makeParents(path)) return false;
        this.#mkdir(path);
        return true;
      case "symlink": {
        if (kind === "directory" || !this.#makeParents(path)) return false;
        const before = this.#oracle.actsAt(path);
        if (kind !== null) this.#user.rm(at(path));
        this.#user.symlink(`target-${step.token}`, at(path));
        this.#wrote(path, before);
        return true;
      }
      case "chmod":
        if (kind === null || kind === "symlink") return false;
        this.#user.chmod(at(path), kind === "directory" ? step.mode | 0o700 : step.mode);
        return true;
      case "touch":
        if (kind !== "file") return false;
        this.#user.touch(at(path), this.#device.wallNow() - step.backMs);
        return true;
      case "to-directory":
        if (kind !== "file" && kind !== "symlink") return false;
        this.#delete(path);
        this.#mkdir(path);
        this.#user.writeFile(at(`${path}/in`), contentOf(step.token, step.size));
        this.#wrote(`${path}/in`, []);
        return true;
      case "to-file":
        if (kind !== "directory") return false;
        this.#delete(path);
        this.#user.writeFile(at(path), contentOf(step.token, step.size));
        this.#wrote(path, []);
        return true;
    }
  }

  #kind(path: string) {
    return this.#device.disk.peek(at(path))?.kind ?? null;
  }

  /** False when a file is in the way. */
  #makeParents(path: string): boolean {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      const parent = path.slice(0, slash);
      const kind = this.#kind(parent);
      if (kind === "directory") continue;
      if (kind !== null) return false;
      this.#mkdir(parent);
    }
    return true;
  }

  #mkdir(path: string): void {
    this.#user.mkdir(at(path));
    this.#history.act(this.#device.index, path, "directory", []);
  }

  /** What stands at the path is this user's content now; `before` is known to be replaced. */
  #wrote(path: string, before: readonly Act[]): void {
    const content = keyOf(this.#device.disk.peek(at(path)));
    if (content === null) return;
    this.#history.supersede(before, this.#device.index);
    const act = this.#history.act(this.#device.index, path, content, before);
    this.#oracle.acted(path, act);
  }

  #write(step: UserStep & { do: "write" }, kind: string | null): boolean {
    const { path, token, size, how, gapMs } = step;
    const bytes = contentOf(token, size);
    const before = this.#oracle.actsAt(path);
    if (how === "save" || kind === "symlink") this.#user.save(at(path), bytes);
    else if (how === "in-place" || size < 2) this.#user.writeFile(at(path), bytes);
    else {
      this.#writeSlowly(path, bytes, gapMs, before);
      return true;
    }
    this.#wrote(path, before);
    return true;
  }

  /** The half of it, and the rest a while later into the same open file, wherever that is by then. */
  #writeSlowly(path: string, bytes: Uint8Array<ArrayBuffer>, gapMs: number, before: readonly Act[]): void {
    const half = bytes.length >> 1;
    if (this.#kind(path) === null) this.#user.writeFile(at(path), new Uint8Array(0));
    const { ino, birthMs } = this.#device.disk.peek(at(path))!;
    const held = this.#user.hold(at(path));
    held.truncate(0);
    held.write(bytes.subarray(0, half), 0);
    this.#history.supersede(before, this.#device.index);
    // Nobody misses the half. But it is an edit: the machine may go down before it is whole.
    const begun = this.#history.act(
      this.#device.index,
      path,
      keyOf(this.#device.disk.peek(at(path))),
      before,
      true,
    );
    begun.isLost = true;
    const { boots } = this.#device;
    this.#scheduler.after(gapMs, () => {
      // The program went with its machine.
      if (this.#device.boots !== boots) return;
      const is = (peek: Peek | null) => peek !== null && peek.ino === ino && peek.birthMs === birthMs;
      const there = this.#oracle.actsAt(path);
      // Others may have written into it too, or cut it short: that is written over, wherever it stands.
      const former = this.#actsIn(path, is);
      try {
        held.write(bytes.subarray(half), half);
      } catch (error) {
        if (!(error instanceof FsError)) throw error; // the disk is full: so it stays
      }
      held.close();
      if (is(this.#device.disk.peek(at(path)))) return this.#wrote(path, [...before, ...there]);
      // Somebody took the file away while it was open: what it is now stands where they put it, in the tree or the version store.
      let aside: ContentKey | null = null;
      let isInTree = false;
      this.#device.disk.walk(ROOT, (elsewhere, peek) => {
        if (!is(peek)) return;
        aside = keyOf(peek);
        if (aside !== null) this.#oracle.pass(aside, `${ROOT}/${elsewhere}`);
        if (elsewhere.startsWith(".cairn/")) return;
        // No event names the path at which it stands by now: the hourly scan finds it (failure model, window 4).
        this.#device.isUnwatched = true;
        this.#wrote(elsewhere, [...this.#oracle.actsAt(elsewhere), ...former]);
        isInTree = true;
      });
      if (isInTree || aside === null) return;
      this.#history.supersede(former, this.#device.index);
      this.#history.act(this.#device.index, path, aside, before, true);
    });
  }

  /** What a file that was opened at a path holds now, wherever it stands. */
  #actsIn(path: string, is: (peek: Peek) => boolean): readonly Act[] {
    let content: ContentKey | null = null;
    this.#device.disk.walk(ROOT, (_, peek) => {
      if (is(peek)) content = keyOf(peek);
    });
    return content === null ? [] : this.#history.standingFor(path, content);
  }

  #rename(from: string, to: string): boolean {
    const kind = this.#kind(from);
    const there = this.#kind(to);
    if (kind === null || from === to || to.startsWith(`${from}/`) || from.startsWith(`${to}/`)) return false;
    if (there === "directory" || (kind === "directory" && there !== null)) return false;
    if (!this.#makeParents(to)) return false;
    const moved = this.#oracle.below(from).map((path) => [path, this.#oracle.actsAt(path)] as const);
    const replaced = this.#oracle.actsAt(to);
    this.#user.rename(at(from), at(to));
    if (kind === "directory") {
      this.#history.act(this.#device.index, to, "directory", []);
    }
    for (const [path, acts] of moved) {
      const before = kind === "directory" ? acts : [...acts, ...replaced];
      this.#wrote(to + path.slice(from.length), before);
    }
    return true;
  }

  #delete(path: string): void {
    for (const one of this.#oracle.below(path)) {
      const before = this.#oracle.actsAt(one);
      this.#history.supersede(before, this.#device.index, one);
      this.#history.act(this.#device.index, one, null, before);
    }
    if (this.#kind(path) === "directory") this.#user.rmTree(at(path));
    else this.#user.rm(at(path));
  }
}

function at(path: string): string {
  return `${ROOT}/${path}`;
}
