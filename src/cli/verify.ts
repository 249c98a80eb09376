/** `cairn verify`: reads all files of a folder now, and compares its replicas on all devices. */
import type { Command } from "commander";
import { CairnError, type ErrorCode } from "../core/errors.ts";
import type { VerifiedFolder, VerifiedReplica, VerifyEvent } from "../daemon/verify_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatAgo, formatBytes, formatCount, plural, printable } from "./format.ts";
import { progressText } from "./get.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { failureOut, QUIET } from "./quiet.ts";
import { alignRows, cutToWidth } from "./table.ts";
import { say } from "./terminal.ts";

interface VerifyOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Lines of each list; --json has more. */
const LINES = 20;
const CLEAR_LINE = "\r\x1b[K";
const DIGITS = 12;

export function addVerify(program: Command, context: Context): void {
  program.command("verify [folder]")
    .description(
      "read every file of a folder again, heal what the disk has damaged, and compare the replicas of all devices",
    )
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nThe same is done by itself once a month, slowly: see `cairn folders set FOLDER scrub-days 30`.\n\nExample:\n  cairn verify Photos",
    )
    .action((folder: string | undefined, _options, command: Command) =>
      verify(context, folder ?? null, command.optsWithGlobals())
    );
}

async function verify(
  { terminal, env }: Context,
  folder: string | null,
  options: VerifyOptions,
): Promise<void> {
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const startedMs = performance.now();
  let end: Extract<VerifyEvent, { kind: "end" }> | null = null;
  let shown = false;
  for await (const event of client.verify({ folder })) {
    if (event.kind === "end") end = event;
    else if (!options.json && terminal.interactive) {
      const plan = { files: event.filesTotal, bytes: event.bytesTotal };
      const line = `${printable(event.folder)}: ${progressText(event, plan, performance.now() - startedMs)}`;
      terminal.out(CLEAR_LINE + cutToWidth(line, terminal.columns() - 1));
      shown = true;
    }
  }
  if (shown) terminal.out(CLEAR_LINE);
  if (end === null) {
    throw new CairnError("not-running", "The device stopped while it verified", "Start it with: cairn up");
  }
  const { folders, error } = end;
  const atRisk = folders.flatMap(({ damaged }) => damaged).filter(({ healed }) => !healed);
  if (options.json) say(terminal, JSON.stringify({ schema: "cairn.verify/1", folders, error }, null, 2));
  else {
    const tell = failureOut(terminal, atRisk.length > 0, options);
    for (const line of folders.flatMap((one) => verifyText(one, Date.now(), terminal.colour))) tell(line);
  }
  if (error !== null) throw new CairnError(error.code as ErrorCode, error.message, error.hint);
  if (atRisk.length > 0) {
    throw new CairnError(
      "content-damaged",
      `${plural(atRisk.length, "file")} ${
        atRisk.length === 1 ? "is" : "are"
      } damaged and could not be healed`,
      "Each is listed with what would mend it.",
    );
  }
}

export function verifyText(folder: VerifiedFolder, nowMs: number, colour: boolean): string[] {
  const { damaged, differences, replicas, isEqual, differencesTotal, directories } = folder;
  const name = printable(folder.folder);
  const read = `${plural(folder.files, "file")}, ${formatBytes(folder.bytes)} read`;
  const bad = folder.damagedTotal === 0
    ? paint({ colour }, "green", "none damaged")
    : paint({ colour }, "red", `${formatCount(folder.damagedTotal)} damaged`);
  const out = [
    `${name}: ${read}, ${folder.isWhole ? bad : `${bad} so far; it was ended before all was read`}`,
  ];
  if (folder.unsure > 0) {
    out.push(
      `  ${plural(folder.unsure, "file")} just being changed: read when ${
        folder.unsure === 1 ? "it rests" : "they rest"
      }`,
    );
  }
  for (const { path, cause, remedy } of damaged.slice(0, LINES)) {
    out.push(
      `  ${printable(path)}: ${printable(cause)}`,
      ...(remedy === "" ? [] : [`    → ${printable(remedy)}`]),
    );
  }
  if (damaged.length > LINES) out.push(`  … and ${formatCount(folder.damagedTotal - LINES)} more`);
  const others = replicas.filter(({ isHere }) => !isHere);
  if (others.length === 0) return [...out, "  No other device has a replica of it."];
  const verdict = isEqual
    ? paint({ colour }, "green", `equal on ${plural(replicas.length, "device")}`)
    : paint(
      { colour },
      "red",
      `${plural(differencesTotal, "entry", "entries")} in ${
        plural(directories.length, "directory", "directories")
      } differ`,
    );
  out.push(
    `  ${verdict}`,
    ...alignRows(replicas.map((one) => replicaRow(one, folder.isWhole, nowMs)), ["left", "left", "right"]),
  );
  for (const { path, why, has } of differences.slice(0, LINES)) {
    const missing = Object.entries(has).filter(([, what]) => what === null).map(([device]) =>
      printable(device)
    );
    out.push(
      `  ${printable(path)}: ${why}${missing.length > 0 ? ` (missing on ${missing.join(", ")})` : ""}`,
    );
  }
  if (differencesTotal > LINES) out.push(`  … and ${formatCount(differencesTotal - LINES)} more`);
  return out;
}

/** `isRead`: this device has just read all of its own. */
function replicaRow(replica: VerifiedReplica, isRead: boolean, nowMs: number): string[] {
  const { device, digest, entries, isHere, connected, lastSeenMs, passedMs } = replica;
  return [
    `    ${printable(device)}`,
    digest.slice(0, DIGITS),
    plural(entries, "entry", "entries"),
    isHere ? "this device" : connected ? "connected" : `as of ${formatAgo(lastSeenMs, nowMs)}`,
    isHere && isRead ? "read now" : passedMs === 0 ? "never read" : `read ${formatAgo(passedMs, nowMs)}`,
  ];
}
