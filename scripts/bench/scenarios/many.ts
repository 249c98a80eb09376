/** Ten thousand small files: their first way, and a rename of the directory that holds them. */
import { formatCount } from "../../../src/cli/format.ts";
import { allOf, holdsNoFile, sizeAt } from "../arrival.ts";
import { makeSmallFiles, SMALL_BYTES, smallPath } from "../content.ts";
import type { Figures } from "../figures.ts";
import type { Stage } from "../stage.ts";
import type { Scenario, Sizes } from "../suite.ts";

const SEED = 1;
const REST_S = 3;
/** A slow program on a slow disk moves fifty a second. */
const LIMIT_S = (count: number) => 60 + count / 50;

export function manyCount({ files }: Sizes): number {
  return files ?? 10_000;
}

export const small: Scenario = {
  name: "small",
  title: (sizes) => `${formatCount(manyCount(sizes))} files of 4 KiB`,
  run: (stage, { sizes }) => placeMany(stage, manyCount(sizes)),
};

export const mvdir: Scenario = {
  name: "mvdir",
  title: (sizes) => `the folder of ${formatCount(manyCount(sizes))} files renamed`,
  async run(stage, { sizes }) {
    const count = manyCount(sizes);
    const from = await requireMany(stage, count);
    await stage.settle(REST_S);
    const to = `${from}-moved`;
    stage.props.set("many", to);
    const areThere = allOf(indices(count), (i) => sizeAt(stage.at("B", `${to}/${smallPath(i)}`)) >= 0);
    return await stage.measure(
      "the renamed folder",
      () => Deno.renameSync(stage.at("A", from), stage.at("A", to)),
      () => areThere() && holdsNoFile(stage.at("B", from)),
      { limitS: LIMIT_S(count) },
    );
  },
};

/** The name of the directory with the files; they are put there when no scenario has done so yet. */
export async function requireMany(stage: Stage, count: number): Promise<string> {
  if (!stage.props.has("many")) await placeMany(stage, count);
  return stage.props.get("many")!;
}

/** Moves the files in on A, all at once, and measures until B has them. */
async function placeMany(stage: Stage, count: number): Promise<Figures> {
  makeSmallFiles(`${stage.aside}/many`, count, SEED);
  stage.props.set("many", "many");
  return await stage.measure(
    "all small files",
    () => Deno.renameSync(`${stage.aside}/many`, stage.at("A", "many")),
    allOf(indices(count), (i) => sizeAt(stage.at("B", `many/${smallPath(i)}`)) === SMALL_BYTES),
    { limitS: LIMIT_S(count) },
  );
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
