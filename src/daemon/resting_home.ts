/** The home of a device that does not run, for work that must have it alone. */
import { CairnError } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import { realClock } from "../platform/real/clock.ts";
import { realFs } from "../platform/real/fs.ts";
import { osBoot } from "../platform/real/host.ts";
import { realHostFacts } from "../platform/real/host_facts.ts";
import { realRandom } from "../platform/real/random.ts";
import { Home } from "./home.ts";
import type { RepairOptions } from "./repair.ts";

/** Locks the home while `work` goes on. Throws CairnError "already-running", and "home-unusable" where there never was a device. */
export async function withRestingHome<T>(
  path: string,
  say: (line: string) => void,
  work: (options: RepairOptions & { readonly self: DeviceId }, home: Home) => Promise<T>,
): Promise<T> {
  const fs = realFs();
  if (fs.lstat(`${path}/identity.json`) === null) {
    throw new CairnError(
      "home-unusable",
      `No device was ever started in ${path}`,
      "Name its home with --home DIR.",
    );
  }
  const home = Home.open(fs, path);
  try {
    const random = realRandom();
    const { id } = await home.identity(random);
    const ports = { fs, clock: realClock(), random, host: realHostFacts(), osBoot: osBoot() };
    return await work({ ...ports, home: home.path, self: id, say }, home);
  } finally {
    home.close();
  }
}
