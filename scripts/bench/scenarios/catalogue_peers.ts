/** What `plocate` and `rg` take for the same names and texts, where they are installed: they know one computer's files, and no copies, devices or versions. */
import type { Cairn } from "../cairn.ts";
import { type Figures, quantile } from "../figures.ts";
import { libraryFile, pieceOfName, rareWord, TEXT_EVERY } from "../library.ts";
import { outputOf } from "../process.ts";
import type { Stage } from "../stage.ts";

const TIMES = 20;

export async function peersFigures(
  { peer, aside }: Stage<Cairn>,
  holders: readonly string[],
  each: number,
): Promise<Figures> {
  const roots = holders.map((host) => peer.data(host));
  const some = Array.from({ length: TIMES }, (_, i) => ({
    device: i % holders.length,
    index: Math.floor(each / TIMES) * i,
  }));
  const figures: Record<string, number> = {};
  const database = `${aside}/plocate.db`;
  const above = aside.slice(0, aside.lastIndexOf("/"));
  const isThere = await succeeds(["updatedb", "-l", "0", "-o", database, "-U", above, "--prunepaths", ""]);
  if (isThere) {
    const pieces = some.map(({ device, index }) => pieceOfName(libraryFile(device, index).path));
    figures["plocate_p95_ms"] = await p95(
      pieces.map((piece) => ["plocate", "-d", database, "-l", "20", piece]),
    );
  }
  if (await succeeds(["rg", "--version"])) {
    const words = some.map(({ device, index }) => rareWord(device, index - index % TEXT_EVERY));
    // All of them each time: rg has no index. A few are enough.
    figures["rg_p95_ms"] = await p95(
      words.slice(0, 3).map((word) => ["rg", "-l", "-g", "*.{txt,md}", word, ...roots]),
    );
  }
  return figures;
}

async function succeeds(argv: readonly string[]): Promise<boolean> {
  try {
    await outputOf(argv);
    return true;
  } catch {
    return false;
  }
}

async function p95(commands: readonly (readonly string[])[]): Promise<number> {
  const ms: number[] = [];
  for (const argv of commands) {
    const startMs = performance.now();
    await outputOf(argv);
    ms.push(performance.now() - startMs);
  }
  return quantile(ms, 0.95);
}
