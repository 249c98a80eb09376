/** Plays scenarios and gathers what they found. */
import { Cairn } from "./cairn.ts";
import { Cleanup } from "./cleanup.ts";
import type { Figures, Sample } from "./figures.ts";
import { formatFigure } from "./format.ts";
import type { Options } from "./options.ts";
import type { Peer, PeerName } from "./peer.ts";
import { Floor, FLOOR_SCENARIOS } from "./floor/peer.ts";
import { openStage } from "./stage.ts";
import type { Bench, Suite } from "./suite.ts";
import { Syncthing } from "./syncthing.ts";
import { LINES } from "./targets.ts";

/** What was found so far; it grows while scenarios are played. */
export interface Found {
  readonly samples: Sample[];
  /** What went wrong, in words: a scenario that was not over in time, trees that differ. */
  readonly failures: string[];
}

/** What a run may use: a directory of its own, and who takes all of it away. */
export interface Surroundings {
  readonly work: string;
  readonly cleanup: Cleanup;
  /** Where Cairn's devices leave CPU profiles; null: nowhere. */
  readonly profileDir: string | null;
  say(line: string): void;
}

/** Gives suites their stages. Each has a directory of its own in `work`. */
export function openBench(options: Options, { work, cleanup, profileDir, say }: Surroundings): Bench {
  let count = 0;
  const fresh = () => {
    const path = `${work}/${++count}`;
    Deno.mkdirSync(path);
    return path;
  };
  const bench: Bench = {
    sizes: options.sizes,
    cleanup,
    say,
    open: (peer, names) => {
      if (peer === "cairn") return bench.openCairn(names);
      return openStage<Peer>(fresh(), names, cleanup, peer === "floor" ? Floor.create : Syncthing.create);
    },
    openCairn: (names, lans = [names], at) =>
      openStage(
        fresh(),
        names,
        cleanup,
        (site, own) => new Cairn(site, { command: options.command, profileDir, at: at ?? null }, own),
        lans,
      ),
  };
  return bench;
}

/**
 * Plays the chosen scenarios as often as `options.runs` says. Programs that are compared take turns, and each begins as often as the other, so that
 * a machine that gets busier meets both. A failure ends its suite, in that run and for that program; all else goes on. An interruption ends all.
 */
export async function play(
  suites: readonly Suite[],
  options: Options,
  bench: Bench,
  { samples, failures }: Found,
): Promise<void> {
  const chosen = new Set(options.scenarios);
  for (const suite of suites) {
    const runs = suite.isLong ? 1 : options.runs;
    for (let run = 1; run <= runs; run++) {
      const peers: PeerName[] = ["cairn"];
      if (options.withSyncthing && suite.hasPeer) peers.push("syncthing");
      if (
        options.withFloor && suite.scenarios.some(({ name }) => chosen.has(name) && FLOOR_SCENARIOS.has(name))
      ) {
        peers.push("floor");
      }
      for (const peer of run % 2 === 0 ? peers.toReversed() : peers) {
        const tell = (scenario: string, figures: Figures, files?: number) => {
          samples.push({ scenario, peer, run, ...(files === undefined ? {} : { files }), figures });
          bench.say(`${peer}: ${scenario}, run ${run}: ${inShort(scenario, figures)}`);
        };
        try {
          await suite.run(
            bench,
            peer === "floor" ? chosen.intersection(FLOOR_SCENARIOS) : chosen,
            peer,
            tell,
          );
        } catch (error) {
          if (bench.cleanup.isInterrupted) return;
          const message = error instanceof Error ? error.message : String(error);
          failures.push(`${peer}, run ${run}: ${message}`);
          bench.say(`failed: ${message}`);
        }
      }
    }
  }
}

/** Those figures that the report will have. */
function inShort(scenario: string, figures: Figures): string {
  const shown = LINES.filter((line) => line.scenario === scenario && line.figure in figures);
  return shown.map(({ figure }) => `${figure} ${formatFigure(figure, figures[figure]!)}`).join(", ");
}
