/** What a figure depends on and does not say: the machine, the versions, who else was busy. */
import { fileURLToPath } from "node:url";
import { formatBytes } from "../../src/cli/format.ts";
import { outputOf } from "./process.ts";
import { syncthingVersion } from "./syncthing.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** In words, by name, in the order in which they are shown. */
export type Environment = Readonly<Record<string, string>>;

/** `dir` is where the files are made. */
export async function environmentOf(
  dir: string,
  areHostsApart: boolean,
  withPeer: boolean,
): Promise<Environment> {
  return {
    date: new Date().toISOString().slice(0, 16) + "Z",
    commit: await commit(),
    deno: `${Deno.version.deno}, V8 ${Deno.version.v8}`,
    ...(withPeer ? { syncthing: await syncthingVersion() ?? "none" } : {}),
    system: `${Deno.build.os} ${Deno.osRelease()}`,
    processor: processor(),
    memory: formatBytes(Deno.systemMemoryInfo().total),
    disk: await diskOf(dir),
    hosts: areHostsApart
      ? "network namespaces on a bridge"
      : "all on loopback (namespaces need Linux, root and ip): bytes on the wire are not measured",
    load: loadText(),
  };
}

/** How many processes wanted to run, on the average of the last minute, five and fifteen. */
export function loadText(): string {
  return Deno.loadavg().map((load) => load.toFixed(2)).join(", ");
}

async function commit(): Promise<string> {
  try {
    const id = await outputOf(["git", "-C", ROOT, "rev-parse", "--short=10", "HEAD"]);
    const changed = await outputOf(["git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no"]);
    return changed === "" ? id : `${id}, with changes`;
  } catch {
    return "not known";
  }
}

function processor(): string {
  const cores = `${navigator.hardwareConcurrency} cores`;
  try {
    const info = Deno.readTextFileSync("/proc/cpuinfo");
    const name = /^model name\s*:\s*(.+)$/m.exec(info)?.[1] ?? Deno.build.arch;
    return `${name}, ${cores}, ${/\bsha_ni\b|\bsha2\b/.test(info) ? "with" : "without"} SHA instructions`;
  } catch {
    return `${Deno.build.arch}, ${cores}`;
  }
}

async function diskOf(dir: string): Promise<string> {
  try {
    const [line] = (await outputOf(["df", "-P", "-T", dir])).split("\n").slice(1);
    return line?.split(/\s+/)[1] ?? "not known";
  } catch {
    return "not known";
  }
}
