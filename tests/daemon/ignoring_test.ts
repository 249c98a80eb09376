import assert from "node:assert/strict";
import { ignoringService } from "../../src/daemon/ignoring.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";

Deno.test("a pattern that is added holds on all devices, says so of a path, and removed it is synced again", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  const { ignore, ignored } = ignoringService(laptop.device, world.fs);
  laptop.write(".cairnignore", "# mine\r\n*.tmp");
  const { patterns, hasChanged } = await ignore({ folder: "Notes", add: "build/" });
  assert.deepEqual([patterns, hasChanged], [
    [{ line: 2, pattern: "*.tmp" }, { line: 3, pattern: "build/" }],
    true,
  ]);
  assert.equal(laptop.read(".cairnignore"), "# mine\r\n*.tmp\r\nbuild/\r\n");
  assert.equal((await ignore({ folder: "Notes", add: "build/" })).hasChanged, false);
  laptop.write("build/a.o", "object");
  laptop.write("a.c", "source");
  await world.settle();
  assert.deepEqual([desktop.read("build/a.o"), desktop.read("a.c")], [null, "source"]);
  const [built, source, root] = ignored([laptop.at("build/a.o"), laptop.at("a.c"), laptop.root]).paths;
  assert.deepEqual(
    [built!.isIgnored, built!.line, built!.pattern, built!.of, built!.folder],
    [true, 3, "build/", "build", "Notes"],
  );
  assert.deepEqual([source!.line, root!.line], [0, 0]);
  assert.ok(ignored([`${laptop.at("x/build")}/`]).paths[0]!.isIgnored, "a directory that is not there");
  assert.ok(!ignored([laptop.at("x/build")]).paths[0]!.isIgnored);
  await ignore({ folder: "Notes", remove: "build/" });
  assert.equal(laptop.read(".cairnignore"), "# mine\r\n*.tmp\r\n");
  await world.agree();
  assert.equal(desktop.read("build/a.o"), "object");
});

Deno.test("what is no pattern, is not there, or lies in no folder is refused; the file is as it was", async () => {
  await using world = await Neighbours.open("laptop");
  const [laptop] = world.all as [Neighbour];
  const { ignore, ignored } = ignoringService(laptop.device, world.fs);
  laptop.write(".cairnignore", "*.tmp\n");
  for (const add of ["", "# x", "[a", "a\nb", "  "]) {
    await assert.rejects(ignore({ folder: "Notes", add }), { code: "usage", message: /no pattern/ });
  }
  await assert.rejects(ignore({ folder: "Notes", remove: "*.tnp" }), {
    code: "usage",
    hint: /mean \*\.tmp\?/,
  });
  await assert.rejects(ignore({ folder: "Photos", add: "a" }), { code: "folder-unknown" });
  assert.throws(() => ignored(["/"]), { code: "folder-unknown" });
  assert.throws(() => ignored([laptop.at(".cairn/stage")]), { code: "usage" });
  const { writeDurably } = world.fs;
  world.fs.writeDurably = async (path, bytes, mode) => {
    await writeDurably(path, bytes, mode);
    laptop.write(".cairnignore", "*.tmp\nby somebody\n");
  };
  await assert.rejects(ignore({ folder: "Notes", add: "build/" }), {
    code: "path-unusable",
    message: /just now/,
  });
  assert.equal(laptop.read(".cairnignore"), "*.tmp\nby somebody\n", "nobody's edit is lost");
  world.fs.writeDurably = writeDurably;
});
