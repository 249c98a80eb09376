/** What somebody may have meant by a name that there is not. Pure. */
import { foldKey } from "./names.ts";

/** Names are compared to so many characters: what it costs goes with the square. */
const COMPARED = 64;

/** Of `names` those that are most like `name`, the nearest first: at most `limit`, and none that is like it by chance alone. */
export function nearestNames(name: string, names: Iterable<string>, limit: number): string[] {
  const wanted = foldKey(name);
  const near: { readonly name: string; readonly distance: number }[] = [];
  for (const other of new Set(names)) {
    const distance = distanceOf(wanted, foldKey(other));
    if (distance !== null) near.push({ name: other, distance });
  }
  return near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1)).slice(0, limit)
    .map((one) => one.name);
}

/** Null where they have too little in common. What one begins with, or has in it, is near whatever its length. */
function distanceOf(wanted: string, other: string): number | null {
  if (wanted === other) return 0;
  if (wanted.length >= 2 && other.startsWith(wanted)) return 1;
  if (wanted.length >= 3 && (other.includes(wanted) || wanted.includes(other) && other.length >= 3)) return 2;
  const edits = editsBetween(wanted.slice(0, COMPARED), other.slice(0, COMPARED));
  return edits <= Math.ceil(Math.min(wanted.length, COMPARED) / 3) ? 1 + edits : null;
}

/** Characters to be inserted, removed, replaced or exchanged with their neighbour, to make one of the other. */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      let least = Math.min(changed, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, beforeLast[j - 2]! + 1);
      }
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
