/** The cells of the table in docs/failure-model.md: what two devices did to one path while they were apart, and what comes of it. */
import type { Neighbour } from "./neighbours.ts";

export const WHATS = ["absent", "file", "directory", "symlink", "deleted"] as const;
/** What a device left at the path: "absent" never had it, "deleted" had it and removed it. */
export type What = typeof WHATS[number];
/** What both had before; null: nothing. */
export type Base = "file" | "directory" | "symlink" | null;

export interface Cell {
  readonly base: Base;
  readonly first: What;
  /** Done later: of two contents this one wins. */
  readonly second: What;
  /** Where it happens. */
  readonly at: string;
}

/** Every ordered pair: twenty-five without a common base, and all that can be done to each kind of base. */
export const CELLS: readonly Cell[] = ([null, "file", "directory", "symlink"] as const).flatMap((base) => {
  const whats = WHATS.filter((what) => base === null || what !== "absent");
  return whats.flatMap((first) =>
    whats.map((second): Cell => ({ base, first, second, at: `${base ?? "none"}-${first}-${second}` }))
  );
});

export function nameOfCell({ base, first, second }: Cell): string {
  const from = base === null ? "with no common base" : `from a common ${base}`;
  return `${first} against ${second}, ${from}`;
}

/** What all have before they part. A directory holds two files: one that will be edited in it, and one that nobody touches. */
export function layBase(device: Neighbour, { base, at }: Cell): void {
  const path = `${at}/x`;
  device.write(`${at}/neighbour`, "always here");
  if (base === "file") device.write(path, `base of ${at}`);
  if (base === "symlink") Deno.symlinkSync(`base of ${at}`, device.at(path));
  if (base === "directory") {
    device.write(`${path}/edited`, `base of ${at}`);
    device.write(`${path}/left`, `left in ${at}`);
  }
}

/** Does it, as a person would. `by` tells the contents of the two sides apart. */
export function act(device: Neighbour, { base, at }: Cell, what: What, by: string): void {
  const path = `${at}/x`;
  if (what === "absent") return;
  if (base === "directory" && what === "directory") return device.write(`${path}/edited`, `${by} in ${at}`);
  const isEdit = base === "file" && what === "file";
  if (base !== null && !isEdit) device.remove(path);
  if (what === "file") device.write(path, `${by} of ${at}`);
  if (what === "symlink") Deno.symlinkSync(`${by} of ${at}`, device.at(path));
  if (what === "directory") device.write(`${path}/inside-${by}`, `${by} in ${at}`);
}

/** A device that had it and removed it must have said that it was there. */
export function actFirst(device: Neighbour, cell: Cell, what: What, by: string): void {
  if (cell.base === null && what === "deleted") device.write(`${cell.at}/x`, `${by}, soon deleted`);
}

export function actSecond(device: Neighbour, cell: Cell, what: What, by: string): void {
  if (cell.base === null && what === "deleted") device.remove(`${cell.at}/x`);
  else act(device, cell, what, by);
}

/**
 * What must stand in the cell's directory on every device, by the rules alone: `x`, what is in it, and the copies with the
 * mark of their name cut to `*`.
 */
export function expectedOf({ base, first, second, at }: Cell): string[] {
  const sides = [[first, "first"], [second, "second"]] as const;
  const isThere = (what: What) => what !== "absent" && what !== "deleted";
  const out = ["neighbour: always here"];
  const contents = sides.filter(([what]) => what === "file" || what === "symlink")
    .map(([what, by]) => what === "file" ? `: ${by} of ${at}` : ` -> ${by} of ${at}`);
  const directories = sides.filter(([what]) => what === "directory");
  if (directories.length > 0) {
    out.push("x/");
    if (base === "directory") {
      const [last, ...lost] = directories.map(([, by]) => by).reverse();
      out.push(`x/edited: ${last} in ${at}`);
      for (const by of lost) out.push(`x/edited.*: ${by} in ${at}`);
      // What nobody edited is deleted where a device deleted it.
      if (directories.length === 2) out.push(`x/left: left in ${at}`);
    } else {
      for (const [, by] of directories) out.push(`x/inside-${by}: ${by} in ${at}`);
    }
    for (const content of contents) out.push(`x.*${content}`);
  } else if (sides.some(([what]) => isThere(what))) {
    const [winner, ...lost] = [...contents].reverse();
    out.push(`x${winner}`);
    for (const content of lost) out.push(`x.*${content}`);
  }
  return out.sort();
}

/** A listing with the marks of conflict names cut to `*`. */
export function withoutMarks(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/\.conflict-\d{8}-[0-9a-f]{8}/, ".*")).sort();
}
