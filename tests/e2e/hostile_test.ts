/** The fuzzer's attacks on a real device, half a minute of them: it stands, and the honest are served (docs/security.md, "Hostile peers"). */
import assert from "node:assert/strict";
import { LANES, prepareField } from "../../scripts/fuzz/field.ts";
import { runFuzzer } from "../../scripts/fuzz/runner.ts";
import { PATIENCE_MS, World } from "../support/pair.ts";

Deno.test({
  name:
    "attacked from all sides, a device stands, stays small, touches nothing else, and serves honest peers",
  ignore: Deno.build.os !== "linux", // /proc tells how it is
  async fn() {
    await using world = new World();
    const field = await prepareField(world);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const said: string[] = [];
    const summary = await runFuzzer(field, {
      minutes: 0.5,
      seed,
      lanes: LANES,
      only: "",
      from: 0,
      // The whole suite may run beside us: what is measured here is that it works, not how fast.
      patienceMs: PATIENCE_MS,
      answerMs: PATIENCE_MS,
      commandEveryMs: 10_000,
      say: (line) => said.push(line),
    });
    const story = [...summary.violations, ...summary.broken, ...summary.history, ...said].join("\n");
    assert.deepEqual(summary.violations, [], `seed ${seed}\n${story}`);
    assert.deepEqual([...summary.broken.keys()], [], story);
    assert.ok(summary.cases > 10 && summary.latencies.count > 2, story);
  },
});
