/** Two devices, A and B, that go through the scenarios in this order; what one leaves is there for the next. */
import { SMALL_BYTES } from "../content.ts";
import type { Scenario, Suite } from "../suite.ts";
import { big, patch, rename } from "./big.ts";
import { catchup } from "./catchup.ts";
import { edit } from "./edit.ts";
import { idle } from "./idle.ts";
import { insert } from "./insert.ts";
import { manyCount, mvdir, small } from "./many.ts";

const SCENARIOS: readonly Scenario[] = [small, idle, edit, catchup, mvdir, big, patch, rename, insert];
const REST_S = 8;

export const pair: Suite = {
  scenarios: SCENARIOS,
  hasPeer: true,
  isLong: false,
  wantsNamespaces: false,
  // Both trees; what is staged, what is kept of what was replaced, what is rewritten; home and file system for each small file.
  diskBytes: (sizes) => 7 * sizes.bigBytes + manyCount(sizes) * (3 * SMALL_BYTES + 4096),
  async run(bench, chosen, peer, tell) {
    const stage = await bench.open(peer, ["A", "B"]);
    try {
      for (const host of stage.names) await stage.peer.start(host);
      await stage.settle(REST_S);
      for (const scenario of SCENARIOS) {
        if (!chosen.has(scenario.name)) continue;
        bench.say(`${peer}: ${scenario.name} (${scenario.title(bench.sizes)}) …`);
        const figures = await scenario.run(stage, bench);
        await stage.verify();
        tell(scenario.name, figures);
      }
    } catch (error) {
      throw withLastWords(error, stage.peer.lastWords());
    } finally {
      await stage.close();
    }
  },
};

/** The error with what the devices said last. */
export function withLastWords(error: unknown, words: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`${message}\n${words}`, { cause: error });
}
