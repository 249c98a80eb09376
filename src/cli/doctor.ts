/** `cairn doctor`: looks at all that a device needs, and says what to do about what is wrong. */
import type { Command } from "commander";
import { CairnError, messageOf } from "../core/errors.ts";
import type { Status } from "../daemon/api_types.ts";
import {
  type Check,
  CHECKS,
  type DoctorAnswer,
  type DoctorReport,
  type Finding,
} from "../daemon/doctor/types.ts";
import { findRunning } from "./client.ts";
import type { Context } from "./context.ts";
import { plural, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { type Colour, paint } from "./paint.ts";
import { say, type Terminal } from "./terminal.ts";

interface DoctorOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly bundle?: string;
}

const TITLES: Readonly<Record<Check, string>> = {
  clock: "Clock",
  disk: "Disk",
  watches: "Watching",
  broadcast: "Broadcast",
  port: "Port",
  permissions: "Permissions",
  journal: "Journal",
  catalogue: "Catalogue",
  peers: "Devices",
};
const MARKS = {
  good: ["ok", "green"],
  note: ["--", "dim"],
  attention: ["!!", "red"],
} as const satisfies Record<Finding["verdict"], readonly [string, Colour]>;

export function addDoctor(program: Command, context: Context): void {
  program.command("doctor")
    .description(
      "check clock, disks, network, permissions, journal and catalogue, with a remedy for what is wrong",
    )
    .option("--json", "as JSON")
    .option("--bundle <file>", "write a report without names, paths, addresses and keys, to pass on")
    .addHelpText(
      "after",
      "\nWorks beside a running device and without one. Exit code 3: something needs attention.\n\nExamples:\n" +
        "  cairn doctor\n  cairn doctor --bundle report.json",
    )
    .action((_options, command: Command) => doctor(context, command.optsWithGlobals()));
}

async function doctor({ terminal, env }: Context, options: DoctorOptions): Promise<void> {
  const home = homeFor(options.home, env, Deno.build.os, Deno.cwd());
  const running = await askRunning(home);
  const report = await look(running?.status.device.home ?? home, running);
  if (options.json) say(terminal, JSON.stringify(report, null, 2));
  else for (const line of doctorText(report, terminal, userHome(env))) say(terminal, line);
  if (options.bundle !== undefined) {
    const path = absolutePath(options.bundle, env, Deno.cwd());
    const { bundleOf } = await import("../daemon/doctor/bundle.ts");
    writeNew(path, JSON.stringify(bundleOf(report, running?.status ?? null, Date.now()), null, 2) + "\n");
    if (!options.json) {
      say(terminal, `\nA report without names, paths, addresses and keys is in ${printable(path)}`);
    }
  }
  if (report.attention > 0) {
    throw new CairnError(
      "needs-attention",
      `${plural(report.attention, "finding needs", "findings need")} attention`,
      "Each is listed with its remedy.",
    );
  }
}

async function askRunning(home: string): Promise<{ status: Status; answer: DoctorAnswer } | null> {
  const client = await findRunning(home);
  if (client === null) return null;
  return { status: await client.status(), answer: await client.doctor() };
}

/** Loaded only here: other commands need not wait for it. */
async function look(
  home: string,
  running: { status: Status; answer: DoctorAnswer } | null,
): Promise<DoctorReport> {
  const [{ examine }, { realFs }, { realNet }, { realClock }, { realRandom }, { realHostFacts }] =
    await Promise.all([
      import("../daemon/doctor/examine.ts"),
      import("../platform/real/fs.ts"),
      import("../platform/real/net.ts"),
      import("../platform/real/clock.ts"),
      import("../platform/real/random.ts"),
      import("../platform/real/host_facts.ts"),
    ]);
  const ports = {
    fs: realFs(),
    net: realNet(),
    clock: realClock(),
    random: realRandom(),
    host: realHostFacts(),
  };
  return await examine({ ...ports, home, running });
}

export function doctorText(
  report: DoctorReport,
  terminal: Pick<Terminal, "colour">,
  user: string | undefined,
): string[] {
  const out: string[] = [];
  const where = printable(tildePath(report.home, user));
  out.push(
    report.running
      ? `The device in ${where} runs.`
      : `No device runs in ${where}; its files are only looked at.`,
  );
  for (const check of CHECKS) {
    const findings = report.findings.filter((finding) => finding.check === check);
    if (findings.length > 0) out.push("", paint(terminal, "bold", TITLES[check]));
    for (const { verdict, subject, says, remedy } of findings) {
      const [mark, colour] = MARKS[verdict];
      const about = subject === "" ? "" : `${printable(tildePath(subject, user))}: `;
      out.push(`  ${paint(terminal, colour, mark)}  ${about}${printable(says)}`);
      if (remedy !== "") out.push(`      → ${printable(remedy)}`);
    }
  }
  out.push(
    "",
    report.attention === 0
      ? paint(terminal, "green", "Nothing needs attention.")
      : `${plural(report.attention, "finding needs", "findings need")} attention.`,
  );
  return out;
}

/** For this user's eyes, and over nothing that is there. */
function writeNew(path: string, text: string): void {
  try {
    Deno.writeTextFileSync(path, text, { createNew: true, mode: 0o600 });
  } catch (error) {
    throw new CairnError(
      "path-unusable",
      `Cannot write ${path}: ${
        error instanceof Deno.errors.AlreadyExists ? "it is there already" : messageOf(error)
      }`,
      "Name another file.",
      error,
    );
  }
}
