import assert from "node:assert/strict";
import fc from "fast-check";
import { Parser } from "htmlparser2";
import { taskArgv, taskBytes, taskXml, windowsWord } from "../../src/service/task_xml.ts";
import { golden, WINDOWS } from "./samples.ts";

Deno.test("taskBytes() writes the definition of tests/fixtures/service: UTF-16 with its mark", () => {
  const bytes = taskBytes(taskXml(WINDOWS));
  assert.deepEqual(bytes, golden("task.xml"));
  assert.deepEqual([...bytes.subarray(0, 4)], [0xff, 0xfe, 0x3c, 0x00]);
});

/** Arguments as CommandLineToArgvW takes them apart: 2n backslashes and a quote are n and a quote that opens or ends. */
function argumentsOf(line: string): string[] {
  const words: string[] = [];
  let [word, isQuoted, isWord] = ["", false, false];
  for (let i = 0; i < line.length; i++) {
    const slashes = /^\\*/.exec(line.slice(i))![0].length;
    if (slashes > 0 && line[i + slashes] === '"') {
      word += "\\".repeat(Math.floor(slashes / 2));
      isWord = true;
      i += slashes;
      if (slashes % 2 === 1) word += '"';
      else isQuoted = !isQuoted;
    } else if (line[i] === '"') {
      [isQuoted, isWord] = [!isQuoted, true];
    } else if (/[ \t]/.test(line[i]!) && !isQuoted) {
      if (isWord) words.push(word);
      [word, isWord] = ["", false];
    } else {
      word += line[i];
      isWord = true;
    }
  }
  if (isWord) words.push(word);
  return words;
}

Deno.test("windowsWord() is read back as the word it was made of", () => {
  const sign = fc.oneof(
    fc.constantFrom(..."\\\\\\\" \t'&|^"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  );
  const word = fc.array(sign, { maxLength: 12 }).map((signs) => signs.join(""));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      assert.deepEqual(argumentsOf(words.map(windowsWord).join(" ")), words);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("the definition gives program and arguments back", () => {
  const texts = new Map<string, string>();
  let text = "";
  const parser = new Parser({
    onopentag: () => void (text = ""),
    ontext: (part) => void (text += part),
    onclosetag: (name) => void texts.set(name, text),
  }, { xmlMode: true });
  parser.end(new TextDecoder("utf-16le").decode(taskBytes(taskXml(WINDOWS))));
  assert.deepEqual([texts.get("Command")!, ...argumentsOf(texts.get("Arguments")!)], taskArgv(WINDOWS));
  assert.equal(texts.get("UserId"), WINDOWS.user);
});

Deno.test("what the scheduler would replace is refused", () => {
  for (const home of ["C:\\%TEMP%\\x", "C:\\$(Arg0)", "C:\\a\x01"]) {
    assert.throws(() => taskXml({ ...WINDOWS, home }), { code: "path-unusable" });
  }
});
