import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CODE_RANDOM_BYTES,
  pairingCodeOf,
  parsePairingCode,
  showPairingCode,
} from "../../src/core/pairing_code.ts";

const randomBytes = fc.uint8Array({ minLength: CODE_RANDOM_BYTES, maxLength: CODE_RANDOM_BYTES });

Deno.test("every code is shown in three groups of the alphabet and read back", () => {
  fc.assert(fc.property(randomBytes, (random) => {
    const code = pairingCodeOf(random);
    const shown = showPairingCode(code);
    assert.match(shown, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.deepEqual(parsePairingCode(shown), { code });
  }));
});

Deno.test("codes carry 60 of the random bits", () => {
  fc.assert(fc.property(randomBytes, fc.integer({ min: 4, max: 63 }), (random, bit) => {
    const other = random.slice();
    other[bit >> 3]! ^= 0x80 >> (bit & 7);
    assert.notEqual(pairingCodeOf(random), pairingCodeOf(other));
  }));
});

Deno.test("codes are read in lower case, with look-alikes, spaces, other dashes and none", () => {
  const code = "01AB10XY01ZZ";
  for (
    const typed of [
      "01AB-10XY-01ZZ",
      "oiab 1oxy olzz",
      " 0lab–10xy–o1zz\n",
      "01ab10xy01zz",
      "0-1-A-B-1-0-X-Y-0-1-Z-Z",
    ]
  ) {
    assert.deepEqual(parsePairingCode(typed), { code }, typed);
  }
});

Deno.test("a code that is mistyped is told where", () => {
  assert.deepEqual(parsePairingCode("01AB-1UXY-01ZZ"), {
    problem: 'Character 7, "U", is not used in codes: look for a typo',
  });
  assert.deepEqual(parsePairingCode("01AB-10XY-01Z"), {
    problem: "The code is too short: it has 11 characters, and 12 are needed",
  });
  assert.deepEqual(parsePairingCode("01AB-10XY-01ZZZ"), {
    problem: "The code is too long: it has 13 characters, and 12 are needed",
  });
  assert.deepEqual(parsePairingCode(""), {
    problem: "The code is too short: it has 0 characters, and 12 are needed",
  });
  assert.deepEqual(parsePairingCode("01AB\u001b[2J"), {
    problem: 'Character 5, "U+1b", is not used in codes: look for a typo',
  });
});

Deno.test("whatever is typed, reading it answers", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (typed) => {
    const read = parsePairingCode(typed);
    assert.ok("problem" in read || read.code.length === 12);
  }));
});
