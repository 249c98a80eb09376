/** A host on which devices run as somebody whom permissions stop: root without the rights to pass over them. */
import { type Host, LOOPBACK } from "./device.ts";

const DROPPED = "-dac_override,-dac_read_search";

/** Null where there is no such host: root without `setpriv`. */
export async function plainUser(): Promise<Host | null> {
  if (Deno.build.os === "windows") return null;
  if (Deno.uid() !== 0) return LOOPBACK;
  const wrap = (
    argv: readonly string[],
  ) => ["setpriv", `--inh-caps=${DROPPED}`, `--bounding-set=${DROPPED}`, ...argv];
  try {
    const [program, ...args] = wrap(["true"]);
    const { success } = await new Deno.Command(program!, { args, stdout: "null", stderr: "null" }).output();
    return success ? { ...LOOPBACK, wrap } : null;
  } catch {
    return null;
  }
}
