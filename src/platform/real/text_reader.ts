/**
 * The text worker from outside: started when there is something to read, ended when there was nothing for some seconds, and at once when a
 * file takes too long or too much memory. Objects are bounded by the worker's heap, and what lies beside that by the growth of the program.
 */
import { Worker } from "node:worker_threads";
import { TEXT_GROWTH_BYTES, TEXT_HEAP_MIB, TEXT_READ_MS } from "../../core/limits.ts";
import type { TextKind } from "../../core/text_kinds.ts";
import type { TextReader } from "../ports.ts";
import type { TextAnswer, TextJob } from "./text_jobs.ts";

/** With the library for PDFs the worker takes some 60 MB; it is back within 0.1 s. */
const IDLE_MS = 5_000;
/** How often the memory of the program is looked at while a file is read: 20 µs each. */
const LOOK_MS = 50;

export interface TextReaderOptions {
  readonly readMs?: number;
  readonly growthBytes?: number;
  readonly idleMs?: number;
  readonly spawn?: () => Worker;
}

export interface RealTextReader extends TextReader {
  /** A worker lives. */
  readonly isAwake: boolean;
}

export function realTextReader(options: TextReaderOptions = {}): RealTextReader {
  const { readMs = TEXT_READ_MS, growthBytes = TEXT_GROWTH_BYTES, idleMs = IDLE_MS } = options;
  const spawn = options.spawn ?? spawnTextWorker;
  let worker: Worker | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let idle: ReturnType<typeof setTimeout> | undefined;
  let abandon: ((answer: TextAnswer) => void) | null = null;
  let isClosed = false;

  function end(): void {
    void worker?.terminate();
    worker = null;
  }

  function run(job: TextJob): Promise<TextAnswer> {
    if (isClosed) return Promise.resolve(null);
    clearTimeout(idle);
    const present = worker ??= spawn();
    return new Promise<TextAnswer>((resolve) => {
      const startBytes = Deno.memoryUsage().rss;
      const over = (answer: TextAnswer, isEnded: boolean) => {
        clearTimeout(late);
        clearInterval(look);
        abandon = null;
        present.removeAllListeners();
        // What a worker that is being ended still says is nobody's business.
        if (isEnded) present.on("error", () => {});
        if (isEnded && worker === present) end();
        resolve(answer);
      };
      const tooMuch = (what: string) => over({ note: `could not be read: ${what}` }, true);
      const late = setTimeout(() => tooMuch("it took too long"), readMs);
      const look = setInterval(() => {
        if (Deno.memoryUsage().rss - startBytes > growthBytes) tooMuch("it took too much memory");
      }, LOOK_MS);
      abandon = (answer) => over(answer, true);
      present.on("message", (answer: TextAnswer) => over(answer, false));
      present.on(
        "error",
        (error: Error & { code?: string }) =>
          tooMuch(
            error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "it took too much memory" : "its reader failed",
          ),
      );
      present.on("exit", () => tooMuch("its reader ended"));
      present.postMessage(job);
    }).finally(() => {
      clearTimeout(idle);
      if (!isClosed) idle = setTimeout(end, idleMs);
    });
  }

  function inTurn(job: TextJob): Promise<TextAnswer> {
    const done = last.then(() => run(job));
    last = done;
    return done;
  }

  return {
    get isAwake() {
      return worker !== null;
    },
    read: (path: string, kind: TextKind) => inTurn({ do: "read", path, kind }),
    checkpoint: async (database) => void await inTurn({ do: "checkpoint", database }),
    close() {
      isClosed = true;
      clearTimeout(idle);
      abandon?.(null);
      end();
    },
  };
}

/** Written out where it is used, so that `deno compile` finds the worker's module. */
function spawnTextWorker(): Worker {
  return new Worker(new URL("./text_worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: TEXT_HEAP_MIB },
  });
}
