/** A new line in `.cairnignore`, and what happens to the paths that it names in the same moment (R13, R18). */
import assert from "node:assert/strict";
import { FULL_SCAN_MS } from "../../../src/core/limits.ts";
import { ROOT } from "../world/device.ts";
import {
  LAST_LOOKS_MS,
  onStage,
  ownRow,
  remove,
  type Stage,
  textAt,
  treeOf,
  troublesOf,
  write,
} from "./stage.ts";

const IGNORE = ".cairnignore";
const RULES = "cache/\n*.log\n";
const CACHED = { "cache/a": "cached a", "cache/deep/b": "cached b", "run.log": "logged" };

function shared({ a, go, settle }: { a: Stage["a"]; go: (ms: number) => void; settle: () => void }): void {
  for (const [path, text] of Object.entries(CACHED)) write(a, path, text);
  write(a, "notes", "stays");
  settle();
  go(LAST_LOOKS_MS);
}

for (const isRunning of [true, false]) {
  Deno.test(`paths that are ignored and deleted in one moment${isRunning ? "" : ", with the device off,"} are deleted nowhere else (R18)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      shared({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
      if (!isRunning) b.kill();
      // In one moment, the deletes first.
      remove(b, "cache");
      remove(b, "run.log");
      write(b, IGNORE, RULES);
      if (!isRunning) b.start();
      write(a, "mark", "of a");
      stage.until("both have heard of each other", () => treeOf(b)["mark"] === "of a" && IGNORE in treeOf(a));
      stage.go(LAST_LOOKS_MS);
      assert.deepEqual(treeOf(a), { ...CACHED, notes: "stays", mark: "of a", [IGNORE]: RULES });
      assert.deepEqual(treeOf(b), { notes: "stays", mark: "of a", [IGNORE]: RULES });
    });
  });

  Deno.test(`paths that are made together with the line that ignores them${isRunning ? "" : ", with the device off,"} never travel (R18)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      if (!isRunning) b.kill();
      for (const [path, text] of Object.entries(CACHED)) write(b, path, text);
      write(b, IGNORE, RULES);
      if (!isRunning) b.start();
      stage.until("the line has come", () => IGNORE in treeOf(a));
      stage.go(LAST_LOOKS_MS);
      assert.deepEqual(treeOf(a), { [IGNORE]: RULES });
      assert.deepEqual(treeOf(b), { ...CACHED, [IGNORE]: RULES });
    });
  });
}

Deno.test("paths that are ignored and deleted while so much happens that events are lost are deleted nowhere else (R18)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    shared({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
    write(b, IGNORE, RULES);
    remove(b, "cache");
    remove(b, "run.log");
    // What a watcher says whose queue has overflown, and a look at a root that was frozen.
    b.folder!.outbound.hint("");
    write(b, "mark", "of b");
    stage.until("the line has come", () => IGNORE in treeOf(a) && "mark" in treeOf(a));
    stage.go(LAST_LOOKS_MS);
    assert.deepEqual(treeOf(a), { ...CACHED, notes: "stays", mark: "of b", [IGNORE]: RULES });
  });
});

Deno.test("paths that are ignored and deleted while a scan of everything is under way are deleted nowhere else (R18)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    shared({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
    let isDone = false;
    const end = stage.watchSteps(b, (_, step, path) => {
      if (isDone || step !== "list" || path !== ROOT) return;
      isDone = true;
      write(b, IGNORE, RULES);
      remove(b, "cache");
      remove(b, "run.log");
      write(b, "other.log", "private");
    });
    void b.folder!.outbound.fullScan();
    stage.until("the line has come", () => IGNORE in treeOf(a));
    end();
    stage.go(LAST_LOOKS_MS);
    assert.ok(isDone);
    assert.deepEqual(treeOf(a), { ...CACHED, notes: "stays", [IGNORE]: RULES });
  });
});

Deno.test("a first reading of the patterns that fails announces and deletes nothing that they name; it is told, and tried again (R18)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    shared({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
    write(b, IGNORE, RULES);
    stage.until("the line has come", () => IGNORE in treeOf(a));
    stage.go(LAST_LOOKS_MS);
    b.kill();
    remove(b, "cache");
    write(b, "other.log", "private");
    write(b, "made", "meanwhile");
    const lift = b.disk.faults.add({ code: "too-many-files", calls: ["open"], path: `${ROOT}/${IGNORE}` });
    b.start();
    stage.go(60_000);
    assert.match(troublesOf(b)[""] ?? "", /\.cairnignore cannot be read \(too-many-files\)/);
    assert.deepEqual(treeOf(a), { ...CACHED, notes: "stays", [IGNORE]: RULES });
    lift();
    stage.until("it goes on by itself", () => "made" in treeOf(a));
    stage.go(LAST_LOOKS_MS);
    assert.deepEqual(treeOf(a), { ...CACHED, notes: "stays", made: "meanwhile", [IGNORE]: RULES });
    assert.deepEqual(troublesOf(b), {});
  });
});

/** Both have the patterns, and `a` has what they name. */
function ignoredAt(stage: Stage): void {
  write(stage.a, IGNORE, RULES);
  for (const [path, text] of Object.entries(CACHED)) write(stage.a, path, text);
  stage.until("b has them", () => IGNORE in treeOf(stage.b));
  stage.go(LAST_LOOKS_MS);
  assert.deepEqual(treeOf(stage.b), { [IGNORE]: RULES });
}

Deno.test("what others have at paths that are not ignored any more comes, also where no event tells (R18)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    ignoredAt(stage);
    b.disk.watches.loss = 1;
    write(a, IGNORE, "other/");
    stage.until("the hourly scan has come", () => "run.log" in treeOf(b), FULL_SCAN_MS + 60_000);
    stage.settle();
    assert.deepEqual(treeOf(b), { ...CACHED, [IGNORE]: "other/" });
  });
});

Deno.test("what others have at paths that are not ignored any more comes, also to who is killed when the line has come (R18)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    ignoredAt(stage);
    // It hears of the paths and of the line at once: the paths are not wanted yet.
    b.kill();
    write(a, IGNORE, "other/");
    stage.go(LAST_LOOKS_MS);
    b.start();
    stage.until(
      "the line has come",
      () => treeOf(b)[IGNORE] === "other/" && ownRow(b, IGNORE)!.row.entry.size === 6,
    );
    b.kill();
    b.start();
    stage.settle();
    assert.deepEqual(treeOf(b), { ...CACHED, [IGNORE]: "other/" });
  });
});

Deno.test("what was ignored for a while goes on from the version that it had, and is no conflict with itself (R18)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    shared({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
    write(b, IGNORE, RULES);
    stage.until("the line has come", () => IGNORE in treeOf(a));
    stage.go(LAST_LOOKS_MS);
    write(b, "run.log", "logged, and on");
    stage.go(LAST_LOOKS_MS);
    assert.equal(treeOf(a)["run.log"], "logged");
    remove(b, IGNORE);
    stage.settle();
    assert.deepEqual(treeOf(a), { ...CACHED, "run.log": "logged, and on", notes: "stays" });
  });
});

Deno.test("a path deleted here while it was ignored is not deleted elsewhere when it is not ignored any more", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    write(b, "cache/one", "one");
    write(b, "notes", "stays");
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    write(b, ".cairnignore", "cache/\n");
    stage.until("the line has come", () => ".cairnignore" in treeOf(a));
    stage.go(LAST_LOOKS_MS);
    remove(b, "cache"); // there is no room for it here
    stage.go(LAST_LOOKS_MS);
    assert.ok("cache/one" in treeOf(a), "deleted nowhere else");
    remove(a, ".cairnignore"); // somebody elsewhere wants it synced again
    stage.settle();
    assert.ok("cache/one" in treeOf(a), "and not when the line goes");
  });
});

for (const isGone of [false, true]) {
  Deno.test(`a deleted directory stays deleted where it is kept by an ignored file that ${isGone ? "is not even there any more" : "was synced once"}`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      write(b, "proj/c", "c");
      write(b, "proj/x.log", "x");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      write(b, ".cairnignore", "*.log\n");
      stage.until("the line has come", () => ".cairnignore" in treeOf(a));
      stage.go(LAST_LOOKS_MS);
      if (isGone) remove(b, "proj/x.log");
      stage.go(LAST_LOOKS_MS);
      remove(a, "proj");
      stage.until("what was synced to go", () => textAt(b, "proj/c") === null);
      stage.go(60_000);
      assert.equal(a.disk.peek(`${ROOT}/proj`)?.kind, undefined, "it does not come back to who deleted it");
    });
  });
}
