import assert from "node:assert/strict";
import { configService } from "../../src/daemon/config.ts";
import { isScrubTime } from "../../src/daemon/scrub_hours.ts";
import type { RelPath } from "../../src/core/ids.ts";
import type { Clock } from "../../src/platform/ports.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { Scrub } from "../../src/sync/scrub.ts";
import { Scrubbing } from "../../src/sync/scrubbing.ts";
import { rottingFs } from "../support/rotting_fs.ts";
import { Neighbours } from "../support/neighbours.ts";
import { twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a pass begins no file outside of its hours and goes on within them; what is suspected is looked at and healed at any time", async () => {
  const disk = rottingFs();
  let skippedMs = 0;
  // A minute takes ten milliseconds.
  const clock: Clock = {
    now: () => realClock().now() + skippedMs,
    monotonic: () => realClock().monotonic(),
    after: (delayMs, run) => realClock().after(delayMs === 60_000 ? 10 : delayMs, run),
  };
  await using pair = await twoFolders((fs) => disk.disk(fs), clock);
  const { a, b, settle, stagerOfB } = pair;
  for (let i = 0; i < 8; i++) await a.write(`f${i}`, `text ${i}`);
  await a.look();
  await settle();
  const isSettled = (path: string) =>
    b.replica.catalogue.prints.get(b.replica.own(path as RelPath)!.state)?.settled === true;
  await waitFor("the files to be settled", async () => {
    await b.look();
    return Array.from({ length: 8 }, (_, i) => `f${i}`).every(isSettled);
  }, 30_000);
  let hours = { is: true, endBehind: 3 };
  let turns = 0;
  const scrub: Scrub = new Scrub(
    b.replica,
    { catalogue: b.replica.catalogue, replica: () => b.replica, changed: () => {} },
    stagerOfB,
    {
      settings: () => ({ scrubDays: 30, scrubRate: 2 ** 20 }),
      mayWork: () => ++turns > 0,
      isBusy: () => false,
      lookAgain: (paths) => b.sync.outbound.lookAgain(paths),
      changed: () => {},
    },
    new Scrubbing(clock, () => false, () => hours.is && scrub.pass.files < hours.endBehind),
  );
  scrub.start();
  await waitFor("the first turn", () => scrub.pass.startedMs > 0);
  skippedMs += 2 * 86_400_000;
  await waitFor("the end of the hours", () => scrub.pass.files === 3);
  disk.rot(`${b.root}/f7`);
  scrub.suspect("f7" as RelPath);
  await waitFor("the suspected file to be healed", () => scrub.damages.all[0]?.healed?.from === "device");
  const before = turns;
  await waitFor("some more turns", () => turns > before + 10);
  assert.deepEqual([scrub.pass.isOn, scrub.pass.files], [true, 3]);
  hours = { is: true, endBehind: Infinity };
  await waitFor("the pass", () => scrub.pass.passedMs > 0);
  assert.equal(scrub.pass.files, 8);
  await scrub.stop();
});

Deno.test("the hours are those that are set, at once; unset they are all hours", async () => {
  await using world = await Neighbours.open("laptop");
  const { device } = world.all[0]!;
  const { setConfig } = configService(device, {
    settings: () => null,
    saveSettings: () => Promise.resolve(),
  });
  const set = (value: string | null) => setConfig({ name: "scrub.hours", value, folder: null, device: null });
  const at = (hour: number) => isScrubTime(device.ledger, +new Date(2026, 10, 23, hour));
  assert.deepEqual([at(3), at(12)], [true, true]);
  const { settings: [said] } = await set("1:00-6:00");
  assert.equal(said!.text, "01:00-06:00");
  assert.deepEqual([at(3), at(12)], [true, false]);
  await assert.rejects(set("night"), { code: "usage", hint: /scrub.hours 01:00-06:00/ });
  await assert.rejects(set(""), { code: "usage" });
  await set(null);
  assert.deepEqual([at(3), at(12)], [true, true]);
});
