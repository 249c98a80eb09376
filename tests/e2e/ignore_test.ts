/** `.cairnignore`: what it names stays where it is, on every device; what it stops naming is synced again. */
import assert from "node:assert/strict";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  pairUp,
  sh,
  start,
  textOf,
  until,
  World,
} from "../support/pair.ts";

Deno.test("ignored paths stay where they are, and the patterns are synced", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);

  await t.step("what is ignored from the start never travels; the patterns do", async () => {
    await sh(a.data, "printf '# mine\\nbuild/\\n*.log\\n!keep.log\\n/top.txt\\n' > .cairnignore");
    await until("the patterns", () => exists(`${b.data}/.cairnignore`), a, b);
    await sh(a.data, "mkdir -p build/deep src; echo 1 > build/deep/x; echo 1 > src/a.log; echo 1 > top.txt");
    await sh(a.data, "echo 1 > src/keep.log; echo 1 > src/top.txt; echo 1 > src/A.LOG");
    await until(
      "what is not ignored",
      () => ["keep.log", "top.txt", "A.LOG"].every((name) => exists(`${b.data}/src/${name}`)),
      a,
      b,
    );
    await settled(a, b);
    assert.ok(!["build", "src/a.log", "top.txt"].some((path) => exists(`${b.data}/${path}`)));
  });

  await t.step("both devices may have their own at an ignored path", async () => {
    await sh(b.data, "mkdir build; echo of beta > build/own; echo of beta > top.txt");
    await sh(a.data, "echo of alpha > top.txt; echo mark > mark1");
    await until("a mark", () => exists(`${b.data}/mark1`), a, b);
    await settled(a, b);
    assert.deepEqual([textOf(`${a.data}/top.txt`), textOf(`${b.data}/top.txt`)], ["of alpha\n", "of beta\n"]);
    assert.ok(!exists(`${a.data}/build/own`));
  });

  await t.step(
    "a path that comes to be ignored is deleted nowhere, and goes its own ways from then on",
    async () => {
      await sh(a.data, "mkdir cache; for i in $(seq 40); do echo $i > cache/$i; done; echo 1 > notes");
      await until("the files", () => exists(`${b.data}/cache/40`) && exists(`${b.data}/notes`), a, b);
      await settled(a, b);
      await sh(a.data, "printf 'build/\\n*.log\\n/top.txt\\ncache/\\nnotes\\n' > .cairnignore");
      await until(
        "the new patterns",
        () => textOf(`${b.data}/.cairnignore`) === textOf(`${a.data}/.cairnignore`),
        a,
        b,
      );
      await settled(a, b);
      await sh(a.data, "rm -r cache; echo 2 > notes; echo mark > mark2");
      await until("a mark", () => exists(`${b.data}/mark2`), a, b);
      await settled(a, b);
      assert.equal([...Deno.readDirSync(`${b.data}/cache`)].length, 40);
      assert.equal(textOf(`${b.data}/notes`), "1\n");
    },
  );

  await t.step("nor is it after a restart", async () => {
    await a.stop();
    await b.stop();
    await start(a, "up");
    await start(b, "up");
    await sh(b.data, "echo mark > mark3");
    await until("a mark", () => exists(`${a.data}/mark3`), a, b);
    await settled(a, b);
    assert.equal([...Deno.readDirSync(`${b.data}/cache`)].length, 40);
    assert.ok(!exists(`${a.data}/cache`));
  });

  await t.step(
    "a directory that others delete may keep ignored files, and does not come back to them",
    async () => {
      await sh(a.data, "mkdir proj; echo c > proj/c");
      await until("the directory", () => exists(`${b.data}/proj/c`), a, b);
      await sh(b.data, "echo mine > proj/x.log");
      await settled(a, b);
      await sh(a.data, "rm -r proj");
      await until("what was synced to go", () => !exists(`${b.data}/proj/c`), a, b);
      await settled(a, b);
      assert.equal(textOf(`${b.data}/proj/x.log`), "mine\n");
      assert.ok(!exists(`${a.data}/proj`));
      await sh(b.data, "rm -r proj");
    },
  );

  await t.step(
    "without the patterns everything is synced, and different contents are both kept",
    async () => {
      await sh(a.data, "rm .cairnignore");
      const tree = await converge("everything", a, b);
      assert.ok(tree.has("build/deep/x") && tree.has("build/own") && tree.has("src/a.log"));
      const copies = conflictsIn(tree).map((path) => path.replace(/\.conflict-\d+-\w+/, ""));
      assert.ok(
        copies.includes("top.txt") && copies.every((path) => ["top.txt", "notes"].includes(path)),
        copies.join(),
      );
    },
  );
});

Deno.test("what is not ignored any more arrives at a device that never had it", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(
    a.data,
    "echo build/ > .cairnignore; mkdir -p build/sub; for i in $(seq 300); do echo $i > build/$i; done",
  );
  await sh(a.data, "echo x > build/sub/x; echo mark > mark");
  await until("the patterns", () => exists(`${b.data}/.cairnignore`) && exists(`${b.data}/mark`), a, b);
  await settled(a, b);
  assert.ok(!exists(`${b.data}/build`));
  await sh(a.data, "rm .cairnignore");
  assert.ok((await converge("all of it", a, b)).has("build/sub/x"));
});

/** Both say that they have nothing left to do. */
async function settled(...devices: Parameters<typeof folderOf>[0][]): Promise<void> {
  for (const device of devices) {
    await until(`${device.name} to be up to date`, async () => {
      const { state } = await folderOf(device);
      return state.kind === "up-to-date";
    }, ...devices);
  }
}
