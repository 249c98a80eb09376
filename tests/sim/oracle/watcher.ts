/**
 * Looks over the shoulder of everybody who changes a disk, at every single change: keeps what stands at each path and which acts
 * of users that stands for, and sees what a reader in a tight loop would see.
 *
 *  - Nothing outside the root and the home is touched by the daemon.
 *  - The daemon never writes into a file of the tree, and what it puts there is whole: a content that some user's file had.
 *  - What the daemon replaces or takes away is what its own row says: it has been seen (invariant 3).
 *  - A path where the daemon replaces a file by a file is at no moment empty.
 */
import { HOME, ROOT, type SimDevice } from "../world/device.ts";
import type { Scheduler } from "../world/scheduler.ts";
import type { RelPath } from "../../../src/core/ids.ts";
import type { DiskKind } from "../plan/step.ts";
import type { MutationKind } from "../disk/sim_disk.ts";
import { type ContentKey, describe, keyOf, losableKey } from "./contents.ts";
import type { Act, History } from "./history.ts";
import type { Rots } from "./rot.ts";

const OWN = ".cairn";

interface Standing {
  readonly content: ContentKey;
  readonly acts: readonly Act[];
}

interface Lost extends Standing {
  /** See `losableKey`. */
  readonly key: string;
}

export class DiskOracle {
  readonly #device: SimDevice;
  readonly #history: History;
  readonly #scheduler: Scheduler;
  readonly #fail: (what: string) => void;
  readonly #rots: Rots;
  readonly #hasHardLinks: boolean;
  /** False where times are so coarse that a change may look like none (failure model, window 6). */
  readonly #seesAll: boolean;
  /** Files and symlinks of the tree, by path relative to the root. */
  #standing = new Map<string, Standing>();
  /** In which event the daemon took a file away from a path. */
  readonly #taken = new Map<string, number>();

  constructor(
    device: SimDevice,
    history: History,
    scheduler: Scheduler,
    { hardLinks, grainMs }: DiskKind,
    rots: Rots,
    fail: (what: string) => void,
  ) {
    this.#device = device;
    this.#history = history;
    this.#scheduler = scheduler;
    this.#hasHardLinks = hardLinks;
    this.#seesAll = grainMs < 1;
    this.#fail = fail;
    this.#rots = rots;
    device.disk.observe((op, path, by, from) => this.#changed(op, path, by, from));
  }

  /** The acts that what stands at a path stands for. */
  actsAt(path: string): readonly Act[] {
    return this.#standing.get(path)?.acts ?? [];
  }

  /** Paths of files and symlinks at or below a path. */
  below(path: string): string[] {
    return [...this.#standing.keys()].filter((one) =>
      path === "" || one === path || one.startsWith(`${path}/`)
    );
  }

  #changed(op: MutationKind, path: string, by: "daemon" | "user", from: string | null): void {
    this.#scheduler.trace(`${this.#device.name} ${by} ${op} ${from === null ? "" : `${from} -> `}${path}`);
    const here = relativeTo(path);
    if (here === null) {
      const isHome = path === HOME || path.startsWith(`${HOME}/`) || HOME.startsWith(`${path}/`) ||
        ROOT.startsWith(`${path}/`) || path === ROOT;
      if (by === "daemon" && !isHome) this.#fail(`the daemon touched ${path}, which is none of its business`);
    }
    const there = from === null ? null : relativeTo(from);
    if (by === "daemon") this.#byDaemon(op, here, there);
    else this.#byUser(op, here, there);
  }

  #byDaemon(op: MutationKind, here: string | null, there: string | null): void {
    switch (op) {
      case "rename":
        // A person has said that nothing in the root is what it should be: it is put aside, seen or not.
        if (there !== null && here?.startsWith(PUT_ASIDE)) return this.#move(there, null);
        if (here !== null && !isOwn(here)) this.#unseen(here);
        if (there !== null && !isOwn(there)) {
          this.#unseen(there);
          for (const path of this.below(there)) this.#taken.set(path, this.#scheduler.number);
          this.#move(there, here !== null && !isOwn(here) ? here : null);
        }
        if (here !== null && !isOwn(here)) this.#placed(here);
        break;
      case "exchange":
        for (const path of [here, there]) if (path !== null && !isOwn(path)) this.#placed(path);
        break;
      case "link":
      case "symlink":
      case "create":
      case "write":
      case "truncate":
        if (here === null || isOwn(here)) break;
        if (op === "write" || op === "truncate" || op === "create") {
          this.#fail(`the daemon did a ${op} on ${here} itself`);
        }
        this.#placed(here);
        break;
      case "unlink":
        if (here === null || isOwn(here)) break;
        this.#unseen(here);
        this.#taken.set(here, this.#scheduler.number);
        this.#standing.delete(here);
        break;
      default:
        break;
    }
  }

  /** The file or symlink that stood at a path until now must be the one that the daemon's row tells of. */
  #unseen(path: string): void {
    const standing = this.#standing.get(path);
    const replica = this.#device.folder?.replica;
    if (standing === undefined || replica === undefined || !this.#seesAll) return;
    // A disk that lied has other bytes there behind the same times: its reader alone would notice.
    if (this.#device.unreliable.has(path)) return;
    // Bytes that the disk may not have are written anew: what stood there stands there, or is about to.
    if (
      keyOf(this.#device.disk.peek(`${ROOT}/${path}`)) === standing.content ||
      this.#isStaged(standing.content)
    ) return;
    const entry = replica.own(path as RelPath)?.row.entry ?? null;
    const known = entry?.kind === "symlink"
      ? `l:${entry.target}`
      : entry?.content === null || entry === null
      ? null
      : this.#history.keyOfContent(entry.content);
    const before = this.#rots.beforeVague(standing.content);
    if (known !== standing.content && (before === null || known !== before)) {
      this.#fail(`the daemon replaced or took ${path}, which it had not seen: ${describe(standing.content)}`);
    }
  }

  #placed(path: string): void {
    const peek = this.#device.disk.peek(`${ROOT}/${path}`);
    this.#rots.copied(this.#device, peek, this.#standing.get(path)?.content ?? null);
    const content = this.#rots.meant(this.#device, peek);
    if (content === null) return;
    if (!this.#history.isKnown(content)) {
      this.#fail(`the daemon put something at ${path} that nobody ever had: ${describe(content)}`);
    }
    if (this.#taken.get(path) === this.#scheduler.number && this.#hasHardLinks) {
      this.#fail(`${path} was empty for a moment while the daemon replaced it`);
    }
    this.#standing.set(path, { content, acts: this.#history.standingFor(path, content) });
  }

  #byUser(op: MutationKind, here: string | null, there: string | null): void {
    switch (op) {
      case "rename":
        if (there !== null && !isOwn(there)) this.#move(there, here);
        break;
      case "unlink":
        if (here === null) break;
        this.#standing.delete(here);
        if (this.#isUnrecorded(here as RelPath)) this.#device.unsettled.add(here);
        break;
      default: {
        if (here === null || isOwn(here)) return;
        const content = keyOf(this.#device.disk.peek(`${ROOT}/${here}`));
        if (content === null) return;
        // What a user's program leaves in between is seen, and nobody misses it.
        this.pass(content, `${ROOT}/${here}`);
        const acts = this.#standing.get(here)?.acts ?? [];
        this.#standing.set(here, { content, acts });
      }
    }
  }

  /** The daemon placed it, a sync failed, and no row tells of it yet: that it goes now says nothing to anyone. */
  #isUnrecorded(path: RelPath): boolean {
    const replica = this.#device.folder?.replica;
    return replica !== undefined && replica.own(path) === null &&
      replica.intents.at(path, null)?.isPlaced === true;
  }

  /** Notes a content that a user made, which stands at `at`, an absolute path. */
  pass(content: ContentKey, at: string): void {
    if (!this.#history.isKnown(content)) this.#history.pass(content);
    if (content.startsWith("l:")) return;
    this.#history.identify(content, () => this.#device.disk.peek(at)!.identity().content);
  }

  /** What stands at the path is nobody's wish, but it is there. */
  reread(path: string): void {
    const content = keyOf(this.#device.disk.peek(`${ROOT}/${path}`))!;
    this.pass(content, `${ROOT}/${path}`);
    this.#standing.set(path, { content, acts: this.actsAt(path) });
  }

  #move(from: string, to: string | null): void {
    for (const path of this.below(from)) {
      const standing = this.#standing.get(path)!;
      this.#standing.delete(path);
      if (to !== null) this.#standing.set(to + path.slice(from.length), standing);
    }
  }

  /** A user's act at a path is done: from now on what stands there stands for it. */
  acted(path: string, act: Act): void {
    const content = keyOf(this.#device.disk.peek(`${ROOT}/${path}`));
    if (content !== null) this.pass(content, `${ROOT}/${path}`);
    if (content !== null && content === act.content) this.#standing.set(path, { content, acts: [act] });
  }

  #isStaged(content: ContentKey): boolean {
    let isStaged = false;
    this.#device.disk.walk(`${ROOT}/${OWN}/stage`, (_, peek) => isStaged ||= keyOf(peek) === content);
    return isStaged;
  }

  /** The disk went back to what was durable. Answers what stood in the tree before and does not now, by content; and where something changed. */
  wentBack(): { readonly lost: readonly Lost[]; readonly changed: readonly string[] } {
    const former = this.#standing;
    const before = [...former].map(([path, { content, acts }]) => ({
      content,
      acts,
      key: losableKey(content, path),
    }));
    this.#standing = new Map();
    const there = new Set<string>();
    this.#device.disk.walk(ROOT, (path, peek) => {
      const content = this.#rots.meant(this.#device, peek);
      if (content === null) return;
      there.add(losableKey(content, path));
      // What a program wrote into a file after that had gone into the version store is torn like all else.
      if (!isOwn(path) || path.startsWith(`${OWN}/versions/`)) this.pass(content, `${ROOT}/${path}`);
      if (isOwn(path)) return;
      this.#standing.set(path, { content, acts: this.#history.standingFor(path, content) });
    });
    // What was written into a file that had been taken away is in the version store, and no row tells of it.
    const vague = this.#history.acts.filter(({ device, isVague }) =>
      isVague && device === this.#device.index
    );
    const aside = vague.map((act) => ({ content: act.content!, acts: [act], key: act.content! }));
    const changed = [...new Set([...former.keys(), ...this.#standing.keys()])]
      .filter((path) => former.get(path)?.content !== this.#standing.get(path)?.content);
    return { lost: [...before, ...aside].filter(({ key }) => !there.has(key)), changed };
  }
}

/** Relative to the root; null outside of it. */
function relativeTo(path: string): string | null {
  return path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : null;
}

const PUT_ASIDE = `${OWN}/put-back-`;

function isOwn(path: string): boolean {
  return path === OWN || path.startsWith(`${OWN}/`);
}
