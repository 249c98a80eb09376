/**
 * The line in a user's crontab, as of crontab(5), and a crontab with and without it. All other lines stay as they are, byte for byte: a
 * crontab is handled as a text whose characters are bytes.
 */
import { CRON_COMMAND_BYTES } from "../core/limits.ts";
import { type Description, keeperArgv, unsayable } from "./description.ts";

/** Null where the crontab has none; with the end of its line. */
export function findLine(crontab: string, name: string): string | null {
  return linesOf(crontab).find((line) => isOurs(line, name)) ?? null;
}

/** The crontab with this line, in the place of the former one. */
export function withLine(crontab: string, name: string, line: string): string {
  if (findLine(crontab, name) !== null) {
    let isFirst = true;
    return linesOf(crontab).map((old) => {
      if (!isOurs(old, name)) return old;
      const kept = isFirst ? line : "";
      isFirst = false;
      return kept;
    }).join("");
  }
  return crontab + (crontab === "" || crontab.endsWith("\n") ? "" : "\n") + line;
}

export function withoutLine(crontab: string, name: string): string {
  return linesOf(crontab).filter((line) => !isOurs(line, name)).join("");
}

/** The shell takes the mark at the end for a comment. */
const MARK = "# cairn service ";

function isOurs(line: string, name: string): boolean {
  return line.startsWith("@reboot ") && line.trimEnd().endsWith(` ${MARK}${name}`);
}

function linesOf(crontab: string): string[] {
  return crontab.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The line with its end, as bytes. */
export function cronLine(description: Description): string {
  const command = keeperArgv(description).map(cronWord).join(" ");
  const line = bytesOf(`${command} ${MARK}${description.name}`);
  if (line.length > CRON_COMMAND_BYTES) {
    throw unsayable(description.home, "too many characters", "a line of a crontab");
  }
  return `@reboot ${line}\n`;
}

const PLAIN = /^[A-Za-z0-9_\-.,/:=@+]+$/;

/**
 * A word for the shell, inside a line for cron. Cron takes `%` for the end of a line, in quotes too, unless a backslash stands before it. What
 * becomes of other backslashes differs between crons, so that there are none.
 */
export function cronWord(word: string): string {
  if (word.includes("\\")) throw unsayable(word, "a backslash", "a crontab");
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(word)) throw unsayable(word, "a control character", "a crontab");
  if (PLAIN.test(word)) return word;
  return `'${word.replaceAll("'", `'"'"'`)}'`.replaceAll("%", "\\%");
}

/** UTF-8, a character a byte. */
export function bytesOf(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join("");
}
