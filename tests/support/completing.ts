/** A running device and a `cairn` in PATH, for shells that complete its words. */
import { fileURLToPath } from "node:url";
import { Device } from "./device.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
/** Every key of every case takes a start of the program, on a machine that may be busy. */
const SHELL_LIMIT_MS = 120_000;

export class Completing implements AsyncDisposable {
  readonly #dir: TempDir;

  private constructor(dir: TempDir, readonly device: Device) {
    this.#dir = dir;
  }

  /** The device `laptop` with the folder `Photos`, which holds `files`; a file that ends with `/` is a directory. */
  static async open(files: readonly string[]): Promise<Completing> {
    const dir = tempDir();
    const device = new Device("laptop", dir.path);
    for (const file of files) {
      const at = `${device.data}/Photos/${file}`;
      Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
      if (!file.endsWith("/")) Deno.writeTextFileSync(at, "text");
    }
    Deno.mkdirSync(dir.at("bin"));
    const program =
      `#!/bin/sh\nexec '${Deno.execPath()}' run -A --cached-only --no-check --config '${CONFIG}' '${MAIN}' "$@"\n`;
    Deno.writeTextFileSync(dir.at("bin/cairn"), program, { mode: 0o755 });
    const completing = new Completing(dir, device);
    try {
      await device.startAndWait("up", `${device.data}/Photos`, "--name", "laptop", "--no-invite");
      await waitFor("the files to be known", () => device.upToDate());
      return completing;
    } catch (error) {
      await completing[Symbol.asyncDispose]();
      throw error;
    }
  }

  get path(): string {
    return this.#dir.path;
  }

  /** Runs a shell with `cairn` in its PATH; its standard output. */
  async shell(program: string, ...args: readonly string[]): Promise<string> {
    const command = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      cwd: this.device.data,
      env: {
        PATH: `${this.#dir.at("bin")}:${Deno.env.get("PATH")}`,
        CAIRN_HOME: this.device.home,
        LC_ALL: "C.UTF-8",
        TERM: "dumb",
      },
      signal: AbortSignal.timeout(SHELL_LIMIT_MS),
    });
    const { code, stdout, stderr } = await command.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${text(stderr)}`);
    return text(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.device.stop();
    } finally {
      this.#dir[Symbol.dispose]();
    }
  }
}

/** Whether a program is installed on this machine. */
export function isInstalled(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
