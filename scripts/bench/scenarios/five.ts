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
/** 100 Mbit/s: so slow that the devices' shared processors are not what is measured. */
const UPLINK_BYTES_PER_S = 12_500_000;

export const five: Suite = {
  scenarios: [{
    name: "five",
    title: ({ bigBytes }) =>
      `${sizeText(bigBytes)} from one device to one other, and to four; then ${sizeText(bigBytes / 2)}, ` +
      `each device sending 100 Mbit/s at most`,
  }],
  hasPeer: false,
  isLong: false,
  wantsNamespaces: false,
  diskBytes: ({ bigBytes }) => 3 * NAMES.length * bigBytes + bigBytes,
  async run(bench, _chosen, _peer, tell) {
    const stage = await bench.openCairn(NAMES);
    const { bigBytes } = bench.sizes;
    try {
      const send = (name: string, seed: number, to: readonly string[], bytes = bigBytes) =>
        sendFile(stage, name, bytes, seed, to);
      const sendSlowly = async (name: string, seed: number, to: readonly string[]) => {
        if (!await limitAll(stage, UPLINK_BYTES_PER_S)) return {};
        const figures = await send(name, seed, to, bigBytes / 2);
        await limitAll(stage, null);
        return figures;
      };
      await stage.peer.start("A");
      await stage.peer.start("B");
      await stage.settle();
      bench.say("cairn: five, to one …");
      const { s: one } = await send("one.bin", SEED, ["B"]);
      await stage.settle();
      const { s: oneSlowly } = await sendSlowly("one-slowly.bin", SEED + 1, ["B"]);
      for (const host of ["C", "D", "E"]) await stage.peer.start(host);
      await stage.settle(LARGE_REST_S);
      bench.say("cairn: five, to four …");
      const others = NAMES.slice(1);
      const all = await send("all.bin", SEED + 2, others);
      await stage.settle(LARGE_REST_S);
      const allSlowly = await sendSlowly("all-slowly.bin", SEED + 3, others);
      await stage.verify();
      const { s: _, ...figures } = all;
      tell("five", {
        ...figures,
        one_s: one!,
        all_s: all["s"]!,
        all_to_one: all["s"]! / one!,
        ...(oneSlowly === undefined ? {} : {
          slow_one_s: oneSlowly,
          slow_all_s: allSlowly["s"]!,
          slow_all_to_one: allSlowly["s"]! / oneSlowly,
          slow_sent_bytes: allSlowly["sent_bytes"] ?? 0,
        }),
      });
    } catch (error) {
      throw withLastWords(error, stage.peer.lastWords());
    } finally {
      await stage.close();
    }
  },
};

/** False where no uplink can be limited. */
async function limitAll({ hosts }: Stage, bytesPerS: number | null): Promise<boolean> {
  for (const host of NAMES) if (!await hosts.limit(host, bytesPerS)) return false;
  return true;
}

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
