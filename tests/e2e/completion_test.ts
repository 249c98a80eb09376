/** Real shells complete the words of a real device. A shell that is not installed is not tried, and that is seen: the test is ignored. */
import assert from "node:assert/strict";
import { Completing, isInstalled } from "../support/completing.ts";

const FILES = ["2024/a.jpg", "Holiday 2019/b c.jpg", "20:30.txt", "it's/n", "Übersee/x"];

/** What is typed, and what has become of the word after the key. */
type Case = readonly [typed: string, becomes: string];

Deno.test({
  name: "bash completes commands, devices and addresses, with blanks, quotes and colons",
  ignore: !isInstalled("bash"),
  async fn() {
    await using scene = await Completing.open(FILES);
    // What stands behind the last break that is not quoted is what readline replaces.
    const cases: readonly (readonly [words: readonly string[], replies: readonly string[]])[] = [
      [["cairn", "fold"], ["folders "]],
      [["cairn", "devices", "remove", "la"], ["laptop "]],
      [["cairn", "ls", "lap"], ["laptop:"]],
      [["cairn", "ls", "laptop", ":"], ["Photos/"]],
      [["cairn", "ls", "laptop", ":", "Photos/H"], ["Photos/Holiday\\ 2019/"]],
      [["cairn", "ls", "laptop", ":", "Photos/Holiday\\ 2019/"], ["Photos/Holiday\\ 2019/b\\ c.jpg "]],
      [["cairn", "ls", '"laptop:Photos/H'], ["laptop:Photos/Holiday 2019/", "laptop:Photos/Holiday 2019/ "]],
      [["cairn", "ls", "laptop", ":", "Photos/2024"], ["Photos/2024/"]],
      [["cairn", "stat", "laptop", ":", "Photos/20", ":"], ["30.txt "]],
      [["cairn", "stat", "laptop", ":", "Photos/it"], ["Photos/it\\'s/"]],
      [["cairn", "stat", "Photos/Üb"], ["Photos/Übersee/"]],
      [["cairn", "ls", "--home", "=", `${scene.path}/ho`], [`${scene.path}/home/`]],
    ];
    const script = [
      "source <(cairn completion bash)",
      ...cases.flatMap(([words]) => [
        `COMP_WORDS=(${words.map(quoted).join(" ")})`,
        `COMP_LINE=${quoted(lineOf(words))}`,
        "COMP_POINT=${#COMP_LINE} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))",
        "_cairn cairn",
        "printf '%s|' \"${COMPREPLY[@]}\"; echo",
      ]),
    ].join("\n");
    const lines = (await scene.shell("bash", "--norc", "-c", script)).trimEnd().split("\n");
    assert.deepEqual(lines, cases.map(([, replies]) => replies.map((one) => `${one}|`).join("")));
  },
});

/** The line that bash has cut into these words: at blanks, and at `:` and `=` without any. */
function lineOf(words: readonly string[]): string {
  return words.reduce((line, word, i) =>
    i > 0 && (/^[:=]$/.test(word) || /^[:=]$/.test(words[i - 1]!)) ? line + word : `${line} ${word}`
  );
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

Deno.test({
  name: "zsh completes commands, devices and addresses, with blanks, quotes and colons",
  ignore: !isInstalled("zsh"),
  async fn() {
    await using scene = await Completing.open(FILES);
    const cases: readonly Case[] = [
      ["cairn restor", "cairn restore "],
      ["cairn devices remove la", "cairn devices remove laptop "],
      ["cairn ls lap", "cairn ls laptop:"],
      ["cairn ls laptop:Photos/H", "cairn ls laptop:Photos/Holiday\\ 2019/"],
      ['cairn ls "laptop:Photos/H', 'cairn ls "laptop:Photos/Holiday 2019/'],
      ["cairn stat laptop:Photos/20:", "cairn stat laptop:Photos/20:30.txt "],
      ["cairn stat laptop:Photos/it", "cairn stat laptop:Photos/it\\'s/"],
      ["cairn versions Photos/Holiday\\ 2019/b", "cairn versions Photos/Holiday\\ 2019/b\\ c.jpg "],
      [`cairn --home=${scene.path}/ho`, `cairn --home=${scene.path}/home/`],
    ];
    // A terminal of its own; the widget shows what the key has made of the line.
    const script = `
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z "PS1= ; stty -echo; autoload -U compinit; compinit -u -D; source <(cairn completion zsh)"
      zpty -w z 'show() { print -rn -- "<""<$BUFFER>"">"; BUFFER= }; zle -N show; bindkey "^T" show; print re""ady'
      zpty -r z seen '*ready*'
      for line in "$@"; do
        zpty -n -w z "$line"$'\\t\\x14'
        zpty -r z seen '*<<*>>*'
        seen=\${seen##*<<}
        print -r -- "\${seen%%>>*}|"
      done
      zpty -d z`;
    const out = await scene.shell("zsh", "-f", "-c", script, "zsh", ...cases.map(([typed]) => typed));
    assert.deepEqual(out.trimEnd().split("\n"), cases.map(([, becomes]) => `${becomes}|`));
  },
});

Deno.test({
  name: "fish completes commands, devices and addresses, with blanks, quotes and colons",
  ignore: !isInstalled("fish"),
  async fn() {
    await using scene = await Completing.open(FILES);
    const cases: readonly Case[] = [
      ["cairn restor", "cairn restore"],
      ["cairn devices remove la", "laptop"],
      ["cairn ls lap", "laptop:"],
      ["cairn ls laptop:Photos/H", "laptop:Photos/Holiday 2019/"],
      ["cairn ls laptop:Photos/Holiday\\ 2019/", "laptop:Photos/Holiday 2019/b c.jpg"],
      ['cairn ls "laptop:Photos/H', "laptop:Photos/Holiday 2019/"],
      ["cairn stat laptop:Photos/20:", "laptop:Photos/20:30.txt"],
      ["cairn versions Photos/Ho", "Photos/Holiday 2019/"],
      [`cairn --home=${scene.path}/ho`, `--home=${scene.path}/home/`],
    ];
    const script = "cairn completion fish | source; for line in $argv; complete -C $line; echo '|'; end";
    const out = await scene.shell("fish", "--no-config", "-c", script, ...cases.map(([typed]) => typed));
    const answers = out.split("|\n").slice(0, -1).map((answer) => answer.replace(/\t.*/g, "").trimEnd());
    assert.deepEqual(answers, cases.map(([, becomes]) => becomes.replace("cairn restore", "restore")));
  },
});

Deno.test("a device that does not answer keeps nobody waiting: no names, and no error", async () => {
  await using scene = await Completing.open(["a.txt"]);
  // A port that takes connections and says nothing.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = `${scene.path}/silent`;
  Deno.mkdirSync(silent);
  const { port } = listener.addr as Deno.NetAddr;
  Deno.writeTextFileSync(`${silent}/api.json`, JSON.stringify({ port, token: "t", pid: 1, version: "1" }));
  const started = performance.now();
  const asked = await scene.shell("cairn", "__complete", "--", "--home", silent, "devices", "remove", "");
  assert.equal(asked, "-\n");
  // The client itself would wait 15 s.
  assert.ok(performance.now() - started < 14_000);
});
