/** The portable file of this program, built once for a test file, and places to start it at that have nothing else. */
import { bundleInto } from "../../scripts/build/bundle.ts";
import { portableBytes, portableTarget } from "../../scripts/build/portable.ts";
import type { Finished } from "./device.ts";
import { tempDir } from "./temp_dir.ts";

/** What the script may use: a shell and the plainest tools. No Deno, Node or npm is in this PATH. */
const TOOLS = ["cat", "env", "gzip", "id", "mkdir", "rm", "sh", "sha256sum", "tail", "tar"];
export const COMMIT = "0123456789ab";

let built: Promise<Uint8Array> | null = null;

/** The bytes of the file, packed lightly: quick to build. */
export function portableFile(): Promise<Uint8Array> {
  return built ??= (async () => {
    using dir = tempDir();
    const bundle = await bundleInto(dir.at("program"), COMMIT);
    const origin = { version: "0.1.0", commit: COMMIT };
    return await portableBytes({ bundle, origin, target: portableTarget(), level: 1 });
  })();
}

/** An empty directory with the portable file alone in it, and an environment in which it is all there is. */
export class Bare implements Disposable {
  readonly #dir = tempDir();
  readonly file = this.at("start/cairn");

  private constructor(bytes: Uint8Array) {
    for (const name of ["start", "tools", "home", "temporary"]) Deno.mkdirSync(this.at(name));
    for (const tool of TOOLS) Deno.symlinkSync(pathOf(tool), this.at(`tools/${tool}`));
    Deno.writeFileSync(this.file, bytes, { mode: 0o755 });
  }

  static async make(): Promise<Bare> {
    return new Bare(await portableFile());
  }

  at(path: string): string {
    return `${this.#dir.path}/${path}`;
  }

  get cache(): string {
    return this.at("home/.cache/cairn");
  }

  /** The words that start a program with nothing but this place around it. */
  wrap(argv: readonly string[], more: Readonly<Record<string, string>> = {}): string[] {
    const env = { PATH: this.at("tools"), HOME: this.at("home"), TMPDIR: this.at("temporary"), ...more };
    return ["/usr/bin/env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...argv];
  }

  /** Runs the file to its end. */
  run(words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return this.runProgram([this.file, ...words], more);
  }

  async runProgram(argv: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Finished> {
    const [program, ...args] = this.wrap(argv, more);
    const done = await new Deno.Command(program!, { args, cwd: this.at("start"), stdin: "null" }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code: done.code, stdout: text(done.stdout), stderr: text(done.stderr) };
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}

function pathOf(tool: string): string {
  for (const directory of ["/usr/bin", "/bin"]) {
    try {
      return Deno.realPathSync(`${directory}/${tool}`);
    } catch {
      // Perhaps in the next.
    }
  }
  throw new Error(`There is no ${tool} here`);
}

/** The names in a directory, sorted; none where it is not there. */
export function namesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}
