/**
 * A text that is kept up to date on the whole screen. It stands on the terminal's second screen, so that what was there before is there again
 * afterwards.
 */
import { onStopSignal } from "./signals.ts";
import { cutToWidth } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const TO_TOP = "\x1b[H";
/** Behind what is new of a line, and behind the last line: nothing is cleared before it is written again, so nothing flickers. */
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
/** Times that are told as "3 s ago" go on while nothing else changes. */
const REDRAW_MS = 1_000;

/** Shows the newest of `values` until a signal ends it (false) or they end (true). */
export async function watchOnScreen<T>(
  terminal: Terminal,
  values: AsyncIterable<T>,
  textOf: (value: T) => string,
): Promise<boolean> {
  const signal = onStopSignal(() => {});
  let latest: { readonly value: T } | null = null;
  let shown = "";
  const draw = () => {
    if (latest === null) return;
    const frame = frameOf(textOf(latest.value), terminal);
    if (frame !== shown) terminal.out(shown === "" ? ENTER + frame : frame);
    shown = frame;
  };
  // What a terminal makes of its lines when it becomes narrower is its own affair: all is written again.
  const redraw = () => {
    if (shown !== "") terminal.out(frameOf(textOf(latest!.value), terminal));
  };
  const timer = setInterval(draw, REDRAW_MS);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", redraw);
  try {
    const work = async () => {
      for await (const value of values) {
        latest = { value };
        draw();
      }
      return true;
    };
    return await Promise.race([work(), signal.stop.then(() => false)]);
  } finally {
    clearInterval(timer);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGWINCH", redraw);
    if (shown !== "") terminal.out(LEAVE);
    signal.dispose();
  }
}

/** What makes the screen show the text and nothing else, without scrolling. */
export function frameOf(text: string, { columns, rows }: Pick<Terminal, "columns" | "rows">): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const most = Math.max(1, rows());
  const fitting = lines.length <= most ? lines : [
    ...lines.slice(0, most - 1),
    cutToWidth(`… ${lines.length - most + 1} more lines below`, columns() - 1),
  ];
  return TO_TOP + fitting.map((line) => line + CLEAR_LINE).join("\r\n") + CLEAR_BELOW;
}
