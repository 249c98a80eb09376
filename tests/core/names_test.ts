import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type DiskNames,
  EXACT,
  foldKey,
  foldsNames,
  howTheyDiffer,
  UNKNOWN,
  whyNotStorable,
} from "../../src/core/names.ts";
import { pathOf } from "../support/entries.ts";

const WINDOWS: DiskNames = {
  ...EXACT,
  foldsCase: true,
  refused: '<>:"|?*\\',
  refusesControls: true,
  refusesTails: true,
  refusesDevices: true,
};

const NOT_ON_WINDOWS = [
  ...["CON", "con", "Nul.txt", "aux.tar.gz", "COM1", "com9.log", "LPT1", "lpt\u00b9", "CONIN$", "prn .txt"],
  ...["a<b", "a>b", "a:b", "C:", 'say "hi"', "a|b", "what?", "*", "back\\slash", "..\\..\\x", "f::$DATA"],
  ...["dot.", "dots...", "space ", "bell\u0007", "line\nbreak"],
];
for (const name of NOT_ON_WINDOWS) {
  Deno.test(`Windows cannot store ${JSON.stringify(name)}, wherever in a path it stands`, () => {
    for (const path of [name, `d/${name}`, `${name}/x`]) {
      assert.match(whyNotStorable(pathOf(path), WINDOWS) ?? "it can", /^this (disk|system) .*, in "/);
      assert.equal(whyNotStorable(pathOf(path), EXACT), null);
    }
  });
}

for (
  const name of [
    "console",
    "con-1",
    "com10",
    "com",
    "xcon",
    ".con",
    "a.con",
    " a",
    ".a",
    "$x",
    "it's",
    "größe",
    "e\u0301",
  ]
) {
  Deno.test(`Windows can store ${JSON.stringify(name)}`, () => {
    assert.equal(whyNotStorable(pathOf(name), WINDOWS), null);
  });
}

Deno.test("a name of as many bytes as the disk takes can be stored, one of one more cannot", () => {
  const disk = { ...EXACT, nameBytes: 143 };
  assert.equal(whyNotStorable(pathOf("x".repeat(143)), disk), null);
  assert.match(whyNotStorable(pathOf("x".repeat(144)), disk)!, /143 bytes at most/);
  assert.match(whyNotStorable(pathOf("ß".repeat(72)), disk)!, /143 bytes at most/);
});

Deno.test("a disk that gives names back in another form can store those that are in that form already", () => {
  const decomposing = { ...EXACT, keepsForms: false };
  assert.match(whyNotStorable(pathOf("caf\u00e9"), decomposing)!, /accents/);
  assert.equal(whyNotStorable(pathOf("cafe\u0301"), decomposing), null);
  const lower = { ...EXACT, keepsCase: false };
  assert.match(whyNotStorable(pathOf("Caf\u00e9"), lower)!, /upper case/);
  assert.equal(whyNotStorable(pathOf("caf\u00e9"), lower), null);
});

Deno.test("what is known of no disk refuses nothing beforehand, and takes no name for told apart", () => {
  for (const name of NOT_ON_WINDOWS) assert.equal(whyNotStorable(pathOf(name), UNKNOWN), null);
  assert.ok(foldsNames(UNKNOWN) && !foldsNames(EXACT));
});

const SAME = [
  ["Foo", "foo"],
  ["FOO/bar", "foo/BAR"],
  ["\u00c4", "\u00e4"],
  ["caf\u00e9", "cafe\u0301"],
  ["CAF\u00c9", "cafe\u0301"],
  ["\u03a3\u03a3", "\u03c3\u03c2"],
  ["stra\u00dfe", "STRASSE"],
  ["\u1e9b\u0323", "\u1e69"],
] as const;
for (const [a, b] of SAME) {
  Deno.test(`foldKey() takes ${JSON.stringify(a)} and ${JSON.stringify(b)} for one`, () => {
    assert.equal(foldKey(a), foldKey(b));
  });
}

Deno.test("foldKey() tells other names apart, and is the same of its own result", () => {
  for (const [a, b] of [["a", "b"], ["e", "\u00e9"], ["foo", "foo "], ["\uff41", "a"]]) {
    assert.notEqual(foldKey(a!), foldKey(b!));
  }
  assert.equal(foldKey("STRAẞE"), foldKey("strasse"));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.equal(foldKey(foldKey(text)), foldKey(text));
    assert.equal(foldKey(text.normalize("NFC")), foldKey(text.normalize("NFD")));
  }));
});

Deno.test("how two names differ is said by what is to be done about it", () => {
  assert.match(howTheyDiffer("Foo", "foo"), /upper and lower case/);
  assert.match(howTheyDiffer("caf\u00e9", "cafe\u0301"), /Unicode form/);
  assert.match(howTheyDiffer("PROGRA~1", "Program Files"), /not told apart/);
});
