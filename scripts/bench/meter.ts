/** Measures a stretch of time: the clock, the wire, the processors, memory. */
import type { Figures } from "./figures.ts";
import type { Hosts } from "./hosts.ts";
import type { Peer } from "./peer.ts";
import { machine, ownUsageOf, resetPeak, uptimeS, usageOf } from "./proc.ts";

/** A measurement under way; the clock runs. */
export interface Meter {
  /** Stops the clock. What else is asked of the system is asked afterwards. */
  end(): Promise<Figures>;
}

/**
 * Starts to measure what the peer's devices do. The bytes are those of `host`. Beside the devices' own figures there are `bench_cpu_s`, what the
 * bench itself used, and `other_cpu_s` and `stolen_cpu_s`, what everybody else used and what the host of a virtual machine took: with
 * much of these the measurement is worth little. `from_uptime_s` and `to_uptime_s` say when it was.
 */
export async function startMeter(hosts: Hosts, peer: Peer, host: string): Promise<Meter> {
  const pids = new Map(peer.running().map((name) => [name, peer.pid(name)]));
  const cpuBefore = new Map([...pids].map(([name, pid]) => [name, usageOf(pid)?.cpuS ?? 0]));
  for (const pid of pids.values()) resetPeak(pid);
  const [ownBefore, machineBefore] = [ownUsageOf("self"), machine()];
  const bytesBefore = await hosts.bytes(host);
  const fromUptime = uptimeS();
  const startMs = performance.now();
  return {
    async end() {
      const s = (performance.now() - startMs) / 1000;
      const [toUptime, machineNow, own] = [uptimeS(), machine(), ownUsageOf("self")];
      const bytes = await hosts.bytes(host);
      const figures: Record<string, number> = { s };
      if (bytes !== null && bytesBefore !== null) {
        figures["sent_bytes"] = bytes.sent - bytesBefore.sent;
        figures["received_bytes"] = bytes.received - bytesBefore.received;
      }
      const cpu: number[] = [];
      const rss: number[] = [];
      // A device that was started meanwhile began at nothing.
      for (const name of peer.running()) {
        const usage = usageOf(peer.pid(name));
        if (usage === null) continue;
        const before = pids.get(name) === peer.pid(name) ? cpuBefore.get(name) ?? 0 : 0;
        figures[`cpu_${name}_s`] = usage.cpuS - before;
        figures[`rss_${name}_bytes`] = usage.peakBytes;
        cpu.push(usage.cpuS - before);
        rss.push(usage.peakBytes);
      }
      if (cpu.length > 0) {
        figures["cpu_s"] = cpu.reduce((sum, value) => sum + value, 0);
        figures["cpu_most_s"] = Math.max(...cpu);
        figures["rss_bytes"] = Math.max(...rss);
      }
      if (own !== null && ownBefore !== null && machineNow !== null && machineBefore !== null) {
        figures["bench_cpu_s"] = own.cpuS - ownBefore.cpuS;
        const busy = machineNow.busyS - machineBefore.busyS;
        figures["other_cpu_s"] = Math.max(0, busy - figures["bench_cpu_s"] - (figures["cpu_s"] ?? 0));
        figures["stolen_cpu_s"] = machineNow.stolenS - machineBefore.stolenS;
      }
      if (fromUptime !== null && toUptime !== null) {
        figures["from_uptime_s"] = fromUptime;
        figures["to_uptime_s"] = toUptime;
      }
      return figures;
    },
  };
}
