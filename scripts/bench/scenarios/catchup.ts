/** What one device has missed while it was off: a tenth of the small files. The clock starts with its process. */
import { formatCount } from "../../../src/cli/format.ts";
import { allOf, haveSameBytes } from "../arrival.ts";
import { RandomBytes, SMALL_BYTES, smallPath } from "../content.ts";
import type { Scenario, Sizes } from "../suite.ts";
import { sleep } from "../wait.ts";
import { manyCount, requireMany } from "./many.ts";

const SEED = 2;
const OFF_MS = 1000;
/** Time for the device that stays to see all of it, whichever program it is. */
const REST_S = 8;

function changedCount(sizes: Sizes): number {
  return Math.max(1, Math.floor(manyCount(sizes) / 10));
}

export const catchup: Scenario = {
  name: "catchup",
  title: (sizes) => `${formatCount(changedCount(sizes))} files changed while a device was off`,
  async run(stage, { sizes }) {
    const many = await requireMany(stage, manyCount(sizes));
    await stage.settle();
    stage.notePeaks();
    await stage.peer.stop("B");
    await sleep(OFF_MS);
    const random = new RandomBytes(SEED);
    const paths = Array.from({ length: changedCount(sizes) }, (_, i) => `${many}/${smallPath(i)}`);
    for (const path of paths) Deno.writeFileSync(stage.at("A", path), random.next(SMALL_BYTES));
    await sleep(REST_S * 1000);
    return await stage.measure(
      "the changed files",
      () => stage.peer.start("B"),
      allOf(paths, (path) => haveSameBytes(stage.at("A", path), stage.at("B", path))),
    );
  },
};
