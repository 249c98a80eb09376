/** `cairn guard`: what is at risk and what would mend it; `set` and `unset` say what is asked for. */
import { type Command, InvalidArgumentError } from "commander";
import type { GuardAnswer, PolicyTold, RiskTold, SetPolicyRequest } from "../daemon/guardian_types.ts";
import type { Reason } from "../library/risks.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, plural, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { QUIET } from "./quiet.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
  readonly copies?: number;
  readonly on?: readonly string[];
  readonly verified?: number;
}

export function addGuard(program: Command, context: Context): void {
  const guard = program.command("guard")
    .description("tell which files are at risk, worst first, and what would mend it")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action((_options, command: Command) => show(context, command.optsWithGlobals()));
  guard.command("set")
    .description("say how many copies are wanted, and where")
    .argument("<scope>", "a folder, tag:NAME, or all")
    .option("--copies <n>", "on so many different disks", wholeNumber)
    .option("--on <device...>", "on this device (may be given several times)")
    .option("--verified <days>", "read and found good within so many days", wholeNumber)
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText("after", "\nExample:\n  cairn guard set Photos --copies 2 --on nas")
    .action((scope: string, _options, command: Command) => set(context, scope, command));
  guard.command("unset")
    .description("ask nothing any more of a folder, a tag, or all")
    .argument("<scope>", "a folder, tag:NAME, or all")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText("after", "\nExample:\n  cairn guard unset Photos")
    .action((scope: string, _options, command: Command) =>
      change(context, { scope, unset: true }, command.optsWithGlobals())
    );
}

const HELP = `
A folder's own policy goes before the one for all; what a tag asks is looked at by
itself. With no policy, a file that is on one device alone is at risk. Copies on
one disk count once, in however many folders they are.

Examples:
  cairn guard set Photos --copies 2 --on nas
  cairn guard set tag:work --copies 3 --verified 60
  cairn guard unset Photos`;

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("It has to be a whole number from 1 on.");
  }
  return number;
}

function clientFor({ env }: Context, options: Options) {
  return connect(homeFor(options.home, env, Deno.build.os, Deno.cwd())).guardian;
}

async function show(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await clientFor(context, options).guard();
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of guardText(answer, terminal.colour)) say(terminal, line);
}

function set(context: Context, scope: string, command: Command): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const { copies, on, verified } = options;
  if (copies === undefined && on === undefined && verified === undefined) {
    command.error("cairn: nothing is asked for: give --copies, --on or --verified");
  }
  const request = {
    scope,
    ...copies === undefined ? {} : { copies },
    ...on === undefined ? {} : { on },
    ...verified === undefined ? {} : { verifiedDays: verified },
  };
  return change(context, request, options);
}

async function change(context: Context, request: SetPolicyRequest, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await clientFor(context, options).setPolicy(request);
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  if (answer.policies.length === 0) return say(terminal, "Nothing is asked for.");
  for (const row of policyRows(answer.policies)) say(terminal, row);
}

const WORDS: Readonly<Record<Reason, string>> = {
  "damaged": "damaged by the disk, and no good copy is left",
  "failing-disk": "only on a disk that fails",
  "away": "only on devices that have not been here for long",
  "too-few": "fewer copies than asked for",
  "one-device": "on one device alone",
  "elsewhere": "not on the device that is asked for",
  "nearly-full": "only on disks that are nearly full",
  "unverified": "not verified for too long",
};
const SEVERITIES = {
  1: ["may be lost", "red"],
  2: ["one accident away", "yellow"],
  3: ["not as asked", "dim"],
} as const;

export function guardText(answer: GuardAnswer, colour: boolean): string[] {
  const { risks, risksTotal, files, safe, policies, damaged, behind } = answer;
  const unmet = policies.filter(({ problem }) => problem !== "");
  return [
    files === 0
      ? "No files yet."
      : safe === files
      ? `All ${plural(files, "file")} are as safe as asked for.`
      : `${plural(files - safe, "file")} of ${formatCount(files)} at risk.`,
    ...risks.flatMap((risk) => ["", ...riskText(risk, colour)]),
    ...risksTotal > risks.length
      ? ["", `… and ${plural(risksTotal - risks.length, "more risk", "more risks")}`]
      : [],
    ...damaged.length === 0 ? [] : ["", ...damaged.map(damagedText)],
    ...policies.length === 0 ? [] : ["", "Asked for:", ...policyRows(policies).map((row) => `  ${row}`)],
    ...unmet.map(({ scope, problem }) => `${printable(scope)} cannot be met: ${printable(problem)}.`),
    ...behind === 0 ? [] : [
      "",
      `${plural(behind, "change")} or more still to be counted; these figures are without them.`,
    ],
  ];
}

function damagedText({ device, folder, files }: GuardAnswer["damaged"][number]): string {
  return `${plural(files, "file")} of ${printable(folder)} damaged by the disk of ${
    printable(device)
  }, and not healed when it was last read.\n  → On ${printable(device)}: cairn verify`;
}

function riskText(risk: RiskTold, colour: boolean): string[] {
  const [words, tone] = SEVERITIES[risk.severity];
  const what = printable(risk.folder ?? `tag:${risk.tag}`);
  const copies = risk.reason !== "too-few" ? "" : `, ${risk.copies} of ${risk.copiesAsked}`;
  const where = risk.reason === "elsewhere"
    ? `not on ${risk.onAsked.map(printable).join(", ")}`
    : WORDS[risk.reason];
  return [
    `${paint({ colour }, tone, words)}: ${plural(risk.files, "file")} of ${what} (${
      formatBytes(risk.bytes)
    }), ${where}${copies}: ` +
    risk.devices.map(printable).join(", "),
    ...risk.examples.map((address) => `  ${printable(address)}`),
    `  → ${printable(risk.mend)}`,
  ];
}

export function policyRows(policies: readonly PolicyTold[]): string[] {
  return alignRows(policies.map(({ scope, copies, on, verifiedDays }) => [
    printable(scope),
    [
      ...copies === null ? [] : [plural(copies, "copy", "copies")],
      ...on.length === 0 ? [] : [`on ${on.map(printable).join(", ")}`],
      ...verifiedDays === null ? [] : [`verified within ${plural(verifiedDays, "day")}`],
    ].join(", "),
  ]));
}
