/**
 * Values as a person reads them: English, the same on every machine, whatever its locale.
 */

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** Decimal units as disks are sold: `0 B`, `999 B`, `1.5 KB`, `12 KB`, `3.1 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 would round to a four-digit number, so it belongs to the next unit.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  // 9.96 rounds to 10, which takes no decimal.
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** A whole number with thousands separators: `10,412`. */
export function formatCount(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 file`, `10,412 files`. */
export function plural(count: number, one: string, many: string = one + "s"): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A stretch of time in its largest fitting unit or two: `40 s`, `3 min`, `2 h 5 min`, `3 days`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS - SECOND_MS / 2) return `${Math.max(1, Math.round(ms / SECOND_MS))} s`;
  if (ms < HOUR_MS - MINUTE_MS / 2) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) {
    const minutes = Math.floor(ms % HOUR_MS / MINUTE_MS);
    return `${Math.floor(ms / HOUR_MS) || 1} h${minutes > 0 && ms >= HOUR_MS ? ` ${minutes} min` : ""}`;
  }
  return plural(Math.floor(ms / DAY_MS), "day");
}

/** How long ago a moment was: `just now`, `40 s ago`, `3 h 2 min ago`, `never` for 0. */
export function formatAgo(thenMs: number, nowMs: number): string {
  if (thenMs <= 0) return "never";
  return nowMs - thenMs < 2 * SECOND_MS ? "just now" : `${formatDuration(nowMs - thenMs)} ago`;
}

/** Local wall time, `2026-11-22 03:44:28`. */
export function formatTime(timeMs: number): string {
  const t = new Date(timeMs);
  const two = (n: number) => n.toString().padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ` +
    `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/**
 * A name from a disk or a peer, made harmless: control characters (they could move the cursor or forge lines), bidirectional
 * overrides (they make one name look like another) and lone surrogates come out escaped.
 */
export function printable(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- finding control characters is the point
    /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (c) => {
      if (c === "\n") return "\\n";
      if (c === "\t") return "\\t";
      return `\\u{${c.charCodeAt(0).toString(16)}}`;
    },
  );
}

/** A local path as its owner says it: `~/Notes` for what lies in the home directory. */
export function tildePath(path: string, userHome: string | undefined): string {
  const home = userHome?.replace(/[/\\]+$/, "");
  if (!home) return path;
  if (path === home) return "~";
  return path.startsWith(home) && /^[/\\]/.test(path.slice(home.length))
    ? "~" + path.slice(home.length)
    : path;
}
