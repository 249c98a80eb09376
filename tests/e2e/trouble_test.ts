/** Bad input and trouble: each is told with what happened, to what, and what to do; and nothing is lost by it. */
import assert from "node:assert/strict";
import type { Device } from "../support/device.ts";
import { plainUser } from "../support/plain_user.ts";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  pairUp,
  sh,
  share,
  start,
  statusOf,
  textOf,
  until,
  World,
} from "../support/pair.ts";

/** The command fails with words that say so. */
async function refuses(device: Device, args: string[], says: RegExp, code = 1): Promise<void> {
  const done = await device.run(...args);
  assert.equal(done.code, code, `cairn ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  assert.match(done.stderr, says);
  assert.match(done.stderr, /^→ \S/m, "it says what to do");
}

Deno.test("what cannot be a folder, or a command now, is refused with a remedy", async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await sh(a.data, "mkdir inner; echo 1 > inner/1; echo file > file");

  await t.step("nothing runs here", async () => {
    for (const command of ["status", "invite", "devices", "folders", "log"]) {
      await refuses(a, [command], /No device is running in .*\n.*cairn up/);
    }
  });

  await t.step("a path that is a file, or goes through one, before anything was started", async () => {
    await refuses(a, ["up", `${a.data}/file`], /file is a file, not a directory/);
    await refuses(a, ["up", `${a.data}/file/below`], /file.*not a directory/);
    assert.equal(textOf(`${a.data}/file`), "file\n");
  });

  await share(a);

  await t.step("inside and around another folder, and Cairn's own home", async () => {
    await refuses(a, ["up", `${a.data}/inner`], /lies inside .* "data"/);
    await refuses(a, ["up", world.work], /contains .* "data"/);
    await refuses(a, ["up", a.home], /Cairn's own home/);
    await refuses(a, ["up", `${a.home}/journal`], /Cairn's own home/);
    await sh(world.work, `ln -s ${a.data}/inner way-in`);
    await refuses(a, ["up", `${world.work}/way-in`], /lies inside .* "data"/);
    assert.equal((await statusOf(a)).folders.length, 1);
  });

  await t.step("the same folder again is the same folder", async () => {
    await a.cli("up", `${a.data}/`);
    assert.equal((await statusOf(a)).folders.length, 1);
  });

  await t.step("a home in which another device runs", async () => {
    await refuses(a, ["up"], /A device already runs in /);
  });

  await t.step("a port that is taken is replaced, and said", async () => {
    const port = String((await statusOf(a)).device.port);
    await start(b, "up", "--port", port, "--no-invite");
    assert.notEqual((await statusOf(b)).device.port, Number(port));
    await until("the other port to be said", () => b.logTail().includes(`Port ${port} is taken`), b);
  });

  await t.step("a tree copied from another device with its marker", async () => {
    await sh(world.work, `cp -a ${a.data} copied`);
    await refuses(
      b,
      ["up", `${world.work}/copied`],
      /already belongs to another device's replica[\s\S]*\.cairn/,
    );
    await sh(world.work, "rm -r copied/.cairn");
    await b.cli("up", `${world.work}/copied`);
    assert.equal((await statusOf(b)).folders.length, 1);
  });

  await t.step("wrong usage has its own exit code", async () => {
    for (const args of [["upp"], ["join"], ["up", "--port", "none"], ["join", "x", "--at", "nowhere"]]) {
      assert.equal((await a.run(...args)).code, 2, args.join(" "));
    }
  });
});

Deno.test("what cannot be read or written is listed with its remedy, and all else goes on", async (t) => {
  const host = await plainUser();
  if (host === null) {
    console.warn("Skipped: permissions stop nobody here (root, and no setpriv)");
    return;
  }
  await using world = new World();
  const { a, b } = await pairUp(world, host);

  await t.step("an unreadable file", async () => {
    await sh(a.data, "echo secret > locked; chmod 000 locked; echo fine > fine; mkdir dir; echo 1 > dir/1");
    await until("the readable one", () => textOf(`${b.data}/fine`) === "fine\n", a, b);
    await until(
      "the other to be listed",
      async () => (await folderOf(a)).problems.some((p) => p.path === "locked"),
      a,
    );
    const problem = (await folderOf(a)).problems.find((p) => p.path === "locked")!;
    assert.match(problem.cause, /cannot be read/);
    assert.notEqual(problem.remedy, "");
    assert.match(await a.cli("status"), /locked is not in sync: cannot be read/);
    await until("it to be waited for", async () => (await folderOf(a)).state.kind === "waiting", a);
    assert.ok(!/up to date/.test((await a.cli("folders")).split("\n")[0]!), "it is not (invariant 11)");
    await sh(a.data, "chmod 644 locked");
    await converge("the file that may be read again", a, b);
    assert.deepEqual((await folderOf(a)).problems, []);
  });

  await t.step("an unreadable directory: nothing in it counts as deleted", async () => {
    await converge("before", a, b);
    await sh(a.data, "chmod 000 dir; echo other > other");
    await until("another file", () => textOf(`${b.data}/other`) === "other\n", a, b);
    await a.stop();
    await start(a, "up");
    await until(
      "the directory to be listed",
      async () => (await folderOf(a)).problems.some((p) => p.path === "dir"),
      a,
    );
    assert.equal(await sh(b.data, "chmod u+rwx dir; cat dir/1"), "1\n");
    await sh(a.data, "chmod 755 dir; echo 2 > dir/2");
    await converge("the directory that may be read again", a, b);
  });

  await t.step(
    "a subtree that may not be written into waits, its own person's edits go out, and all else goes on",
    async () => {
      if (Deno.uid() !== 0) return; // nobody else can take a directory from its owner
      await sh(a.data, "mkdir theirs; echo 1 > theirs/1; echo 2 > theirs/2");
      await converge("the subtree", a, b);
      await sh(b.data, "chown -R 65534 theirs");
      await sh(a.data, "echo edited > theirs/1; rm theirs/2; echo 3 > theirs/3; echo beside > beside");
      await until("what stands beside it", () => textOf(`${b.data}/beside`) === "beside\n", a, b);
      await until("it to be waited for", async () => {
        const { state, problems } = await folderOf(b);
        const named = problems.filter(({ path, cause }) => path.startsWith("theirs/") && cause !== "");
        return state.kind === "waiting" && /permission|read-only/.test(state.reason) && named.length === 3;
      }, b);
      await sh(b.data, "echo own > theirs/own");
      await until("its own edit", () => textOf(`${a.data}/theirs/own`) === "own\n", a, b);
      assert.deepEqual([1, 2, 3].map((name) => textOf(`${b.data}/theirs/${name}`)), ["1\n", "2\n", null]);
      await sh(b.data, "chown -R 0 theirs");
      await converge("the subtree that may be written into again", a, b);
      assert.equal(textOf(`${b.data}/theirs/1`), "edited\n");
    },
  );

  await t.step(
    "read-only directories and files arrive with all that is in them, and change later",
    async () => {
      await sh(
        a.data,
        "mkdir -p ro/sub; echo 1 > ro/1; echo 2 > ro/sub/2; chmod 444 ro/1; chmod 555 ro/sub ro",
      );
      await converge("the read-only tree", a, b);
      await sh(a.data, "chmod 755 ro; echo 3 > ro/3; rm -f ro/1; chmod 555 ro");
      await converge("a change in it", a, b);
      await sh(a.data, "chmod -R u+w ro; rm -r ro");
      await converge("its end", a, b);
    },
  );
});

Deno.test("a root that goes away stops its folder, deletes nothing anywhere, and goes on when it is back", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir d; for i in $(seq 50); do echo $i > d/$i; done; echo top > top");
  await converge("before", a, b);

  await t.step("moved away while running: stopped, with reason and remedy", async () => {
    Deno.renameSync(a.data, `${a.work}/away`);
    await until("the folder to stop", async () => (await folderOf(a)).state.kind === "stopped", a);
    const { state } = await folderOf(a);
    assert.ok(
      state.kind === "stopped" && state.reason.includes(a.data) && state.remedy !== "",
      JSON.stringify(state),
    );
    assert.match(await a.cli("status"), /stopped: .*\n/);
    await sh(b.data, "echo meanwhile > meanwhile; echo changed > d/1; rm d/2");
    // B has been told nothing that it should not have.
    await until(
      "beta to have seen its own change",
      async () => (await folderOf(b)).state.kind === "up-to-date",
      b,
    );
    assert.equal([...Deno.readDirSync(`${b.data}/d`)].length, 49);
  });

  await t.step("an empty directory in its place is not the folder", async () => {
    Deno.mkdirSync(a.data);
    await until("it to be looked at", async () => {
      const { state } = await folderOf(a);
      return state.kind === "stopped" && /marker/.test(state.reason);
    }, a);
    assert.deepEqual([...Deno.readDirSync(a.data)].map(({ name }) => name), [], "nothing is written into it");
    assert.ok(exists(`${b.data}/top`));
    Deno.removeSync(a.data);
  });

  await t.step("put back: what happened meanwhile is exchanged", async () => {
    await sh(`${a.work}/away`, "echo offline > offline; rm d/3");
    Deno.renameSync(`${a.work}/away`, a.data);
    const tree = await converge("the folder to go on", a, b);
    assert.ok(
      tree.has("meanwhile") && tree.has("offline") && tree.has("top") && !tree.has("d/2") && !tree.has("d/3"),
    );
    assert.deepEqual(conflictsIn(tree), []);
  });

  await t.step("and changes are seen at once again", async () => {
    for (let i = 0; i < 3; i++) {
      await sh(a.data, `echo ${i} > d/again`);
      await converge(`change ${i}`, a, b);
    }
    assert.deepEqual((await folderOf(a)).notes, []);
  });

  await t.step("gone at the start: stopped, and it goes on after a start with it", async () => {
    await a.stop();
    Deno.renameSync(a.data, `${a.work}/away`);
    await start(a, "up");
    assert.equal((await folderOf(a)).state.kind, "stopped");
    assert.ok(!exists(a.data), "an empty root is not made");
    await a.stop();
    Deno.renameSync(`${a.work}/away`, a.data);
    await start(a, "up");
    await converge("the end", a, b);
  });
});

Deno.test("a root that was moved goes on where it is told to be, and a copy of it is refused", async (t) => {
  await using world = new World();
  const a = world.device("alpha");
  await share(a);
  await sh(a.data, "echo 1 > file");
  await until("the file to be known", async () => (await folderOf(a)).files === 1, a);
  const { id } = await folderOf(a);
  const moved = `${a.work}/moved`;

  await t.step("cairn up NEWPATH goes on there", async () => {
    Deno.renameSync(a.data, moved);
    await until("the folder to stop", async () => (await folderOf(a)).state.kind === "stopped", a);
    await a.cli("up", moved);
    await sh(moved, "echo 2 > another");
    await until("a file there to be known", async () => (await folderOf(a)).files === 2, a);
    const { folders } = await statusOf(a);
    assert.deepEqual(folders.map((folder) => [folder.id, folder.path]), [[id, moved]]);
  });

  await t.step("a copy of a root that is still there is another one", async () => {
    await sh(a.work, "cp -a moved copy");
    await refuses(a, ["up", `${a.work}/copy`], /copy is a copy of .*moved[\s\S]*marker\.json/);
    assert.equal((await statusOf(a)).folders.length, 1);
  });
});
