/** What editors, builds and scripts do to a tree: odd, and every day. */
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
  withoutBrake,
  World,
} from "../support/pair.ts";

Deno.test("programs may treat a folder roughly", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await withoutBrake(a, b);
  await sh(a.data, "mkdir d; for i in $(seq 20); do echo $i > d/$i; done");
  await converge("the start", a, b);

  await t.step(
    "editors' ways to save: backup and rename, rename over, truncate and write, append",
    async () => {
      await sh(a.data, "for i in 1 2 3 4; do mv d/1 d/1~; echo vim $i > d/1; rm d/1~; sleep 0.03; done");
      await sh(a.data, "for i in 1 2 3 4; do echo code $i > d/.2.tmp; mv d/.2.tmp d/2; sleep 0.03; done");
      await sh(a.data, "for i in 1 2 3 4; do : > d/3; sleep 0.03; echo nano $i > d/3; done");
      await sh(a.data, "for i in $(seq 100); do echo $i >> d/log; done");
      const tree = await converge("the saved files", a, b);
      assert.deepEqual([1, 2, 3].map((i) => textOf(`${b.data}/d/${i}`)), ["vim 4\n", "code 4\n", "nano 4\n"]);
      assert.ok(!tree.has("d/1~") && !tree.has("d/.2.tmp"));
    },
  );

  await t.step("old times over new contents of the same size: tar, cp -p, touch", async () => {
    const aside = world.aside("old");
    await sh(a.data, "for i in 1 2 3; do echo AAAA > d/same$i; touch -d 2001-01-01 d/same$i; done");
    await converge("the first contents", a, b);
    await sh(aside, "for i in 1 2 3; do echo BBBB > same$i; touch -d 2001-01-01 same$i; done");
    await sh(aside, `tar cf - same1 | tar xf - -C ${a.data}/d; cp -p same2 ${a.data}/d/same2`);
    await sh(a.data, `printf 'BBBB\\n' > d/same3; touch -r ${aside}/same3 d/same3; mv d/same3 d/moved3`);
    await converge("the second contents", a, b);
    for (const name of ["same1", "same2", "moved3"]) {
      assert.equal(textOf(`${b.data}/d/${name}`), "BBBB\n", name);
    }
  });

  await t.step("a repository: clone, commits, checkouts, clean up", async () => {
    if (!await sh(a.data, "git --version").then(() => true, () => false)) {
      return console.warn("Skipped: no git here");
    }
    await sh(
      a.data,
      `git init -q repo && cd repo && git config user.email a@b && git config user.name n
       for i in $(seq 40); do echo $i > f$i; done; mkdir sub; echo s > sub/s; git add . && git commit -qm one
       git checkout -qb two; for i in $(seq 40); do echo x$i > f$i; done; rm -r sub f1; echo file > sub
       git add -A && git commit -qm two; git checkout -q -; git checkout -q two; git gc -q; cd ..; git clone -q repo clone`,
    );
    await converge("the repositories", a, b);
    assert.equal(await sh(`${b.data}/clone`, "git status --porcelain; git fsck 2>/dev/null"), "");
  });

  await t.step("hard links: what is written by one name is seen by all", async () => {
    await sh(a.data, "mkdir hard; echo 1 > hard/a; ln hard/a hard/b; ln hard/a d/c");
    await converge("the links", a, b);
    await sh(a.data, "echo 2 >> hard/a");
    await converge("an edit by one name", a, b);
    await sh(a.data, "chmod 600 d/c");
    await converge("permissions by another", a, b);
    await sh(b.data, "echo 3 >> hard/b");
    await converge("an edit at the other device, where they are no links", a, b);
    await sh(a.data, "rm hard/a; echo 4 >> d/c");
    await converge("one name less", a, b);
  });

  await t.step("a large file that is appended to, cut, renamed, and deleted while it is read", async () => {
    await sh(
      a.data,
      "for i in $(seq 60); do head -c 400000 /dev/zero >> growing; done; truncate -s 5000000 growing; mv growing grown",
    );
    await sh(
      a.data,
      "(for i in $(seq 200); do head -c 300000 /dev/zero >> gone; done) & sleep 0.3; rm -f gone; wait; rm -f gone",
    );
    const tree = await converge("the one that stayed", a, b);
    assert.ok(tree.has("grown") && !tree.has("growing") && !tree.has("gone"));
  });

  await t.step(
    "directories that are deleted, or moved out, at one device while the other fills them",
    async () => {
      for (const taking of ["rm -rf fill", "mv fill ../filled"]) {
        await sh(a.data, "mkdir fill; for i in $(seq 600); do echo content $i > fill/$i; done");
        await until("it to be filled", () => exists(`${b.data}/fill`), a, b);
        // A file that comes meanwhile makes `rm -rf` fail at its end, as it should.
        await sh(b.data, `${taking} || true`);
        await converge(taking, a, b);
        await sh(a.data, "rm -rf fill");
        await converge("the rest to go", a, b);
      }
    },
  );

  await t.step("a name that cannot be synced is told, until it is gone", async () => {
    if (Deno.build.os !== "linux") return;
    await sh(a.data, `printf x > "$(printf 'd/bad\\377name')"`);
    await until(
      "it to be told",
      async () => (await folderOf(a)).notes.some(({ cause }) => /UTF-8/.test(cause)),
      a,
    );
    await sh(a.data, "rm d/bad*; echo beside > d/beside");
    await until("what stood beside it", () => exists(`${b.data}/d/beside`), a, b);
    await until("it to be forgotten", async () => (await folderOf(a)).notes.length === 0, a);
  });

  await t.step("none of it made a conflict copy", async () => {
    assert.deepEqual(conflictsIn(await converge("the end", a, b)), []);
  });
});

Deno.test("edits on both devices at once, again and again, end the same on both, the last of them kept", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "echo base > both; mkdir dir; for i in $(seq 20); do echo $i > dir/$i; done");
  await converge("the start", a, b);
  await Promise.all([
    sh(
      a.data,
      "for i in $(seq 12); do echo alpha $i > both; echo alpha $i >> log; sleep 0.05; done; echo alpha > end",
    ),
    sh(
      b.data,
      "for i in $(seq 12); do echo beta $i > both; echo beta $i >> log; sleep 0.06; done; echo beta > end",
    ),
  ]);
  const tree = await converge("the edits", a, b);
  const textsOf = (name: string) =>
    [...tree.keys()].filter((path) => path.startsWith(name)).map((path) => textOf(`${a.data}/${path}`)!);
  // What alpha wrote last may have been seen, and written over, at beta; nobody has seen what beta wrote last.
  assert.ok(textsOf("both").includes("beta 12\n"), textsOf("both").join());
  assert.ok(textsOf("log").some((text) => text.includes("beta 12\n")));
});

Deno.test("what neither device knew of the other is kept: kinds, links and renames against each other", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir dir gone; for i in $(seq 20); do echo $i > dir/$i; echo $i > gone/$i; done");
  await converge("the start", a, b);
  await b.stop();
  await sh(a.data, "mv dir dirA; echo A > link; mkdir kind; echo in > kind/in; ln -s A both; rm -r gone");
  await sh(
    b.data,
    "mv dir dirB; ln -s B link; echo B > kind; ln -s B both; echo new > gone/new; echo edit > gone/1",
  );
  await start(b, "up");
  const tree = await converge("the end", a, b);
  assert.ok(tree.has("dirA/20") && tree.has("dirB/20") && !tree.has("dir"), "both new names");
  assert.ok(
    tree.has("gone/new") && textOf(`${a.data}/gone/1`) === "edit\n" && !tree.has("gone/2"),
    "an edit beats a delete",
  );
  const copies = conflictsIn(tree);
  assert.deepEqual(copies.map((path) => path.replace(/\.conflict-.*/, "")).sort(), ["both", "kind", "link"]);
  assert.ok(tree.has("kind/in"), "a directory with something in it stays one");
  assert.ok(!copies.some((path) => path.includes("-19700101-")), "a copy bears the date of what was lost");
});
