/** Which service a command is about: of which home and user, of which kind. */
import { userInfo } from "node:os";
import { join } from "node:path";
import { CairnError } from "../core/errors.ts";
import { realFs } from "../platform/real/fs.ts";
import { ownCommand } from "../platform/real/own_command.ts";
import { realTools } from "../platform/real/tools.ts";
import { chooseKind, managerOf } from "../service/choose.ts";
import { type Description, type ServiceKind, serviceName } from "../service/description.ts";
import { isThere, type Machine, type Manager, type ManagerPorts } from "../service/manager.ts";
import { decodeRecord, type ServiceRecord } from "../service/record.ts";
import { RECORD_FILE } from "../service/record_name.ts";
import type { Context } from "./context.ts";
import { defaultHome, homeFor, userHome } from "./home.ts";

export interface ServiceOptions {
  readonly home?: string;
  readonly system?: boolean;
  readonly runAs?: string;
  readonly kind?: ServiceKind;
}

export interface Place {
  readonly manager: Manager;
  readonly ports: ManagerPorts;
  /** Of an installed service of this user. */
  readonly record: ServiceRecord | null;
}

/** The service that the options name; without `--system` one of the machine is found too when it stands for this home. */
export async function placeOf(context: Context, options: ServiceOptions): Promise<Place> {
  const ports: ManagerPorts = { fs: realFs(), tools: realTools(), machine: realMachine(context) };
  const isSystem = options.system ?? false;
  const description = isSystem ? await ofMachine(context, options, ports) : ofUser(context, options);
  const record = isSystem ? null : readRecord(description.home);
  const kind = options.kind ?? record?.kind ?? await chooseKind(ports);
  if (!isSystem && record === null && (kind === "systemd" || kind === "launchd")) {
    const machineWide = managerOf(
      kind,
      ports,
      machineWideOf(description, isUsual(context, description.home)),
    );
    if (machineWide.file !== null && isThere(ports.fs, machineWide.file)) {
      return { manager: machineWide, ports, record };
    }
  }
  return { manager: managerOf(kind, ports, description), ports, record };
}

/** What the home says of an installed service; null for none. */
export function readRecord(home: string): ServiceRecord | null {
  try {
    return decodeRecord(Deno.readTextFileSync(join(home, RECORD_FILE)));
  } catch {
    return null;
  }
}

function ofUser(context: Context, options: ServiceOptions): Description {
  if (options.runAs !== undefined) {
    throw new CairnError("usage", "--run-as is for a service of the whole machine", "Give --system, too.");
  }
  const home = homeFor(options.home, context.env, Deno.build.os, Deno.cwd());
  const usual = isUsual(context, home) ? home : "";
  return {
    command: ownCommand().argv,
    home,
    name: serviceName(home, usual),
    isSystem: false,
    user: userName(context),
  };
}

/** Of a user: who is named, else who called sudo, else who runs this. The home is his unless one is given. */
async function ofMachine(
  context: Context,
  options: ServiceOptions,
  ports: ManagerPorts,
): Promise<Description> {
  const { env } = context;
  const user = options.runAs ?? ((ports.machine.uid === 0 && env("SUDO_USER")) || userName(context));
  const isOther = user !== userName(context);
  const others = isOther ? await homeOfUser(ports, user) : undefined;
  const theirEnv = others === undefined ? env : (name: string) => name === "HOME" ? others : undefined;
  const usual = defaultHome(Deno.build.os, theirEnv);
  const home = options.home === undefined && isOther
    ? usual
    : homeFor(options.home, env, Deno.build.os, Deno.cwd());
  if (isOther && !isThere(ports.fs, home)) {
    throw new CairnError(
      "home-unusable",
      `${user} has no device yet: there is no ${home}`,
      `Start it once as ${user}, with: cairn up PATH`,
    );
  }
  const plain = { command: ownCommand().argv, home, name: serviceName(home, usual), isSystem: false, user };
  return machineWideOf(plain, home === usual);
}

/** Several users' devices may be services of one machine: the names of the usual ones say whose they are. */
function machineWideOf(description: Description, isUsualHome: boolean): Description {
  const user = description.user.replace(/[^A-Za-z0-9_.-]/g, "_");
  return {
    ...description,
    isSystem: true,
    name: isUsualHome ? `cairn-${user}` : serviceName(description.home, ""),
  };
}

function isUsual({ env }: Context, home: string): boolean {
  try {
    return home === defaultHome(Deno.build.os, env);
  } catch {
    return false;
  }
}

async function homeOfUser({ tools, machine }: ManagerPorts, user: string): Promise<string> {
  const argv = machine.os === "darwin"
    ? ["dscl", ".", "-read", `/Users/${user}`, "NFSHomeDirectory"]
    : ["getent", "passwd", "--", user];
  const answer = await tools.run(argv);
  const said = new TextDecoder().decode(answer?.stdout).trim();
  const home = machine.os === "darwin" ? said.replace(/^NFSHomeDirectory: */, "") : said.split(":")[5];
  if (answer?.code === 0 && home?.startsWith("/")) return home;
  throw new CairnError(
    "usage",
    `There is no user ${user} on this machine`,
    "Give a name of /etc/passwd: --run-as NAME",
  );
}

function userName({ env }: Context): string {
  if (Deno.build.os === "windows") {
    return `${env("USERDOMAIN") || env("COMPUTERNAME") || "."}\\${env("USERNAME") ?? ""}`;
  }
  try {
    return userInfo().username;
  } catch {
    return env("USER") || env("LOGNAME") || String(Deno.uid());
  }
}

function realMachine({ env }: Context): Machine {
  return { os: Deno.build.os, uid: Deno.uid() ?? -1, userHome: userHome(env) ?? "/", env };
}
