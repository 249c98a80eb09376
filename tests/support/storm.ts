/** A storm: devices are killed at random moments, again and again, while people write at both of them. */
import type { Device } from "./device.ts";
import { answers, conflictsIn, converge, start, withoutBrake } from "./pair.ts";
import { judge, Writer } from "./writer.ts";

export interface StormOptions {
  /** SIGKILLs for each device. */
  readonly kills: number;
  /** So many at a time, then both must agree and nothing be lost. */
  readonly round: number;
  /** Gives numbers from 0 to 1. */
  random(): number;
  /** Told after each round. */
  progress?(kills: number): void;
}

const STEP_MS = 15;
const SHARED_EVERY = 80;
const LIVES_MS = 1_500;

/** Throws with what was lost or made up. The devices run before and after. */
export async function storm(devices: readonly Device[], options: StormOptions): Promise<void> {
  const { kills, round, random, progress } = options;
  await withoutBrake(...devices);
  const writers = devices.map(({ name, data }) => new Writer(name, data, random));
  const roots = devices.map(({ data }) => data);
  for (let done = 0; done < kills;) {
    const now = Math.min(round, kills - done);
    let isOver = false;
    const writing = Promise.all(writers.map(async (writer) => {
      for (let i = 0; !isOver; i++) {
        writer.step();
        if (i % SHARED_EVERY === 0) writer.appendShared();
        await pause(STEP_MS * 2 * random());
      }
    }));
    await Promise.all(devices.map((device) => killAgainAndAgain(device, now, random)))
      .finally(() => isOver = true);
    await writing;
    done += now;
    const [first, ...others] = devices;
    const tree = await converge(`the end of ${done} kills`, first!, ...others);
    const wrong = judge(writers, roots);
    const copies = conflictsIn(tree).filter((path) => !path.startsWith("shared/"));
    for (const copy of copies) wrong.push(`${copy} is a false conflict`);
    if (wrong.length > 0) {
      throw new Error(
        `After ${done} kills of each device ${wrong.length} are wrong:\n${wrong.slice(0, 20).join("\n")}`,
      );
    }
    progress?.(done);
  }
}

async function killAgainAndAgain(device: Device, kills: number, random: () => number): Promise<void> {
  for (let i = 0; i < kills; i++) {
    // Also while it starts: one start in four is not waited for.
    await pause(LIVES_MS * random());
    await device.kill();
    if (random() < 0.25) await device.start("up");
    else await start(device, "up");
  }
  await answers(device);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
