/** The few colours of the output. Meaning never hangs on a colour alone. */
import type { Terminal } from "./terminal.ts";

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33" } as const;
export type Colour = keyof typeof CODES;

/** `text` in a colour where the terminal wants colours. */
export function paint(terminal: Pick<Terminal, "colour">, colour: Colour, text: string): string {
  return terminal.colour && text !== "" ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}
