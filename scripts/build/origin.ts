/** What is built: the version, and the commit that it is made of. */
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/core/version_name.ts";

export interface Origin {
  readonly version: string;
  /** Twelve digits; a plus behind them says that files differ from that commit; "unknown" outside of a repository. */
  readonly commit: string;
}

export async function originOf(root = fileURLToPath(new URL("../../", import.meta.url))): Promise<Origin> {
  const head = await git(root, "rev-parse", "--short=12", "HEAD");
  const changes = head === null ? null : await git(root, "status", "--porcelain");
  return { version: VERSION, commit: head === null ? "unknown" : `${head}${changes === "" ? "" : "+"}` };
}

/** Standard output of git, or null where it fails or is not there. */
async function git(root: string, ...args: string[]): Promise<string | null> {
  try {
    const command = new Deno.Command("git", { args: ["-C", root, ...args], stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    return null;
  }
}
