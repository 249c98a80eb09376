import assert from "node:assert/strict";
import { wishOf } from "../../../scripts/build.ts";
import { notEmbedded } from "../../../scripts/build/check.ts";
import { CHECKSUMS, writeChecksums } from "../../../scripts/build/checksums.ts";
import { compileArguments, failureOf } from "../../../scripts/build/compile.ts";
import { iconBytes } from "../../../scripts/build/icon.ts";
import { originOf } from "../../../scripts/build/origin.ts";
import { permissionFlags, VARIABLES } from "../../../scripts/build/permissions.ts";
import { portableTarget } from "../../../scripts/build/portable.ts";
import { tarOf } from "../../../scripts/build/tar.ts";
import { executableName, targetNamed, TARGETS } from "../../../scripts/build/targets.ts";
import { VERSION, versionWithCommit } from "../../../src/core/version_name.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ROOT = new URL("../../../", import.meta.url);
const WINDOWS = targetNamed("x86_64-pc-windows-msvc")!;
const LINUX = targetNamed("aarch64-unknown-linux-gnu")!;
const MAC = targetNamed("aarch64-apple-darwin")!;

Deno.test("executables are named by version and target", () => {
  assert.deepEqual(TARGETS.map((target) => executableName("1.2.3", target)), [
    "cairn-1.2.3-x86_64-unknown-linux-gnu",
    "cairn-1.2.3-aarch64-unknown-linux-gnu",
    "cairn-1.2.3-x86_64-apple-darwin",
    "cairn-1.2.3-aarch64-apple-darwin",
    "cairn-1.2.3-x86_64-pc-windows-msvc.exe",
  ]);
});

Deno.test("the version is the same everywhere, with the commit where one was baked in", async () => {
  assert.equal(JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))).version, VERSION);
  assert.equal(versionWithCommit(), VERSION);
  assert.equal(versionWithCommit("0a1b2c"), `${VERSION} (commit 0a1b2c)`);
  assert.match((await originOf()).commit, /^(?:[0-9a-f]{12}\+?|unknown)$/);
  using dir = tempDir();
  assert.deepEqual(await originOf(dir.path), { version: VERSION, commit: "unknown" });
});

Deno.test("the compile command names target, permissions and icon, and includes the whole bundle", () => {
  const windows = compileArguments(WINDOWS, "/b", "/i.ico", "/o.exe");
  assert.equal(windows[windows.indexOf("--icon") + 1], "/i.ico");
  assert.equal(windows[windows.indexOf("--target") + 1], WINDOWS.triple);
  assert.deepEqual(windows.slice(-3), ["--include", "/b", "/b/main.js"]);
  assert.ok(
    !windows.some((word) => /^(?:-A|--allow-all|--allow-ffi|--allow-env|--allow-sys)$/.test(word)),
  );
  const linux = compileArguments(LINUX, "/b", "/i.ico", "/o");
  assert.ok(!linux.includes("--icon"));
  assert.ok(linux.includes("--allow-all"), "R23 needs /proc/self/fd, which Deno opens to nobody else");
});

Deno.test("permissions name every variable that the sources read", () => {
  const sources = [...sourcesIn(new URL("src/", ROOT))];
  const variables = sources.flatMap((source) =>
    [...source.matchAll(/\benv(?:\.get)?\("([A-Z_]+)"\)/g)].map((m) => m[1]!)
  );
  assert.ok(variables.includes("CAIRN_HOME"));
  assert.deepEqual(variables.filter((name) => !VARIABLES.includes(name)), []);
  assert.deepEqual(permissionFlags("macos"), permissionFlags("windows"));
});

function* sourcesIn(directory: URL): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (isDirectory) yield* sourcesIn(new URL(`${name}/`, directory));
    else if (name.endsWith(".ts")) yield Deno.readTextFileSync(new URL(name, directory));
  }
}

Deno.test("a base binary that cannot be had is told with what was asked, the answer, and what to do", () => {
  const url = "https://dl.deno.land/release/v2.9.6/denort-aarch64-unknown-linux-gnu.zip";
  const said =
    `Download ${url}\nerror: Writing deno compile executable to temporary file 'x'\n\nCaused by:\n` +
    `    0: Setting up base binary.\n    1: error sending request for url (${url}): dns error\n` +
    `    2: client error (Connect)\n    3: Name or service not known\n\nStack backtrace:\n   0: <unknown>\n`;
  const { message, hint } = failureOf(LINUX, said, "2.9.6");
  assert.equal(
    message,
    `No executable for ${LINUX.triple}: its base binary cannot be had.\n  Asked for: ${url}\n  Answer:    Name or service not known`,
  );
  assert.match(hint, /DENO_DIR\/dl\/release\/v2\.9\.6\/denort-aarch64-unknown-linux-gnu\.zip/);
  const other = failureOf(MAC, "error: Module not found\n\nStack backtrace:\n 0", "2.9.6");
  assert.equal(other.message, `deno compile failed for ${MAC.triple}:\nerror: Module not found`);
});

Deno.test("notEmbedded() tells a module that is not in the executable byte by byte", () => {
  const executable = new TextEncoder().encode("\x7fELF…var a = 1;\n…");
  assert.deepEqual(notEmbedded(new Map([["a.js", "var a = 1;\n"], ["b.js", "var a = 2;\n"]]), executable), [
    "b.js",
  ]);
});

Deno.test("wishOf() refuses words that make no sense together", () => {
  assert.deepEqual(wishOf(["--out", "/x", "--target", LINUX.triple]), {
    out: "/x",
    targets: [LINUX],
    mode: "compile",
    level: 9,
  });
  assert.equal(wishOf(["--help"]), "help");
  for (
    const words of [
      ["--portable", "--check"],
      ["--portable", "--target", LINUX.triple],
      ["--target", "amiga"],
      ["--level", "3"],
      ["--portable", "--level", "0"],
      ["--nonsense"],
      ["nonsense"],
    ]
  ) assert.throws(() => wishOf(words), words.join(" "));
  assert.throws(() => portableTarget(WINDOWS.triple), { name: "BuildError" });
});

Deno.test("SHA256SUMS is what sha256sum reads, of Cairn's files alone", async () => {
  using dir = tempDir();
  for (const name of ["cairn-1-b", "cairn-1-a", "cairn-1-c.new", "other"]) {
    Deno.writeTextFileSync(dir.at(name), name);
  }
  writeChecksums(dir.path);
  const lines = Deno.readTextFileSync(dir.at(CHECKSUMS)).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => line.slice(64)), ["  cairn-1-a", "  cairn-1-b"]);
  if (Deno.build.os !== "linux") return;
  const done = await new Deno.Command("sha256sum", { args: ["--quiet", "-c", CHECKSUMS], cwd: dir.path })
    .output();
  assert.deepEqual([done.code, done.stdout.length, done.stderr.length], [0, 0, 0]);
});

Deno.test({ name: "tarOf() makes what tar unpacks", ignore: Deno.build.os === "windows" }, async () => {
  using dir = tempDir();
  const bytes = crypto.getRandomValues(new Uint8Array(1_025));
  const files = [
    { path: "run", bytes, mode: 0o700 },
    { path: "a/b/empty.js", bytes: new Uint8Array(), mode: 0o600 },
    { path: "whole block", bytes: new Uint8Array(512), mode: 0o600 },
  ];
  Deno.writeFileSync(dir.at("x.tar"), tarOf(files));
  const done = await new Deno.Command("tar", { args: ["-xf", "x.tar"], cwd: dir.path }).output();
  assert.deepEqual([done.code, new TextDecoder().decode(done.stderr)], [0, ""]);
  for (const { path, bytes, mode } of files) {
    assert.deepEqual(Deno.readFileSync(dir.at(path)), bytes);
    assert.equal(Deno.statSync(dir.at(path)).mode! & 0o777, mode);
  }
  assert.throws(() => tarOf([{ path: "x".repeat(100), bytes, mode: 0 }]), RangeError);
});

Deno.test("the icon holds an image of each size, with stones and nothing around them", () => {
  const bytes = iconBytes();
  const view = new DataView(bytes.buffer);
  const sizes = Array.from({ length: view.getUint16(4, true) }, (_, i) => bytes[6 + 16 * i]!);
  assert.deepEqual(sizes, [16, 32, 48, 64]);
  let end = 6 + 16 * sizes.length;
  for (const [i, size] of sizes.entries()) {
    const [length, at] = [view.getUint32(14 + 16 * i, true), view.getUint32(18 + 16 * i, true)];
    assert.equal(at, end);
    end += length;
    assert.deepEqual([view.getUint32(at, true), view.getInt32(at + 4, true)], [40, size]);
    const alpha = (x: number, y: number) => bytes[at + 40 + 4 * (y * size + x) + 3]!;
    assert.equal(alpha(0, 0), 0);
    assert.equal(alpha(size >> 1, Math.floor(size * 0.16)), 255); // the lowest stone; rows begin at the bottom
  }
  assert.equal(end, bytes.length);
});
