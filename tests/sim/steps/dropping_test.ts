import assert from "node:assert/strict";
import type { RelPath } from "../../../src/core/ids.ts";
import { bringBack, ownFiles } from "../../../src/sync/bring_back.ts";
import { changeHome, type HomeCopy } from "../plan/home_faults.ts";
import { droppedOn } from "../plan/drops.ts";
import type { SimDevice } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, ownRow, remove, type Stage, textAt, treeOf, write } from "./stage.ts";

const FILES = ["a", "d/b"] as const;

/** Two devices that have some files, all sure. */
function filled(
  { a, settle, go, rest }: Pick<Stage, "a"> & { settle(): void; go(ms: number): void; rest(): void },
) {
  for (const path of FILES) write(a, path, `text of ${path}`);
  settle();
  go(LAST_LOOKS_MS);
  rest();
}

function drop(stage: Stage, device: SimDevice): void {
  const { folder } = device;
  const { drops } = device.device!.selective;
  void drops.drop(folder!, FILES as unknown as RelPath[], () => {}, () => false).catch(() => {});
  stage.go(2_000);
}

function getAll(stage: Stage): void {
  for (const device of [stage.a, stage.b]) {
    stage.done(bringBack(device.folder!, droppedOn(device)));
  }
}

/** Every file is somewhere, and nobody was told that it was deleted. */
function allLive(stage: Stage): void {
  for (const path of FILES) {
    const held = [stage.a, stage.b].filter((device) => textAt(device, path) === `text of ${path}`);
    assert.ok(held.length > 0, `${path} is nowhere`);
    for (const device of [stage.a, stage.b]) {
      assert.equal(ownRow(device, path)?.row.entry.kind, "file", `${device.name} has ${path} deleted`);
    }
  }
}

function settled(stage: Stage) {
  return {
    a: stage.a,
    settle: () => stage.settle(),
    go: (ms: number) => stage.go(ms),
    rest: () => stage.rest(),
  };
}

const ENDS = {
  "killed": (device: SimDevice) => device.kill(),
  "cut off from power": (device: SimDevice) => device.powerCut("loose", 0),
} as const;

for (const [how, end] of Object.entries(ENDS)) {
  Deno.test(`a device ${how} at any step of a drop: each file is kept or listed, and nowhere deleted (R10)`, async () => {
    const count = await onStage({}, (stage) => {
      filled(settled(stage));
      return stage.countSteps(stage.a, () => drop(stage, stage.a));
    });
    assert.ok(count > 20, "it takes some steps");
    for (let at = 1; at <= count; at += 2) {
      await onStage({ seed: at }, (stage) => {
        filled(settled(stage));
        const isOver = stage.endAt(stage.a, at, () => end(stage.a));
        drop(stage, stage.a);
        if (!isOver()) return;
        stage.a.start();
        stage.go(5_000);
        stage.rest();
        allLive(stage);
        getAll(stage);
        stage.settle();
        assert.deepEqual(treeOf(stage.a), { a: "text of a", "d/b": "text of d/b" }, `step ${at}`);
      });
    }
  });
}

Deno.test("a save at any step of a drop is found, and goes to the others", async () => {
  const count = await onStage({}, (stage) => {
    filled(settled(stage));
    return stage.countSteps(stage.a, () => drop(stage, stage.a));
  });
  for (const how of ["save", "in-place"] as const) {
    for (let at = 1; at <= count; at += 2) {
      await onStage({ seed: at }, (stage) => {
        filled(settled(stage));
        const over = stage.watchSteps(stage.a, (number) => {
          if (number !== at) return;
          over();
          write(stage.a, "a", `saved at ${at}`, how);
        });
        drop(stage, stage.a);
        over();
        stage.go(5_000);
        getAll(stage);
        stage.settle();
        const all = Object.values(treeOf(stage.b));
        assert.ok(all.includes(`saved at ${at}`), `${how} at step ${at}: ${JSON.stringify(treeOf(stage.b))}`);
      });
    }
  }
});

Deno.test("a journal that has lost the record of a drop makes no delete of it, and what is missing comes back (R24)", async () => {
  await onStage({}, (stage) => {
    filled(settled(stage));
    const { a } = stage;
    // The home as it is before the drop is put back behind it.
    stage.done(a.stop());
    const copies = new Map<number, HomeCopy>();
    changeHome(a, { do: "back-up" }, copies);
    a.start();
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    drop(stage, a);
    assert.deepEqual(treeOf(a), {});
    stage.done(a.stop());
    changeHome(a, { do: "home", what: "put-back", killed: false, at: 0, downMs: 0 }, copies);
    a.start();
    stage.settle();
    assert.deepEqual(treeOf(stage.b), { a: "text of a", "d/b": "text of d/b" });
    assert.deepEqual(treeOf(a), treeOf(stage.b));
    // From then on what is deleted is deleted.
    remove(a, "a");
    stage.settle();
    assert.deepEqual(treeOf(stage.b), { "d/b": "text of d/b" });
  });
});

Deno.test("what is dropped is found among the files of a place, and what is not kept is dropped no more", async () => {
  await onStage({}, (stage) => {
    filled(settled(stage));
    drop(stage, stage.a);
    const files = async () => {
      const all: string[] = [];
      for await (const some of ownFiles(stage.a.folder!, "" as RelPath, ({ row }) => row.held)) {
        all.push(...some);
      }
      return all;
    };
    assert.deepEqual(stage.done(files()), []);
    assert.deepEqual(droppedOn(stage.a).sort(), ["a", "d/b"]);
  });
});
