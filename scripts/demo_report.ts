/** The demo's words: each step with a tick and its time. */

const TITLE_CELLS = 52;
const colour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");

/** Runs a step; it answers what it has seen, in a few words. */
export async function step(number: number, title: string, work: () => Promise<string>): Promise<void> {
  const startMs = performance.now();
  const label = `${number}. ${title}`.padEnd(TITLE_CELLS);
  if (Deno.stdout.isTerminal()) write(`  … ${label}`);
  try {
    const seen = await work();
    end(`${paint("32", "✓")} ${label} ${seconds(startMs)}  ${paint("2", seen)}`);
  } catch (error) {
    end(`${paint("31", "✗")} ${label} ${seconds(startMs)}`);
    throw error;
  }
}

/** Prints a line. */
export function tell(line: string): void {
  write(line + "\n");
}

/** `12.3 s` since a moment of `performance.now()`. */
export function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`.padStart(7);
}

function end(line: string): void {
  write(`${Deno.stdout.isTerminal() ? "\r\x1b[K" : ""}  ${line}\n`);
}

function paint(code: string, text: string): string {
  return colour ? `\x1b[${code}m${text}\x1b[0m` : text;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
