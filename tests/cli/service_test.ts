import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { tempDir } from "../support/temp_dir.ts";
import { fakeContext } from "./fake_terminal.ts";

async function cairn(argv: string[], env: Record<string, string> = {}) {
  const context = fakeContext(env);
  const code = await run(argv, context);
  return { code, ...context.terminal.taken() };
}

for (
  const argv of [
    ["service", "nonsense"],
    ["service", "install", "--kind", "upstart"],
    ["service", "install", "--run-as", "ann"],
    ["service", "install", "--kind", "cron", "--system", "--dry-run"],
    ["service", "install", "extra"],
    ["service", "logs", "-n", "0"],
    ["service", "logs", "-n", "many"],
    ["service", "run", "--port", "0"],
    ["service", "run", "--name", ""],
    ["service", "status", "--nonsense"],
    ["service", "start", "--kind", "cron"],
    ["down", "extra"],
    ["up", "--detach=yes"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage: exit 2, told on standard error`, async () => {
    const { code, out, err } = await cairn(argv, { CAIRN_HOME: "/nonexistent", HOME: "/nonexistent" });
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^cairn: [^\n]+\n(\([^\n]+\)\n)?\n?→ /);
  });
}

for (
  const [kind, said] of [
    [
      "systemd",
      /^Write \/.*\/\.config\/systemd\/user\/cairn-[0-9a-f]{8}\.service:\n[^]*Run systemctl --user restart /,
    ],
    [
      "launchd",
      /^Write \/.*\/Library\/LaunchAgents\/local\.cairn-[0-9a-f]{8}\.plist:\n[^]*Run launchctl kickstart /,
    ],
    ["task", /^Write \/.*\/service-task\.xml:\n[^]*<LogonTrigger>[^]*Run schtasks \/Run /],
  ] as const
) {
  Deno.test(`cairn service install --dry-run shows what would be written for ${kind}, and writes nothing`, async () => {
    using dir = tempDir();
    const argv = ["--home", dir.at("home"), "service", "install", "--kind", kind, "--dry-run"];
    const { code, out, err } = await cairn(argv, { HOME: dir.path });
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, said);
    assert.ok(out.includes(dir.at("home")));
    assert.deepEqual([...Deno.readDirSync(dir.path)], []);
  });
}

Deno.test("cairn service of a home without any says so", async () => {
  using dir = tempDir();
  const service = (...words: string[]) =>
    cairn(["--home", dir.at("home"), "service", ...words], { HOME: dir.path });
  const kind = ["--kind", "launchd"];
  assert.match((await service("uninstall", ...kind)).out, /^No service is installed\.\n$/);
  assert.match((await service("logs")).out, /^Nothing was said yet\.\n$/);
  for (const word of ["start", "stop"]) {
    const { code, err } = await service(word);
    assert.deepEqual([code, err], [
      1,
      "cairn: No service is installed\n→ Install it with: cairn service install\n",
    ]);
  }
  const status = await service("status");
  assert.deepEqual(status, {
    code: 0,
    out: "No service is installed. Install one with: cairn service install\n",
    err: "",
  });
  const json = JSON.parse((await service("status", "--json")).out);
  assert.deepEqual([json.schema, json.installed, json.running, json.pid], [
    "cairn.service/1",
    false,
    false,
    null,
  ]);
});

Deno.test("cairn service install with sudo, and not of the machine, is refused", async () => {
  if (Deno.uid() !== 0) return;
  using dir = tempDir();
  const { code, err } = await cairn(["--home", dir.at("home"), "service", "install"], {
    HOME: dir.path,
    SUDO_USER: "ann",
  });
  assert.equal(code, 2);
  assert.match(err, /→ Add --system, or leave sudo out/);
});

Deno.test("cairn service install --run-as a user there is not is refused", async () => {
  using dir = tempDir();
  const argv = [
    "service",
    "install",
    "--kind",
    "systemd",
    "--system",
    "--dry-run",
    "--run-as",
    "nobody-has-this-name",
  ];
  const { code, err } = await cairn(argv, { HOME: dir.path });
  assert.equal(code, 2);
  assert.match(err, /There is no user nobody-has-this-name/);
});

Deno.test("cairn down with no device says so", async () => {
  using dir = tempDir();
  assert.deepEqual(await cairn(["--home", dir.at("home"), "down"], { HOME: dir.path }), {
    code: 0,
    out: "No device runs in ~/home.\n",
    err: "",
  });
});
