import assert from "node:assert/strict";
import { maxChunkBytes } from "../../src/core/chunker.ts";
import {
  CHUNK_RECORD_BYTES,
  chunkCount,
  contentId,
  digestsOf,
  EMPTY_CONTENT,
} from "../../src/core/content.ts";
import type { ContentId } from "../../src/core/ids.ts";
import { SMALL_FILE_BYTES } from "../../src/core/limits.ts";
import { FsError } from "../../src/platform/ports.ts";
import { cutBig, hashSome } from "../../src/platform/real/content_hash.ts";
import { contentOf } from "../../src/core/content_of.ts";
import { readSmall, readStretch, writeSmall } from "../../src/platform/real/content_work.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const LARGE = 2 ** 40;

function sampleFile(dir: TempDir, name: string, seed: number, length: number) {
  const bytes = sampleBytes(seed, length);
  Deno.writeFileSync(dir.at(name), bytes);
  return bytes;
}

Deno.test("hashSome() identifies files of every size like the plainest cutting", () => {
  using dir = tempDir();
  for (
    const size of [1, 16_383, 16_384, 16_385, 65_536, 262_144, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3_500_001]
  ) {
    const bytes = sampleFile(dir, "f", size, size);
    const list = chunkListOf(bytes);
    const expected = {
      size,
      content: contentId(size, digestsOf(list)),
      chunks: size > SMALL_FILE_BYTES ? list : null,
    };
    assert.deepEqual(hashSome([dir.at("f")], LARGE), [expected]);
    assert.equal(contentOf(bytes), expected.content);
  }
});

Deno.test("hashSome() gives the list of a file that does not travel whole, also of one chunk", () => {
  using dir = tempDir();
  const lists = [SMALL_FILE_BYTES, SMALL_FILE_BYTES + 1, maxChunkBytes(0)].map((size) => {
    Deno.writeFileSync(dir.at("zeros"), new Uint8Array(size));
    const [hashed] = hashSome([dir.at("zeros")], LARGE);
    assert.ok("chunks" in hashed!);
    return hashed.chunks === null ? null : chunkCount(hashed.chunks);
  });
  assert.deepEqual(lists, [null, 1, 1]);
});

Deno.test("hashSome() identifies the empty file", () => {
  using dir = tempDir();
  Deno.writeFileSync(dir.at("f"), new Uint8Array(0));
  assert.deepEqual(hashSome([dir.at("f")], LARGE), [{ size: 0, content: EMPTY_CONTENT, chunks: null }]);
});

Deno.test("hashSome() stops behind its budget, after one file at least", () => {
  using dir = tempDir();
  const paths = [1, 2, 3, 4].map((seed) => {
    sampleFile(dir, `f${seed}`, seed, 1_000);
    return dir.at(`f${seed}`);
  });
  assert.deepEqual([0, 999, 1_000, 1_001, 4_000].map((budget) => hashSome(paths, budget).length), [
    1,
    1,
    1,
    2,
    4,
  ]);
});

Deno.test("hashSome() follows no symlink and waits for no FIFO; the others do not fail with them", async () => {
  using dir = tempDir();
  sampleFile(dir, "f", 1, 10);
  Deno.symlinkSync("f", dir.at("l"));
  await new Deno.Command("mkfifo", { args: [dir.at("p")] }).output();
  const answers = hashSome(["l", "p", "f", "", "missing", "f/x"].map(dir.at), LARGE);
  const codes = answers.map((answer) => answer instanceof FsError ? answer.code : "fine");
  assert.deepEqual(codes, [
    "symlink-loop",
    "unsupported",
    "fine",
    "is-directory",
    "not-found",
    "not-directory",
  ]);
});

/** A descriptor of this process, which other tests share, is of what is in a directory. */
function isBelow(descriptor: string, directory: string): boolean {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`).startsWith(directory);
  } catch {
    return false; // closed meanwhile
  }
}

Deno.test({
  name:
    "hashSome() leaves no file open: of those ahead that its budget did not reach, and of those that it refused",
  ignore: Deno.build.os !== "linux",
  fn() {
    using dir = tempDir();
    const paths = Array.from({ length: 40 }, (_, i) => {
      if (i % 3 > 0) sampleFile(dir, `f${i}`, i, 1_000);
      return dir.at(`f${i}`);
    });
    const open = () => [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => isBelow(name, dir.at("")));
    for (const budget of [1, 5_000, LARGE]) {
      const answers = hashSome(paths, budget);
      for (const [i, answer] of answers.entries()) assert.equal(answer instanceof FsError, i % 3 === 0);
      assert.deepEqual(open(), []);
    }
  },
});

Deno.test("cutBig() refuses another file of the same name, and one that shrank", () => {
  using dir = tempDir();
  sampleFile(dir, "f", 1, 100_000);
  const { ino, dev } = Deno.statSync(dir.at("f"));
  const file = { path: dir.at("f"), size: 100_000, ino: ino!, dev };
  assert.ok(cutBig(file, 0, 1).length >= CHUNK_RECORD_BYTES);
  assert.throws(() => cutBig({ ...file, ino: ino! + 1 }, 0, 1), FsError);
  assert.throws(() => cutBig({ ...file, size: 100_001 }, 0, 100_001), FsError);
});

Deno.test("readStretch() reads from anywhere in the file", () => {
  using dir = tempDir();
  const bytes = sampleFile(dir, "f", 3, 10_000);
  assert.deepEqual(readStretch(dir.at("f"), 4_000, 5_000), bytes.slice(4_000, 9_000));
});

Deno.test("readStretch() answers null when the file is short, gone or a symlink", () => {
  using dir = tempDir();
  sampleFile(dir, "f", 3, 10_000);
  Deno.symlinkSync("f", dir.at("l"));
  assert.equal(readStretch(dir.at("l"), 0, 10), null);
  assert.equal(readStretch(dir.at("missing"), 0, 10), null);
  assert.equal(readStretch(dir.at("f"), 9_000, 1_001), null);
});

Deno.test("readSmall() answers the files that still have their content", () => {
  using dir = tempDir();
  const a = sampleFile(dir, "a", 8, 500);
  const big = sampleFile(dir, "big", 9, 300_000);
  sampleFile(dir, "changed", 10, 500);
  Deno.symlinkSync("a", dir.at("l"));
  Deno.writeFileSync(dir.at("empty"), new Uint8Array(0));
  const answers = readSmall([
    { path: dir.at("a"), content: contentOf(a) },
    { path: dir.at("changed"), content: contentOf(a) },
    { path: dir.at("missing"), content: contentOf(a) },
    { path: dir.at("l"), content: contentOf(a) },
    { path: dir.at("big"), content: contentOf(big) },
    { path: dir.at("empty"), content: EMPTY_CONTENT },
  ]);
  assert.deepEqual(answers, [a, null, null, null, big, new Uint8Array(0)]);
});

Deno.test("writeSmall() creates each good file with mode and mtime, over a leftover but through no symlink", () => {
  using dir = tempDir();
  const bytes = sampleBytes(12, 1_000);
  Deno.writeTextFileSync(dir.at("leftover"), "a longer text than what comes");
  Deno.writeTextFileSync(dir.at("victim"), "untouched");
  Deno.symlinkSync("victim", dir.at("link"));
  Deno.mkdirSync(dir.at("d"));
  const file = (path: string, offset: number, length: number, content?: ContentId) => ({
    path: dir.at(path),
    offset,
    length,
    content: content ?? contentOf(bytes.subarray(offset, offset + length)),
    mode: 0o640,
    mtimeMs: 1_700_000_000_123,
  });
  const answers = writeSmall([
    file("new", 0, 600),
    file("empty", 600, 0),
    file("leftover", 600, 10),
    file("link", 0, 5),
    file("wrong", 0, 5, EMPTY_CONTENT),
    file("beyond", 990, 11),
    file("missing/x", 0, 5),
    file("d", 0, 5),
  ], bytes);
  const told = answers.map((answer) => answer instanceof FsError ? answer.code : answer);
  assert.deepEqual(told.slice(0, 7), [true, true, true, true, false, false, "not-found"]);
  assert.ok(answers[7] instanceof FsError);
  const stat = Deno.lstatSync(dir.at("new"));
  assert.deepEqual([stat.mode! & 0o777, stat.mtime!.getTime(), stat.size], [0o640, 1_700_000_000_123, 600]);
  assert.deepEqual(Deno.readFileSync(dir.at("leftover")), bytes.slice(600, 610));
  assert.equal(Deno.readTextFileSync(dir.at("victim")), "untouched");
  assert.ok(Deno.lstatSync(dir.at("link")).isFile);
  assert.deepEqual(
    [...Deno.readDirSync(dir.path)].filter(({ name }) => name === "wrong" || name === "beyond"),
    [],
  );
});
