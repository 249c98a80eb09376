/** The simulated pool gives the real one's answers, and a file may change while it is hashed. */
import assert from "node:assert/strict";
import { sha256 } from "../../../src/core/content.ts";
import type { ContentId } from "../../../src/core/ids.ts";
import { FsError, type HashedFile } from "../../../src/platform/ports.ts";
import { hashFile } from "../../../src/platform/real/content_hash.ts";
import { contentOf } from "../../../src/core/content_of.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { bytesOf, forSeeds, testDisk, textAt } from "./disk_for_tests.ts";
import { Rng } from "./rng.ts";

Deno.test("hash() gives what the real pool gives, of files of all sizes", async () => {
  using dir = tempDir();
  const { disk } = testDisk(1);
  const sizes = [0, 1, 16_383, 16_384, 16_385, 65_536, 300_000, 2_000_000];
  const paths: string[] = [];
  const expected: HashedFile[] = [];
  for (const size of sizes) {
    const bytes = new Rng(size).bytes(size);
    Deno.writeFileSync(`${dir.path}/${size}`, bytes);
    expected.push(hashFile(`${dir.path}/${size}`) as HashedFile);
    disk.user.writeFile(`/d/${size}`, bytes);
    paths.push(`/d/${size}`);
  }
  const { pool } = disk.boot();
  assert.deepEqual(await pool.hash(paths), expected);
  assert.deepEqual(await pool.hash(paths), expected, "and again");
});

Deno.test("hash() answers errors at their places", async () => {
  const { disk } = testDisk(1);
  disk.user.writeFile("/d/a", bytesOf("x"));
  disk.user.symlink("a", "/d/l");
  disk.user.makeOther("/d/fifo");
  const { pool } = disk.boot();
  const answers = await pool.hash(["/d/none", "/d/a", "/d", "/d/l", "/d/fifo"]);
  assert.deepEqual(
    answers.map((answer) => answer instanceof FsError ? answer.code : answer.size),
    ["not-found", 1, "is-directory", "symlink-loop", "unsupported"],
  );
  assert.equal(disk.openDescriptors, 0);
});

Deno.test("a file that changes while it is hashed gives old, new, a mixture or an error, never nothing", async () => {
  const seen = new Set<string>();
  const old = contentOf(bytesOf("0".repeat(100)));
  const fresh = contentOf(bytesOf("1".repeat(100)));
  await forSeeds(300, {}, async ({ disk }, seed) => {
    disk.user.writeFile("/d/a", bytesOf("0".repeat(100)));
    const { pool } = disk.boot();
    const answer = pool.hash(["/d/a"]);
    for (let i = 0; i < seed % 30; i++) await Promise.resolve();
    if (seed % 2 === 0) disk.user.writeAt("/d/a", bytesOf("1".repeat(100)), 0);
    else disk.user.truncate("/d/a", 10);
    const [hashed] = await answer;
    if (hashed instanceof FsError) seen.add(hashed.code);
    else {seen.add(
        hashed!.content === old ? "old" : hashed!.content === fresh ? "new" : `other ${hashed!.size === 100}`,
      );}
  });
  assert.deepEqual([...seen].sort(), ["io", "new", "old", "other false", "other true"]);
});

Deno.test("pieces are checked, written, copied and read", async () => {
  const { disk } = testDisk(1);
  const { fs, pool } = disk.boot();
  fs.open("/d/stage", "create").close();
  const text = "abcdefghij";
  const piece = (offset: number, length: number, from = text) => ({
    offset,
    length,
    digest: sha256(bytesOf(from.slice(offset, offset + length))),
  });
  const pieces = [piece(0, 4), piece(4, 6, "xxxxxxxxxx")];
  assert.deepEqual(await pool.writePieces("/d/stage", pieces, bytesOf(text)), [true, false]);
  assert.equal(textAt(disk, "/d/stage"), "abcd");
  disk.user.writeFile("/d/source", bytesOf(`--${text}`));
  const copies = [{ ...piece(4, 6), sourceOffset: 6 }, { ...piece(0, 4), sourceOffset: 0 }];
  assert.deepEqual(await pool.copyPieces("/d/source", "/d/stage", copies), [true, false]);
  assert.equal(textAt(disk, "/d/stage"), text);
  assert.deepEqual(await pool.checkPieces("/d/stage", pieces), [true, false]);
  assert.deepEqual(await pool.copyPieces("/d/none", "/d/stage", copies), [false, false]);
  assert.deepEqual(await pool.checkPieces("/d/none", pieces), [false, false]);
  await assert.rejects(() => pool.writePieces("/d/none", pieces, bytesOf(text)), { code: "not-found" });
  assert.deepEqual(await pool.readStretch("/d/stage", 2, 3), bytesOf("cde"));
  assert.equal(await pool.readStretch("/d/stage", 8, 3), null);
  assert.equal(disk.openDescriptors, 0);
});

Deno.test("small files are read and written whole, with mode and mtime, or not at all", async () => {
  const { disk } = testDisk(1);
  const { pool } = disk.boot();
  const [one, two] = ["one", "two!"].map((text) => contentOf(bytesOf(text))) as [ContentId, ContentId];
  disk.user.writeFile("/d/2", bytesOf("a leftover"));
  const files = [
    { path: "/d/1", offset: 0, length: 3, content: one, mode: 0o600, mtimeMs: 5_000 },
    { path: "/d/2", offset: 3, length: 4, content: two, mode: 0o644, mtimeMs: 6_000 },
    { path: "/d/3", offset: 0, length: 3, content: two, mode: 0o644, mtimeMs: 6_000 },
    { path: "/none/4", offset: 0, length: 3, content: one, mode: 0o644, mtimeMs: 6_000 },
  ];
  const answers = await pool.writeSmall(files, bytesOf("onetwo!"));
  assert.deepEqual(answers.map((answer) => answer instanceof FsError ? answer.code : answer), [
    true,
    true,
    false,
    "not-found",
  ]);
  const { mode, mtimeMs } = disk.peek("/d/1")!;
  assert.deepEqual([mode, mtimeMs, disk.user.list("/d")], [0o600, 5_000, ["1", "2"]]);
  assert.deepEqual(
    await pool.readSmall([{ path: "/d/1", content: one }, { path: "/d/2", content: one }, {
      path: "/d/3",
      content: one,
    }]),
    [bytesOf("one"), null, null],
  );
});

Deno.test("a small file whose writing fails is not left behind", async () => {
  const { disk } = testDisk(1);
  const { pool } = disk.boot();
  disk.setCapacity("/", disk.used("/") + 300);
  const bytes = new Uint8Array(1000);
  const file = { path: "/d/1", offset: 0, length: 1000, content: contentOf(bytes), mode: 0o644, mtimeMs: 0 };
  const [answer] = await pool.writeSmall([file], bytes);
  assert.equal((answer as FsError).code, "no-space");
  assert.deepEqual(disk.user.list("/d"), []);
});

Deno.test("a pool that is closed refuses, also what it was at", async () => {
  const { disk } = testDisk(1);
  disk.user.writeFile("/d/a", bytesOf("x"));
  const { pool } = disk.boot();
  const running = pool.hash(["/d/a"]);
  pool.close();
  await assert.rejects(() => running, /closed/);
  await assert.rejects(() => pool.hash(["/d/a"]), /closed/);
  assert.equal(disk.openDescriptors, 0);
});
