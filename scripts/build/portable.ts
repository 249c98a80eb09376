/**
 * The portable file: a shell script with the Deno at hand and the bundled program behind it, as a compressed tar archive. What it
 * does when it is started is in portable_stub.sh.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { BuildError } from "./build_error.ts";
import type { Bundle } from "./bundle.ts";
import type { Origin } from "./origin.ts";
import { permissionFlags, V8_FLAGS } from "./permissions.ts";
import { MANIFEST, manifestOf, sha256 } from "./portable_manifest.ts";
import { tarOf } from "./tar.ts";
import { type Target, targetNamed } from "./targets.ts";

const STUB = fileURLToPath(new URL("portable_stub.sh", import.meta.url));
const SETTLE = fileURLToPath(new URL("portable_settle.ts", import.meta.url));
/** The script is filled up to this, so that the archive begins at an offset that the script can name. */
const STUB_BYTES = 16_384;
/** Deno under the name that `ps` shows. */
const RUNTIME = "cairn";
const SETTLE_NAME = "settle.js";
/** What may stand in the script without quotes. */
const PLAIN = /^[\w.,=/+-]+$/;

/** This machine's target. Throws where there are no portable files: they begin with a shell script. */
export function portableTarget(triple = Deno.build.target): Target {
  const target = targetNamed(triple);
  if (target !== null && target.system !== "windows") return target;
  throw new BuildError(
    `There is no portable file for ${triple}: it is a shell script, for Linux and macOS`,
    "Build the executable: deno task build --target x86_64-pc-windows-msvc",
  );
}

export interface PortableParts {
  readonly bundle: Bundle;
  readonly origin: Origin;
  readonly target: Target;
  /** Of gzip, 1 to 9. */
  readonly level: number;
}

/** The whole file. */
export async function portableBytes(parts: PortableParts): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array>([[RUNTIME, Deno.readFileSync(Deno.execPath())]]);
  for (const [path, source] of parts.bundle) files.set(path, encoder.encode(source));
  const needed = [...files.keys()];
  files.set(SETTLE_NAME, await bundledSettle());
  const manifest = encoder.encode(JSON.stringify(manifestOf(files)));
  const size = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  files.set(MANIFEST, manifest);
  const tar = tarOf(
    [...files].map(([path, bytes]) => ({ path, bytes, mode: path === RUNTIME ? 0o700 : 0o600 })),
  );
  const packed = new Uint8Array(gzipSync(tar, { level: parts.level }));
  packed[9] = 255; // the system that packed it: not told
  const script = encoder.encode(scriptFor(Deno.readTextFileSync(STUB), parts, needed, sha256(packed), size));
  const whole = new Uint8Array(script.length + packed.length);
  whole.set(script);
  whole.set(packed, script.length);
  return whole;
}

/** The script with its words filled in, exactly STUB_BYTES long. */
export function scriptFor(
  template: string,
  { origin, target }: PortableParts,
  files: readonly string[],
  hash: string,
  size: number,
): string {
  const flags = [
    ...permissionFlags(target.system),
    ...[V8_FLAGS, "--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only"],
  ];
  const words: Readonly<Record<string, readonly string[]>> = {
    VERSION: [origin.version],
    COMMIT: [origin.commit],
    TRIPLE: [target.triple],
    SYSTEM: [target.system],
    HASH: [hash],
    OFFSET: [String(STUB_BYTES + 1)],
    MEBIBYTES: [String(Math.ceil(size / 2 ** 20) + 10)],
    FILES: files,
    FLAGS: flags,
  };
  const script = template.replace(/@([A-Z]+)@/g, (_, name: string) => {
    const values = words[name];
    if (values === undefined || !values.every((value) => PLAIN.test(value))) {
      throw new Error(`No plain words for @${name}@ in the script: ${values}`);
    }
    return values.join(" ");
  });
  const length = new TextEncoder().encode(script).length;
  if (length >= STUB_BYTES) {
    throw new Error(`The script is ${length} bytes long, of ${STUB_BYTES - 1} at most`);
  }
  return `${script}${"#".repeat(STUB_BYTES - length - 1)}\n`;
}

async function bundledSettle(): Promise<Uint8Array> {
  const args = ["bundle", "--quiet", "--no-check", "--no-config", SETTLE];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" })
    .output();
  if (success) return stdout;
  throw new BuildError(
    `Cannot bundle ${SETTLE}:\n${new TextDecoder().decode(stderr)}`,
    "Mend it and build again",
  );
}
