import assert from "node:assert/strict";
import fc from "fast-check";
import { execLine, systemdUnit } from "../../src/service/systemd_unit.ts";
import { ANN, goldenText, MACHINE, PLAIN } from "./samples.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("systemdUnit() writes the units of tests/fixtures/service", () => {
  assert.equal(systemdUnit(PLAIN, 254), goldenText("user.service"));
  assert.equal(systemdUnit(PLAIN, 252), goldenText("user-252.service"));
  assert.equal(systemdUnit(ANN, 255), goldenText("quoted.service"));
  assert.equal(systemdUnit(MACHINE, 254), goldenText("machine.service"));
  assert.equal(
    systemdUnit({ ...MACHINE, user: "root", name: "cairn-root" }, 254),
    goldenText("root.service"),
  );
});

/** Words of ExecStart as systemd.syntax(7), systemd.unit(5) and systemd.service(5) say that they are read. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (let i = 0; i < line.length;) {
    if (line[i] === " ") {
      i++;
      continue;
    }
    let word = "";
    const quote = line[i] === '"' || line[i] === "'" ? line[i++] : null;
    for (; i < line.length && line[i] !== (quote ?? " "); i++) {
      if (line[i] !== "\\") {
        word += line[i];
        continue;
      }
      const sign = line[++i]!;
      if (sign === "x") {
        word += String.fromCharCode(Number.parseInt(line.slice(i + 1, i + 3), 16));
        i += 2;
      } else {
        assert.ok(['"', "\\", "'"].includes(sign), `an escape that is not used here: ${sign}`);
        word += sign;
      }
    }
    if (quote !== null) assert.equal(line[i++], quote);
    assert.ok(i >= line.length || line[i] === " ", "a closing quote is followed by a blank");
    words.push(word);
  }
  const noVariables = words[0]!.startsWith(":");
  if (noVariables) words[0] = words[0]!.slice(1);
  assert.ok(words[0]!.startsWith("/"), "the program's path is absolute");
  return words.map((word) => {
    assert.ok(!/(^|[^%])(%%)*%([^%]|$)/.test(word), "each percent sign is doubled");
    assert.ok(noVariables || !word.includes("$"), "no variables");
    return word.replaceAll("%%", "%");
  });
}

const sign = fc.oneof(
  fc.constantFrom(..." \"'\\$%{};:-@!+|#~\t\n\r\x1b"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
);
const word = fc.array(sign, { maxLength: 20 }).map((signs) => signs.join("").replaceAll("\0", "")).filter((
  text,
) => text.isWellFormed());
const program = word.map((text) => `/${text}`);
/** What systemd takes in the path of a program (its string_is_safe). */
// deno-lint-ignore no-control-regex
const SAFE = /^[^"'\\\x00-\x1f\x7f]+$/;

Deno.test("execLine() is read back as the words it was made of, whatever is in them", () => {
  fc.assert(
    fc.property(program, fc.array(word, { maxLength: 4 }), (program, rest) => {
      const line = execLine([program, ...rest]);
      assert.ok(!/[\n\r]/.test(line), "one line");
      const words = wordsOf(line);
      assert.match(words[0]!, SAFE);
      const shell = ["/bin/sh", "-c", 'exec "$@"', "cairn"];
      assert.deepEqual(words, SAFE.test(program) ? [program, ...rest] : [...shell, program, ...rest]);
    }),
    { numRuns: 1000 },
  );
});

const hasSystemd = await new Deno.Command("systemd-analyze", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
}).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "systemd-analyze finds nothing wrong with the units",
  ignore: !hasSystemd,
  async fn() {
    using dir = tempDir();
    const program = dir.at(`a 'b' "c" 100% $HOME é`);
    Deno.copyFileSync("/bin/true", program);
    const verify = async (name: string, text: string, ...words: string[]) => {
      Deno.writeTextFileSync(dir.at(name), text);
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", ...words, dir.at(name)],
        env: { XDG_RUNTIME_DIR: dir.path, LC_ALL: "C.UTF-8" },
      }).output();
      // Of units of the machine it looks into, only what it says of ours counts.
      const said = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes(name));
      return { code, said };
    };
    const sample = { ...ANN, command: [program], user: "root" };
    // This systemd may be older than the keys with which pauses grow; it says so itself, and nothing else.
    const known = (lines: string[]) =>
      lines.filter((line) => !/Unknown key '(RestartSteps|RestartMaxDelaySec)'/.test(line));
    for (const version of [252, 254]) {
      const user = await verify("cairn.service", systemdUnit(sample, version), "--user");
      assert.deepEqual([user.code, known(user.said)], [0, []]);
      const machine = await verify("cairn-root.service", systemdUnit({ ...sample, isSystem: true }, version));
      assert.deepEqual(known(machine.said), []);
    }
    const wrong = await verify(
      "bad.service",
      systemdUnit({ ...sample, command: ["/nowhere/cairn"] }, 252),
      "--user",
    );
    assert.notEqual(wrong.code, 0);
  },
});
