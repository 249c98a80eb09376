/** What a broken disk or a hostile peer may hand to a decoder of MessagePack. */
import fc from "fast-check";

/** Any value that MessagePack can say. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(
      null,
      true,
      false,
      0,
      1,
      2,
      -1,
      0.5,
      NaN,
      Infinity,
      2 ** 53,
      2 ** 60,
      "",
      ".",
      "a/b",
      "\0",
      "\ufffd",
    ),
    fc.integer(),
    fc.string(),
    fc.constantFrom(8, 16, 32, 33).map((length) => new Uint8Array(length).fill(7)),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 10 }),
    fc.dictionary(fc.string().filter((key) => key !== "__proto__"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

/** A good value with one part of it, at any depth, replaced, dropped or doubled. */
export function damaged(good: unknown): fc.Arbitrary<unknown> {
  return fc.tuple(fc.nat(1000), fc.constantFrom("replace", "drop", "double"), anyValue).map(
    ([at, how, by]) => {
      const places: [unknown[], number][] = [];
      const copy = copyOf(good, places);
      const place = places[at % Math.max(1, places.length)];
      if (place === undefined) return by;
      const [list, index] = place;
      if (how === "replace") list[index] = by;
      else if (how === "drop") list.splice(index, 1);
      else list.splice(index, 0, list[index]);
      return copy;
    },
  );
}

function copyOf(value: unknown, places: [unknown[], number][]): unknown {
  if (!Array.isArray(value)) return value;
  const out: unknown[] = [];
  value.forEach((part, i) => {
    places.push([out, i]);
    out.push(copyOf(part, places));
  });
  return out;
}
