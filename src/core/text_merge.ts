/**
 * Texts compared and merged line by line (R8). Pure. What is no text, or would take too long, is said to be so: then both are
 * kept, and a diff tells sizes.
 */
import { diff3Merge, diffIndices } from "node-diff3";

/** Longest text that is merged or compared: what people write by hand is shorter. */
export const MERGE_BYTES = 2 ** 20;
/** Pairs of equal lines that a comparison looks at, at most: some tenths of a second. */
const LINE_PAIRS = 2_000_000;
/** Lines around a change, as in every unified diff. */
const AROUND = 3;

/** The text that bytes are; null for what is too long, not UTF-8, or has NULs as no text has. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.length > MERGE_BYTES || bytes.includes(0)) return null;
  try {
    // The byte order mark is one of its bytes: what is merged is written back.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Lines with their ends, so that joined they are the text again. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function isComparable(a: readonly string[], b: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const line of b) counts.set(line, (counts.get(line) ?? 0) + 1);
  let pairs = 0;
  for (const line of a) if ((pairs += counts.get(line) ?? 0) > LINE_PAIRS) return false;
  return true;
}

/** Both changes of `base` in one text; null when they touch the same lines, or are too much to compare. */
export function mergeTexts(base: string, ours: string, theirs: string): string | null {
  if (ours === theirs || theirs === base) return ours;
  if (ours === base) return theirs;
  const [o, a, b] = [linesOf(base), linesOf(ours), linesOf(theirs)];
  if (!isComparable(o, a) || !isComparable(o, b)) return null;
  const regions = diff3Merge(a, o, b, { excludeFalseConflicts: true });
  let out = "";
  for (const region of regions) {
    if (region.ok === undefined) return null;
    out += region.ok.join("");
  }
  return out;
}

/** A unified diff of two texts under two names; "" when they are the same, null when they are too much to compare. */
export function unifiedDiff(names: readonly [string, string], before: string, after: string): string | null {
  if (before === after) return "";
  const [a, b] = [linesOf(before), linesOf(after)];
  if (!isComparable(a, b)) return null;
  const changes = diffIndices(a, b).map(({ buffer1: [at1, count1], buffer2: [at2, count2] }) => ({
    from: at1,
    to: at1 + count1,
    newFrom: at2,
    newTo: at2 + count2,
  }));
  const hunks: (typeof changes)[] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.from - last.to <= 2 * AROUND) hunks.at(-1)!.push(change);
    else hunks.push([change]);
  }
  const out = [`--- ${names[0]}\n`, `+++ ${names[1]}\n`];
  for (const hunk of hunks) {
    const [first, last] = [hunk[0]!, hunk.at(-1)!];
    const from = Math.max(0, first.from - AROUND);
    const to = Math.min(a.length, last.to + AROUND);
    const newFrom = first.newFrom - (first.from - from);
    const newTo = last.newTo + (to - last.to);
    out.push(`@@ -${span(from, to)} +${span(newFrom, newTo)} @@\n`);
    let at = from;
    const same = (until: number) => {
      while (at < until) out.push(marked(" ", a[at++]!));
    };
    for (const change of hunk) {
      same(change.from);
      for (const line of a.slice(change.from, change.to)) out.push(marked("-", line));
      for (const line of b.slice(change.newFrom, change.newTo)) out.push(marked("+", line));
      at = change.to;
    }
    same(to);
  }
  return out.join("");
}

/** A stretch of lines as hunks name it: counted from 1; an empty one is behind the line that it names. */
function span(from: number, to: number): string {
  const count = to - from;
  const first = count === 0 ? from : from + 1;
  return count === 1 ? String(first) : `${first},${count}`;
}

function marked(mark: string, line: string): string {
  return line.endsWith("\n") ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`;
}
