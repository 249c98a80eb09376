import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Birth, commandOf, ownCommand } from "../../src/platform/real/own_command.ts";
import { tempDir } from "../support/temp_dir.ts";

const ignore = Deno.build.os === "windows";

const SOURCE: Birth = {
  isCompiled: false,
  execPath: "/usr/bin/deno",
  mainModule: "file:///src/cairn/main.ts",
  processId: 42,
  portable: undefined,
  exists: () => true,
};

Deno.test("a compiled executable is its own command", () => {
  const birth = { ...SOURCE, isCompiled: true, execPath: "/opt/cairn", portable: "42:/x/cairn" };
  assert.deepEqual(commandOf(birth), { kind: "compiled", argv: ["/opt/cairn"], file: "/opt/cairn" });
});

Deno.test("a compiled executable that was replaced while it runs is named without what Linux adds", () => {
  const birth = { ...SOURCE, isCompiled: true, execPath: "/opt/cairn (deleted)" };
  assert.equal(commandOf({ ...birth, exists: (path) => path === "/opt/cairn" }).file, "/opt/cairn");
  assert.equal(commandOf({ ...birth, exists: () => true }).file, "/opt/cairn (deleted)"); // somebody's odd name
});

Deno.test("a portable file is named itself, and not the Deno that it unpacked", () => {
  const birth = { ...SOURCE, execPath: "/home/ann/.cache/cairn/0a/deno", portable: "42:/opt/my cairn: 2" };
  assert.deepEqual(commandOf(birth), {
    kind: "portable",
    argv: ["/opt/my cairn: 2"],
    file: "/opt/my cairn: 2",
  });
});

Deno.test("what a portable parent said of itself is not believed of its child", () => {
  assert.equal(commandOf({ ...SOURCE, portable: "4:/opt/cairn" }).kind, "source");
  assert.equal(commandOf({ ...SOURCE, portable: "421:/opt/cairn" }).kind, "source");
  assert.equal(commandOf({ ...SOURCE, portable: "" }).kind, "source");
});

Deno.test({ name: "from source the command is Deno with main.ts and its configuration", ignore }, () => {
  const argv = ["/usr/bin/deno", "run", "-A", "--config", "/src/cairn/deno.json", "/src/cairn/main.ts"];
  assert.deepEqual(commandOf(SOURCE), { kind: "source", argv, file: "/src/cairn/main.ts" });
  const alone = { ...SOURCE, mainModule: "file:///a%20b/main.js", exists: () => false };
  assert.deepEqual(commandOf(alone).argv, ["/usr/bin/deno", "run", "-A", "--no-config", "/a b/main.js"]);
  const remote = { ...SOURCE, mainModule: "https://example.org/main.ts" };
  assert.deepEqual(commandOf(remote).argv, ["/usr/bin/deno", "run", "-A", "https://example.org/main.ts"]);
});

Deno.test({ name: "ownCommand() gives a command that runs the same program", ignore }, async () => {
  using dir = tempDir();
  const module = new URL("../../src/platform/real/own_command.ts", import.meta.url).href;
  const main = dir.at("it's a main.ts");
  await Deno.writeTextFile(
    main,
    `import { ownCommand } from ${JSON.stringify(module)};
     console.log(JSON.stringify({ command: ownCommand(), args: Deno.args }));`,
  );
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const first = await run(Deno.execPath(), ["run", "-A", "--config", config, main, "one"]);
  assert.deepEqual(first.args, ["one"]);
  assert.equal(first.command.file, Deno.realPathSync(main));
  const [program, ...words] = first.command.argv;
  assert.deepEqual(await run(program!, [...words, "t w o"]), { command: first.command, args: ["t w o"] });
});

async function run(program: string, args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as {
    command: ReturnType<typeof ownCommand>;
    args: string[];
  };
}
