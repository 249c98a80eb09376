/** How long it takes until the other device has an edit of one small file. */
import { median, quantile } from "../figures.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "../suite.ts";
import { QUICK, sleep, until } from "../wait.ts";

const EDITS = 40;
const FILES = 8;
const PAUSE_MS = 150;
const LIMIT_S = 60;

export const edit: Scenario = {
  name: "edit",
  title: () => `${EDITS} edits of single small files`,
  async run(stage) {
    Deno.mkdirSync(stage.at("A", "edits"), { recursive: true });
    await stage.settle();
    const meter = await stage.meter();
    const times = await editTimes(stage, "edits", EDITS, PAUSE_MS);
    const { s: _, ...figures } = await meter.end();
    return {
      ...figures,
      median_s: median(times),
      p95_s: quantile(times, 0.95),
      most_s: Math.max(...times),
    };
  },
};

/** Writes small texts on A, one after the other, into some files of a directory; how long B took to have each, in seconds. */
export async function editTimes(
  stage: Stage,
  directory: string,
  count: number,
  pauseMs: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const name = `${directory}/e${i % FILES}.txt`;
    const text = `edit ${i} ${Math.random()}\n`.repeat(20);
    const startMs = performance.now();
    Deno.writeTextFileSync(stage.at("A", name), text);
    const isThere = () => readText(stage.at("B", name)) === text;
    await until(`edit ${i} of ${name}`, isThere, { ...QUICK, mostMs: QUICK.leastMs }, LIMIT_S);
    times.push((performance.now() - startMs) / 1000);
    await sleep(pauseMs);
  }
  return times;
}

function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
