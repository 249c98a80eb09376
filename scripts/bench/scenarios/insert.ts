/** One byte put before a file, which moves all others. The timed part includes the writing of the new file, as an editor's save does. */
import { sizeAt } from "../arrival.ts";
import { makeLargeFile } from "../content.ts";
import type { Scenario } from "../suite.ts";
import { LARGE_REST_S, sizeText } from "./big.ts";

const SEED = 9;
const NAME = "insert.bin";
const quarter = (bytes: number) => Math.floor(bytes / 4);

export const insert: Scenario = {
  name: "insert",
  title: ({ bigBytes }) => `1 byte put before ${sizeText(quarter(bigBytes))}`,
  async run(stage, { sizes: { bigBytes } }) {
    const sizeBytes = quarter(bigBytes);
    makeLargeFile(`${stage.aside}/${NAME}`, sizeBytes, SEED);
    await stage.measure(
      "the file to insert into",
      () => Deno.renameSync(`${stage.aside}/${NAME}`, stage.at("A", NAME)),
      () => sizeAt(stage.at("B", NAME)) === sizeBytes,
    );
    await stage.settle(LARGE_REST_S);
    const whole = new Uint8Array(sizeBytes + 1);
    whole[0] = "!".charCodeAt(0);
    whole.set(Deno.readFileSync(stage.at("A", NAME)), 1);
    return await stage.measure(
      "the inserted byte",
      () => {
        Deno.writeFileSync(`${stage.aside}/${NAME}`, whole);
        Deno.renameSync(`${stage.aside}/${NAME}`, stage.at("A", NAME));
      },
      () => sizeAt(stage.at("B", NAME)) === sizeBytes + 1,
    );
  },
};
