/** Two devices with a slow wire between them: an edit while a large file is under way, and what compresses. */
import { fileURLToPath } from "node:url";
import { sizeAt } from "../arrival.ts";
import type { Cairn } from "../cairn.ts";
import { makeLargeFile, makeText, MIB } from "../content.ts";
import { type Figures, median } from "../figures.ts";
import type { Hosts } from "../hosts.ts";
import { outputOf, Program } from "../process.ts";
import type { Stage } from "../stage.ts";
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
/**
 * The kernel's buffers count as wire, too. On a real one of this kind TCP would not let more be under way than about twice what the wire holds;
 * here nothing is ever lost, and they would grow to some MB.
 */
const RECEIVE_BUFFER = "4096 16384 65536";
const SEND_BUFFER = "4096 16384 262144";
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
      `10 Mbit/s, ${DELAY_MS} ms each way: edits while ${sizeText(bigBytes)} is under way; ` +
      `${sizeText(TEXT_BYTES)} of text`,
  }],
  hasPeer: false,
  isLong: false,
  wantsNamespaces: true,
  diskBytes: ({ bigBytes }) => 3 * bigBytes + 3 * TEXT_BYTES,
  async run(bench, _chosen, _peer, tell) {
    let relayAddress = "";
    const at = () => `${relayAddress}:${RELAY_PORT}`;
    const stage = await bench.openCairn(["A", "B"], [["A", "wire"], ["B", "wire"]], at);
    relayAddress = stage.hosts.address("wire", 1);
    let relay: Program | null = null;
    try {
      await stage.peer.start("A");
      relay = await startRelay(stage);
      await stage.peer.start("B");
      Deno.mkdirSync(stage.at("A", "edits"));
      await stage.settle();
      bench.say("cairn: slow, edits alone …");
      const alone = await editTimes(stage, "edits", EDITS, PAUSE_MS);
      bench.say("cairn: slow, text …");
      const text = await sendText(stage);
      await stage.verify();
      bench.say("cairn: slow, edits beside a large file …");
      const figures = await editBesideLarge(stage, bench.sizes.bigBytes);
      tell("slow", { ...figures, ...text, edit_alone_s: median(alone) });
    } catch (error) {
      throw withLastWords(error, stage.peer.lastWords());
    } finally {
      await relay?.stop();
      await stage.close();
    }
  },
};

/** Puts the wire between A, whose device runs, and whoever dials its other end. */
async function startRelay({ hosts, peer, aside }: Stage<Cairn>): Promise<Program> {
  for (const host of ["A", "B", "wire"]) await setBuffer(hosts, host, "tcp_wmem", SEND_BUFFER);
  await setBuffer(hosts, "wire", "tcp_rmem", RECEIVE_BUFFER);
  const target = `${hosts.address("A")}:${(await peer.agent("A").status()).device.port}`;
  const words = [RELAY_PORT, target, WIRE_BYTES_PER_S, DELAY_MS].map(String);
  const argv = [Deno.execPath(), "run", "-A", "--no-config", RELAY, ...words];
  return Program.start(argv, `${aside}/relay.log`, (wrapped) => hosts.wrap("wire", wrapped));
}

async function setBuffer(hosts: Hosts, host: string, name: string, sizes: string): Promise<void> {
  await outputOf(hosts.wrap(host, ["sh", "-c", `echo "${sizes}" > /proc/sys/net/ipv4/${name}`]));
}

/** How long a text takes, and by what share of the time that the wire needs for so many bytes. */
async function sendText(stage: Stage<Cairn>): Promise<Figures> {
  const [aside, name] = [`${stage.aside}/text.log`, "text.log"];
  makeText(aside, TEXT_BYTES, SEED);
  const { size } = Deno.statSync(aside);
  const figures = await stage.measure(
    "the text",
    () => Deno.renameSync(aside, stage.at("A", name)),
    () => sizeAt(stage.at("B", name)) === size,
    { limitS: LIMIT_S },
  );
  await stage.settle();
  const s = figures["s"]!;
  return {
    text_s: s,
    text_sent_bytes: figures["sent_bytes"] ?? 0,
    text_to_wire: s / (size / WIRE_BYTES_PER_S),
  };
}

/** How long edits take while a large file is sent; the file is not waited for. */
async function editBesideLarge(stage: Stage<Cairn>, bytes: number): Promise<Figures> {
  const { hosts } = stage;
  makeLargeFile(`${stage.aside}/big.bin`, bytes, SEED);
  const meter = await stage.meter();
  const sent = async () => (await hosts.bytes("A"))?.sent ?? 0;
  const before = await sent();
  Deno.renameSync(`${stage.aside}/big.bin`, stage.at("A", "big.bin"));
  const isUnderWay = async () => await sent() - before > UNDER_WAY_BYTES;
  await until("the large file to be under way", isUnderWay, ASKING, LIMIT_S);
  const times = await editTimes(stage, "edits", EDITS, PAUSE_MS);
  if (sizeAt(stage.at("B", "big.bin")) >= 0) {
    throw new Error("The large file was there before the edits were: slow needs a larger one (--size)");
  }
  const { s: _, ...figures } = await meter.end();
  return { ...figures, edit_median_s: median(times), edit_most_s: Math.max(...times) };
}
