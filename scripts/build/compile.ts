/** `deno compile` of the bundle for one target, and what it means when it fails. */
import { BuildError } from "./build_error.ts";
import { MAIN } from "./bundle.ts";
import { permissionFlags, V8_FLAGS } from "./permissions.ts";
import type { Target } from "./targets.ts";

/** The arguments of Deno that make the executable. The whole bundle is included: workers are not found by following imports. */
export function compileArguments(target: Target, bundle: string, icon: string, output: string): string[] {
  return [
    ...["compile", "--quiet", "--no-check", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
    ...["--target", target.triple, "--app-name", "cairn", "--output", output],
    ...(target.system === "windows" ? ["--icon", icon] : []),
    ...permissionFlags(target.system),
    V8_FLAGS,
    ...["--include", bundle, `${bundle}/${MAIN}`],
  ];
}

/** Makes the executable. Throws BuildError "no base" or with what Deno said. */
export async function compile(
  target: Target,
  bundle: string,
  icon: string,
  output: string,
  env: Record<string, string> = {},
): Promise<void> {
  const args = compileArguments(target, bundle, icon, output);
  const done = await new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  if (!done.success) throw failureOf(target, new TextDecoder().decode(done.stderr));
}

/** What Deno's words of a compilation that failed mean to who builds. */
export function failureOf(target: Target, said: string, version = Deno.version.deno): BuildError {
  const words = said.split(/\nStack backtrace:/)[0]!.trim();
  if (!/Setting up base binary/.test(words)) {
    return new BuildError(
      `deno compile failed for ${target.triple}:\n${words}`,
      "Mend what it names and build again",
    );
  }
  const archive = `denort-${target.triple}.zip`;
  const url = /https:\/\/\S+?\.zip/.exec(words)?.[0] ?? `https://dl.deno.land/release/v${version}/${archive}`;
  const cause = words.split("\n").at(-1)!.replace(/^\s*\d+:\s*/, "");
  return new BuildError(
    `No executable for ${target.triple}: its base binary cannot be had.\n  Asked for: ${url}\n  Answer:    ${cause}`,
    `Build where that can be reached, or fetch it there and put it at DENO_DIR/dl/release/v${version}/${archive} here` +
      (target.triple === Deno.build.target && target.system !== "windows"
        ? "; or make a file that needs none: deno task build --portable"
        : ""),
  );
}
