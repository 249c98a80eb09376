/** Export and import of a home in which no device runs. */
import { CairnError } from "../../core/errors.ts";
import { Ledger } from "../../journal/ledger.ts";
import { realClock } from "../../platform/real/clock.ts";
import { realFs } from "../../platform/real/fs.ts";
import { hostName, osBoot } from "../../platform/real/host.ts";
import { realRandom } from "../../platform/real/random.ts";
import { Home } from "../home.ts";
import { withRestingHome } from "../resting_home.ts";
import { type BackupContents, contentsOf } from "./contents.ts";
import { importHome, type PlannedRoot, refuseUsedHome } from "./import_home.ts";

/** Throws CairnError "already-running", "home-unusable". */
export function contentsAtRest(
  path: string,
  say: (line: string) => void,
): Promise<Omit<BackupContents, "identity">> {
  return withRestingHome(path, say, async (ports, home) => {
    const settings = home.settings() ?? { name: hostName(), port: 0 };
    const ledger = await Ledger.open(ports);
    try {
      return contentsOf(ledger, settings, ports.clock.now());
    } finally {
      await ledger.close();
    }
  });
}

/** Throws CairnError "home-unusable", "already-running", "backup-unusable". */
export async function importInto(
  path: string,
  contents: BackupContents,
  say: (line: string) => void,
): Promise<PlannedRoot[]> {
  const fs = realFs();
  refuseUsedHome(fs, path);
  const home = Home.open(fs, path);
  try {
    // Nobody else has made one meanwhile.
    refuseUsedHome(fs, home.path);
    const ports = { fs, clock: realClock(), random: realRandom(), osBoot: osBoot() };
    return await importHome(ports, home.path, contents, say);
  } finally {
    home.close();
  }
}

/** The identity of a home, as its file has it. Throws CairnError "home-unusable". */
export function identityText(path: string): string {
  const bytes = realFs().readSmall(`${path}/identity.json`, 64 * 2 ** 10);
  if (bytes !== null) return new TextDecoder().decode(bytes);
  throw new CairnError(
    "home-unusable",
    `No device was ever started in ${path}`,
    "Name its home with --home DIR.",
  );
}
