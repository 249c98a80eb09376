/**
 * Where a command's words go. One narrow interface, so that the tests read what a person would see.
 */
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
}

/** What a width means where nobody tells one. */
const PLAIN_COLUMNS = 100;

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
    columns: () => person ? consoleColumns() : PLAIN_COLUMNS,
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

/** Prints a line to standard output. */
export function say(terminal: Terminal, line: string): void {
  terminal.out(line + "\n");
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns || PLAIN_COLUMNS;
  } catch {
    return PLAIN_COLUMNS;
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}
