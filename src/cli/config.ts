/** `cairn config`: every setting with its value, default and meaning; reading, setting and unsetting one. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import { noSetting } from "../library/folder_settings.ts";
import { ALL_SETTINGS } from "../library/settings_table.ts";
import type { ConfigAnswer, ConfigRequest, ConfigSetting } from "../daemon/config_types.ts";
import { type Client, connect } from "./client.ts";
import type { Context } from "./context.ts";
import { printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface ConfigOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly folder?: string;
  readonly device?: string;
}

const FOLDER = ["--folder <name>", "of this folder"] as const;
const DEVICE = ["--device <name>", "for this other device alone"] as const;
const JSON_OPTION = ["--json", "as JSON"] as const;

export function addConfig(program: Command, context: Context): void {
  const config = program.command("config")
    .description("list every setting with its value, default and meaning")
    .option(...FOLDER)
    .option(...JSON_OPTION)
    .addHelpText("after", settingsHelp())
    .action((_options, command: Command) => list(context, command.optsWithGlobals()));
  config.command("get")
    .description("print the value of a setting")
    .argument("<name>", "which setting")
    .option(...FOLDER)
    .option(...DEVICE)
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  cairn config get port")
    .action((name: string, _options, command: Command) => get(context, name, command.optsWithGlobals()));
  config.command("set")
    .description("change a setting; it holds at once, and it is said if not")
    .argument("<name>", "which setting")
    .argument("<value...>", "its new value")
    .option(...FOLDER)
    .option(...DEVICE)
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  cairn config set versions-days 90 --folder Notes")
    .action((name: string, value: string[], _options, command: Command) =>
      change(context, { name, value: value.join(" ") }, command.optsWithGlobals())
    );
  config.command("unset")
    .description("take a setting back to its default")
    .argument("<name>", "which setting")
    .option(...FOLDER)
    .option(...DEVICE)
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  cairn config unset versions-days --folder Notes")
    .action((name: string, _options, command: Command) =>
      change(context, { name, value: null }, command.optsWithGlobals())
    );
}

function clientOf({ env }: Context, { home }: ConfigOptions): Client {
  return connect(homeFor(home, env, Deno.build.os, Deno.cwd()));
}

async function list(context: Context, options: ConfigOptions): Promise<void> {
  const answer = await clientOf(context, options).config(options.folder ?? null);
  if (options.json) return asJson(context, answer);
  for (const line of configLines(answer.settings)) say(context.terminal, line);
}

/** What is no setting, or no value, need not be asked of a device. */
async function get(context: Context, name: string, options: ConfigOptions): Promise<void> {
  requireSetting(name);
  const answer = await clientOf(context, options).config(options.folder ?? null);
  const found = answer.settings.filter((one) =>
    one.name === name && (options.device === undefined || one.device === options.device)
  );
  if (found.length === 0) throw nothingFound(name, options);
  if (options.json) return asJson(context, { ...answer, settings: found });
  for (const line of valueLines(found)) say(context.terminal, line);
}

async function change(
  context: Context,
  { name, value }: Pick<ConfigRequest, "name" | "value">,
  options: ConfigOptions,
): Promise<void> {
  requireSetting(name);
  const { folder = null, device = null } = options;
  const answer = await clientOf(context, options).setConfig({ name, value, folder, device });
  if (options.json) return asJson(context, answer);
  for (const line of answer.settings.map(changedLine)) say(context.terminal, line);
}

function requireSetting(name: string): void {
  if (!ALL_SETTINGS.some((setting) => setting.name === name)) throw noSetting(name, ALL_SETTINGS);
}

function nothingFound(name: string, { folder, device }: ConfigOptions): CairnError {
  const set = `cairn config set ${name} VALUE`;
  if (device !== undefined) {
    return new CairnError(
      "usage",
      `${name} is not set for a device "${device}"`,
      `Set it: ${set} --device NAME`,
    );
  }
  return folder === undefined
    ? new CairnError(
      "usage",
      `${name} is a setting of folders, and this device has none`,
      "See: cairn folders",
    )
    : new CairnError(
      "usage",
      `${name} is no setting of a folder`,
      `Ask without --folder: cairn config get ${name}`,
    );
}

function asJson({ terminal }: Context, answer: ConfigAnswer): void {
  say(terminal, JSON.stringify(answer, null, 2));
}

/** All settings, those of the device and of each folder under their own heads. */
export function configLines(settings: readonly ConfigSetting[]): string[] {
  const heads = [...new Set(settings.map(({ folder }) => folder))];
  return heads.flatMap((head, i) => [
    ...(i > 0 ? [""] : []),
    head === null ? "This device" : `Folder ${printable(head)}`,
    ...alignRows(settings.filter(({ folder }) => folder === head).map(rowOf)),
  ]);
}

function rowOf(setting: ConfigSetting): string[] {
  const { name, device, initial, initialText, text, isShared, folder, meaning } = setting;
  const whose = isShared && folder !== null ? " (the same on all devices)" : "";
  return [
    `  ${name}${device === null ? "" : ` for ${printable(device)}`}`,
    printable(text === "" ? "-" : text) + until(setting),
    initial === null || device !== null ? "" : text === initialText ? "default" : `default ${initialText}`,
    meaning + whose,
  ];
}

function until({ now, holds }: ConfigSetting): string {
  return now === "" ? "" : ` ${holds}, ${printable(now)} until then`;
}

/** A single value by itself, for scripts; several with what they are of. */
export function valueLines(settings: readonly ConfigSetting[]): string[] {
  if (settings.length === 1) return [printable(settings[0]!.text)];
  return alignRows(settings.map(({ folder, device, text }) => [
    printable(folder ?? (device === null ? "all devices" : device)),
    printable(text),
  ]));
}

export function changedLine(setting: ConfigSetting): string {
  const { name, folder, device, text, initialText } = setting;
  const of = folder !== null
    ? ` of ${printable(folder)}`
    : device !== null
    ? ` for ${printable(device)}`
    : "";
  const value = text === "" ? "chosen by itself" : printable(text);
  return `${name}${of}: ${value}${text !== "" && text === initialText ? " (default)" : ""}${until(setting)}`;
}

function settingsHelp(): string {
  const rows = alignRows(ALL_SETTINGS.map(({ name, scope, meaning }) => [
    `  ${name}`,
    scope === "folder" ? "folder" : "device",
    meaning,
  ]));
  return `
Settings:
${rows.join("\n")}

Examples:
  cairn config set versions-days 90 --folder Notes   keep former contents for longer
  cairn config get port                              print one value
  cairn config unset versions-days --folder Notes    back to the default`;
}
