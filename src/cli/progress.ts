/**
 * Progress of one folder: a bar that redraws itself on a terminal, now and then a plain line elsewhere.
 */
import type { FolderState, FolderStatus } from "../daemon/api_types.ts";
import { formatBytes, formatCount, formatDuration, printable } from "./format.ts";
import { paint } from "./paint.ts";
import { cutToWidth } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** What is over sooner than this gets no plain line: the line that says it is done is enough. */
const FIRST_LINE_MS = 1_000;
/** Plain lines go to logs: one in a while is enough to see that it lives. */
const LINE_EVERY_MS = 10_000;
/** A terminal need not be redrawn more often than eyes follow. */
const REDRAW_MS = 100;

const BAR_CELLS = 24;
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
      terminal.out(text + "\n");
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
    line: (text) => terminal.out(text + "\n"),
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

/** `Notes  ██████░░░░░░  62%  412 of 10,412 files, 1.9 of 3.1 GB, 41 MB/s, 29 s left`, cut to the terminal. */
export function barLine(folder: ActiveFolder, terminal: Pick<Terminal, "columns" | "colour">): string {
  const share = shareDone(folder.state);
  const name = cutToWidth(printable(folder.name), 24);
  const work = describeWork(folder.state);
  // The last column stays free: some terminals wrap when it is filled.
  if (share === null) return cutToWidth(`${name}  ${work}`, terminal.columns() - 1);
  const full = Math.floor(share * BAR_CELLS);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const room = terminal.columns() - 1 - name.length - BAR_CELLS - percent.length - 6;
  if (room < 12) return cutToWidth(`${name} ${percent}  ${work}`, terminal.columns() - 1);
  const bar = paint(terminal, "green", "█".repeat(full)) +
    paint(terminal, "dim", "░".repeat(BAR_CELLS - full));
  return `${name}  ${bar} ${percent}  ${cutToWidth(work, room)}`;
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
  const parts = [`syncing ${formatCount(state.filesDone)} of ${formatCount(state.filesTotal)} files`];
  if (state.bytesTotal > 0) parts.push(ofBytes(state.bytesDone, state.bytesTotal));
  if (state.bytesPerSecond > 0) {
    parts.push(`${formatBytes(state.bytesPerSecond)}/s`);
    const leftMs = (state.bytesTotal - state.bytesDone) / state.bytesPerSecond * 1000;
    if (leftMs > 0) parts.push(`${formatDuration(leftMs)} left`);
  }
  return parts.join(", ");
}

/** `1.9 of 3.1 GB`; the unit once where both have the same. */
export function ofBytes(done: number, total: number): string {
  const [first, whole] = [formatBytes(done), formatBytes(total)];
  const [value, unit] = first.split(" ");
  return `${unit === whole.split(" ")[1] ? value : first} of ${whole}`;
}
