/**
 * How contents stand (`catalogue/standings.ts`), as `find` asks for it: on how many disks and devices they are, and at how many paths. There are
 * a handful of ways in which contents stand, so most candidates are told by the number of theirs, with no look at their other places.
 */
import { CROWD, type Spot } from "../catalogue/standings.ts";
import type { Filter, Range } from "../core/query.ts";
import type { Scene } from "./guardian.ts";
import type { Asking } from "./resolve.ts";

/** Beyond so many ways it is not asked which of them fit. */
const MOST_STANDINGS = 500;

/** On how many disks and devices a content is, and at how many paths. */
export interface Spread {
  readonly copies: number;
  readonly devices: number;
  readonly paths: number;
}

/** Of who counts. Counted as the guardian does: copies are on different disks. */
export function spreadOf(scene: Scene, spots: readonly Spot[], ignored: ReadonlySet<number>): Spread {
  const counts = (device: number) => !ignored.has(device);
  const held = spots.filter(({ devices, damaged }) => [...devices, ...damaged ?? []].some(counts))
    .map((spot) => ({ ...spot, devices: spot.devices.filter(counts) }));
  const copies = scene.copiesOf(held);
  return {
    copies: new Set(copies.map(({ disk }) => disk.id)).size,
    devices: new Set(copies.map(({ device }) => device)).size,
    paths: held.reduce((sum, { paths }) => sum + paths, 0),
  };
}

type Asked = Pick<Filter, "key" | "isNot">;
type SpreadFilter =
  & { readonly isNot: boolean }
  & ({ readonly key: "copies" | "devices"; readonly range: Range } | { readonly key: "dup" });

export function isOfSpread(filter: Asked): filter is SpreadFilter {
  return filter.key === "copies" || filter.key === "devices" || filter.key === "dup";
}

/** Whether what a filter asks is so; whether that is wanted is another matter. */
export function holdsFor(filter: SpreadFilter, spread: Spread): boolean {
  return filter.key === "dup" ? spread.paths > 1 : isWithin(spread[filter.key], filter.range);
}

/** What `states.counted` says where the filters may hold, nothing where they hold for no content; null where all have to be looked at: nothing is asked of it, or not all is counted. */
export function standingsFor(
  { catalogue: { copies, rows } }: Asking,
  filters: readonly Asked[],
  scene: () => Scene,
): readonly number[] | null {
  const asked = filters.filter(isOfSpread);
  const { standings } = copies;
  if (asked.length === 0 || standings.count() > MOST_STANDINGS || copies.behind() > 0) return null;
  const fitting = standings.all().filter(({ spots, contents }) => {
    if (contents === 0) return false;
    const spread = spreadOf(scene(), spots, rows.ignored);
    return asked.every((filter) => holdsFor(filter, spread) !== filter.isNot);
  });
  return [...copies.hasCrowds ? [CROWD] : [], ...fitting.map(({ id }) => id)];
}

function isWithin(value: number, { min, max }: Range): boolean {
  return value >= min && value < max;
}
