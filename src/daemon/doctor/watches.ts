/** Whether the kernel lets all directories be watched (Linux): one watch each. */
import type { HostFacts } from "../../platform/real/host_facts.ts";
import type { Finding } from "./types.ts";

/** Other programs of the user take from the same number. */
const SHARE = 0.8;
const LEAST_INSTANCES = 64;
/** A kernel of today sets it to a million where there is the memory: a watch takes a kilobyte only when it is used. */
const AT_LEAST = 524_288;

export interface WatchNeeds {
  /** Directories of all folders, their roots with them. */
  readonly directories: number;
  /** Folders that are watched; those that are looked at every few seconds instead. */
  readonly folders: number;
  readonly polling: number;
}

export function checkWatches(host: HostFacts, { directories, folders, polling }: WatchNeeds): Finding[] {
  const limits = host.watchLimits();
  if (limits === null) return [];
  const { watches, instances } = limits;
  const facts = { watches, instances, directories, folders, polling };
  const base = { check: "watches", subject: "", facts } as const;
  const count = (n: number) => n.toLocaleString("en-US");
  const isFew = directories > watches * SHARE;
  const hasFewInstances = instances < LEAST_INSTANCES || folders > instances * SHARE;
  const findings: Finding[] = [{
    ...base,
    code: isFew ? "watches-few" : "watches-enough",
    verdict: isFew ? "attention" : "good",
    says: `${count(directories)} directories to watch, and the system allows ${
      count(watches)
    } watches to a user`,
    remedy: isFew ? raise("max_user_watches", roundUp(directories / SHARE * 2)) : "",
  }];
  if (hasFewInstances) {
    findings.push({
      ...base,
      code: "watch-instances-few",
      verdict: "attention",
      says: `the system allows ${instances} watchers to a user, for all programs together`,
      remedy: raise("max_user_instances", Math.max(512, folders * 4)),
    });
  }
  if (polling > 0) {
    findings.push({
      ...base,
      code: "watches-polling",
      verdict: "attention",
      says: `${
        polling === 1 ? "a folder is" : `${polling} folders are`
      } looked at every few seconds instead of watched`,
      remedy: `Nothing is missed, only seen later. See why in cairn status; where watches ran out: ${
        raise("max_user_watches", roundUp(directories / SHARE * 2))
      }`,
    });
  }
  return findings;
}

function roundUp(watches: number): number {
  return Math.max(AT_LEAST, 2 ** Math.ceil(Math.log2(Math.max(1, watches))));
}

/** At once, and for all starts to come. */
function raise(name: string, value: number): string {
  return `echo fs.inotify.${name}=${value} | sudo tee -a /etc/sysctl.d/60-cairn.conf && sudo sysctl --system`;
}
