import assert from "node:assert/strict";
import { realFs } from "../../src/platform/real/fs.ts";
import type { ToolAnswer } from "../../src/platform/ports.ts";
import { chooseKind, managerOf } from "../../src/service/choose.ts";
import { cronLine } from "../../src/service/cron_line.ts";
import { type Description, type ServiceKind, serviceName } from "../../src/service/description.ts";
import { describeSteps, perform, type Step } from "../../src/service/steps.ts";
import { tempDir } from "../support/temp_dir.ts";
import { PLAIN, WINDOWS } from "./samples.ts";

type Answer = { code?: number; stdout?: string; stderr?: string } | null;

/** A system whose programs answer as they are told, and a manager on it; `asked` is what was run, in order. */
function stage(
  userHome: string,
  kind: ServiceKind,
  answer: (line: string) => Answer,
  description: Partial<Description> = {},
) {
  const asked: string[] = [];
  const given: Uint8Array[] = [];
  const tools = {
    run(argv: readonly string[], stdin?: Uint8Array<ArrayBuffer>): Promise<ToolAnswer | null> {
      asked.push(argv.join(" "));
      if (stdin !== undefined) given.push(stdin);
      const said = answer(argv.join(" "));
      if (said === null) return Promise.resolve(null);
      const { code = 0, stdout = "", stderr = "" } = said;
      return Promise.resolve({ code, stdout: new TextEncoder().encode(stdout), stderr });
    },
  };
  const machine = { os: "linux", uid: 501, userHome, env: () => undefined };
  const ports = { fs: realFs(), tools, machine };
  const home = `${userHome}/home`;
  const manager = managerOf(kind, ports, { ...PLAIN, home, ...description });
  const calls: string[] = [];
  const world = {
    ...ports,
    keep: () => Promise.resolve(void calls.push("keep")),
    down: () => Promise.resolve(void calls.push("down")),
  };
  return { manager, world, asked, given, calls, ports };
}

const runs = (steps: readonly Step[]) =>
  steps.map((step) => step.do === "run" ? step.argv.join(" ") : step.do);

Deno.test("launchd: loaded anew when its list changed, and left alone when it is just so", async () => {
  using dir = tempDir();
  let isLoaded = false;
  const { manager, world, asked, calls } = stage(dir.path, "launchd", (line) => {
    if (line.startsWith("launchctl bootstrap")) isLoaded = true;
    if (line.startsWith("launchctl bootout")) {
      return { code: isLoaded ? 0 : 3, stderr: "Boot-out failed: 3: No such process" };
    }
    if (line.startsWith("launchctl print gui/501/")) {
      return isLoaded ? { stdout: "local.cairn = {\n\tstate = running\n\tpid = 4242\n}\n" } : { code: 113 };
    }
    return {};
  });
  const file = dir.at("Library/LaunchAgents/local.cairn.plist");
  assert.equal(manager.file, file);
  await perform(await manager.installSteps(), world);
  assert.deepEqual(asked, [
    "launchctl print gui/501/local.cairn",
    "launchctl enable gui/501/local.cairn",
    `launchctl bootstrap gui/501 ${file}`,
  ]);
  assert.match(Deno.readTextFileSync(file), /<string>local\.cairn<\/string>/);
  assert.deepEqual(await manager.installSteps(), []);
  const { isInstalled, isRunning, pid, startsAt } = await manager.state();
  assert.deepEqual([isInstalled, isRunning, pid, startsAt], [true, true, 4242, "login"]);
  Deno.writeTextFileSync(file, "another list");
  assert.deepEqual(runs(await manager.installSteps()), [
    "write",
    "down",
    "launchctl bootout gui/501/local.cairn",
    "launchctl enable gui/501/local.cairn",
    `launchctl bootstrap gui/501 ${file}`,
  ]);
  await perform(await manager.uninstallSteps(), world);
  assert.equal(world.fs.lstat(file), null);
  assert.deepEqual([calls, asked.at(-1)], [["down"], "launchctl bootout gui/501/local.cairn"]);
});

Deno.test("launchd: a daemon of the machine stands in its own place", async () => {
  using dir = tempDir();
  const { manager } = stage(dir.path, "launchd", () => ({}), { isSystem: true, name: "cairn-ann" });
  assert.equal(manager.file, "/Library/LaunchDaemons/local.cairn-ann.plist");
  assert.ok(runs(await manager.installSteps()).includes(`launchctl bootstrap system ${manager.file}`));
});

Deno.test("a scheduled task is given as a file that goes again", async () => {
  using dir = tempDir();
  let given = new Uint8Array();
  const { manager, world, asked, calls } = stage(dir.path, "task", (line) => {
    if (line.includes("/Create")) given = Deno.readFileSync(/\/XML (\S+) /.exec(line)![1]!);
    return { stdout: "<Task/>" };
  }, { user: WINDOWS.user });
  await perform(await manager.installSteps(), world);
  const file = dir.at("home/service-task.xml");
  assert.deepEqual(asked, [`schtasks /Create /TN \\Cairn\\cairn /XML ${file} /F`]);
  assert.match(
    new TextDecoder("utf-16le").decode(given),
    /<Arguments>--home \S+ up --no-invite --detach<\/Arguments>/,
  );
  assert.equal(world.fs.lstat(file), null);
  await perform([...manager.startSteps(), ...await manager.uninstallSteps()], world);
  assert.deepEqual(asked.slice(1).filter((line) => !line.includes("/Query")), [
    "schtasks /Run /TN \\Cairn\\cairn",
    "schtasks /Delete /TN \\Cairn\\cairn /F",
  ]);
  assert.deepEqual(calls, ["down"]);
});

Deno.test("systemd: no bus is told with what to do, before anything is written", async () => {
  using dir = tempDir();
  const { manager } = stage(
    dir.path,
    "systemd",
    (line) =>
      line === "systemctl --version"
        ? { stdout: "systemd 255 (255.4)\n+PAM\n" }
        : { code: 1, stderr: "Failed to connect to bus: No medium found" },
  );
  await assert.rejects(() => manager.check(), { code: "service-unusable", hint: /loginctl enable-linger/ });
  // What it would do can be shown all the same.
  assert.match(
    describeSteps(await manager.installSteps()).join("\n"),
    /^Write .*\/\.config\/systemd\/user\/cairn\.service:\n[^]*RestartSteps=8\n/,
  );
  assert.deepEqual(await manager.state().then(({ isInstalled, trouble }) => [isInstalled, trouble]), [
    false,
    "",
  ]);
});

Deno.test("systemd: what it says of the unit", async () => {
  using dir = tempDir();
  let shown = "ActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=77\nResult=success\n";
  const { manager, world } = stage(dir.path, "systemd", (line) => {
    if (line === "systemctl --version") return { stdout: "systemd 255 (255.4)\n" };
    if (line.startsWith("loginctl")) return { stdout: "Linger=yes\n" };
    return line.includes(" show ") ? { stdout: shown } : {};
  });
  await perform(await manager.installSteps(), world);
  assert.deepEqual(await manager.installSteps(), []);
  assert.deepEqual(await manager.state(), {
    isInstalled: true,
    isEnabled: true,
    isRunning: true,
    pid: 77,
    startsAt: "boot",
    trouble: "",
  });
  shown =
    "ActiveState=activating\nSubState=auto-restart\nUnitFileState=disabled\nMainPID=0\nResult=exit-code\n";
  const { trouble, isRunning, pid } = await manager.state();
  assert.deepEqual([isRunning, pid], [false, null]);
  assert.match(trouble, /ended \(exit-code\) and is started again/);
  assert.deepEqual(runs(await manager.installSteps()), ["systemctl --user enable cairn.service"]);
});

Deno.test("systemd: the administrator's word is asked for by name", async () => {
  using dir = tempDir();
  const { manager, world } = stage(
    dir.path,
    "systemd",
    () => ({ code: 1, stderr: "Failed to stop x: Access denied" }),
    {
      isSystem: true,
    },
  );
  await assert.rejects(() => perform(manager.stopSteps(), world), { code: "service-unusable", hint: /sudo/ });
});

Deno.test("cron: a crontab that cannot be read is not written over", async () => {
  using dir = tempDir();
  for (
    const stderr of [
      "crontab: can't open 'ann': Permission denied",
      "You (ann) are not allowed to use this program (crontab)",
    ]
  ) {
    const { manager, asked } = stage(dir.path, "cron", () => ({ code: 1, stderr }));
    await assert.rejects(() => manager.installSteps(), { code: "service-unusable" });
    await assert.rejects(() => manager.uninstallSteps(), { code: "service-unusable" });
    assert.ok(asked.every((line) => line === "crontab -l"));
  }
  const { manager, world, given } = stage(
    dir.path,
    "cron",
    (line) => line === "crontab -l" ? { code: 1, stderr: "no crontab for ann" } : {},
  );
  await perform(await manager.installSteps(), world);
  assert.equal(new TextDecoder().decode(given[0]), cronLine({ ...PLAIN, home: dir.at("home") }));
});

Deno.test("what cannot be written says where and what to do", async () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at(".config"), "a file in the way");
  const { manager, world } = stage(dir.path, "systemd", () => ({ stdout: "systemd 255\n" }));
  const error = { code: "service-unusable", message: /^Cannot write .*cairn\.service: / };
  await assert.rejects(async () => perform(await manager.installSteps(), world), error);
});

Deno.test("chooseKind() takes what the machine has, and says when it has nothing", async () => {
  using dir = tempDir();
  const on = (os: string, answer: Answer, hasSystemd = false) => {
    const { ports } = stage(dir.path, "cron", () => answer);
    const fs = {
      ...ports.fs,
      lstat: () => hasSystemd ? ports.fs.lstat(dir.path) : null,
    };
    return chooseKind({ ...ports, fs, machine: { ...ports.machine, os } });
  };
  assert.equal(await on("linux", {}, true), "systemd");
  assert.equal(await on("linux", { code: 1 }), "cron");
  assert.equal(await on("freebsd", {}, true), "cron");
  assert.equal(await on("darwin", null), "launchd");
  assert.equal(await on("windows", null), "task");
  await assert.rejects(() => on("solaris", null), { code: "service-unusable", hint: /--detach/ });
});

Deno.test("serviceName() tells homes apart", () => {
  assert.equal(serviceName("/home/ann/.local/share/cairn", "/home/ann/.local/share/cairn"), "cairn");
  assert.match(serviceName("/other", "/home/ann/.local/share/cairn"), /^cairn-[0-9a-f]{8}$/);
  assert.notEqual(serviceName("/a", "/x"), serviceName("/b", "/x"));
});
