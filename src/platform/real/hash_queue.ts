/**
 * Waiting work and the workers that do it. Whoever is idle gets the next job; urgent jobs (someone waits for
 * them) go before long-running hashing, but never starve it. A worker that dies fails its jobs and is replaced.
 */
import { FsError } from "../ports.ts";
import { type Answer, isWire, type Jobs, type Request } from "./hash_jobs.ts";

/** Jobs that a worker has at once: the next is at hand while the main thread is busy. */
const JOBS_AHEAD = 2;
/** All workers but the first end when they have had nothing to do for this long: each takes some 15 MB, and is back within 0.1 s. */
export const IDLE_MS = 3_000;
/** Urgent jobs in a row, after which one that waits in the background has its turn. */
const URGENT_IN_A_ROW = 8;

interface Job {
  readonly request: Request;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

interface Lane {
  worker: Worker | null;
  readonly jobs: Map<number, Job>;
  /** Set while the worker has nothing to do. */
  idle: ReturnType<typeof setTimeout> | undefined;
}

export type Priority = "urgent" | "background";

export class HashQueue {
  readonly #spawn: () => Worker;
  readonly #idleMs: number;
  readonly #lanes: Lane[];
  readonly #waiting: Record<Priority, Job[]> = { urgent: [], background: [] };
  #nextId = 1;
  #urgentInARow = 0;
  #closed = false;

  constructor(workers: number, spawn: () => Worker, idleMs: number) {
    this.#spawn = spawn;
    this.#idleMs = idleMs;
    this.#lanes = Array.from({ length: workers }, () => ({
      worker: null,
      jobs: new Map(),
      idle: undefined,
    }));
  }

  get workers(): number {
    return this.#lanes.length;
  }

  run<K extends keyof Jobs>(
    kind: K,
    args: Parameters<Jobs[K]>,
    priority: Priority,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<Jobs[K]>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closedError());
      const request = { id: this.#nextId++, kind, args };
      this.#waiting[priority].push({ request, transfer, resolve, reject });
      this.#assign();
    });
  }

  /** Work will come soon: the workers start, which takes each some 50 ms of a processor that may be idle yet. */
  warm(): void {
    if (this.#closed) return;
    for (const lane of this.#lanes) {
      lane.worker ??= this.#start(lane);
      this.#endWhenIdle(lane);
    }
  }

  /** Nothing happens: who has nothing to do ends, and the first, which stays, gives back what it does not need. */
  rest(): void {
    const [first, ...spare] = this.#lanes;
    for (const lane of spare) if (lane.jobs.size === 0) this.#end(lane);
    if (!this.#closed && first!.worker !== null && first!.jobs.size === 0) {
      this.run("rest", [], "background").catch(() => {}); // closed meanwhile
    }
  }

  close(): void {
    this.#closed = true;
    const jobs = [...this.#waiting.urgent.splice(0), ...this.#waiting.background.splice(0)];
    for (const lane of this.#lanes) {
      this.#end(lane);
      jobs.push(...lane.jobs.values());
      lane.jobs.clear();
    }
    for (const job of jobs) job.reject(closedError());
  }

  /** Gives waiting work to those who have the least. */
  #assign(): void {
    while (this.#waiting.urgent.length + this.#waiting.background.length > 0) {
      const lane = this.#lanes.reduce((least, other) => other.jobs.size < least.jobs.size ? other : least);
      if (lane.jobs.size >= JOBS_AHEAD) return;
      this.#send(lane, this.#next());
    }
  }

  #next(): Job {
    const { urgent, background } = this.#waiting;
    const turn = background.length > 0 && (urgent.length === 0 || this.#urgentInARow >= URGENT_IN_A_ROW);
    this.#urgentInARow = turn ? 0 : this.#urgentInARow + 1;
    return (turn ? background : urgent).shift()!;
  }

  #send(lane: Lane, job: Job): void {
    clearTimeout(lane.idle);
    try {
      lane.worker ??= this.#start(lane);
      lane.worker.postMessage(job.request, [...job.transfer]);
      lane.jobs.set(job.request.id, job);
    } catch (error) { // a buffer that was given away before: the caller's mistake, and its alone
      job.reject(error as Error);
    }
  }

  #start(lane: Lane): Worker {
    const worker = this.#spawn();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#answered(lane, data);
    worker.onerror = (event) => {
      event.preventDefault(); // else the error ends the whole process
      this.#died(lane, worker, event.message);
    };
    worker.onmessageerror = () => this.#died(lane, worker, "a message could not be read");
    return worker;
  }

  #answered(lane: Lane, { id, value, failure }: Answer): void {
    const job = lane.jobs.get(id);
    if (job === undefined) return;
    lane.jobs.delete(id);
    if (failure !== undefined) job.reject(fromWire(failure) as FsError);
    else job.resolve((Array.isArray(value) ? value.map(fromWire) : value) as never);
    this.#assign();
    this.#endWhenIdle(lane);
  }

  #endWhenIdle(lane: Lane): void {
    clearTimeout(lane.idle);
    const isSpare = lane !== this.#lanes[0] && lane.jobs.size === 0;
    if (isSpare) lane.idle = setTimeout(() => this.#end(lane), this.#idleMs);
  }

  #end(lane: Lane): void {
    clearTimeout(lane.idle);
    lane.worker?.terminate();
    lane.worker = null;
  }

  /** Its jobs fail; the next job that comes to the lane starts another worker. */
  #died(lane: Lane, worker: Worker, why: string): void {
    if (lane.worker !== worker) return;
    this.#end(lane);
    const jobs = [...lane.jobs.values()];
    lane.jobs.clear();
    for (const job of jobs) job.reject(new Error(`A content worker died in ${job.request.kind}: ${why}`));
    this.#assign();
  }
}

function fromWire(value: unknown): unknown {
  return isWire(value) ? new FsError(value.fsCode, value.path, new Error(value.why)) : value;
}

function closedError(): Error {
  return new Error("The hash pool is closed");
}
