/** `cairn service`: has the system start this device by itself. */
import { type Command, Option } from "commander";
import { KINDS } from "../service/description.ts";
import { parseLimit, parseName, parsePort } from "./arguments.ts";
import type { Context } from "./context.ts";
import { homeFor } from "./home.ts";
import type { InstallOptions } from "./service_do.ts";
import type { LogsOptions, StatusOptions } from "./service_show.ts";
import type { RunOptions } from "./service_run.ts";

export function addService(program: Command, context: Context): void {
  const service = program.command("service")
    .description("start this device by itself, with your login or with the machine")
    .addHelpText("after", HELP);
  const of = (name: string, description: string) =>
    service.command(name).description(description).option("--system", SYSTEM);
  const kind = () => new Option("--kind <kind>", "of this kind instead of the machine's own").choices(KINDS);

  of("install", "install it, and start it now")
    .addOption(kind())
    .option("--run-as <user>", "with --system: as whom it runs; who calls sudo unless given")
    .option("--dry-run", "only show what would be written and run")
    .addHelpText("after", example("install --dry-run"))
    .action(async (_options, command: Command) =>
      (await import("./service_do.ts")).install(context, command.optsWithGlobals<InstallOptions>())
    );
  of("uninstall", "stop it and take it away; the device and its files stay")
    .addOption(kind())
    .option("--run-as <user>", "with --system: as whom it runs")
    .option("--dry-run", "only show what would be removed and run")
    .addHelpText("after", example("uninstall"))
    .action(async (_options, command: Command) =>
      (await import("./service_do.ts")).uninstall(context, command.optsWithGlobals<InstallOptions>())
    );
  of("start", "start it now").addHelpText("after", example("start"))
    .action(async (_options, command: Command) =>
      (await import("./service_do.ts")).start(context, command.optsWithGlobals())
    );
  of("stop", "stop it until the next login or boot").addHelpText("after", example("stop"))
    .action(async (_options, command: Command) =>
      (await import("./service_do.ts")).stop(context, command.optsWithGlobals())
    );
  of("status", "show what is installed, and whether it runs")
    .option("--json", "as JSON")
    .addHelpText("after", example("status"))
    .action(async (_options, command: Command) =>
      (await import("./service_show.ts")).showStatus(context, command.optsWithGlobals<StatusOptions>())
    );
  of("logs", "show what the device said")
    .option("-n, --limit <n>", "how many of the latest lines", parseLimit, 100)
    .option("-f, --follow", "go on with what comes")
    .addHelpText("after", example("logs -f"))
    .action(async (_options, command: Command) =>
      (await import("./service_show.ts")).showLogs(context, command.optsWithGlobals<LogsOptions>())
    );
  service.command("run")
    .description("what the system runs: the device, started again when it fails")
    .option("--no-log", "its words go to standard output, not to the log file")
    .option("--must-start", "give up when the device does not come up the first time")
    .option("--name <name>", "as with up", parseName)
    .option("--port <port>", "as with up", parsePort)
    .addHelpText("after", example("run"))
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<RunOptions & { readonly home?: string }>();
      const { keepDevice } = await import("./service_run.ts");
      await keepDevice(context, homeFor(options.home, context.env, Deno.build.os, Deno.cwd()), options);
    });
}

const SYSTEM = "of the whole machine, started at boot; needs an administrator";

const HELP = `
A systemd user unit, a launchd agent, a scheduled task of Windows, or a line @reboot
in the crontab: what this machine has.

Examples:
  cairn service install                   start it with your login from now on
  sudo cairn service install --system     start it with the machine`;

function example(words: string): string {
  return `\nExample:\n  cairn service ${words}`;
}
