import assert from "node:assert/strict";
import fc from "fast-check";
import { Parser } from "htmlparser2";
import { launchdPlist } from "../../src/service/launchd_plist.ts";
import { ANN, goldenText, MACHINE, PLAIN } from "./samples.ts";

Deno.test("launchdPlist() writes the lists of tests/fixtures/service", () => {
  assert.equal(launchdPlist(ANN), goldenText("agent.plist"));
  assert.equal(launchdPlist(MACHINE), goldenText("daemon.plist"));
});

/** The strings of ProgramArguments, by a parser of XML. */
function programOf(plist: string): string[] {
  const words: string[] = [];
  let [inArray, text] = [false, ""];
  const parser = new Parser({
    onopentag(name) {
      if (name === "array") inArray = true;
      text = "";
    },
    ontext: (part) => void (text += part),
    onclosetag(name) {
      if (name === "array") inArray = false;
      if (name === "string" && inArray) words.push(text);
    },
  }, { xmlMode: true });
  // An XML processor turns line ends into line feeds before it looks at anything.
  parser.end(plist.replace(/\r\n?/g, "\n"));
  return words;
}

// deno-lint-ignore no-control-regex
const SAYABLE = /^[^\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*$/;

Deno.test("launchdPlist() is read back as the words it was made of, or refuses what XML cannot say", () => {
  const sign = fc.oneof(
    fc.constantFrom(..."<>&\"' ]%$\t\n\r\x01\x1f"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  );
  const home = fc.array(sign, { maxLength: 20 }).map((signs) => `/${signs.join("")}`);
  fc.assert(
    fc.property(home, (home) => {
      if (SAYABLE.test(home) && home.isWellFormed()) {
        assert.deepEqual(programOf(launchdPlist({ ...PLAIN, home })), [
          PLAIN.command[0],
          "--home",
          home,
          "service",
          "run",
        ]);
      } else {
        assert.throws(() => launchdPlist({ ...PLAIN, home }), { code: "path-unusable" });
      }
    }),
    { numRuns: 500 },
  );
});
