/** Somebody who may write into the victim's folder swaps directories for links while files are on their way into them. */
import type { RelPath } from "../../../src/core/ids.ts";
import { pinDirectory } from "../../../src/platform/real/fs_pin.ts";
import type { Attack } from "../field.ts";

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The victim was faster, or slower.
  }
}

/** The honest device has the victim's links too: who writes there must not follow them, or the fuzzer itself touches the decoy. */
function save(root: string, directory: string, name: string, text: string): void {
  const pin = pinDirectory(root, directory as RelPath);
  try {
    Deno.writeTextFileSync(pin.at(`.${name}~`), text, { createNew: true });
    Deno.renameSync(pin.at(`.${name}~`), pin.at(name));
  } finally {
    pin.close();
  }
}

function makeBelow(root: string, directory: string, name: string): void {
  const pin = pinDirectory(root, directory as RelPath);
  try {
    Deno.mkdirSync(pin.at(name));
  } finally {
    pin.close();
  }
}

export const localAttacks: readonly Attack[] = [
  {
    name: "directories swapped for links",
    lane: "local",
    weight: 3,
    async run({ victim, honest, decoy }, random, scope) {
      const at = `${victim.data}/swap/inner`;
      const aside = `${victim.data}/swap/aside`;
      const round = random.below(1e6);
      quietly(() => Deno.mkdirSync(at, { recursive: true }));
      // The honest device sends files into the very directory that is being swapped.
      for (let i = 0; i < 25; i++) {
        quietly(() => makeBelow(honest.data, "swap/inner", "sub"));
        quietly(() =>
          save(honest.data, random.pick(["swap/inner", "swap/inner/sub"]), `f-${i}`, `${round} ${i}`)
        );
      }
      const endMs = performance.now() + random.between(500, 2_500);
      while (performance.now() < endMs && !scope.isOver) {
        quietly(() => Deno.renameSync(at, aside));
        quietly(() =>
          Deno.symlinkSync(random.pick([`${decoy}/inner`, "../../decoy/inner", decoy, "/tmp"]), at)
        );
        if (random.chance(0.7)) await scope.pause(random.below(8));
        quietly(() => Deno.removeSync(at));
        quietly(() => Deno.renameSync(aside, at));
        if (random.chance(0.5)) await scope.pause(random.below(8));
      }
      quietly(() => Deno.lstatSync(at).isSymlink && Deno.removeSync(at));
      quietly(() => Deno.removeSync(aside, { recursive: true }));
    },
  },
  {
    name: "files swapped for links",
    lane: "local",
    async run({ victim, honest, decoy }, random, scope) {
      const file = `file-${random.below(5)}`;
      const name = `swap/${file}`;
      const endMs = performance.now() + random.between(500, 2_000);
      while (performance.now() < endMs && !scope.isOver) {
        quietly(() => save(honest.data, "swap", file, `${random.hex(20)}\n`));
        quietly(() => Deno.removeSync(`${victim.data}/${name}`));
        quietly(() => Deno.symlinkSync(`${decoy}/secret`, `${victim.data}/${name}`));
        await scope.pause(random.below(60));
      }
      quietly(() => Deno.removeSync(`${victim.data}/${name}`));
    },
  },
  {
    name: "a pause",
    lane: "local",
    run: (_, random, scope) => scope.pause(random.between(500, 3_000)),
  },
];
