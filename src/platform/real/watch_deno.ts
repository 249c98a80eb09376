/**
 * Watching through `Deno.watchFs`, in a worker of its own for each tree: a watcher that a FIFO blocks cannot be closed
 * without blocking too, so it is left to a worker that can be terminated. After a FIFO was made in the tree no more
 * hints come; the canary above notices that, and polls.
 */
import type { WatchEvents } from "../ports.ts";
import { guarded } from "./fs_errors.ts";

/** What the worker is told to do. */
export interface WatchOrder {
  readonly root: string;
  readonly ignoreTop: string;
}

/** What it says. */
export type WatchNews = { readonly hints: readonly string[] } | { readonly gone: string };

export function watchByDeno(root: string, ignoreTop: string, events: WatchEvents): () => void {
  const order: WatchOrder = { root: guarded(root, () => Deno.realPathSync(root)), ignoreTop };
  const worker = new Worker(new URL("./watch_worker.ts", import.meta.url), { type: "module" });
  let open = true;
  worker.onmessage = ({ data }: MessageEvent<WatchNews>) => {
    if (!open) return;
    if ("hints" in data) { for (const path of data.hints) events.hint(path); }
    else end(data.gone);
  };
  worker.onerror = (event) => {
    event.preventDefault(); // else the error ends the whole process
    end(event.message);
  };
  worker.postMessage(order);
  return stop;

  function stop(): void {
    if (!open) return;
    open = false;
    worker.terminate();
  }

  function end(reason: string): void {
    if (!open) return;
    stop();
    events.gone(reason);
  }
}
