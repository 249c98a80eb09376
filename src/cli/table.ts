/**
 * Text in columns. Widths are those of a terminal's cells, so that names with wide or combining characters still line up.
 */

export type Align = "left" | "right";

/** Rows with their cells padded to the widest of each column, two blanks between, none at the end. */
export function alignRows(rows: readonly (readonly string[])[], align: readonly Align[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cellWidth(cell)));
  return rows.map((row) =>
    row.map((cell, i) => {
      const fill = " ".repeat(widths[i]! - cellWidth(cell));
      return align[i] === "right" ? fill + cell : cell + fill;
    }).join("  ").trimEnd()
  );
}

// deno-lint-ignore no-control-regex -- colour codes take no room
const COLOUR_CODE = /\x1b\[[0-9;]*m/g;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide forms and pictographs: two cells each. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** How many cells of a terminal the text takes. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const c of text.replace(COLOUR_CODE, "")) {
    if (ZERO_WIDTH.test(c)) continue;
    width += WIDE.test(c) ? 2 : 1;
  }
  return width;
}

/** The text cut to `cells` cells, an ellipsis in place of what is gone. Takes plain text, no colours. */
export function cutToWidth(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text;
  let out = "";
  let width = 0;
  for (const c of text) {
    width += cellWidth(c);
    if (width > cells - 1) break;
    out += c;
  }
  return out + "…";
}
