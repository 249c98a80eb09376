import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf, cronLine, cronWord, findLine, withLine, withoutLine } from "../../src/service/cron_line.ts";
import { ANN, golden, PLAIN } from "./samples.ts";

Deno.test("cronLine() writes the line of tests/fixtures/service", () => {
  assert.deepEqual(Uint8Array.from(cronLine(ANN), (sign) => sign.charCodeAt(0)), golden("crontab"));
});

/** What the shell gets of a command (crontab(5)): up to the first percent sign without a backslash, which goes where one is. */
function shellLineOf(command: string): string {
  const end = /(?<!\\)%/.exec(command)?.index ?? command.length;
  return command.slice(0, end).replaceAll("\\%", "%");
}

const hasShell = Deno.build.os !== "windows";

Deno.test({
  name: "cronWord() comes through cron and a real shell as the word it was made of",
  ignore: !hasShell,
  async fn() {
    const sign = fc.oneof(
      fc.constantFrom(..."%%'\"` $#!*?~&|;<>(){}[]=-"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    );

    const word = fc.array(sign, { maxLength: 12 }).map((signs) =>
      signs.filter((sign) => sign >= " " && sign !== "\\" && sign !== "\x7f").join("")
    )
      .filter((text) => text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 40 }), async (words) => {
        const line = shellLineOf(`printf '\\%s\\0' ${words.map(cronWord).join(" ")} # cairn service cairn`);
        const { stdout, success } = await new Deno.Command("sh", { args: ["-c", line] }).output();
        assert.ok(success);
        assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
      }),
      { numRuns: 60 },
    );
  },
});

Deno.test("what a crontab cannot say is refused", () => {
  for (const home of ["/a\\b", "/a\nb", "/a\tb", `/${"x".repeat(1000)}`]) {
    assert.throws(() => cronLine({ ...PLAIN, home }), { code: "path-unusable" });
  }
});

const LINES = fc.array(
  fc.oneof(
    fc.constantFrom(
      "",
      "# m h dom mon dow command",
      "@reboot /usr/bin/other",
      "MAILTO=ann",
      "@reboot x # cairn service other",
    ),
    fc.string().map((text) => bytesOf(text.replaceAll("\n", ""))),
  ),
).map((lines) => lines.map((line) => `${line}\n`).join(""));

Deno.test("a line goes into a crontab and out again, and every other byte stays", () => {
  fc.assert(fc.property(LINES, LINES, (before, after) => {
    const ours = cronLine(PLAIN);
    const plain = before + after;
    const there = withLine(plain, "cairn", ours);
    assert.equal(there, plain + ours);
    assert.equal(findLine(there, "cairn"), ours);
    assert.equal(withoutLine(there, "cairn"), plain);
    const other = cronLine({ ...PLAIN, command: ["/elsewhere/cairn"] });
    assert.equal(withLine(before + ours + after, "cairn", other), before + other + after);
  }));
});

Deno.test("two homes have a line each", () => {
  const both = withLine(cronLine(PLAIN), "cairn-1a2b3c4d", cronLine(ANN));
  assert.equal(withoutLine(both, "cairn"), cronLine(ANN));
  assert.equal(withoutLine(both, "cairn-1a2b3c4d"), cronLine(PLAIN));
});
