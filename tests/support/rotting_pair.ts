/** Two devices with one folder, the second on a disk that changes bytes by itself. */
import type { RelPath } from "../../src/core/ids.ts";
import type { Kept } from "../../src/core/kept.ts";
import type { Clock } from "../../src/platform/ports.ts";
import { rottingFs } from "./rotting_fs.ts";
import { type Side, type TwoFolders, twoFolders } from "./two_folders.ts";
import { waitFor } from "./wait.ts";

/** Files are settled: nothing that was written could hide in the clock's grain any more (R14). */
export async function settled(side: Side): Promise<void> {
  const { catalogue } = side.replica;
  await waitFor(
    "fingerprints that are settled",
    async () => {
      await side.look();
      return catalogue.db.get(
        "SELECT count(*) FROM prints p JOIN states s ON s.id = p.state WHERE s.kind = 1 AND p.settled = 0",
      )![0] === 0;
    },
    60_000,
    300,
  );
}

/** What a side keeps of a path, newest first. */
export async function keptOf({ replica, sync }: Side, of: string): Promise<Kept[]> {
  await replica.exclusive(() => sync.keeper.takeInAll());
  return replica.catalogue.kept.at(replica.number, of as RelPath).map(({ kept }) => kept);
}

export async function withPair(
  test: (
    pair: TwoFolders,
    rot: (of: string, at?: number) => void,
    disk: ReturnType<typeof rottingFs>,
  ) => Promise<void>,
  clock?: Clock,
): Promise<void> {
  const disk = rottingFs();
  await using pair = await twoFolders((fs) => disk.disk(fs), clock);
  await test(pair, (of, at) => disk.rot(`${pair.b.root}/${of}`, at), disk);
}
