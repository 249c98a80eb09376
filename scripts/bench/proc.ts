/** What Linux tells of processes and of the machine. On other systems there are no such figures: null. */

/** Ticks a second of the times in /proc (USER_HZ): 100 on all machines that Deno runs on. */
const TICKS = 100;

export interface Usage {
  /** Processor time since the processes began, in seconds. */
  readonly cpuS: number;
  readonly rssBytes: number;
  /** The most since the last `resetPeak`. */
  readonly peakBytes: number;
}

/** Of a process and all that it has started, together: Syncthing is two. Null when the process is gone. */
export function usageOf(pid: number): Usage | null {
  const usages = familyOf(pid).flatMap((member) => ownUsageOf(member) ?? []);
  if (usages.length === 0) return null;
  return usages.reduce((sum, { cpuS, rssBytes, peakBytes }) => ({
    cpuS: sum.cpuS + cpuS,
    rssBytes: sum.rssBytes + rssBytes,
    peakBytes: sum.peakBytes + peakBytes,
  }));
}

/** Of one process. Null when it is gone. */
export function ownUsageOf(pid: number | "self"): Usage | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
    return { cpuS: cpuOfStat(stat), rssBytes: kib("VmRSS"), peakBytes: kib("VmHWM") };
  } catch {
    return null;
  }
}

/** The process, its children, and theirs. */
function familyOf(pid: number): number[] {
  const family = [pid];
  for (const member of family) {
    try {
      for (const { name } of Deno.readDirSync(`/proc/${member}/task`)) {
        const children = Deno.readTextFileSync(`/proc/${member}/task/${name}/children`);
        family.push(...children.split(" ").filter((child) => child !== "").map(Number));
      }
    } catch {
      // It is gone, or this kernel does not tell.
    }
  }
  return family;
}

/** User and system time from the text of /proc/PID/stat, in seconds. The name in it may hold anything, also a bracket. */
export function cpuOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** From here on the peak is counted anew. Where that is not permitted, it stays the peak of the whole life. */
export function resetPeak(pid: number): void {
  for (const member of familyOf(pid)) {
    try {
      Deno.writeTextFileSync(`/proc/${member}/clear_refs`, "5");
    } catch {
      // Not permitted, or gone.
    }
  }
}

/** Processor time that all processes together have used since boot, and what the host below took away ("steal"), in seconds. */
export interface Machine {
  readonly busyS: number;
  readonly stolenS: number;
}

export function machine(): Machine | null {
  try {
    return machineOf(Deno.readTextFileSync("/proc/stat"));
  } catch {
    return null;
  }
}

/** From the text of /proc/stat. */
export function machineOf(stat: string): Machine {
  const ticks = stat.slice(0, stat.indexOf("\n")).trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  return { busyS: (user + nice + system + irq + softirq) / TICKS, stolenS: steal / TICKS };
}

/** Seconds since boot, to the hundredth: the clock that V8's profiles are written by, too. Null off Linux. */
export function uptimeS(): number | null {
  try {
    return Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]);
  } catch {
    return null;
  }
}
