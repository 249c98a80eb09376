/** Two devices with a slow wire between them: an edit while a large file is under way, and what compresses. */
import { fileURLToPath } from "node:url";
import { sizeAt } from "../arrival.ts";
import { makeLargeFile, makeText, MIB } from "../content.ts";
import { median } from "../figures.ts";
import { Program } from "../process.ts";
import type { Suite } from "../suite.ts";
import { ASKING, until } from "../wait.ts";
import { sizeText } from "./big.ts";
import { editTimes } from "./edit.ts";
import { withLastWords } from "./pair.ts";

const RELAY = fileURLToPath(new URL("../relay.ts", import.meta.url));
const RELAY_PORT = 7700;
/** 10 Mbit/s. */
const WIRE_BYTES_PER_S = 1_250_000;
/** Each way. */
const DELAY_MS = 50;
const TEXT_BYTES = 8 * MIB;
/** That much of the large file has been sent: it is under way. */
const UNDER_WAY_BYTES = 4 * MIB;
const EDITS = 10;
const PAUSE_MS = 1000;
const LIMIT_S = 300;
const SEED = 13;

export const slow: Suite = {
  scenarios: [{
    name: "slow",
    title: ({ bigBytes }) =>
      `10 Mbit/s, ${DELAY_MS} ms each way: edits while ${sizeText(bigBytes)} is under way; ${
        sizeText(TEXT_BYTES)
      } of text`,
  }],
  hasPeer: false,
  isLong: false,
  wantsNamespaces: true,
  diskBytes: ({ bigBytes }) => 3 * bigBytes + 3 * TEXT_BYTES,
  async run(bench, _chosen, _peer, tell) {
    let wireAddress = "";
    const at = () => `${wireAddress}:${RELAY_PORT}`;
    const stage = await bench.openCairn(["A", "B"], [["A", "wire"], ["B", "wire"]], at);
    const { hosts, peer } = stage;
    wireAddress = hosts.address("wire", 1);
    let relay: Program | null = null;
    try {
      await peer.start("A");
      const target = `${hosts.address("A")}:${(await peer.agent("A").status()).device.port}`;
      const wrap = (argv: readonly string[]) => hosts.wrap("wire", argv);
      // The kernel's buffers count as wire, too: large ones would make it a longer one.
      await new Deno.Command("sh", shell(wrap, 'echo "4096 16384 65536" > /proc/sys/net/ipv4/tcp_rmem'))
        .output();
      relay = Program.start(
        [
          Deno.execPath(),
          "run",
          "-A",
          "--no-config",
          RELAY,
          String(RELAY_PORT),
          target,
          String(WIRE_BYTES_PER_S),
          String(DELAY_MS),
        ],
        `${stage.aside}/../relay.log`,
        wrap,
      );
      await peer.start("B");
      Deno.mkdirSync(stage.at("A", "edits"));
      await stage.settle();
      bench.say("cairn: slow, edits alone …");
      const alone = await editTimes(stage, "edits", EDITS, PAUSE_MS);

      bench.say("cairn: slow, text …");
      makeText(`${stage.aside}/text.log`, TEXT_BYTES, SEED);
      const textBytes = Deno.statSync(`${stage.aside}/text.log`).size;
      const text = await stage.measure(
        "the text",
        () => Deno.renameSync(`${stage.aside}/text.log`, stage.at("A", "text.log")),
        () => sizeAt(stage.at("B", "text.log")) === textBytes,
        { limitS: LIMIT_S },
      );
      await stage.settle();
      await stage.verify();

      bench.say("cairn: slow, edits beside a large file …");
      makeLargeFile(`${stage.aside}/big.bin`, bench.sizes.bigBytes, SEED);
      const meter = await stage.meter();
      const before = (await hosts.bytes("A"))?.sent ?? 0;
      Deno.renameSync(`${stage.aside}/big.bin`, stage.at("A", "big.bin"));
      await until(
        "the large file to be under way",
        async () => ((await hosts.bytes("A"))?.sent ?? 0) - before > UNDER_WAY_BYTES,
        ASKING,
        LIMIT_S,
      );
      const beside = await editTimes(stage, "edits", EDITS, PAUSE_MS);
      const isUnderWay = sizeAt(stage.at("B", "big.bin")) < 0;
      if (!isUnderWay) throw new Error("The large file was there before the edits were: take a larger one");
      const { s: _, ...figures } = await meter.end();
      tell("slow", {
        ...figures,
        edit_alone_s: median(alone),
        edit_median_s: median(beside),
        edit_most_s: Math.max(...beside),
        text_s: text["s"]!,
        text_sent_bytes: text["sent_bytes"]!,
        text_to_wire: text["s"]! / (textBytes / WIRE_BYTES_PER_S),
      });
    } catch (error) {
      throw withLastWords(error, peer.lastWords());
    } finally {
      await relay?.stop();
      await stage.close();
    }
  },
};

/** A line of shell at a host, as options of a command whose program is `sh`. */
function shell(wrap: (argv: readonly string[]) => string[], line: string): Deno.CommandOptions {
  return { args: ["-c", 'exec "$@"', "sh", ...wrap(["sh", "-c", line])], stdin: "null", stderr: "null" };
}
