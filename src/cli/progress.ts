/**
 * Progress of one folder: a bar that redraws itself on a terminal, now and then a plain line elsewhere.
 */
import type { FolderState, FolderStatus } from "../daemon/api_types.ts";
import { formatBytes, formatCount, formatDuration, printable } from "./format.ts";
import { paint } from "./paint.ts";
import { cutMiddle } from "./fit.ts";
import { cellWidth, cutToWidth } from "./table.ts";
import { say, type Terminal } from "./terminal.ts";

/** What is over sooner than this gets no plain line: the line that says it is done is enough. */
const FIRST_LINE_MS = 1_000;
/** Plain lines go to logs: one in a while is enough to see that it lives. */
const LINE_EVERY_MS = 10_000;
/** A terminal need not be redrawn more often than eyes follow. */
const REDRAW_MS = 100;

const BAR_CELLS = 24;
const SHORT_BAR_CELLS = 12;
const NAME_CELLS = 24;
/** What all words of the work want, and what those of its bytes alone do, as they mostly are. */
const ALL_WORDS = 66;
const BYTE_WORDS = 38;
const CLEAR_LINE = "\r\x1b[K";

type Active = Extract<FolderState, { kind: "scanning" | "syncing" }>;

/** Shows progress below the lines that are printed meanwhile. */
export interface Progress {
  /** Shows the work that is going on now; none clears it. */
  show(folders: readonly FolderStatus[]): void;
  /** Prints a line for good, the bar staying below it. */
  line(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** `nowMs` is a monotone clock. */
export function createProgress(terminal: Terminal, nowMs: () => number): Progress {
  return terminal.interactive ? barProgress(terminal, nowMs) : lineProgress(terminal, nowMs);
}

function barProgress(terminal: Terminal, nowMs: () => number): Progress {
  let shown = "";
  let drawnMs = -Infinity;
  function draw(text: string) {
    if (text !== shown) terminal.out(text === "" ? CLEAR_LINE : `${CLEAR_LINE}${text}`);
    shown = text;
  }
  return {
    show(folders) {
      const folder = mostActive(folders);
      if (folder !== null && nowMs() - drawnMs < REDRAW_MS) return;
      drawnMs = folder === null ? -Infinity : nowMs();
      draw(folder === null ? "" : barLine(folder, terminal));
    },
    line(text) {
      const bar = shown;
      draw("");
      say(terminal, text);
      draw(bar);
    },
    end: () => draw(""),
  };
}

function lineProgress(terminal: Terminal, nowMs: () => number): Progress {
  let activeSinceMs: number | null = null;
  let printedMs = -Infinity;
  return {
    show(folders) {
      const folder = mostActive(folders);
      if (folder === null) {
        activeSinceMs = null;
        return;
      }
      activeSinceMs ??= nowMs();
      if (nowMs() - activeSinceMs < FIRST_LINE_MS || nowMs() - printedMs < LINE_EVERY_MS) return;
      printedMs = nowMs();
      terminal.out(`${printable(folder.name)}: ${describeWork(folder.state)}\n`);
    },
    line: (text) => say(terminal, text),
    end() {},
  };
}

type ActiveFolder = FolderStatus & { readonly state: Active };

/** The folder whose progress says most: transfers before scans, and of these the largest. */
function mostActive(folders: readonly FolderStatus[]): ActiveFolder | null {
  const active = folders.filter((f): f is ActiveFolder =>
    f.state.kind === "scanning" || f.state.kind === "syncing"
  );
  const weight = ({ state }: ActiveFolder) =>
    state.kind === "syncing" ? 1 + state.bytesTotal - state.bytesDone : 0;
  return active.reduce<ActiveFolder | null>(
    (best, f) => best === null || weight(f) > weight(best) ? f : best,
    null,
  );
}

/**
 * `Notes  ██████░░░░░░  62%  412 of 10,412 files, 1.9 of 3.1 GB, 41 MB/s, 29 s left`. Which words there are hangs on the terminal and the name
 * alone, so that nothing jumps: where room is short the files go first, and rate and time left stay.
 */
export function barLine(folder: ActiveFolder, terminal: Pick<Terminal, "columns" | "colour">): string {
  const share = shareDone(folder.state);
  const name = cutMiddle(printable(folder.name), NAME_CELLS);
  // The last column stays free: some terminals wrap when it is filled.
  const columns = terminal.columns() - 1;
  if (share === null) return cutToWidth(`${name}  ${describeWork(folder.state)}`, columns);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const roomBeside = (cells: number) => columns - cellWidth(name) - cells - percent.length - 5;
  const cells = roomBeside(BAR_CELLS) >= BYTE_WORDS ? BAR_CELLS : SHORT_BAR_CELLS;
  const room = roomBeside(cells);
  const words = room >= ALL_WORDS ? describeWork(folder.state) : describeBytes(folder.state);
  if (room < 12) return cutToWidth(`${name} ${percent}  ${words}`, columns);
  const full = Math.floor(share * cells);
  const bar = paint(terminal, "green", "█".repeat(full)) + paint(terminal, "dim", "░".repeat(cells - full));
  return `${name}  ${bar} ${percent}  ${cutToWidth(words, room)}`;
}

/** Done share of 0 to 1, or null where the whole is not known. */
function shareDone(state: Active): number | null {
  const [done, total] = state.kind === "scanning"
    ? [state.checked, state.known]
    : state.bytesTotal > 0
    ? [state.bytesDone, state.bytesTotal]
    : [state.filesDone, state.filesTotal];
  return total > 0 ? Math.min(1, done / total) : null;
}

/** The work in words, with rate and time left where these are known. */
export function describeWork(state: Active): string {
  if (state.kind === "scanning") {
    return state.known > 0
      ? `scanning, ${formatCount(state.checked)} of ${
        formatCount(Math.max(state.known, state.checked))
      } checked`
      : `scanning, ${formatCount(state.checked)} checked`;
  }
  const files = `syncing ${formatCount(state.filesDone)} of ${formatCount(state.filesTotal)} files`;
  return [files, ...bytesOf(state)].join(", ");
}

/** The same in fewer words: files only where there are no bytes to tell of. */
function describeBytes(state: Active): string {
  if (state.kind === "scanning") return `${formatCount(state.checked)} checked`;
  const bytes = bytesOf(state);
  return bytes.length > 0
    ? bytes.join(", ")
    : `${formatCount(state.filesDone)} of ${formatCount(state.filesTotal)} files`;
}

function bytesOf({ bytesDone, bytesTotal, bytesPerSecond }: Extract<Active, { kind: "syncing" }>): string[] {
  const parts = bytesTotal > 0 ? [ofBytes(bytesDone, bytesTotal)] : [];
  if (bytesPerSecond > 0) {
    parts.push(`${formatBytes(bytesPerSecond)}/s`);
    const leftMs = (bytesTotal - bytesDone) / bytesPerSecond * 1000;
    if (leftMs > 0) parts.push(`${formatDuration(leftMs)} left`);
  }
  return parts;
}

/** `1.9 of 3.1 GB`; the unit once where both have the same. */
export function ofBytes(done: number, total: number): string {
  const [first, whole] = [formatBytes(done), formatBytes(total)];
  const [value, unit] = first.split(" ");
  return `${unit === whole.split(" ")[1] ? value : first} of ${whole}`;
}
