/** V8's CPU profiles (`--cpu-prof`): where the time of one thread went, by function and by part of the program. Pure. */

/** The form in which V8 writes them; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Ids of nodes; each was on top of the stack when it was looked. */
  readonly samples: readonly number[];
  /** Time from the sample before, of the first from the start. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** Counted from 0; -1 when there is none. */
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

/** A stretch of time in the profile's own clock, in microseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface FunctionTime {
  /** `name file.ts:12` */
  readonly name: string;
  readonly selfUs: number;
  /** With all that it called; where it calls itself, counted once. */
  readonly totalUs: number;
}

export interface ThreadTimes {
  /** Time that was looked at. */
  readonly spanUs: number;
  /** Of that, the time in which the thread did something. */
  readonly busyUs: number;
  /** Busiest by themselves first. */
  readonly functions: readonly FunctionTime[];
  /** By part, as `partOf` names it, largest first. */
  readonly parts: readonly (readonly [string, number])[];
}

/** What a thread does not do. With profiling on, each worker waits half a second at its start for a debugger that never comes. */
const IDLE = new Set(["(idle)", "op_worker_maybe_wait_for_debugger"]);
const ROOT = "(root)";

/** Reads the text of a profile. Throws a plain Error when it is none. */
export function parseProfile(text: string): CpuProfile {
  const profile = JSON.parse(text) as Partial<CpuProfile> | null;
  if (
    !Array.isArray(profile?.nodes) || !Array.isArray(profile.samples) || !Array.isArray(profile.timeDeltas)
  ) {
    throw new Error("It has no nodes, samples and times");
  }
  return profile as CpuProfile;
}

/**
 * Where the thread's time went, within the stretch if one is given. `partOf` names the part of the program that a file belongs to, null when it
 * serves whoever calls it: then the time is the caller's.
 */
export function timesOf(
  profile: CpuProfile,
  partOf: (url: string) => string | null,
  stretch: Stretch | null = null,
): ThreadTimes {
  const self = selfTimes(profile, stretch);
  const byFunction = new Map<string, { selfUs: number; totalUs: number }>();
  const byPart = new Map<string, number>();
  let [spanUs, idleUs] = [0, 0];
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const open = new Map<string, number>();

  /** Visits a node and all below it; the time of them all. The depth is that of the stack, which V8 bounds. */
  function visit(node: ProfileNode, callersPart: string): number {
    const { functionName, url } = node.callFrame;
    const own = self.get(node.id) ?? 0;
    spanUs += own;
    if (IDLE.has(functionName)) {
      idleUs += own;
      return 0;
    }
    const part = functionName.startsWith("(") && functionName !== ROOT && url === ""
      ? functionName
      : partOf(url) ?? callersPart;
    byPart.set(part, (byPart.get(part) ?? 0) + own);
    const name = nameOf(node);
    open.set(name, (open.get(name) ?? 0) + 1);
    let total = own;
    for (const child of node.children ?? []) {
      const below = nodes.get(child);
      if (below !== undefined) total += visit(below, part);
    }
    const depth = open.get(name)! - 1;
    open.set(name, depth);
    const times = byFunction.get(name) ?? { selfUs: 0, totalUs: 0 };
    byFunction.set(name, {
      selfUs: times.selfUs + own,
      totalUs: times.totalUs + (depth === 0 ? total : 0),
    });
    return total;
  }
  const [root] = profile.nodes;
  if (root !== undefined) visit(root, "other");
  return {
    spanUs,
    busyUs: spanUs - idleUs,
    functions: [...byFunction].map(([name, times]) => ({ name, ...times })).filter(({ name, totalUs }) =>
      name !== ROOT && totalUs > 0
    ).sort((a, b) => b.selfUs - a.selfUs),
    parts: [...byPart].filter(([, us]) => us > 0).sort(([, a], [, b]) => b - a),
  };
}

/** Microseconds by node: a sample holds until the next one. */
function selfTimes({ samples, timeDeltas, startTime, endTime }: CpuProfile, stretch: Stretch | null) {
  const self = new Map<number, number>();
  let at = startTime;
  for (let i = 0; i < samples.length; i++) {
    at += timeDeltas[i]!;
    const until = i + 1 < samples.length ? at + timeDeltas[i + 1]! : Math.max(at, endTime);
    const from = Math.max(at, stretch?.from ?? -Infinity);
    const us = Math.min(until, stretch?.to ?? Infinity) - from;
    if (us > 0) self.set(samples[i]!, (self.get(samples[i]!) ?? 0) + us);
  }
  return self;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  // The last two names tell files of one name apart, and are short.
  return `${name} ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
}
