/** Asking to stop: Ctrl-C, a service manager's SIGTERM, a terminal that is closed. */

export interface StopSignal {
  /** Resolves at the first signal. */
  readonly stop: Promise<void>;
  received(): boolean;
  dispose(): void;
}

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** The first signal resolves `stop`; each further one runs `again`, for who does not want to wait. */
export function onStopSignal(again: () => void): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const heard = () => {
    if (++count === 1) resolve();
    else again();
  };
  for (const name of SIGNALS) Deno.addSignalListener(name, heard);
  return {
    stop: promise,
    received: () => count > 0,
    dispose() {
      for (const name of SIGNALS) Deno.removeSignalListener(name, heard);
    },
  };
}
