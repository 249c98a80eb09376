/** Figures as text, by the unit that ends their names. Pure. */
import { formatCount } from "../../src/cli/format.ts";

/** `s`, `median_s`: seconds · `…_ms`: milliseconds · `…_bytes`: B, KB or MB · `…_per_s`: a count · `…_share`: percent · all else: a number. */
export function formatFigure(name: string, value: number): string {
  if (name.endsWith("mb_per_s")) return `${formatCount(value)} MB/s`;
  if (name.endsWith("files_per_s")) return `${formatCount(value)} files/s`;
  if (name.endsWith("_bytes") || name === "bytes") return formatSize(value);
  if (name.endsWith("_share")) return `${(value * 100).toFixed(2)} %`;
  if (name.endsWith("_ms")) return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  if (name === "s" || name.endsWith("_s")) return `${value.toFixed(value < 1 ? 3 : 2)} s`;
  return value.toFixed(2);
}

/** Decimal, with the digits that a comparison of bytes on the wire needs. */
function formatSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 100_000) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${(bytes / 1e6).toFixed(bytes < 100e6 ? 2 : 0)} MB`;
}

/** A Markdown table whose columns stand below each other, so that it reads in a terminal too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)]
    .join("\n");
}
