/** The watcher of a process: hints about what changes on the disk, as unreliable as it is told to be. */
import type { Watcher, WatchEvents } from "../../../src/platform/ports.ts";
import { hintOf } from "../../../src/platform/real/watch_hint.ts";
import { isAtOrBelow } from "./faults.ts";
import type { MutationKind } from "./observers.ts";
import { type Process, ProcessDied } from "./process.ts";
import type { Rng } from "./rng.ts";

/** How the watchers of this disk behave. May be changed at any time. */
export interface WatchBehaviour {
  /** Each hint's own chance to be lost. 0 by default. */
  loss: number;
  /** To be told twice. */
  duplicate: number;
  /** To be told as its directory's. */
  toParent: number;
  /** A hint about something that did not happen comes along. */
  bogus: number;
  /** A burst's hints come together, after a time between these two. 1 and 20 by default. */
  minDelayMs: number;
  maxDelayMs: number;
}

export const USUAL_WATCH: WatchBehaviour = {
  loss: 0,
  duplicate: 0,
  toParent: 0,
  bogus: 0,
  minDelayMs: 1,
  maxDelayMs: 20,
};

/** `all` holds a way to end each watch from outside. */
export function simWatcher(
  process: Process,
  behaviour: WatchBehaviour,
  rng: Rng,
  all: Set<(reason: string) => void>,
): Watcher {
  return {
    // Every path is told of, wherever it comes.
    get announcesDirectories() {
      return behaviour.loss === 0;
    },
    watch(root, ignoreTop, events) {
      if (!process.alive) throw new ProcessDied();
      const real = process.tree.realPath(root, process);
      const watch = new Watch(process, behaviour, rng, real, ignoreTop, events);
      const end = (reason: string) => watch.end(reason);
      all.add(end);
      watch.start(() => all.delete(end));
      return () => watch.stop();
    },
  };
}

class Watch {
  readonly #process: Process;
  readonly #behaviour: WatchBehaviour;
  readonly #rng: Rng;
  readonly #root: string;
  readonly #below: string;
  readonly #ignoreTop: string;
  readonly #events: WatchEvents;
  #waiting = new Set<string>();
  #open = true;
  #release: () => void = () => {};

  constructor(
    process: Process,
    behaviour: WatchBehaviour,
    rng: Rng,
    root: string,
    ignoreTop: string,
    events: WatchEvents,
  ) {
    this.#process = process;
    this.#behaviour = behaviour;
    this.#rng = rng;
    this.#root = root;
    this.#below = root === "/" ? "/" : `${root}/`;
    this.#ignoreTop = ignoreTop;
    this.#events = events;
  }

  start(ended: () => void): void {
    const { tree, atDeath } = this.#process;
    const see = (path: string, op: MutationKind | "close") => this.#see(path, op);
    const stop = () => this.stop();
    tree.watchers.add(see);
    atDeath.add(stop);
    this.#release = () => {
      tree.watchers.delete(see);
      atDeath.delete(stop);
      ended();
    };
  }

  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting.clear();
    this.#release();
  }

  /** Ends the watch from this side; told later, since the caller may be in the middle of something. */
  end(reason: string): void {
    if (!this.#open) return;
    this.stop();
    this.#later(() => this.#events.gone(reason));
  }

  #see(path: string, op: MutationKind | "close"): void {
    if (path.startsWith(this.#below)) return this.#queue(path.slice(this.#below.length));
    if (!isAtOrBelow(path, this.#root)) return;
    if (
      op === "rename" || op === "exchange" || op === "removeDirectory" || op === "mount" || op === "unmount"
    ) {
      this.end(`${this.#root} was removed, moved or unmounted`);
    } else if (path === this.#root) this.#queue("");
  }

  #queue(path: string): void {
    const hint = hintOf(path, this.#ignoreTop);
    const { loss, toParent, bogus } = this.#behaviour;
    if (hint === null || this.#rng.chance(loss)) return;
    if (this.#waiting.size === 0) this.#later(() => this.#deliver());
    this.#waiting.add(hint);
    if (this.#rng.chance(toParent)) {
      this.#waiting.delete(hint);
      this.#waiting.add(hint.slice(0, Math.max(0, hint.lastIndexOf("/"))));
    }
    if (this.#rng.chance(bogus)) this.#waiting.add(`${hint}.not-there`);
  }

  #deliver(): void {
    if (!this.#open) return;
    const hints = [...this.#waiting];
    this.#waiting.clear();
    for (const hint of hints) {
      this.#tell(hint);
      if (this.#rng.chance(this.#behaviour.duplicate)) this.#later(() => this.#tell(hint));
    }
  }

  #tell(hint: string): void {
    if (this.#open) this.#events.hint(hint);
  }

  #later(run: () => void): void {
    const { minDelayMs, maxDelayMs } = this.#behaviour;
    const delayMs = minDelayMs + this.#rng.next() * (maxDelayMs - minDelayMs);
    this.#process.machine.after(delayMs, () => {
      if (this.#process.alive) run();
    });
  }
}
