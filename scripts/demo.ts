/**
 * The main job on real files, shown: two real devices, nine steps, both trees compared by hash at the end.
 * Cleans up whatever happens; exits non-zero when a step fails.
 */
import { formatBytes, formatCount } from "../src/cli/format.ts";
import { prepareDevices } from "../tests/support/device.ts";
import { treeOf } from "../tests/support/tree.ts";
import { seconds, step, tell } from "./demo_report.ts";
import { killAndResume } from "./demo_resume.ts";
import {
  changeWhileBIsOff,
  createAndModify,
  editOnB,
  internetOff,
  modifyOffline,
  startAndPair,
  startBAndCatchUp,
} from "./demo_steps.ts";
import { findWhileAIsOff } from "./demo_find.ts";
import { compareByHash, createWorld, type World } from "./demo_world.ts";

export const STEPS: readonly (readonly [string, (world: World) => Promise<string>])[] = [
  ["Start two devices and pair", startAndPair],
  ["Create and modify on A, B gets it", createAndModify],
  ["Internet off, LAN on", internetOff],
  ["Modify on A again, B still gets it", modifyOffline],
  ["Edit on B, A gets it", editOnB],
  ["Stop B, change many files on A", changeWhileBIsOff],
  ["Start B, it catches up", startBAndCatchUp],
  ["Kill B in a large transfer, it resumes", killAndResume],
  ["Stop A, B finds what A lists, and gets it later", findWhileAIsOff],
];

async function demo(world: World): Promise<void> {
  const { lan, a, b } = world;
  const startMs = performance.now();
  tell(
    lan === null
      ? `Two devices on this machine's loopback (two hosts of their own need Linux, root and ip): A is ${a.name}, B is ${b.name}.`
      : `Two hosts on a LAN of their own: A is ${a.name} (${a.host.address}), B is ${b.name} (${b.host.address}).`,
  );
  for (const [index, [title, work]] of STEPS.entries()) await step(index + 1, title, () => work(world));
  const wrong = await compareByHash(a, b);
  if (wrong.length > 0) throw new Error(`The trees differ:\n${wrong.slice(0, 10).join("\n")}`);
  tell(await summary(b.data));
  tell(`All ${STEPS.length} steps passed in ${seconds(startMs).trim()}.`);
}

async function summary(data: string): Promise<string> {
  const files = [...(await treeOf(data)).values()].filter((what) => what.startsWith("file"));
  const bytes = files.reduce((sum, what) => sum + Number(what.split(" ").at(-2)), 0);
  return `Both trees are the same: ${formatCount(files.length)} files, ${
    formatBytes(bytes)
  }, each compared by SHA-256.`;
}

/** Runs the demo; the exit code. */
async function main(): Promise<number> {
  await prepareDevices();
  const world = await createWorld();
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => {
      if (!interrupted) tell("\nInterrupted; cleaning up.");
      interrupted = true;
      world.clear().finally(() => Deno.exit(130));
    });
  }
  try {
    await demo(world);
    return 0;
  } catch (error) {
    // A step that fails because its devices were taken away is no news.
    if (interrupted) return 130;
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    for (const device of [world.a, world.b]) {
      console.error(`\n--- the last words of ${device.name} ---\n${device.logTail()}`);
    }
    return 1;
  } finally {
    await world.clear();
  }
}

if (import.meta.main) Deno.exit(await main());
