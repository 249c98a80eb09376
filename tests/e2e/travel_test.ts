/** Each point of "what travels" (issue 2), both devices real processes. */
import assert from "node:assert/strict";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  pairUp,
  sh,
  textOf,
  until,
  World,
} from "../support/pair.ts";
import { GaveUp } from "../support/wait.ts";

/** Longest path inside a folder (PATH_BYTES), and what the kernel takes with the root before it. */
const PATH_BYTES = 4000;
const PATH_MAX = 4096;
const LARGE_BYTES = 200 * 2 ** 20;

Deno.test("what people have in a folder travels", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  const outside = world.aside("outside");

  await t.step("files, empty files, empty directories", async () => {
    await sh(
      a.data,
      "mkdir -p docs/deep/er none/at/all; echo hello > docs/a; : > docs/empty; seq 200000 > docs/deep/big",
    );
    const tree = await converge("plain files", a, b);
    assert.match(tree.get("docs/empty")!, /^file 644 0 /);
    assert.match(tree.get("none/at/all")!, /^directory/);
  });

  await t.step("modification times, old and future ones too", async () => {
    await sh(
      a.data,
      "for y in 1960 1970 2001 2038 2200; do echo $y > y$y; touch -d $y-02-03T04:05:06.789 y$y; done; touch -d 1999-01-01 docs/a",
    );
    await converge("times", a, b);
    assert.equal(Deno.statSync(`${b.data}/y2001`).mtime!.getFullYear(), 2001);
  });

  await t.step("permission bits, also of directories, and the executable bit", async () => {
    await sh(
      a.data,
      "for m in 400 600 644 755 777 000; do echo $m > m$m; chmod $m m$m; done; echo '#!/bin/sh' > run",
    );
    await sh(a.data, "mkdir -p box/in; echo 1 > box/in/f; chmod 700 box/in; chmod 711 box");
    await converge("permissions at once", a, b);
    await sh(a.data, "chmod +x run; chmod 750 box; chmod 600 m777");
    const tree = await converge("permissions later", a, b);
    assert.match(tree.get("run")!, /^file 755/);
    assert.match(tree.get("box")!, /^directory 750/);
  });

  await t.step("symlinks as symlinks: dangling, absolute, to a directory, to themselves", async () => {
    Deno.writeTextFileSync(`${outside}/secret`, "not to be synced");
    await sh(
      a.data,
      `ln -s nowhere dangling; ln -s ${outside} absolute; ln -s docs relative; ln -s self self; ln -s .. up`,
    );
    const tree = await converge("symlinks", a, b);
    assert.equal(tree.get("absolute"), `symlink to ${outside}`);
    assert.equal([...tree.keys()].filter((path) => path.startsWith("absolute/")).length, 0, "never followed");
    await sh(a.data, "ln -sfn elsewhere dangling; rm self");
    assert.equal(
      (await converge("a symlink that points elsewhere", a, b)).get("dangling"),
      "symlink to elsewhere",
    );
  });

  await t.step("nothing is written through a symlink that stands where a directory was", async () => {
    await sh(a.data, "mkdir gate; echo 1 > gate/one");
    await converge("the directory", a, b);
    await sh(b.data, `rm -r gate; ln -s ${outside} gate`);
    await sh(a.data, "echo 2 > gate/two; echo changed > gate/one");
    await converge("the directory against the symlink", a, b);
    assert.deepEqual([...Deno.readDirSync(outside)].map(({ name }) => name), ["secret"]);
    assert.equal(textOf(`${outside}/secret`), "not to be synced");
  });

  await t.step("names of all kinds, to 255 bytes", async () => {
    const names = [
      " space both ends ",
      `quote'"s and \`ticks\``,
      "new\nline",
      "tab\tand\rreturn",
      "emoji 🦊👩‍👩‍👧",
      "caf\u00e9 composed",
      "cafe\u0301 composed",
      "caf\u00e9 same",
      "cafe\u0301 same",
      "-rf",
      "~",
      "a\\b",
      "%2e%2e",
      "...",
      "*?[x]",
      "Case",
      "case",
      "n".repeat(255),
      "é".repeat(127) + "x",
    ];
    for (const name of names) {
      Deno.writeTextFileSync(`${a.data}/${name}`, `file ${name}`);
      Deno.mkdirSync(`${a.data}/names/${name}`, { recursive: true });
      Deno.writeTextFileSync(`${a.data}/names/${name}/${name}`, name);
    }
    const tree = await converge("names", a, b);
    for (const name of names) {
      assert.ok(tree.has(name) && tree.has(`names/${name}/${name}`), JSON.stringify(name));
    }
  });

  await t.step("a path of 4,000 bytes", async () => {
    const room = Math.min(PATH_BYTES, PATH_MAX - 1 - Math.max(a.data.length, b.data.length) - 1);
    let path = "p".repeat(room % 200 + 1);
    while (path.length + 201 <= room) path += "/" + "p".repeat(199 + (path.length + 200 === room ? 1 : 0));
    Deno.mkdirSync(`${a.data}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    Deno.writeTextFileSync(`${a.data}/${path}`, "deep down");
    await until("the long path", () => textOf(`${b.data}/${path}`) === "deep down", a, b);
    await sh(a.data, `rm -r ${path.slice(0, path.indexOf("/"))}`);
    await converge("the long path to go", a, b);
  });

  await t.step("a large file with a hole", async () => {
    await sh(a.data, `truncate -s ${LARGE_BYTES} hole; printf end >> hole`);
    await converge("the large file", a, b);
    await sh(a.data, "rm hole");
    await converge("the large file to go", a, b);
  });

  await t.step("deletes of files, symlinks and whole trees", async () => {
    await sh(a.data, "rm -r names none y2* m000; rm relative docs/empty");
    const tree = await converge("deletes", a, b);
    assert.ok(!tree.has("names") && !tree.has("none") && !tree.has("relative") && tree.has("docs/a"));
  });

  await t.step("renames of files and of directories", async () => {
    await sh(
      a.data,
      "mkdir many; for i in $(seq 300); do echo $i > many/$i; done; mkdir many/sub; echo x > many/sub/x",
    );
    await converge("what is to be renamed", a, b);
    await sh(a.data, "mv docs/a docs/b; mv many more; mv docs/deep/big big");
    const tree = await converge("renames", a, b);
    assert.ok(tree.has("more/sub/x") && tree.has("docs/b") && tree.has("big") && !tree.has("many"));
    await sh(a.data, "mv docs/b x; mv big docs/b; mv x big; mv more/1 y; mv more/2 more/1; mv y more/2");
    await converge("two files that change places", a, b);
    assert.equal(textOf(`${b.data}/more/1`), "2\n");
  });

  await t.step("a new file with the bytes of one that goes has its own time and permissions", async () => {
    await sh(a.data, "for i in 1 2 3; do echo same $i > y$i; touch -d 2001-01-01 y$i; done");
    await converge("the old ones", a, b);
    await sh(a.data, "for i in 1 2 3; do echo same $i > x$i; chmod 755 x$i; rm y$i; done");
    await converge("the new ones", a, b);
    await sh(
      a.data,
      "mv x1 z1; chmod 600 z1; touch -d 2002-02-02 z1; cp x2 z2; touch -d 2003-03-03 z2; rm x2",
    );
    await converge("moved and changed in one go", a, b);
  });

  await t.step("a change of kind: file, directory, symlink, file", async () => {
    await sh(a.data, "echo file > kind");
    await converge("a file", a, b);
    for (
      const to of [
        "mkdir -p kind/sub; echo in > kind/sub/in",
        "ln -s docs kind",
        "mkdir kind; echo 2 > kind/2",
        "echo f > kind",
      ]
    ) {
      await sh(a.data, `rm -r kind; ${to}`);
      await converge(`kind after ${to}`, a, b);
    }
    await sh(
      a.data,
      "for i in 1 2 3; do rm -r kind; mkdir kind; echo $i > kind/$i; rm -r kind; ln -s x kind; done",
    );
    await converge("kinds that change fast", a, b);
  });

  await t.step("all of it made one conflict copy: of the symlink that met a directory", async () => {
    const copies = conflictsIn(await converge("the end", a, b));
    assert.deepEqual(copies.map((path) => path.replace(/\.conflict.*/, "")), ["gate"]);
    assert.equal(Deno.readLinkSync(`${a.data}/${copies[0]}`), outside);
    assert.deepEqual((await folderOf(b)).problems, []);
  });
});

Deno.test("a directory that another one of the same name replaces travels whole", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir -p dir/sub; for i in $(seq 20); do echo $i > dir/$i; echo s$i > dir/sub/$i; done");
  await converge("the first directory", a, b);

  await t.step("renamed away and made anew", async () => {
    await sh(a.data, "mv dir old; mkdir dir; echo new > dir/new");
    const tree = await converge("the second directory", a, b);
    assert.ok(tree.has("dir/new") && tree.has("old/sub/1") && !tree.has("dir/1"));
  });

  await t.step("two directories that change places", async () => {
    await sh(a.data, "mv dir x; mv old dir; mv x old");
    const tree = await converge("the exchanged directories", a, b);
    assert.ok(tree.has("old/new") && tree.has("dir/sub/20") && !tree.has("dir/new"));
  });

  await t.step("moved out of the folder, another one moved in", async () => {
    const aside = world.aside("other");
    await sh(aside, "mkdir -p dir/sub; echo other > dir/sub/other");
    await sh(a.data, `mv dir ../gone; mv ${aside}/dir dir`);
    const tree = await converge("the directory from outside", a, b);
    assert.deepEqual([...tree.keys()].filter((path) => path.startsWith("dir")).sort(), [
      "dir",
      "dir/sub",
      "dir/sub/other",
    ]);
  });
});

Deno.test("times and permissions that change while a file is on its way arrive", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  // More than half of a folder that is replaced at one go is the brake's affair.
  await sh(a.data, "mkdir beside; for i in $(seq 300); do echo $i > beside/$i; done");
  await converge("what stays as it is", a, b);
  for (let round = 0; round < 3; round++) {
    await sh(a.data, `mkdir -p way; for i in $(seq 250); do echo ${round} $i > way/$i; done`);
    await sh(
      a.data,
      "cd way; for i in $(seq 250); do echo same > $i.s; done; touch -d 2001-01-0$((1+$(ls | wc -l) % 9)) *",
    );
    await sh(a.data, `chmod ${round % 2 === 0 ? 600 : 640} way/*`);
  }
  await converge("the last times and permissions", a, b);
});

Deno.test("pipes and sockets are skipped, said once, and hold up nothing", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir with; mkfifo with/pipe; echo beside > with/file");
  using _socket = Deno.listen({ transport: "unix", path: `${a.data}/socket` });
  await until("what stands beside a pipe", () => textOf(`${b.data}/with/file`) === "beside\n", a, b);
  await until("both to be named", async () => {
    const { notes } = await folderOf(a);
    return ["socket", "with/pipe"].every((path) => notes.filter((note) => note.path === path).length === 1);
  }, a);
  assert.ok(!exists(`${b.data}/with/pipe`) && !exists(`${b.data}/socket`));

  await t.step("they do not keep the folder from being up to date", async () => {
    await until("up to date", async () => (await folderOf(a)).state.kind === "up-to-date", a);
    assert.deepEqual((await folderOf(a)).problems, []);
  });

  await t.step("changes beside them are still seen at once", async () => {
    assert.equal((await folderOf(a)).watching, "events");
    const startMs = performance.now();
    await sh(a.data, "echo again > with/file");
    await until("the change", () => textOf(`${b.data}/with/file`) === "again\n", a, b);
    // A poll would take ten seconds; a machine under load gets some of them.
    if (performance.now() - startMs > 8_000) throw new GaveUp("The change came by polling");
  });

  await t.step("a directory that others delete may keep one: that is no work left to do", async () => {
    await sh(b.data, "mkdir mine; echo 1 > mine/1");
    await until("the directory", () => exists(`${a.data}/mine/1`), a, b);
    await sh(b.data, "mkfifo mine/pipe");
    await until(
      "the pipe to be named",
      async () => (await folderOf(b)).notes.some((note) => note.path === "mine/pipe"),
      b,
    );
    await sh(a.data, "rm -r mine");
    await until("the file to go", () => !exists(`${b.data}/mine/1`), a, b);
    await until(
      "both to know where they stand",
      async () => {
        const states = [(await folderOf(a)).state.kind, (await folderOf(b)).state.kind];
        return states.every((kind) => kind === "up-to-date" || kind === "waiting");
      },
      a,
      b,
    );
    assert.ok(!exists(`${a.data}/mine`), "it does not come back");
  });
});
