import assert from "node:assert/strict";
import { configService } from "../../src/daemon/config.ts";
import { SetLimits } from "../../src/daemon/limits.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

const SAVED = { settings: () => null, saveSettings: () => Promise.resolve() };

function set({ device }: Neighbour, name: string, value: string | null, other: string | null = null) {
  return configService(device, SAVED).setConfig({ name, value, folder: null, device: other });
}

Deno.test("a limit holds at once for what two devices give each other, and no longer than it is set", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  const { settings: [said] } = await set(laptop, "limit.up", "512K");
  assert.equal(said!.text, "512KB/s");
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  for (let i = 0; i < 40; i++) {
    bytes[0] = i;
    Deno.writeFileSync(laptop.at(`${i}.bin`), bytes);
  }
  const startMs = performance.now();
  await laptop.look();
  const count = () => desktop.list().length;
  // 2.5 MiB, of which a second's tokens and an answer of a MiB may have gone before.
  await waitFor("all files", () => count() === 40, 60_000);
  assert.ok(performance.now() - startMs > 1_500, "it took no longer than without a limit");
  await set(laptop, "limit.up", null);
  laptop.write("last.txt", "x");
  await world.agree();
});

Deno.test("limits are for all or for one device, spare the same network if that is asked for, and change by the hour", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  let nowMs = +new Date(2026, 10, 23, 9);
  const clock = { ...realClock(), now: () => nowMs };
  const limits = new SetLimits(laptop.device.ledger, clock, (host) => host === "10.0.0.7");
  const { id } = desktop.device.identity;
  const rates = () => [limits.rate("up", null), limits.rate("down", null), limits.rate("up", id)];
  assert.deepEqual(rates(), [null, null, null]);
  await set(laptop, "limit.up", "08:00-18:00 mon-fri 1MB/s; 4M");
  await set(laptop, "limit.up", "2M", "desktop");
  assert.deepEqual(rates(), [2 ** 20, null, 2 ** 21]);
  nowMs = +new Date(2026, 10, 23, 19);
  assert.deepEqual(rates(), [2 ** 22, null, 2 ** 21]);
  assert.ok(!limits.isExempt("10.0.0.7"));
  await set(laptop, "limit.lan", "off");
  assert.ok(limits.isExempt("10.0.0.7") && !limits.isExempt("8.8.8.8"));
  await set(laptop, "limit.up", null, "desktop");
  assert.deepEqual(rates(), [2 ** 22, null, null]);
  const listed = configService(laptop.device, SAVED).config(null).settings;
  assert.equal(listed.find(({ name }) => name === "limit.up")!.text, "08:00-18:00 mon-fri 1MB/s; 4MB/s");
  for (const value of ["fast", "1K", "0", "25:00-26:00 1M"]) {
    await assert.rejects(set(laptop, "limit.down", value), { code: "usage", hint: /limit.down 08:00/ });
  }
  await assert.rejects(set(laptop, "limit.up", "1M", "nobody"), { code: "device-unknown" });
  await assert.rejects(set(laptop, "limit.lan", "off", "desktop"), { code: "usage" });
  limits.stop();
});
