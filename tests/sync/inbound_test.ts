/** What becomes of all that is under way when a batch cannot be placed. */
import assert from "node:assert/strict";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { type Side, twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

const LARGE = "x".repeat(200_000);

function stages({ fs, replica }: Side): string[] {
  return fs.list(replica.layout.stage).map(({ name }) => name);
}

Deno.test("a batch that cannot be made durable leaves no stage behind, its intent known, and what is on its way under way", async () => {
  const { fs, failing } = failingFs(realFs(), new FsError("io", "the disk"));
  await using both = await twoFolders(() => fs);
  const { a, b } = both;
  let comes = () => {};
  b.beforeFetch = (path) => path === "large" ? new Promise((resolve) => comes = resolve) : Promise.resolve();
  await a.write("large", LARGE);
  await a.write("small", "small");
  await a.look();
  failing.on = "syncFile syncFileSystem";
  a.tell(b);
  await waitFor("the batch to have failed", () => b.blocked().some((line) => line.startsWith("small:")));
  assert.deepEqual(stages(b), []);
  assert.ok(b.replica.catalogue.openIntents(b.replica.number).length > 0);
  assert.equal(b.replica.intents.at("small" as never, null)?.isPlaced, false);
  b.sync.inbound.retryAll();
  await waitFor("it to have failed again", () => b.fetched.filter((path) => path === "small").length > 1);
  assert.equal(
    b.fetched.filter((path) => path === "large").length,
    1,
    "one content is not staged twice at a time",
  );
  assert.ok(!b.blocked().some((line) => line.startsWith("large:")));
  failing.on = null;
  comes();
  await both.settle();
  await b.look();
  await both.settle();
  assert.deepEqual(b.list(), a.list());
  assert.deepEqual(stages(b), []);
  assert.deepEqual(b.replica.catalogue.openIntents(b.replica.number), []);
});
