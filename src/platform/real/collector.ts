/** V8's own `gc`, which it gives only on request; of whichever thread asks. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What collects this thread's garbage, all of it and at once; null where V8 does not give it. */
export function collector(): (() => void) | null {
  try {
    setFlagsFromString("--expose-gc");
    const gc: unknown = runInNewContext("gc");
    return typeof gc === "function" ? () => void gc() : null;
  } catch {
    return null;
  }
}
