/** A batch in which a step fails: what stands on the disk of it is the peer's version still, and no edit of ours (R19). */
import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { pathOf } from "../support/entries.ts";
import { heard, ours, place, tell } from "../support/placing.ts";
import { withKeeper } from "../support/replicas.ts";

Deno.test("a catalogue that breaks in the middle of a batch: what stands on the disk already is the peer's, and no edit (R19)", () =>
  withKeeper(async (scene) => {
    const { replica, root } = scene;
    await ours(scene, "lost", "mine");
    const batch = [await heard(scene, "a", "new"), await heard(scene, "lost", "theirs", false)];
    const { prints } = replica.catalogue;
    const put = prints.put.bind(prints);
    prints.put = () => {
      throw new CairnError("catalogue-broken", "the disk of the home is full");
    };
    try {
      await assert.rejects(place(scene, ...batch), { code: "catalogue-broken" });
    } finally {
      prints.put = put;
    }
    assert.equal(root.read("a"), "new");
    const intended = replica.intents.at(pathOf("a"), replica.own(pathOf("a")));
    assert.equal(intended?.isPlaced, true);
    assert.ok(replica.intents.at(pathOf("lost"), replica.own(pathOf("lost"))), "and what was to come");
  }));

Deno.test("a step that is refused half-way stays intended, and the others of its batch are recorded (R19)", async () => {
  const { fs, failing } = failingFs(realFs(), new FsError("io", "the disk"));
  await withKeeper(async (scene) => {
    const { replica, root } = scene;
    await ours(scene, "touched", "text");
    const { entry } = replica.own(pathOf("touched"))!.row;
    const meta = { actor: "09".repeat(8) as never, counter: 1_000 };
    const version = {
      ...entry.version,
      meta,
      metaStamp: entry.version.metaStamp + 1 as never,
      context: new Map([...entry.version.context, [meta.actor, meta.counter]]),
    };
    tell(scene, "touched", { ...entry, mode: 0o600, mtimeMs: 5_000, version });
    const fresh = await heard(scene, "a", "new");
    failing.on = "setMtime";
    const outcomes = await place(scene, { path: pathOf("touched"), staged: null, movedFrom: null }, fresh);
    failing.on = null;
    assert.equal(outcomes.get(pathOf("a"))?.kind, "done");
    assert.equal(outcomes.get(pathOf("touched"))?.kind, "blocked");
    assert.equal(Deno.statSync(root.at("touched")).mode! & 0o777, 0o600, "one half of it was done");
    assert.equal(replica.own(pathOf("a"))?.row.entry.writer, "02".repeat(32));
    assert.ok(replica.intents.at(pathOf("touched"), replica.own(pathOf("touched"))));
    assert.ok(replica.catalogue.openIntents(replica.number).some(({ path }) => path === "touched"));
  }, fs);
});

Deno.test("a step that is refused before it did anything leaves no intent behind", async () => {
  const { fs, failing } = failingFs(realFs(), new FsError("permission", "the directory"));
  await withKeeper(async (scene) => {
    await ours(scene, "a", "old");
    const ready = await heard(scene, "a", "new");
    failing.on = "exchange rename";
    const outcomes = await place(scene, ready);
    failing.on = null;
    assert.equal(outcomes.get(pathOf("a"))?.kind, "blocked");
    assert.equal(scene.root.read("a"), "old");
    assert.deepEqual(scene.replica.catalogue.openIntents(scene.replica.number), []);
  }, fs);
});
