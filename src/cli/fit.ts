/**
 * Text made to fit a terminal's width, so that the terminal itself never breaks a line. Where nobody looks (a pipe, a file) the width is
 * infinite, and nothing is broken or cut.
 */
import { type Align, alignRows, cellWidth } from "./table.ts";

/** What stands right of other columns gets a line of its own rather than fewer cells than this. */
const LEAST_TAIL = 28;
/** What belongs to the line above. */
const BELOW = "    ";

/** The text shortened in its middle to `cells` cells: a name's beginning and its ending tell most. Takes plain text, no colours. */
export function cutMiddle(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text;
  const parts = [...new Intl.Segmenter("en").segment(text)].map(({ segment }) => segment);
  const tailCells = Math.floor((cells - 1) / 2);
  const take = (from: readonly string[], most: number) => {
    let [width, count] = [0, 0];
    for (const part of from) {
      width += cellWidth(part);
      if (width > most) break;
      count++;
    }
    return count;
  };
  const tail = parts.slice(parts.length - take(parts.toReversed(), tailCells)).join("");
  const head = parts.slice(0, take(parts, Math.max(0, cells - 1 - cellWidth(tail)))).join("");
  return `${head}…${tail}`;
}

/**
 * A line broken between words, what follows indented a little more than it. A command at its end stays in one piece, to be copied. A word
 * that is wider than the terminal is left to it.
 */
export function wrapLine(line: string, columns: number, hang = hangOf(line)): string[] {
  if (cellWidth(line) <= columns) return [line];
  const lead = /^ */.exec(line)![0];
  const lines: string[] = [];
  let now = "";
  for (const word of wordsOf(line.slice(lead.length), columns - hang)) {
    const start = lines.length === 0 ? lead : " ".repeat(hang);
    if (now !== "" && cellWidth(start) + cellWidth(now) + cellWidth(word) > columns) {
      lines.push(start + now.trimEnd());
      now = word.trimStart();
    } else now += word;
  }
  return [...lines, (lines.length === 0 ? lead : " ".repeat(hang)) + now.trimEnd()];
}

function hangOf(line: string): number {
  return /^ */.exec(line)![0].length + 2;
}

/** Each with the blanks before it. */
function wordsOf(text: string, columns: number): string[] {
  const command = /(?<=[:,;] )cairn [^]*$/.exec(text);
  if (command === null || cellWidth(command[0]) > columns) return text.match(/ *[^ ]+/g) ?? [];
  return [...text.slice(0, command.index).trimEnd().match(/ *[^ ]+/g) ?? [], ` ${command[0]}`];
}

/** All of a text's lines, broken where they are too wide. */
export function wrapText(text: string, columns: number): string {
  if (columns === Infinity) return text;
  return text.split("\n").flatMap((line) => wrapLine(line, columns)).join("\n");
}

export interface Fitting {
  readonly align?: readonly Align[];
  readonly columns: number;
  /** Columns that may be shortened in the middle, down to so many cells. */
  readonly least: Readonly<Record<number, number>>;
}

/**
 * Rows in columns of which the last holds words: it goes on below itself, or below the row where little room is beside it. Every line
 * begins at the left edge.
 */
export function wrapRows(
  rows: readonly (readonly string[])[],
  { align = [], columns, least }: Fitting,
): string[] {
  const whole = alignRows(rows, align);
  if (whole.every((row) => cellWidth(row) <= columns)) return whole;
  const last = Math.max(...rows.map((row) => row.length)) - 1;
  const wanted = Math.min(LEAST_TAIL, ...rows.map((row) => cellWidth(row[last] ?? "")));
  const widths = headWidths(rows, last, { room: columns - wanted, least });
  const heads = alignRows(
    rows.map((row) =>
      row.slice(0, last).map((cell, i) => least[i] === undefined ? cell : cutMiddle(cell, widths[i]!))
    ),
    align,
  );
  const at = widths.reduce((sum, width) => sum + width + 2, 0);
  return rows.map((row, i) => {
    const tail = row[last] ?? "";
    const head = heads[i]!.padEnd(heads[i]!.length + at - 2 - cellWidth(heads[i]!));
    if (tail === "") return heads[i]!;
    if (at + cellWidth(tail) <= columns) return `${head}  ${tail}`;
    if (columns - at >= LEAST_TAIL) return wrapLine(`${head}  ${tail}`, columns, at).join("\n");
    return [heads[i]!, ...wrapLine(BELOW + tail, columns)].join("\n");
  });
}

/** How wide the columns before the last become; the widest that may give gives first. */
function headWidths(
  rows: readonly (readonly string[])[],
  last: number,
  { room, least }: { readonly room: number; readonly least: Fitting["least"] },
): number[] {
  const widths = Array.from(
    { length: last },
    (_, i) => Math.max(...rows.map((row) => cellWidth(row[i] ?? ""))),
  );
  const sum = () => widths.reduce((all, width) => all + width + 2, 0);
  while (sum() > room) {
    const giving = widths.map((_, i) => i).filter((i) => least[i] !== undefined && widths[i]! > least[i]!);
    if (giving.length === 0) break;
    widths[giving.reduce((a, b) => widths[b]! > widths[a]! ? b : a)]!--;
  }
  return widths;
}

/** Rows in columns; where one is too wide, each row's first cell stands above its others. */
export function stackRows(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  columns: number,
): string[] {
  const whole = alignRows(rows, align);
  if (whole.every((row) => cellWidth(row) <= columns)) return whole;
  const below = alignRows(rows.map((row) => row.slice(1)), align.slice(1));
  return rows.flatMap(([first = ""], i) => {
    const lead = /^ */.exec(first)![0];
    return [
      lead + cutMiddle(first.slice(lead.length), columns - lead.length),
      ...wrapLine(`${lead}${BELOW}${below[i]!}`, columns),
    ];
  });
}
