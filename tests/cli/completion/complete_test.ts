/** What `cairn __complete` answers with no device running: all that the commands themselves say. */
import assert from "node:assert/strict";
import { run } from "../../../src/cli/program.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { fakeContext } from "../fake_terminal.ts";

async function asked(argv: readonly string[], env: Record<string, string> = {}) {
  const context = fakeContext({ CAIRN_HOME: "/nonexistent", ...env });
  assert.equal(await run(["__complete", ...argv], context), 0);
  const { out, err } = context.terminal.taken();
  assert.equal(err, "");
  const [files, ...lines] = out.replace(/\n$/, "").split("\n");
  return { files, lines, values: lines.map((line) => line.split("\t")[0]) };
}

/** As zsh asks, the last word being typed. */
const completed = (...words: string[]) => asked(["--shell", "zsh", "--", ...words]);

Deno.test("commands complete, with what they do", async () => {
  const { lines, files } = await completed("dev");
  assert.deepEqual(lines, ["devices\tlist the devices of the library"]);
  assert.equal(files, "-");
  assert.deepEqual((await completed("folders", "re")).values, ["remove", "rename"]);
  assert.deepEqual((await completed("help", "confl")).values, ["conflicts"]);
  const { values } = await completed("");
  assert.ok(values.includes("up") && !values.includes("__complete"));
});

Deno.test("options complete: the command's own and those before it, each once", async () => {
  assert.deepEqual((await completed("ls", "--l")).values, ["--long"]);
  assert.deepEqual((await completed("ls", "--ho")).values, ["--home"]);
  assert.deepEqual((await completed("ls", "--home", "/x", "--ho")).values, []);
  assert.deepEqual((await completed("ls", "--home=/x", "--ho")).values, []);
  assert.deepEqual((await completed("guard", "set", "all", "--on", "nas", "--o")).values, ["--on"]);
  assert.deepEqual((await completed("ls", "--", "--l")).values, []);
});

Deno.test("values that are told by choices complete, in either form", async () => {
  assert.deepEqual((await completed("folders", "mode", "Photos", "se")).values, ["send"]);
  assert.deepEqual((await completed("conflicts", "resolve", "a", "--keep", "th")).values, ["theirs"]);
  assert.deepEqual((await completed("conflicts", "resolve", "a", "--keep=th")).values, ["--keep=theirs"]);
  assert.deepEqual((await completed("completion", "f")).values, ["fish"]);
});

Deno.test("an option's value is no operand, and takes what looks like a command", async () => {
  assert.deepEqual((await completed("--home", "devices", "fold")).values, ["folders"]);
  assert.deepEqual((await completed("folders", "add", "--name", "mode", "--mode", "i")).values, ["index"]);
  assert.equal((await completed("folders", "add", "--name", "x", "")).files, "directories");
  assert.equal((await completed("folders", "add", "--name", "")).files, "-");
});

Deno.test("who lists files is told to: where a path can stand, and an address is no device's", async () => {
  assert.equal((await completed("versions", "")).files, "files");
  assert.equal((await completed("up", "~/No")).files, "directories");
  assert.equal((await completed("--home=/x")).files, "directories");
  assert.equal((await completed("ls", "a")).files, "files");
  assert.equal((await completed("ls", "laptop:a")).files, "-");
  assert.equal((await completed("find", "a")).files, "-");
});

Deno.test("for bash and PowerShell files are listed, written as each takes them as one word", async () => {
  using dir = tempDir();
  for (const name of ["My Notes", "it's $5"]) Deno.mkdirSync(dir.at(name));
  for (const name of ["a.txt", ".hidden", "new\nline"]) Deno.writeTextFileSync(dir.at(name), "");
  const bash = async (command: string, current: string) =>
    (await asked(["--shell", "bash", "--breaks", ` "'@><=;|&(:`, `--current=${current}`, "--", command]))
      .lines;
  const at = dir.path;
  assert.deepEqual(await bash("up", `${at}/`), [`${at}/My\\ Notes/`, `${at}/it\\'s\\ \\$5/`]);
  assert.deepEqual(await bash("versions", `${at}/a`), [`${at}/a.txt `]);
  assert.deepEqual(await bash("versions", `${at}/.h`), [`${at}/.hidden `]);
  assert.deepEqual(await bash("versions", `${at}/ne`), [], "a name that no line can hold");
  assert.deepEqual(await bash("up", `"${at}/it`), [`${at}/it's \\$5/`, `${at}/it's \\$5/ `]);
  assert.deepEqual(await bash("up", `'${at}/it`), [`${at}/it'\\''s $5/`, `${at}/it'\\''s $5/ `]);
  assert.deepEqual(await bash("up", `${at}/My\\ N`), [`${at}/My\\ Notes/`]);
  assert.deepEqual(await bash("up", `--home=${at}/M`), [`${at}/My\\ Notes/`], "what stands before = stays");
  const power = async (current: string) =>
    (await asked(["--shell", "powershell", `--current=${current}`, "--", "up"])).lines;
  assert.deepEqual(await power(`${at}/My`), [`'${at}/My Notes/'\t`]);
  assert.deepEqual(await power(`'${at}/it''s`), [`'${at}/it''s $5/'\t`]);
});

Deno.test("without a device no name is offered, and nothing is said", async () => {
  for (
    const words of [["devices", "remove", ""], ["ls", "laptop:P"], ["tag", "a", "+"], [
      "folders",
      "set",
      "P",
      "",
    ]]
  ) {
    assert.deepEqual((await completed(...words)).values, [], words.join(" "));
  }
});

Deno.test("words that make no sense complete to nothing", async () => {
  for (
    const words of [["nonsense", ""], ["devices", "remove", "a", "b", ""], ["--nonsense=a"], [
      "ls",
      "\x1b[2J",
    ]]
  ) {
    assert.deepEqual((await completed(...words)).values, [], words.join(" "));
  }
});
