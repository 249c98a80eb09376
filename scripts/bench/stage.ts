/** Hosts with devices of one program, and a place for files beside them: where a scenario is played. */
import { Cleanup } from "./cleanup.ts";
import { removeLarge } from "./disk.ts";
import type { Figures } from "./figures.ts";
import { type Hosts, openHosts } from "./hosts.ts";
import { type Meter, startMeter } from "./meter.ts";
import type { Peer, Site } from "./peer.ts";
import { usageOf } from "./proc.ts";
import { differencesOf } from "./same_trees.ts";
import { ASKING, type Pace, QUICK, sleep, until } from "./wait.ts";

const SETTLE_LIMIT_S = 600;
const QUIET_LIMIT_S = 60;
const QUIET_WINDOW_MS = 1000;
/** A device that uses less than this share of a core does nothing but wait. */
const QUIET_SHARE = 0.03;
/** What a scenario may take before it has failed. */
const LIMIT_S = 600;
/** What comes after the last file, such as times of directories, comes soon. */
const SAME_LIMIT_S = 60;

export class Stage<P extends Peer = Peer> {
  /** What scenarios have put there for the ones behind them. */
  readonly props = new Map<string, string>();
  /** The most memory that any device has had so far, in bytes. */
  peakBytes = 0;

  constructor(
    readonly hosts: Hosts,
    readonly peer: P,
    readonly names: readonly string[],
    /** A directory for files that are made before they are moved in; on the same disk. */
    readonly aside: string,
    readonly close: () => Promise<void>,
  ) {}

  /** The path of a name in what the host shares. */
  at(host: string, name: string): string {
    return `${this.peer.data(host)}/${name}`;
  }

  /** Starts the clock; its bytes are those of the first host. */
  async meter(): Promise<Meter> {
    this.notePeaks();
    const meter = await startMeter(this.hosts, this.peer, this.names[0]!);
    return {
      end: async () => {
        const figures = await meter.end();
        this.notePeaks();
        return figures;
      },
    };
  }

  /** Does something, and measures until its effect is seen. */
  async measure(
    what: string,
    act: () => unknown,
    isDone: () => boolean | Promise<boolean>,
    { pace = QUICK, limitS = LIMIT_S }: { readonly pace?: Pace; readonly limitS?: number } = {},
  ): Promise<Figures> {
    const meter = await this.meter();
    await act();
    await until(what, isDone, pace, limitS);
    return await meter.end();
  }

  /** Takes note of how much memory the devices have had; before one is stopped. */
  notePeaks(): void {
    for (const host of this.peer.running()) {
      this.peakBytes = Math.max(this.peakBytes, usageOf(this.peer.pid(host))?.peakBytes ?? 0);
    }
  }

  /** Waits until all devices say that they are done, and have nothing to do either, but at least `restS` seconds. */
  async settle(restS = 0, limitS = SETTLE_LIMIT_S): Promise<void> {
    const startMs = performance.now();
    await until(
      `${this.peer.name} to be up to date on all hosts`,
      () => this.peer.isSettled(),
      ASKING,
      limitS,
    );
    await this.quiet();
    await sleep(Math.max(0, restS * 1000 - (performance.now() - startMs)));
  }

  /** Waits until no device uses the processor, for a while at most: some are never quite still. */
  async quiet(limitS = QUIET_LIMIT_S): Promise<void> {
    const endMs = performance.now() + limitS * 1000;
    const spent = () => this.peer.running().map((host) => usageOf(this.peer.pid(host))?.cpuS ?? 0);
    for (let before = spent(); performance.now() < endMs;) {
      await sleep(QUIET_WINDOW_MS);
      const now = spent();
      if (now.every((s, i) => s - (before[i] ?? 0) < QUIET_SHARE * QUIET_WINDOW_MS / 1000)) return;
      before = now;
    }
  }

  /** Throws unless all hosts have the same tree as the first, byte for byte. */
  async verify(): Promise<void> {
    const [first, ...others] = this.names;
    for (const host of others) {
      let lines: string[] = [];
      await until(
        `${host} to have the same tree`,
        () => {
          lines = differencesOf(this.peer.data(first!), this.peer.data(host));
          return lines.length === 0;
        },
        { share: 1, leastMs: 500, mostMs: 10_000 },
        SAME_LIMIT_S,
      ).catch((error) => {
        throw new Error(`${error.message}\n${lines.join("\n")}`);
      });
    }
  }
}

/**
 * Makes hosts and what `make` makes of them; starts no device. All of it goes with the stage's `close`, or with the clean-up; but small
 * files stay, for the one to remove who has made `work`, an empty directory.
 */
export async function openStage<P extends Peer>(
  work: string,
  names: readonly string[],
  cleanup: Cleanup,
  make: (site: Site, cleanup: Cleanup) => P | Promise<P>,
  lans: readonly (readonly string[])[] = [names],
): Promise<Stage<P>> {
  const own = new Cleanup();
  const close = cleanup.add(() => own.run());
  own.add(() => removeLarge(work));
  const hosts = await openHosts(lans, own);
  const peer = await make({ hosts, names, work }, own);
  const aside = `${work}/aside`;
  Deno.mkdirSync(aside);
  return new Stage(hosts, peer, names, aside, close);
}
