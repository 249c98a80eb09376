import assert from "node:assert/strict";
import type { WatchEvents } from "../../src/platform/ports.ts";
import { libc } from "../../src/platform/real/libc.ts";
import { watchByDeno } from "../../src/platform/real/watch_deno.ts";
import { eventsIn, MASK } from "../../src/platform/real/watch_events.ts";
import { hintOf } from "../../src/platform/real/watch_hint.ts";
import { realWatcher } from "../../src/platform/real/watcher.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

type Watch = (root: string, ignoreTop: string, events: WatchEvents) => () => void;
const inotify = libc() !== null;
const posix = Deno.build.os !== "windows";
const real: Watch = (root, ignoreTop, events) => realWatcher().watch(root, ignoreTop, events);

/** A watched directory, its hints so far, and proof that hints still come. */
function watched(watch: Watch, prepare: (at: (name: string) => string) => void = () => {}) {
  const dir = tempDir();
  const root = dir.at("root");
  const at = (name: string) => `${root}/${name}`;
  Deno.mkdirSync(at(".cairn/inner"), { recursive: true });
  prepare(at);
  const hints = new Set<string>();
  const gone: string[] = [];
  const stop = watch(root, ".cairn", {
    hint: (path) => hints.add(path),
    gone: (reason) => gone.push(reason),
  });
  let beat = 0;
  return {
    dir,
    root,
    at,
    hints,
    gone,
    stop,
    seen: (path: string) => waitFor(`a hint for ${path}`, () => hints.has(path)),
    /** Touches the canary until it is seen: all that happened before has been seen then. */
    async alive(limitMs?: number) {
      hints.delete(".cairn/canary");
      await waitFor("the canary", () => {
        Deno.writeTextFileSync(at(".cairn/canary"), String(++beat));
        return hints.has(".cairn/canary");
      }, limitMs);
    },
    async [Symbol.asyncDispose]() {
      stop();
      // The thread that waited for events ends a moment later.
      await new Promise((resolve) => setTimeout(resolve, 0));
      dir[Symbol.dispose]();
    },
  };
}

for (
  const [name, watch] of [["the real watcher", real], ["the watcher over Deno.watchFs", watchByDeno]] as const
) {
  Deno.test(`${name} hints at files made, changed, renamed and removed`, async () => {
    await using tree = watched(watch, (at) => {
      Deno.mkdirSync(at("d"));
      Deno.writeTextFileSync(at("d/old"), "");
    });
    await tree.alive();
    Deno.writeTextFileSync(tree.at("new"), "x");
    await tree.seen("new");
    Deno.writeTextFileSync(tree.at("d/old"), "changed");
    await tree.seen("d/old");
    Deno.renameSync(tree.at("d/old"), tree.at("d/moved"));
    await tree.seen("d/moved");
    tree.hints.clear();
    Deno.removeSync(tree.at("d/moved"));
    await tree.seen("d/moved");
    assert.deepEqual(tree.gone, []);
  });

  Deno.test(`${name} reports the canary and nothing else of .cairn`, async () => {
    await using tree = watched(watch);
    await tree.alive();
    Deno.writeTextFileSync(tree.at(".cairn/other"), "x");
    Deno.writeTextFileSync(tree.at(".cairn/inner/canary"), "x");
    Deno.mkdirSync(tree.at(".cairn/more"));
    await tree.alive();
    assert.deepEqual([...tree.hints].filter((path) => path.startsWith(".cairn")), [".cairn/canary"]);
  });

  Deno.test(`${name} says nothing after it was stopped`, async () => {
    await using tree = watched(watch);
    await using other = watched(watch);
    await Promise.all([tree.alive(), other.alive()]);
    tree.stop();
    tree.hints.clear();
    Deno.writeTextFileSync(tree.at("new"), "x");
    await other.alive();
    assert.deepEqual([[...tree.hints], tree.gone], [[], []]);
  });

  Deno.test(`${name} gives no hint for what a symlink leads to outside`, { ignore: !posix }, async () => {
    await using tree = watched(watch, (at) => {
      Deno.mkdirSync(at("../outside"));
      Deno.symlinkSync("../outside", at("link"));
    });
    await tree.alive();
    tree.hints.clear();
    Deno.writeTextFileSync(tree.at("../outside/file"), "x");
    await tree.alive();
    assert.deepEqual([...tree.hints].filter((path) => path.includes("file") || path.includes("..")), []);
  });

  Deno.test(`${name} can be stopped after a FIFO was made in the tree`, { ignore: !posix }, async () => {
    await using tree = watched(watch);
    await tree.alive();
    await new Deno.Command("mkfifo", { args: [tree.at("p")] }).output();
    Deno.writeTextFileSync(tree.at("after"), "x");
    tree.stop();
    await using next = watched(watch);
    await next.alive();
  });
}

Deno.test({
  name: "the real watcher goes on when FIFOs are made, used and removed in the tree",
  ignore: !inotify,
  async fn() {
    await using tree = watched(real);
    await tree.alive();
    for (const name of ["p", "q"]) {
      await new Deno.Command("mkfifo", { args: [tree.at(name)] }).output();
      await tree.seen(name);
      await tree.alive();
    }
    Deno.chmodSync(tree.at("p"), 0o600);
    Deno.renameSync(tree.at("q"), tree.at("r"));
    await tree.seen("r");
    // Its writer meets its reader, and nobody else: the watcher opens nothing.
    const reader = new Deno.Command("cat", { args: [tree.at("p")], stdout: "piped" }).output();
    await new Deno.Command("sh", { args: ["-c", `echo through > "${tree.at("p")}"`] }).output();
    assert.equal(new TextDecoder().decode((await reader).stdout), "through\n");
    Deno.removeSync(tree.at("p"));
    Deno.writeTextFileSync(tree.at("after"), "x");
    await tree.seen("after");
    await tree.alive();
  },
});

Deno.test("the real watcher hints at each directory of a tree that is made at once, or moved in", {
  ignore: !inotify,
}, async () => {
  await using tree = watched(real, (at) => {
    Deno.mkdirSync(at("../elsewhere/a/b/c"), { recursive: true });
  });
  await tree.alive();
  for (let i = 0; i < 50; i++) Deno.mkdirSync(tree.at(`made${i}/x/y`), { recursive: true });
  for (let i = 0; i < 50; i++) await tree.seen(`made${i}/x/y`);
  Deno.renameSync(tree.at("../elsewhere"), tree.at("moved"));
  await tree.seen("moved/a/b/c");
  Deno.writeTextFileSync(tree.at("moved/a/b/c/file"), "x");
  Deno.writeTextFileSync(tree.at("made7/x/y/file"), "x");
  await tree.seen("moved/a/b/c/file");
  await tree.seen("made7/x/y/file");
});

Deno.test("the real watcher finds directories beside files, and those that come where there was none", {
  ignore: !inotify,
}, async () => {
  await using tree = watched(real, (at) => {
    Deno.mkdirSync(at("mixed/inner/deepest"), { recursive: true });
    Deno.mkdirSync(at("plain"));
    for (const path of ["mixed/a", "mixed/inner/b", "plain/c"]) Deno.writeTextFileSync(at(path), "");
  });
  await tree.alive();
  Deno.mkdirSync(tree.at("plain/late"));
  await tree.seen("plain/late");
  Deno.writeTextFileSync(tree.at("plain/late/file"), "x");
  await tree.seen("plain/late/file");
  Deno.writeTextFileSync(tree.at("mixed/inner/deepest/file"), "x");
  await tree.seen("mixed/inner/deepest/file");
});

Deno.test("the real watcher knows a renamed directory by its new name", { ignore: !inotify }, async () => {
  await using tree = watched(real, (at) => Deno.mkdirSync(at("old/deep"), { recursive: true }));
  await tree.alive();
  Deno.renameSync(tree.at("old"), tree.at("new"));
  await tree.seen("new/deep");
  Deno.mkdirSync(tree.at("old"));
  await tree.alive();
  tree.hints.clear();
  Deno.writeTextFileSync(tree.at("new/deep/file"), "x");
  await tree.seen("new/deep/file");
  assert.deepEqual([...tree.hints].filter((path) => path.startsWith("old")), []);
});

Deno.test("the real watcher gives no hints for reading", { ignore: !inotify }, async () => {
  await using tree = watched(real, (at) => Deno.writeTextFileSync(at("a"), "x"));
  await tree.alive();
  tree.hints.clear();
  for (let i = 0; i < 100; i++) Deno.readTextFileSync(tree.at("a"));
  await tree.alive();
  assert.deepEqual([...tree.hints], [".cairn/canary"]);
});

Deno.test(
  "the real watcher hints at every directory when the kernel's queue ran over",
  { ignore: !inotify },
  async () => {
    await using tree = watched(real, (at) => {
      for (let i = 0; i < 20; i++) Deno.mkdirSync(at(`d${i}/sub`), { recursive: true });
    });
    await tree.alive();
    tree.hints.clear();
    const queue = Number(Deno.readTextFileSync("/proc/sys/fs/inotify/max_queued_events"));
    // No await in between: nothing is read from the queue. Two files in turn, since equal events are merged.
    for (let i = 0; i <= queue; i++) Deno.chmodSync(tree.at(`d${i % 2}`), 0o755);
    for (let i = 0; i < 20; i++) await tree.seen(`d${i}/sub`);
    await tree.alive();
  },
);

Deno.test(
  "the real watcher is gone when the root is removed or moved away",
  { ignore: !inotify },
  async () => {
    await using removed = watched(real);
    await using moved = watched(real);
    Deno.removeSync(removed.root, { recursive: true });
    Deno.renameSync(moved.root, moved.dir.at("elsewhere"));
    for (const { gone } of [removed, moved]) {
      await waitFor("the end of the watch", () => gone.length > 0);
      assert.match(gone.join(), /was removed, moved or unmounted/);
    }
  },
);

Deno.test("watching a root that is missing throws not-found", () => {
  using dir = tempDir();
  for (const watch of [real, watchByDeno]) {
    assert.throws(() => watch(dir.at("nothing"), ".cairn", { hint() {}, gone() {} }), /not-found/);
  }
});

Deno.test(
  "forty trees are watched by one thread, and files are read beside it",
  { ignore: !inotify },
  async () => {
    const trees = Array.from({ length: 40 }, () => watched(real));
    try {
      await Promise.all(trees.map((tree) => tree.alive()));
      assert.equal(await Deno.readTextFile(trees[0]!.at(".cairn/canary")) !== "", true);
    } finally {
      for (const tree of trees) await tree[Symbol.asyncDispose]();
    }
  },
);

Deno.test("eventsIn() reads what the kernel writes", () => {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 7, true);
  view.setUint32(4, MASK.create | MASK.isDir, true);
  view.setUint32(12, 16, true);
  bytes.set(new TextEncoder().encode("größe"), 16);
  view.setInt32(32, -1, true);
  view.setUint32(36, MASK.overflow, true);
  assert.deepEqual(eventsIn(bytes, 48), [
    { watch: 7, mask: MASK.create | MASK.isDir, name: "größe" },
    { watch: -1, mask: MASK.overflow, name: "" },
  ]);
});

Deno.test("hintOf() leaves out the top directory, not what is merely called like it", () => {
  const paths = [".cairn", ".cairn/x", ".cairn/canary", ".cairn/canary/x", ".cairnignore", "a/.cairn", ""];
  assert.deepEqual(paths.map((path) => hintOf(path, ".cairn")), [
    null,
    null,
    ".cairn/canary",
    null,
    ".cairnignore",
    "a/.cairn",
    "",
  ]);
});
