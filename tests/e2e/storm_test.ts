/** What no peer of Cairn tests: SIGKILL at random moments under writes on all sides, and a reader who never sleeps. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { converge, join, pairUp, share, textOf, until, World } from "../support/pair.ts";
import { storm } from "../support/storm.ts";
import { type Readings, wholeText } from "../support/tight_reader.ts";

/** `deno task storm` does hundreds. */
const KILLS = Number(Deno.env.get("CAIRN_STORM_KILLS") ?? 6);
const REPLACEMENTS = Number(Deno.env.get("CAIRN_STORM_REPLACEMENTS") ?? 150);
const ROUND = 25;
const READER = fileURLToPath(new URL("../support/tight_reader.ts", import.meta.url));
const SIZES = [20, 300, 5_000, 70_000, 400_000];

Deno.test("killed again and again while both are written to, two devices lose nothing and make nothing up", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await storm([a, b], { kills: KILLS, round: ROUND, random: Math.random, progress: said });
});

Deno.test("three devices that are killed again and again lose nothing either", async () => {
  await using world = new World();
  const [a, b, c] = [world.device("alpha"), world.device("beta"), world.device("gamma")];
  await share(a);
  await join(b, a);
  await join(c, b);
  await storm([a, b, c], { kills: Math.ceil(KILLS / 2), round: ROUND, random: Math.random, progress: said });
});

function said(kills: number): void {
  if (KILLS > ROUND) console.log(`${new Date().toISOString()} ${kills} kills of each device, nothing lost`);
}

Deno.test("a reader in a tight loop never sees a replaced file missing, short or mixed", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  const write = (i: number) => {
    Deno.writeTextFileSync(`${a.work}/aside`, wholeText(i, SIZES[i % SIZES.length]!));
    Deno.renameSync(`${a.work}/aside`, `${a.data}/file`);
  };
  write(0);
  await converge("the first content", a, b);
  const reader = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", READER, `${b.data}/file`],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  try {
    for (let i = 1; i <= REPLACEMENTS; i++) {
      write(i);
      const length = SIZES[i % SIZES.length]!;
      await until(`replacement ${i}`, () => textOf(`${b.data}/file`) === wholeText(i, length), a, b);
    }
  } finally {
    reader.kill("SIGTERM");
  }
  const { stdout } = await reader.output();
  const readings = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) as Readings;
  assert.equal(readings.missing, 0);
  assert.deepEqual(readings.broken, []);
  assert.ok(
    readings.different > REPLACEMENTS / 2,
    `it saw ${readings.different} of ${REPLACEMENTS} contents`,
  );
});
