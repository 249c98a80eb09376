/** A machine as a test wants it, for what a doctor asks of it. */
import type { HostFacts } from "../../src/platform/real/host_facts.ts";

export function hostFacts(over: Partial<HostFacts> = {}): HostFacts {
  return {
    os: "linux",
    arch: "x86_64",
    user: 1000,
    ownership: () => null,
    may: () => true,
    addresses: () => [],
    watchLimits: () => null,
    isAnswered: () => Promise.resolve(false),
    copyAside: () => null,
    ...over,
  };
}
