/**
 * Where a command's words go. One narrow interface, so that the tests read what a person would see.
 */
import { wrapText } from "./fit.ts";

export interface Terminal {
  /** Writes to standard output, as it stands. */
  out(text: string): void;
  /** Writes bytes to standard output when whoever reads it has room for them. Throws BrokenPipe when nobody reads any more. */
  bytes(bytes: Uint8Array): Promise<void>;
  /** Writes to standard error, as it stands. */
  err(text: string): void;
  /** Standard output is a terminal that can redraw a line. */
  readonly interactive: boolean;
  /** Standard output is a terminal of any kind: a person reads it, not a script. */
  readonly person: boolean;
  /** Colours are wanted: a terminal, and NO_COLOR unset or empty (no-color.org). */
  readonly colour: boolean;
  /** Width of a line. */
  columns(): number;
  /** Lines of the screen. */
  rows(): number;
  /** Width of a line of standard error; infinite where that is no terminal. */
  errorWidth(): number;
}

/** What a width means where nobody tells one. */
const PLAIN_COLUMNS = 100;
const PLAIN_ROWS = 24;

/** The process's own streams. Writes are whole: a short write to a pipe goes on with the rest. */
export function realTerminal(): Terminal {
  const person = Deno.stdout.isTerminal();
  const dumb = Deno.env.get("TERM") === "dumb";
  return {
    out: (text) => writeAll(Deno.stdout, text),
    bytes: async (bytes) => {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
    },
    err: (text) => writeAll(Deno.stderr, text),
    person,
    interactive: person && !dumb,
    colour: person && !dumb && !Deno.env.get("NO_COLOR"),
    columns: () => person ? consoleSize().columns : PLAIN_COLUMNS,
    rows: () => person ? consoleSize().rows : PLAIN_ROWS,
    errorWidth: () => Deno.stderr.isTerminal() ? consoleSize().columns : Infinity,
  };
}

/**
 * The same terminal for a device that runs on and on: when nobody reads its words any more (a closed pipe, a terminal that is
 * gone), it goes on with its work.
 */
export function enduring(terminal: Terminal): Terminal {
  const attempt = (write: () => void) => {
    try {
      write();
    } catch {
      // There is nobody to tell.
    }
  };
  return {
    ...terminal,
    out: (text) => attempt(() => terminal.out(text)),
    err: (text) => attempt(() => terminal.err(text)),
  };
}

/** The width that lines for a person are to fit; infinite where nobody looks, so that scripts get lines and names whole. */
export function widthOf(terminal: Pick<Terminal, "person" | "columns">): number {
  return terminal.person ? terminal.columns() : Infinity;
}

/** Prints a line to standard output, for a person broken between words where it is too wide. */
export function say(terminal: Terminal, line: string): void {
  terminal.out(wrapText(line, widthOf(terminal)) + "\n");
}

function consoleSize(): { readonly columns: number; readonly rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || PLAIN_COLUMNS, rows: rows || PLAIN_ROWS };
  } catch {
    return { columns: PLAIN_COLUMNS, rows: PLAIN_ROWS };
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}
