import assert from "node:assert/strict";
import fc from "fast-check";
import { type Address, formatAddress, formatUri, isLocalPath, parseAddress } from "../../src/core/address.ts";
import { CairnError } from "../../src/core/errors.ts";
import { isGoodName } from "../../src/core/given_name.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { checkPath } from "../../src/core/path.ts";

function place(device: string | null, folder: string | null, path = ""): Address {
  return { kind: "place", device, folder, path: path as RelPath };
}

const WORDS = [
  "content",
  "cairn",
  "beef",
  "a.jpg",
  ".",
  "..",
  "~",
  "~x",
  "Büro",
  "é",
  "%41",
  "?",
  "#",
  "c++ x",
];
const character = fc.oneof(
  fc.constantFrom(..."ab:/%~.?# \\é猫"),
  fc.string({ unit: "grapheme", maxLength: 1 }),
);
const text = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.array(character, { maxLength: 9 }).map((all) => all.join("")),
);
const name = text.filter(isGoodName);
const path = fc.array(text.filter((it) => !it.includes("/")), { minLength: 1, maxLength: 4 }).map((all) =>
  all.join("/")
)
  .filter((it) => checkPath(it) === null);
const hex = fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: 4, maxLength: 64 });
const address: fc.Arbitrary<Address> = fc.oneof(
  hex.map((digits): Address => ({ kind: "content", prefix: digits.join("") })),
  fc.tuple(fc.option(name), fc.option(name), fc.option(path)).map(([device, folder, inside]) =>
    place(device, folder, folder === null ? "" : inside ?? "")
  ),
);

Deno.test("an address is read again as it was printed, in either form", () => {
  fc.assert(
    fc.property(address, (it) => {
      assert.deepEqual(parseAddress(formatAddress(it)), it);
      assert.deepEqual(parseAddress(formatUri(it)), it);
      assert.ok(!isLocalPath(formatAddress(it)), formatAddress(it));
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("whatever is typed is an address or says what is wrong with it", () => {
  const typed = fc.oneof(
    text,
    fc.tuple(fc.constantFrom("cairn://", "cairn:content/", "content:", "laptop:", ""), text).map((all) =>
      all.join("")
    ),
  );
  fc.assert(
    fc.property(typed, (it) => {
      try {
        const read = parseAddress(it);
        assert.deepEqual(parseAddress(formatAddress(read)), read);
      } catch (error) {
        assert.ok(
          error instanceof CairnError && error.code === "address-malformed" && error.hint !== "",
          String(error),
        );
        assert.ok(error.message.includes(`"${it}"`));
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("parseAddress() reads every form of docs/catalogue.md", () => {
  const forms: [string, Address][] = [
    ["", place(null, null)],
    ["laptop:", place("laptop", null)],
    ["Photos", place(null, "Photos")],
    ["Photos/", place(null, "Photos")],
    ["laptop:Photos", place("laptop", "Photos")],
    ["laptop:Photos/2024/a.jpg", place("laptop", "Photos", "2024/a.jpg")],
    ["Photos/2024/", place(null, "Photos", "2024")],
    ["Photos/12:30.txt", place(null, "Photos", "12:30.txt")],
    ["content:7F3A9C", { kind: "content", prefix: "7f3a9c" }],
    ["content:", place("content", null)],
    ["content:Photos", place("content", "Photos")],
    ["content:beef/a", place("content", "beef", "a")],
    ["cairn://content/beef", place("content", "beef")],
    ["cairn://laptop", place("laptop", null)],
    ["cairn:///", place(null, null)],
    ["cairn:///Photos/a%20b.jpg", place(null, "Photos", "a b.jpg")],
    ["cairn://laptop/Photos/12:30/", place("laptop", "Photos", "12:30")],
    ["cairn:content/7f3a9c", { kind: "content", prefix: "7f3a9c" }],
    ["cairn:content/a.jpg", place("cairn", "content", "a.jpg")],
  ];
  for (const [form, means] of forms) assert.deepEqual(parseAddress(form), means, form);
});

Deno.test("formatAddress() prints the URI where the plain form would mean something else", () => {
  assert.equal(formatAddress(place("content", "beef")), "cairn://content/beef");
  assert.equal(formatAddress(place("cairn", "content", "beef")), "cairn://cairn/content/beef");
  assert.equal(formatAddress(place(null, "~x", "a")), "cairn:///~x/a");
  assert.equal(formatAddress(place(null, "..", "a")), "cairn:///%2E%2E/a");
  assert.equal(formatAddress(place("laptop", "Photos", "a b.jpg")), "laptop:Photos/a b.jpg");
  assert.equal(formatUri(place(null, "Photos", "Käse/?.jpg")), "cairn:///Photos/K%C3%A4se/%3F.jpg");
});

Deno.test("parseAddress() says which part is wrong", () => {
  const wrong: [string, RegExp][] = [
    ["/home/x", /begins with a slash/],
    [":Photos", /no device stands before the colon/],
    ["laptop:/a", /no folder stands before the slash/],
    ["laptop:nas:Photos", /"nas:Photos" cannot be the name of a folder/],
    [" laptop:Photos", /" laptop" cannot be the name of a device: it begins or ends with a space/],
    ["Photos/../x", /"\.\.\/x" is no path in a folder: "\.\." is not a name/],
    ["Photos/a//b", /a name is empty/],
    ["Photos/.cairn/x", /Cairn's own/],
    ["content:abc", /4 digits at least/],
    [`content:${"a".repeat(65)}`, /64 digits and not 65/],
    ["cairn:////a", /no folder stands between the slashes/],
    ["cairn:///a%2Fb", /"a\/b" cannot be the name of a folder/],
    ["cairn:///a/b%2Fc", /a name contains a slash/],
    ["cairn:///a/%ff", /not percent-encoded UTF-8/],
    ["cairn:///a?b", /no "\?"/],
  ];
  for (const [form, message] of wrong) {
    assert.throws(() => parseAddress(form), { name: "CairnError", code: "address-malformed", message }, form);
  }
});

Deno.test("isLocalPath() knows paths of this computer", () => {
  for (const local of ["/", "/a", "./a", "../a", "~", "~/a", ".", ".."]) assert.ok(isLocalPath(local), local);
  for (const not of ["", "a", "a/b", ".git", "..a", "laptop:", "cairn:///a"]) {
    assert.ok(!isLocalPath(not), not);
  }
});
