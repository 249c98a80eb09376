/** A device that only sends (R9): what it gives, what it knows of others, and what an override does. */
import assert from "node:assert/strict";
import { conflictsIn } from "../../../src/sync/conflicts.ts";
import { override } from "../../../src/sync/override.ts";
import { statusKind } from "../oracle/quiet.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { change, preview } from "./apart.ts";
import { keptBy, onStage, remove, textAt, treeOf, write } from "./stage.ts";

Deno.test("a device that only sends gives its own, takes nothing, and says how much differs", () =>
  onStage({ modes: ["send", "sync"] }, (stage) => {
    const { a, b } = stage;
    write(a, "x", "x");
    write(a, "y", "y");
    stage.settle();
    write(b, "x", "edited by b");
    write(b, "new", "made by b");
    remove(b, "y");
    stage.rest();
    assert.deepEqual(treeOf(a), { x: "x", y: "y" });
    assert.equal(a.folder!.differs, 3);
    assert.equal(statusKind(a), "waiting");
    write(a, "z", "z");
    stage.rest();
    assert.equal(textAt(b, "z"), "z");
    const told = stage.done(override(a.folder!.replica, false));
    assert.deepEqual(told, { replaced: 1, restored: 1, deleted: 1 });
    assert.equal(textAt(b, "x"), "edited by b");
    stage.done(override(a.folder!.replica, true));
    stage.settle();
    assert.deepEqual(treeOf(b), { x: "x", y: "y", z: "z" });
    assert.ok(keptBy(b).has("edited by b") && keptBy(b).has("made by b"));
  }));

Deno.test("equal files of a device that only sends and of others are one, and differ in nothing", () =>
  onStage({ modes: ["send", "sync"] }, (stage) => {
    const { a, b } = stage;
    b.kill();
    write(a, "x", "the same");
    a.disk.user.touch(`${ROOT}/x`, 1_700_000_000_000);
    stage.go(2_000);
    a.kill();
    write(b, "x", "the same");
    b.disk.user.touch(`${ROOT}/x`, 1_700_000_000_000);
    b.start();
    stage.go(2_000);
    a.start();
    stage.rest();
    assert.equal(a.folder!.differs, 0);
    write(a, "x", "and then another");
    stage.settle();
    assert.equal(textAt(b, "x"), "and then another");
    assert.deepEqual(conflictsIn(b.folder!.replica), []);
  }));

Deno.test("an edit of a device that only sends meets one that it did not take: both are kept elsewhere, and an override ends it", () =>
  onStage({ devices: 3, modes: ["send", "sync", "sync"] }, (stage) => {
    const [a, b, c] = stage.world.devices as [SimDevice, SimDevice, SimDevice];
    write(a, "x", "first");
    stage.settle();
    write(b, "x", "by b");
    stage.rest();
    write(a, "x", "by a");
    stage.rest();
    for (const device of [b, c]) {
      const texts = Object.values(treeOf(device));
      assert.ok(texts.includes("by b"), `${device.name}: ${texts}`);
    }
    assert.deepEqual(treeOf(b), treeOf(c));
    stage.done(override(a.folder!.replica, true));
    stage.settle();
    assert.deepEqual(treeOf(c), { x: "by a" });
    assert.ok(keptBy(b).has("by b"));
  }));

Deno.test("from send to sync what others did is taken, and from sync to send what was under way is not", () =>
  onStage({ modes: ["send", "sync"] }, (stage) => {
    const { a, b } = stage;
    write(b, "x", "by b");
    stage.rest();
    assert.equal(preview(stage, a, "sync").taken, 1);
    change(stage, a, "sync");
    stage.settle();
    assert.equal(textAt(a, "x"), "by b");
    for (let i = 0; i < 40; i++) write(b, `many/${i}`, `file ${i}`);
    stage.until(
      "something is needed",
      () => !a.folder!.replica.catalogue.needs.isEmpty(a.folder!.replica.number),
    );
    const changing = a.folder!.modes.change("send");
    stage.done(changing);
    const at = Object.keys(treeOf(a)).length;
    stage.rest();
    assert.equal(Object.keys(treeOf(a)).length, at);
    assert.ok(a.folder!.differs > 0);
    change(stage, a, "sync");
    stage.settle();
    assert.equal(Object.keys(treeOf(a)).length, 41);
  }));
