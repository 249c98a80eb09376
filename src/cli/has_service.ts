/** Whether a service was installed for a home: one look, since every command asks. */
import { join } from "node:path";
import { RECORD_FILE } from "../service/record_name.ts";
import type { Context } from "./context.ts";
import { homeFor } from "./home.ts";

export function hasService({ env }: Context, home: string | undefined): boolean {
  try {
    return Deno.lstatSync(join(homeFor(home, env, Deno.build.os, Deno.cwd()), RECORD_FILE)).isFile;
  } catch {
    return false;
  }
}
