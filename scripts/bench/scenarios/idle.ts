/** What devices cost that have nothing to do. */
import { formatCount } from "../../../src/cli/format.ts";
import type { Scenario } from "../suite.ts";
import { sleep } from "../wait.ts";
import { manyCount, requireMany } from "./many.ts";

const REST_S = 5;
const IDLE_S = 30;

export const idle: Scenario = {
  name: "idle",
  title: (sizes) => `${IDLE_S} s with ${formatCount(manyCount(sizes))} files and nothing to do`,
  async run(stage, { sizes }) {
    await requireMany(stage, manyCount(sizes));
    await stage.settle(REST_S);
    const meter = await stage.meter();
    await sleep(IDLE_S * 1000);
    return await meter.end();
  },
};
