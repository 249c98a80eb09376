/** What was damaged when it went into the version store, and what a program writes there (R15, R21). */
import assert from "node:assert/strict";
import type { Kept } from "../../src/core/kept.ts";
import { storedAt } from "../../src/folder/versions.ts";
import { contentOf } from "../support/entries.ts";
import { keptOf, settled, withPair } from "../support/rotting_pair.ts";
import type { Side } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a file that was damaged before another device's touch came, and is deleted before it was read again, is no late write (R15, R21)", async () => {
  await withPair(async ({ a, b, settle }, rot) => {
    const kept = await touchedAndDeleted(a, b, settle, () => rot("f"));
    const damaged = () => keptOf(b, "f").then((all) => all.filter(({ why }) => why === "damaged"));
    await waitFor("what is kept to be read", async () => (await damaged()).length > 0);
    assert.deepEqual(kept.map(({ why }) => why), ["deleted"]);
    const [{ file, content, size }] = await damaged() as [Kept];
    assert.deepEqual([content, size], [contentOf("`s it was"), 9], "its bytes are kept as what they are");
    assert.equal(Deno.readTextFileSync(storedAt(b.replica.versions, { file })), "`s it was");
    await b.look();
    assert.deepEqual([a.list(), b.list()], [[], []]);
    // The index says it too, where the catalogue is made anew.
    b.replica.catalogue.kept.forget(b.replica.number);
    assert.deepEqual((await keptOf(b, "f")).map((one) => [one.why, one.content]), [["damaged", content]]);
  });
});

Deno.test("what a program writes into a file that was touched and deleted comes back beside it, damaged before or not (R15, R21)", async () => {
  for (const isDamaged of [false, true]) {
    await withPair(async ({ a, b, settle }, rot, disk) => {
      let open: Deno.FsFile | null = null;
      const [kept] = await touchedAndDeleted(a, b, settle, () => {
        if (isDamaged) rot("f");
        open = Deno.openSync(`${b.root}/f`, { append: true });
      });
      using file = open!;
      if (isDamaged) disk.thaw(storedAt(b.replica.versions, kept!));
      file.writeSync(new TextEncoder().encode(" and on"));
      const was = isDamaged ? "`s it was and on" : "as it was and on";
      await waitFor("the writing to come back", () => b.list().some((one) => one.endsWith(`=${was}`)));
      assert.deepEqual(await keptOf(b, "f"), []);
    });
  }
});

/** Where `before` is done to B's file at rest, A touches it, and deletes it right after; answers what B keeps of it, unread. */
async function touchedAndDeleted(
  a: Side,
  b: Side,
  settle: () => Promise<void>,
  before: () => void,
): Promise<Kept[]> {
  await a.write("f", "as it was");
  await a.look();
  await settle();
  await settled(a);
  await settled(b);
  before();
  Deno.utimeSync(`${a.root}/f`, 1e9, 1e9);
  await a.look();
  await settle();
  Deno.removeSync(`${a.root}/f`);
  await a.look();
  await settle();
  return await keptOf(b, "f");
}
