/** One large file: its first way, a patch inside it, and a rename. */
import { formatBytes } from "../../../src/cli/format.ts";
import { isAbsent, sizeAt } from "../arrival.ts";
import { makeLargeFile, MIB, patchFile, readAt, SMALL_BYTES } from "../content.ts";
import type { Figures } from "../figures.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "../suite.ts";

const SEED = 7;
/** Time for whatever a program does after a large file came, before it is touched again. */
export const LARGE_REST_S = 12;

/** `1 GiB`, `64 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes % (1024 * MIB) === 0) return `${bytes / (1024 * MIB)} GiB`;
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : formatBytes(bytes);
}

export const big: Scenario = {
  name: "big",
  title: ({ bigBytes }) => `one file of ${sizeText(bigBytes)}`,
  run: (stage, { sizes }) => placeBig(stage, sizes.bigBytes),
};

export const patch: Scenario = {
  name: "patch",
  title: () => "4 KiB changed inside it",
  async run(stage, { sizes: { bigBytes } }) {
    const name = await requireBig(stage, bigBytes);
    await stage.settle(LARGE_REST_S);
    const offset = Math.floor(bigBytes / 2);
    const bytes = crypto.getRandomValues(new Uint8Array(SMALL_BYTES));
    return await stage.measure(
      "the patch",
      () => patchFile(stage.at("A", name), offset, bytes),
      () => readAt(stage.at("B", name), offset, bytes.length)?.every((byte, i) => byte === bytes[i]) ?? false,
    );
  },
};

export const rename: Scenario = {
  name: "rename",
  title: ({ bigBytes }) => `that ${sizeText(bigBytes)} renamed`,
  async run(stage, { sizes: { bigBytes } }) {
    const from = await requireBig(stage, bigBytes);
    await stage.settle(LARGE_REST_S);
    const to = `renamed-${from}`;
    stage.props.set("big", to);
    return await stage.measure(
      "the renamed file",
      () => Deno.renameSync(stage.at("A", from), stage.at("A", to)),
      () => sizeAt(stage.at("B", to)) === bigBytes && isAbsent(stage.at("B", from)),
    );
  },
};

/** The name of the large file; it is put there when no scenario has done so yet. */
async function requireBig(stage: Stage, bytes: number): Promise<string> {
  if (!stage.props.has("big")) await placeBig(stage, bytes);
  return stage.props.get("big")!;
}

function placeBig(stage: Stage, bytes: number): Promise<Figures> {
  makeLargeFile(`${stage.aside}/big.bin`, bytes, SEED);
  stage.props.set("big", "big.bin");
  return stage.measure(
    "the large file",
    () => Deno.renameSync(`${stage.aside}/big.bin`, stage.at("A", "big.bin")),
    () => sizeAt(stage.at("B", "big.bin")) === bytes,
  );
}
