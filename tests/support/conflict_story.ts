/** Two devices that edit the same file while they are apart. */
import { realFs } from "../../src/platform/real/fs.ts";
import type { Neighbour, Neighbours } from "./neighbours.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait.ts";

/** Resolves when the disk's clock has moved on: what is written from now on has a later time than what was before. */
export async function clockTicks(): Promise<void> {
  using dir = tempDir();
  const before = timeOn(dir);
  await waitFor("the clock to tick", () => timeOn(dir) > before, 10_000, 1);
}

/** Goes on when what changes from now on has a later change time, which is told in whole seconds. Nothing else happens meanwhile. */
export function changeTimesTick(): void {
  using dir = tempDir();
  const fs = realFs();
  const now = () => {
    timeOn(dir);
    return fs.lstat(dir.at("now"))!.ctimeMs;
  };
  const before = now();
  while (now() <= before);
}

/** Milliseconds, as the disk writes them on what is written now. */
function timeOn(dir: TempDir): number {
  Deno.writeTextFileSync(dir.at("now"), "");
  return Deno.statSync(dir.at("now")).mtime!.getTime();
}

/** Each does something to the disk of its own, the first before the second; nobody hears of it yet. */
export async function apart(
  world: Neighbours,
  ...deeds: readonly (readonly [Neighbour, () => void])[]
): Promise<void> {
  world.part(...world.all);
  for (const [neighbour, deed] of deeds) {
    deed();
    await neighbour.look();
    await clockTicks();
  }
}

/** `laptop` loses with "by laptop" (and `more`) at the path, `desktop` wins with "by desktop"; both know, and hold the same. */
export async function conflict(world: Neighbours, path: string, more = ""): Promise<void> {
  const [laptop, desktop] = world.all;
  await apart(
    world,
    [laptop!, () => laptop!.write(path, "by laptop" + more)],
    [desktop!, () => desktop!.write(path, "by desktop" + more)],
  );
  await world.meet();
  await world.agree();
}
