/** Runs seeds that `scripts/sim.ts` hands out, one line of JSON each way. */
import { generatePlan, type PlanOptions } from "../tests/sim/plan/generate.ts";
import { runPlan } from "../tests/sim/run.ts";

export interface Seeds {
  readonly from: number;
  readonly count: number;
}

export interface Order extends Seeds {
  readonly options: PlanOptions;
}

/** What came of one seed. */
export interface Answer {
  readonly failures: readonly { readonly seed: number; readonly failure: string }[];
  /** The order is done. */
  readonly isLast: boolean;
}

async function work({ from, count, options }: Order): Promise<void> {
  for (let seed = from; seed < from + count; seed++) {
    const { failure } = await runPlan(generatePlan(seed, options));
    const answer: Answer = {
      failures: failure === null ? [] : [{ seed, failure }],
      isLast: seed === from + count - 1,
    };
    console.log(JSON.stringify(answer));
  }
}

if (import.meta.main) {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const orders = (rest + text).split("\n");
    rest = orders.pop()!;
    for (const order of orders) await work(JSON.parse(order));
  }
}
