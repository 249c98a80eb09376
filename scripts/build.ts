/**
 * `deno task build`: executables for all targets into dist/, or with --portable one self-extracting file for this machine's kind, or
 * with --check a look whether all that the program opens at run time is inside. Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { BuildError } from "./build/build_error.ts";
import { bundleInto } from "./build/bundle.ts";
import { check } from "./build/check.ts";
import { CHECKSUMS, writeChecksums } from "./build/checksums.ts";
import { compile } from "./build/compile.ts";
import { iconBytes } from "./build/icon.ts";
import { originOf } from "./build/origin.ts";
import { portableBytes, portableTarget } from "./build/portable.ts";
import { executableName, portableName, type Target, targetNamed, TARGETS } from "./build/targets.ts";

const USAGE = `Usage: deno task build [--target TRIPLE]... [--portable | --check] [--out DIR]

  (nothing)         executables for all targets
  --target TRIPLE   only for this one: ${TARGETS.map(({ triple }) => triple).join(", ")}
  --portable        one self-extracting file for this machine's kind, of the Deno at hand; needs no base binary
  --level N         how hard it is compressed, 1 to 9 (default 9)
  --check           compiles with a stand-in and verifies that everything is embedded; leaves nothing behind
  --out DIR         where to (default dist)`;

interface Wish {
  readonly out: string;
  readonly targets: readonly Target[];
  readonly mode: "compile" | "portable" | "check";
  readonly level: number;
}

/** What the words ask for. Throws with what is wrong about them. */
export function wishOf(words: readonly string[]): Wish | "help" {
  const { values } = parseArgs({
    args: [...words],
    options: {
      target: { type: "string", multiple: true },
      portable: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      level: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (values.portable && values.check) throw new Error("--portable and --check exclude each other");
  if (values.target !== undefined && (values.portable || values.check)) {
    throw new Error("--portable and --check are for this machine's kind: --target cannot be given with them");
  }
  if (values.level !== undefined && !(values.portable && /^[1-9]$/.test(values.level))) {
    throw new Error("--level is a digit from 1 to 9, with --portable");
  }
  const targets = values.target?.map((triple) => {
    const target = targetNamed(triple);
    if (target === null) throw new Error(`there is no target "${triple}"`);
    return target;
  });
  return {
    out: values.out ?? fileURLToPath(new URL("../dist", import.meta.url)),
    targets: targets ?? TARGETS,
    mode: values.portable ? "portable" : values.check ? "check" : "compile",
    level: Number(values.level ?? 9),
  };
}

/** Builds; what could not be built is told, and the rest is built all the same. Answers whether all was. */
async function build(wish: Wish): Promise<boolean> {
  const origin = await originOf();
  const work = Deno.makeTempDirSync({ prefix: "cairn-build-" });
  try {
    const directory = `${work}/program`;
    const bundle = await bundleInto(directory, origin.commit);
    if (wish.mode === "check") {
      for (const line of await check(bundle, directory, origin, work)) console.log(line);
      return true;
    }
    Deno.mkdirSync(wish.out, { recursive: true });
    if (wish.mode === "portable") {
      const target = portableTarget();
      const bytes = await portableBytes({ bundle, origin, target, level: wish.level });
      put(`${wish.out}/${portableName(origin.version, target)}`, (path) => Deno.writeFileSync(path, bytes));
    } else if (!await compileAll(wish, origin.version, directory, work)) return false;
    writeChecksums(wish.out);
    console.log(`${wish.out}/${CHECKSUMS}`);
    return true;
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

async function compileAll(wish: Wish, version: string, bundle: string, work: string): Promise<boolean> {
  const icon = `${work}/cairn.ico`;
  Deno.writeFileSync(icon, iconBytes());
  let failed = 0;
  for (const target of wish.targets) {
    const made = `${work}/${executableName(version, target)}`;
    try {
      await compile(target, bundle, icon, made);
      put(`${wish.out}/${executableName(version, target)}`, (path) => Deno.copyFileSync(made, path));
      Deno.removeSync(made);
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      tell(error);
      failed++;
    }
  }
  if (failed > 0 && failed < wish.targets.length) writeChecksums(wish.out);
  return failed === 0;
}

/** The name is there only with the whole file behind it. */
function put(path: string, write: (path: string) => void): void {
  write(`${path}.new`);
  Deno.chmodSync(`${path}.new`, 0o755);
  Deno.renameSync(`${path}.new`, path);
  console.log(path);
}

function tell({ message, hint }: BuildError): void {
  console.error(`build: ${message}\n→ ${hint}`);
}

async function main(): Promise<number> {
  let wish: Wish | "help";
  try {
    wish = wishOf(Deno.args);
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (wish === "help") {
    console.log(USAGE);
    return 0;
  }
  try {
    return await build(wish) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    tell(error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
