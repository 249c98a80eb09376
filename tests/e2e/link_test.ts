/** A cable that is pulled in the middle of a large transfer, and plugged in again. */
import assert from "node:assert/strict";
import { makeLargeFile } from "../../scripts/demo_files.ts";
import { Lan, receivedSince } from "../support/lan.ts";
import { converge, join, sh, share, statusOf, until, World } from "../support/pair.ts";

/** `deno task storm` takes 1 GiB. */
const SIZE = Number(Deno.env.get("CAIRN_LINK_MIB") ?? 256) * 2 ** 20;
const CONTROL_SIZE = 2 ** 26;
const CUT_AT = 0.9;
/** What may be sent a second time. */
const AGAIN = 0.01;

Deno.test({
  name: "a cable pulled at 90 % of a large file and plugged in again: at most 1 % is sent twice",
  ignore: !await Lan.possible(),
}, async () => {
  const lan = await Lan.create(["laptop", "desktop"]);
  try {
    await using world = new World();
    const a = world.device("laptop", lan.host("laptop"));
    const b = world.device("desktop", lan.host("desktop"));
    await share(a);
    await join(b, a);
    const aside = world.aside("large");

    // What the wire adds to the bytes of a file: measured, not guessed.
    makeLargeFile(`${aside}/control`, CONTROL_SIZE);
    const control = receivedSince(b);
    await sh(aside, `mv control ${a.data}/control`);
    await converge("the control file", a, b);
    const overhead = control() / CONTROL_SIZE;

    makeLargeFile(`${aside}/large`, SIZE);
    const received = receivedSince(b);
    // Slow enough that its last tenth is not over before anybody looks.
    await a.cli("config", "set", "limit.up", "16MB/s");
    await sh(aside, `mv large ${a.data}/large`);
    await until("nine tenths to have arrived", () => received() > SIZE * CUT_AT * overhead, a, b);
    await lan.link("desktop", false);
    const isConnected = async () => (await statusOf(a)).peers.some(({ connected }) => connected);
    await until("the devices to miss each other", async () => !await isConnected(), a, b);
    assert.ok((await statusOf(b)).folders[0]!.state.kind !== "up-to-date", "it was over before it was cut");
    await lan.link("desktop", true);
    await converge("the rest of the large file", a, b);

    const most = SIZE * overhead * (1 + AGAIN);
    assert.ok(received() <= most, `${received()} bytes arrived, ${Math.round(most)} may`);
  } finally {
    await lan.teardown();
  }
});
