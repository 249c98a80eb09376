import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { VERSION } from "../../src/core/version_name.ts";
import { fakeContext } from "./fake_terminal.ts";

async function cairn(argv: string[], env: Record<string, string> = {}) {
  const context = fakeContext(env);
  const code = await run(argv, context);
  return { code, ...context.terminal.taken() };
}

for (
  const argv of [
    ["nonsense"],
    ["up", "--nonsense"],
    ["up", "a", "b"],
    ["up", "--port", "0"],
    ["up", "--port", "65536"],
    ["up", "--port", "80x"],
    ["up", "--name", " "],
    ["join"],
    ["join", "CODE", "path"],
    ["join", "K7QM-2XTD-9RWA", "path", "--at", "no-port"],
    ["join", "K7QM-2XTD-9RWA", "path", "--at", "fe80::1:22"],
    ["join", "K7QM-2XTD-9RWA", "--folder", "Notes"],
    ["log", "--limit", "0"],
    ["log", "--limit", "ten"],
    ["status", "--home"],
    ["invite", "extra"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage: exit 2, told on standard error`, async () => {
    const { code, out, err } = await cairn(argv, { CAIRN_HOME: "/nonexistent" });
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, /^cairn: [^\n]+\n(\([^\n]+\)\n)?\n?→ /);
  });
}

for (
  const argv of [
    ["find", "wombat", "-well"],
    ["find", "-home", "report", "-n", "5"],
    ["find", "photos", "-kind:video", "-device:nas", "--limit", "5"],
    ["find", "-nothing", "x", "--", "-y"],
    ["tag", "a.jpg", "-home", "+work", "--note", "-x"],
    ["tag", "a.jpg", "-Vienna"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")}: a word with a minus before it is no option`, async () => {
    const { code, err } = await cairn(argv, { CAIRN_HOME: "/nonexistent" });
    assert.match(err, /No device is running/);
    assert.equal(code, 1);
  });
}

Deno.test("an option of find and tag that is none is told", async () => {
  for (const argv of [["find", "x", "--nothing"], ["tag", "a.jpg", "--nothing"]]) {
    const { code, err } = await cairn(argv, { CAIRN_HOME: "/nonexistent" });
    assert.match(err, /unknown option '--nothing'/);
    assert.equal(code, 2);
  }
  assert.match((await cairn(["find", "-h"])).out, /^Usage: cairn find/);
});

Deno.test("a command that is nearly right gets a suggestion", async () => {
  const { code, err } = await cairn(["statsu"]);
  assert.equal(code, 2);
  assert.match(err, /Did you mean status\?/);
});

Deno.test("cairn without a command shows help on standard error and exits 2", async () => {
  const { code, out, err } = await cairn([]);
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /Usage: cairn/);
});

Deno.test("cairn --version and --help exit 0 on standard output", async () => {
  assert.deepEqual(await cairn(["--version"]), { code: 0, out: `cairn ${VERSION}\n`, err: "" });
  for (const argv of [["--help"], ["help"], ["up", "--help"], ["help", "join"]]) {
    const { code, out, err } = await cairn(argv);
    assert.deepEqual([code, err], [0, ""], argv.join(" "));
    assert.match(out, /^Usage: cairn/);
  }
});

Deno.test("help lists every command", async () => {
  const { out } = await cairn(["--help"]);
  for (const name of ["up", "join", "invite", "status", "devices", "folders", "log"]) {
    assert.match(out, new RegExp(`^  ${name}\\b`, "m"), name);
  }
});

for (const command of ["status", "devices", "folders", "invite", "log"]) {
  Deno.test(`cairn ${command} without a running device says how to start one and exits 1`, async () => {
    const home = Deno.makeTempDirSync();
    try {
      const { code, out, err } = await cairn([command, "--home", home]);
      assert.deepEqual([code, out], [1, ""]);
      assert.equal(err, `cairn: No device is running in ${home}\n→ Start it with: cairn up\n`);
    } finally {
      Deno.removeSync(home);
    }
  });
}

Deno.test("--home stands before or after the command and goes before CAIRN_HOME", async () => {
  const env = { CAIRN_HOME: "/nonexistent/from-env" };
  const told = async (argv: string[]) => /running in (\S+)/.exec((await cairn(argv, env)).err)?.[1];
  assert.equal(await told(["--home", "/nonexistent/a", "status"]), "/nonexistent/a");
  assert.equal(await told(["status", "--home", "/nonexistent/a"]), "/nonexistent/a");
  assert.equal(await told(["status"]), "/nonexistent/from-env");
});
