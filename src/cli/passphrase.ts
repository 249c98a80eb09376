/** Where a passphrase comes from: a file, the environment, or a person; never an argument, which everybody on the machine can read. */
import { CairnError } from "../core/errors.ts";
import type { Context } from "./context.ts";

const MOST_BYTES = 4096;

/** What is given without asking; null where nothing is. Throws CairnError "usage" for a file that cannot be read, or is empty. */
export function givenPassphrase({ env }: Context, file: string | undefined): string | null {
  if (file === undefined) return env("CAIRN_PASSPHRASE") ?? null;
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch {
    throw new CairnError(
      "usage",
      `${file} cannot be read`,
      "Name a file with the passphrase in its first line.",
    );
  }
  const [line = ""] = text.split(/\r?\n/);
  if (line !== "" && text.length <= MOST_BYTES) return line;
  throw new CairnError("usage", `${file} has no passphrase in its first line`, "Write it there.");
}

/** Asks for it, without showing it; null where nobody can be asked. */
export function askPassphrase({ terminal }: Context, question: string): string | null {
  if (!Deno.stdin.isTerminal()) return null;
  terminal.err(`${question}: `);
  const bytes: number[] = [];
  const one = new Uint8Array(1);
  Deno.stdin.setRaw(true);
  try {
    while (Deno.stdin.readSync(one) === 1) {
      const byte = one[0]!;
      if (byte === 13 || byte === 10) break;
      if (byte === 3 || byte === 4) throw new CairnError("usage", "No passphrase was given", "Say it again.");
      if (byte === 127 || byte === 8) dropCharacter(bytes);
      else if (byte >= 32 && bytes.length < MOST_BYTES) bytes.push(byte);
    }
  } finally {
    Deno.stdin.setRaw(false);
    terminal.err("\n");
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** A character may be several bytes. */
function dropCharacter(bytes: number[]): void {
  while (bytes.length > 0 && (bytes.pop()! & 0xc0) === 0x80);
}
