/**
 * Whether an executable has inside all that the program opens when it runs. Deno at hand stands in for the base binary: what is made
 * so does not run, but it is put together in the same way.
 */
import { Buffer } from "node:buffer";
import { BuildError } from "./build_error.ts";
import { type Bundle, MAIN } from "./bundle.ts";
import { compile } from "./compile.ts";
import type { Origin } from "./origin.ts";
import { missingFrom } from "./references.ts";
import { targetNamed } from "./targets.ts";

/** Loads each module that it is told of, with nothing around: in this thread, or in a worker of Node's or of the web's kind. */
const PROBE = `import * as threads from "node:worker_threads";
for (const word of Deno.args) {
  const [kind, path] = word.split(":");
  if (kind === "here") await import(path);
  else await new Promise((loaded, failed) => {
    const url = new URL(\`./probe_\${kind}.mjs\`, import.meta.url);
    if (kind === "thread") new threads.Worker(url, { workerData: path }).on("error", failed).on("message", loaded);
    else Object.assign(new Worker(url, { type: "module", name: path }), { onmessage: loaded, onerror: failed });
  });
}
console.log("all loaded");
Deno.exit(0);
`;
const PROBE_THREAD = `import { parentPort, workerData } from "node:worker_threads";
await import(workerData);
parentPort.postMessage("loaded");
`;
const PROBE_WEB = `await import(self.name);\nself.postMessage("loaded");\n`;
/** What an executable has behind the program, at most: it stands near the end, and a search from the start takes seconds. */
const TAIL_BYTES = 16 * 2 ** 20;

/** Throws BuildError where something is missing; else answers what was looked at, in lines. `work` is a directory for it. */
export async function check(
  bundle: Bundle,
  directory: string,
  { version, commit }: Origin,
  work: string,
): Promise<string[]> {
  const target = targetNamed(Deno.build.target);
  if (target === null) {
    throw new BuildError(`Nothing is built for ${Deno.build.target}`, "Check on a system that is built for");
  }
  const executable = `${work}/checked`;
  await compile(target, directory, `${work}/no.ico`, executable, { DENORT_BIN: Deno.execPath() });
  const bytes = Deno.readFileSync(executable);
  Deno.removeSync(executable);
  const missing = [...notEmbedded(bundle, bytes), ...missingFrom(bundle)];
  if (missing.length > 0) {
    throw new BuildError(
      `Not embedded:\n  ${missing.join("\n  ")}`,
      "See scripts/build/compile.ts for what is included",
    );
  }
  const size = [...bundle.values()].reduce((sum, source) => sum + source.length, 0);
  Deno.writeTextFileSync(`${directory}/probe.mjs`, PROBE);
  Deno.writeTextFileSync(`${directory}/probe_thread.mjs`, PROBE_THREAD);
  Deno.writeTextFileSync(`${directory}/probe_web.mjs`, PROBE_WEB);
  const loaded = await run(work, directory, ["probe.mjs", ...[...bundle].map(probeWord)]);
  if (loaded !== "all loaded") throw new BuildError(`A module does not load alone: ${loaded}`, "Mend it");
  const told = await run(work, directory, [MAIN, "--version"]);
  if (told !== `cairn ${version} (commit ${commit})`) {
    throw new BuildError(`The bundled program calls itself "${told}"`, "See src/core/version_name.ts");
  }
  return [
    `embedded: ${bundle.size} modules, ${
      (size / 2 ** 20).toFixed(1)
    } MiB, each found byte by byte in the executable`,
    `closed:   no module refers to anything but these and Node's parts of Deno; each loads with no network, cache or configuration`,
    `says:     ${told}`,
  ];
}

/** What of the bundle does not stand in the executable just as it is. */
export function notEmbedded(bundle: Bundle, executable: Uint8Array): string[] {
  const whole = Buffer.from(executable.buffer, executable.byteOffset, executable.byteLength);
  const tail = whole.subarray(-TAIL_BYTES);
  return [...bundle]
    .filter(([, source]) => !tail.includes(source) && !whole.includes(source))
    .map(([path]) => path);
}

function probeWord([path, source]: readonly [string, string]): string {
  if (!path.endsWith("_worker.js")) return `here:./${path}`;
  return `${source.includes('"node:worker_threads"') ? "thread" : "web"}:./${path}`;
}

/** Runs the bundle from a copy, with an empty cache; standard output, or what it failed with. */
async function run(work: string, directory: string, words: readonly string[]): Promise<string> {
  const args = [
    "run",
    "--allow-all",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--cached-only",
    ...words,
  ];
  const env = { DENO_DIR: `${work}/empty`, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" };
  const done = await new Deno.Command(Deno.execPath(), { args, cwd: directory, env, stdin: "null" }).output();
  return new TextDecoder().decode(done.success ? done.stdout : done.stderr).trim();
}
