/** What a suite of scenarios is, and what it is given. */
import type { Cleanup } from "./cleanup.ts";
import type { Figures } from "./figures.ts";
import type { Peer, PeerName } from "./peer.ts";
import type { Stage } from "./stage.ts";
import type { Cairn } from "./cairn.ts";

export interface Sizes {
  /** The number of files that was asked for; null: the scenario's own. */
  readonly files: number | null;
  /** The size of what is "1 GiB" by default; "256 MiB" is a quarter of it. */
  readonly bigBytes: number;
}

/** Where scenarios are run. */
export interface Bench {
  readonly sizes: Sizes;
  readonly cleanup: Cleanup;
  /** A line for who waits. */
  say(line: string): void;
  /** Hosts with a program, whose devices do not run yet. */
  open(peer: PeerName, names: readonly string[]): Promise<Stage<Peer>>;
  /** The same with Cairn; `lans` are the hosts of each network, and `at` says where joining hosts reach the first. */
  openCairn(
    names: readonly string[],
    lans?: readonly (readonly string[])[],
    at?: (host: string, port: number) => string,
  ): Promise<Stage<Cairn>>;
}

/** A scenario that is played on a stage with others before it. */
export interface Scenario {
  readonly name: string;
  /** What is done, in a few words. */
  title(sizes: Sizes): string;
  run(stage: Stage, bench: Bench): Promise<Figures>;
}

export type Tell = (scenario: string, figures: Figures, files?: number) => void;

/** Scenarios that follow on each other in one place. */
export interface Suite {
  /** Each with what is done in it, in a few words. */
  readonly scenarios: readonly { readonly name: string; title(sizes: Sizes): string }[];
  /** Whether other programs can play it too. */
  readonly hasPeer: boolean;
  /** It takes so long that once is enough. */
  readonly isLong: boolean;
  /** Wires of its own are needed. */
  readonly wantsNamespaces: boolean;
  /** What it needs on disk at most. */
  diskBytes(sizes: Sizes): number;
  /** Plays those of its scenarios that are chosen, and whatever they need before them; tells each as it ends. */
  run(bench: Bench, chosen: ReadonlySet<string>, peer: PeerName, tell: Tell): Promise<void>;
}
