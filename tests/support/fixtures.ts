/** Golden bytes of everything that is stored or sent; `make_format_fixture.ts` says how they came to be. */
import { fromHex } from "../../src/core/ids.ts";

interface Formats {
  readonly records: Readonly<Record<string, string>>;
  readonly rowBlock: string;
  readonly page: string;
  readonly subscribe: string;
  readonly segment: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly packedText: string;
}

export const FORMATS: Formats = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/formats.json", import.meta.url)),
);

export function golden(name: Exclude<keyof Formats, "records" | "texts">): Uint8Array<ArrayBuffer> {
  return fromHex(FORMATS[name]);
}
