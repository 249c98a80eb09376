/** The program that is measured: the portable file of this checkout, which is what people run. */
import { fileURLToPath } from "node:url";
import { portableName } from "../build/targets.ts";
import { portableTarget } from "../build/portable.ts";
import { VERSION } from "../../src/core/version_name.ts";
import { outputOf } from "./process.ts";

const BUILD = fileURLToPath(new URL("../build.ts", import.meta.url));

/** Whether there are portable files for this system. */
export function canBuild(): boolean {
  return Deno.build.os !== "windows";
}

/**
 * Builds it below `directory`, which is empty, and has it unpack itself there: the command that starts it. What compiles with its first
 * start is kept beside it, as it is with a person's.
 */
export async function buildCairn(directory: string): Promise<string[]> {
  await outputOf([Deno.execPath(), "run", "-A", BUILD, "--portable", "--level", "1", "--out", directory]);
  const file = `${directory}/${portableName(VERSION, portableTarget())}`;
  const command = ["env", `XDG_CACHE_HOME=${directory}`, file];
  await outputOf([...command, "--version"]);
  return command;
}
