import assert from "node:assert/strict";
import { decodeKept } from "../../src/core/kept.ts";
import { KeptIndex } from "../../src/folder/kept_index.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { pathOf } from "../support/entries.ts";
import { keptOf } from "../support/kept.ts";
import { tempDir } from "../support/temp_dir.ts";

function named(path: string) {
  return keptOf({ path: pathOf(path) });
}

/** The paths that all segments tell of, a small read at a time. */
async function pathsIn(index: KeptIndex): Promise<string[]> {
  const out: string[] = [];
  for (const { number, bytes } of index.segments()) {
    for (let from = 0; from < bytes;) {
      const { lines, next } = await index.read(number, from, 1);
      if (next === from) break;
      for (const line of lines) out.push(decodeKept(line)?.path ?? "damaged");
      from = next;
    }
  }
  return out;
}

Deno.test("what is written is read again, over several runs, in one segment", async () => {
  using dir = tempDir();
  for (const run of ["1", "2", "3"]) {
    const index = new KeptIndex(realFs(), dir.at("index"));
    await index.write([named(`${run}/a`), named(`${run}/b`)]);
    await index.write([named(`${run}/c`)]);
  }
  const index = new KeptIndex(realFs(), dir.at("index"));
  assert.equal(index.segments().length, 1);
  assert.deepEqual(await pathsIn(index), ["1/a", "1/b", "1/c", "2/a", "2/b", "2/c", "3/a", "3/b", "3/c"]);
});

Deno.test("a torn end costs the torn line alone", async () => {
  using dir = tempDir();
  const before = new KeptIndex(realFs(), dir.at("index"));
  await before.write([named("a"), named("b")]);
  const file = before.path(1);
  Deno.truncateSync(file, Deno.statSync(file).size - 20);
  assert.deepEqual(await pathsIn(before), ["a"]);
  const after = new KeptIndex(realFs(), dir.at("index"));
  await after.write([named("c")]);
  assert.deepEqual(await pathsIn(after), ["a", "damaged", "c"]);
});

for (const call of ["file.write", "open", "syncDirectory"]) {
  Deno.test(`after a failed ${call} lines go to another segment, and none before is lost`, async () => {
    using dir = tempDir();
    const { fs, failing } = failingFs(realFs(), new FsError("no-space", "index"));
    const index = new KeptIndex(fs, dir.at("index"));
    if (call !== "syncDirectory") await index.write([named("a")]);
    failing.on = call;
    await assert.rejects(index.write([named("b")]), { code: "no-space" });
    failing.on = null;
    await index.write([named("c")]);
    const paths = await pathsIn(index);
    assert.equal(paths.at(-1), "c");
    assert.ok(call === "syncDirectory" || paths[0] === "a");
    assert.ok(index.segments().length > (call === "open" ? 0 : 1));
  });
}

Deno.test("no file is held open between batches: the disk can be unmounted", async () => {
  using dir = tempDir();
  let open = 0;
  const real = realFs();
  const index = new KeptIndex({
    ...real,
    open: (path, mode) => {
      const file = real.open(path, mode);
      open++;
      return { ...file, close: () => (open--, file.close()) };
    },
  }, dir.at("index"));
  await index.write([named("a")]);
  await index.read(1, 0, 100);
  assert.equal(open, 0);
});
