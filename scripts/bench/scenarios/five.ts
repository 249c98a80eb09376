/** Five devices: a large file reaches one other, then all four. */
import { sizeAt } from "../arrival.ts";
import { makeLargeFile } from "../content.ts";
import type { Figures } from "../figures.ts";
import type { Stage } from "../stage.ts";
import type { Suite } from "../suite.ts";
import { LARGE_REST_S, sizeText } from "./big.ts";
import { withLastWords } from "./pair.ts";

const NAMES = ["A", "B", "C", "D", "E"];
const SEED = 17;

export const five: Suite = {
  scenarios: [{
    name: "five",
    title: ({ bigBytes }) => `${sizeText(bigBytes)} from one device to one other, and to four`,
  }],
  hasPeer: false,
  isLong: false,
  wantsNamespaces: false,
  diskBytes: ({ bigBytes }) => 2 * NAMES.length * bigBytes + bigBytes,
  async run(bench, _chosen, _peer, tell) {
    const stage = await bench.openCairn(NAMES);
    try {
      const send = (name: string, seed: number, to: readonly string[]) =>
        sendFile(stage, name, bench.sizes.bigBytes, seed, to);
      await stage.peer.start("A");
      await stage.peer.start("B");
      await stage.settle();
      bench.say("cairn: five, to one …");
      const { s: one } = await send("one.bin", SEED, ["B"]);
      for (const host of ["C", "D", "E"]) await stage.peer.start(host);
      await stage.settle(LARGE_REST_S);
      bench.say("cairn: five, to four …");
      const all = await send("all.bin", SEED + 1, ["B", "C", "D", "E"]);
      await stage.verify();
      const { s: _, ...figures } = all;
      tell("five", { ...figures, one_s: one!, all_s: all["s"]!, all_to_one: all["s"]! / one! });
    } catch (error) {
      throw withLastWords(error, stage.peer.lastWords());
    } finally {
      await stage.close();
    }
  },
};

function sendFile(
  stage: Stage,
  name: string,
  bytes: number,
  seed: number,
  to: readonly string[],
): Promise<Figures> {
  makeLargeFile(`${stage.aside}/${name}`, bytes, seed);
  return stage.measure(
    `${name} to reach ${to.join(", ")}`,
    () => Deno.renameSync(`${stage.aside}/${name}`, stage.at("A", name)),
    () => to.every((host) => sizeAt(stage.at(host, name)) === bytes),
  );
}
