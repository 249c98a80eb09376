import assert from "node:assert/strict";
import { contentId, digestsOf, sha256 } from "../../src/core/content.ts";
import type { ContentId } from "../../src/core/ids.ts";
import { FsError, type HashedFile, type HashPool } from "../../src/platform/ports.ts";
import { BIG_FILE_BYTES } from "../../src/platform/real/content_hash.ts";
import { contentOf } from "../../src/core/content_of.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { RecentContents } from "../../src/platform/real/recent_contents.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

async function withPool(workers: number, run: (pool: HashPool) => Promise<void>): Promise<void> {
  const pool = realHashPool(workers);
  try {
    await run(pool);
  } finally {
    pool.close();
  }
}

function hashed(answer: HashedFile | FsError | undefined): HashedFile {
  assert.ok(answer !== undefined && !(answer instanceof FsError), String(answer));
  return answer;
}

Deno.test("bytes of small files stay at hand for a while once they are hashed, where that is wished", async () => {
  using dir = tempDir();
  const small = Array.from({ length: 200 }, (_, i) => sampleBytes(i + 1, 1 + i * 90));
  small.forEach((bytes, i) => Deno.writeFileSync(dir.at(`f${i}`), bytes));
  Deno.writeFileSync(dir.at("large"), sampleBytes(999, 300_000));
  const paths = [...small.map((_, i) => dir.at(`f${i}`)), dir.at("large"), dir.at("missing")];
  await withPool(2, async (pool) => {
    await pool.hash(paths);
    assert.equal(pool.recent(contentOf(small[5]!)), null);
    pool.keepRecent(true);
    const answers = await pool.hash(paths);
    for (const bytes of small) assert.deepEqual(pool.recent(contentOf(bytes)), bytes);
    assert.equal(pool.recent(hashed(answers[200]).content), null);
    pool.keepRecent(false);
    assert.equal(pool.recent(contentOf(small[5]!)), null);
  });
});

Deno.test("no more than sixteen MiB of such bytes are kept: the oldest go, and nobody has them then", () => {
  const recent = new RecentContents();
  const files = Array.from({ length: 40 }, (_, i) => {
    const bytes = new Uint8Array(2 ** 19).fill(i);
    return { size: bytes.length, content: contentOf(bytes), chunks: null, bytes };
  });
  try {
    for (const file of files) recent.add([file]);
    assert.deepEqual(files.map(({ content }) => recent.of(content) !== null), files.map((_, i) => i >= 8));
    assert.equal(files[0]!.bytes.length, 0);
    assert.equal(recent.of(files[39]!.content), files[39]!.bytes);
  } finally {
    recent.clear();
  }
});

Deno.test("hash() answers at the index of each path; a failing file does not fail the others", async () => {
  using dir = tempDir();
  const paths = Array.from({ length: 300 }, (_, i) => {
    if (i % 7 !== 3) Deno.writeFileSync(dir.at(`f${i}`), sampleBytes(i + 1, i * 37));
    return dir.at(`f${i}`);
  });
  await withPool(2, async (pool) => {
    const answers = await pool.hash(paths);
    assert.equal(answers.length, 300);
    answers.forEach((answer, i) => {
      if (i % 7 === 3) {
        assert.ok(answer instanceof FsError && answer.code === "not-found" && answer.path === paths[i]);
      } else assert.equal(hashed(answer).content, contentOf(sampleBytes(i + 1, i * 37)));
    });
    assert.deepEqual(await pool.hash([]), []);
  });
});

for (const workers of [1, 2]) {
  Deno.test(`hash() of a big file among small ones is that of a cutting end to end, ${workers} workers`, async () => {
    using dir = tempDir();
    const bytes = sampleBytes(31, BIG_FILE_BYTES + 12_345);
    bytes.fill(0, 30_000_000, 36_000_000); // over the border of two stretches
    Deno.writeFileSync(dir.at("big"), bytes);
    Deno.writeTextFileSync(dir.at("a"), "a");
    await withPool(workers, async (pool) => {
      const [small, big] = await pool.hash([dir.at("a"), dir.at("big")]);
      const list = chunkListOf(bytes);
      assert.equal(hashed(small).chunks, null);
      assert.equal(hashed(big).content, contentId(bytes.length, digestsOf(list)));
      assert.deepEqual(hashed(big).chunks, list);
    });
  });
}

Deno.test("an urgent job is done while a big file is being hashed", async () => {
  using dir = tempDir();
  const far = Deno.openSync(dir.at("big"), { create: true, write: true });
  far.truncateSync(8 * BIG_FILE_BYTES); // sparse, and of equal bytes: the cuttings never meet
  far.close();
  Deno.writeTextFileSync(dir.at("a"), "a");
  await withPool(2, async (pool) => {
    let done = false;
    const big = pool.hash([dir.at("big")]).then((answers) => {
      done = true;
      return answers;
    });
    const content = contentOf(new TextEncoder().encode("a"));
    for (let i = 0; i < 3; i++) {
      assert.equal((await pool.readSmall([{ path: dir.at("a"), content }]))[0]?.length, 1);
    }
    assert.equal(done, false);
    assert.equal(hashed((await big)[0]).size, 8 * BIG_FILE_BYTES);
  });
});

Deno.test("pieces and small files go through the workers, their bytes are given away", async () => {
  using dir = tempDir();
  const bytes = sampleBytes(41, 200_000);
  const list = chunkListOf(bytes);
  const half = 100_000;
  const pieces = [0, half].map((offset) => ({
    offset,
    length: half,
    digest: sha256(bytes.subarray(offset, offset + half)),
  }));
  await withPool(2, async (pool) => {
    const [path, copy] = [dir.at("f"), dir.at("copy")];
    const small = {
      path,
      offset: 0,
      length: bytes.length,
      content: contentId(bytes.length, digestsOf(list)),
    };
    const sent = bytes.slice();
    assert.deepEqual(await pool.writeSmall([{ ...small, mode: 0o600, mtimeMs: 1_000 }], sent), [true]);
    assert.equal(sent.length, 0);
    assert.deepEqual(await pool.readStretch(path, 0, bytes.length), bytes);
    Deno.writeFileSync(copy, new Uint8Array(0));
    assert.deepEqual(await pool.copyPieces(path, copy, [{ ...pieces[0]!, sourceOffset: 0 }]), [true]);
    assert.deepEqual(await pool.checkPieces(copy, pieces), [true, false]);
    assert.deepEqual(await pool.writePieces(copy, [pieces[1]!], bytes.slice(half)), [true]);
    assert.deepEqual(await pool.readSmall([{ path: copy, content: small.content }]), [bytes]);
    await assert.rejects(pool.writePieces(dir.at("missing"), pieces, bytes.slice()), FsError);
  });
});

Deno.test("a digest that is a view into a long list does not take the list along", async () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("f"), "x");
  const list = new Uint8Array(64 * 2 ** 20);
  list.set(sha256(new TextEncoder().encode("x")), 1_000);
  const piece = { offset: 0, length: 1, digest: list.subarray(1_000, 1_032) };
  await withPool(1, async (pool) => {
    assert.deepEqual(await pool.checkPieces(dir.at("f"), [piece]), [true]);
    assert.equal(list.length, 64 * 2 ** 20, "the list was not given away");
  });
});

Deno.test("a worker that dies fails its jobs with the reason, and is replaced", async () => {
  let spawned = 0;
  const pool = realHashPool(1, () => {
    spawned++;
    return new Worker(new URL("./dying_worker.ts", import.meta.url), { type: "module" });
  });
  try {
    await assert.rejects(pool.readStretch("/die", 0, 1), /worker died in readStretch.*told to die/);
    assert.equal(await pool.readStretch("/live", 0, 1), null);
    await assert.rejects(pool.hash(["/die"]), /worker died in hashSome/);
    assert.equal(await pool.readStretch("/live", 0, 1), null);
    assert.equal(spawned, 3);
  } finally {
    pool.close();
  }
});

/** A pool whose workers are counted as they begin and end. */
function countedPool(idleMs: number) {
  const count = { spawned: 0, ended: 0 };
  const spawn = () => {
    count.spawned++;
    const worker = new Worker(new URL("./dying_worker.ts", import.meta.url), { type: "module" });
    const terminate = worker.terminate.bind(worker);
    worker.terminate = () => {
      count.ended++;
      terminate();
    };
    return worker;
  };
  const pool = realHashPool(2, spawn, idleMs);
  const work = () => Promise.all(["/a", "/b"].map((path) => pool.readStretch(path, 0, 1)));
  return { count, pool, work };
}

Deno.test("all workers but one end when they have had nothing to do, and come back for the next work", async () => {
  const { count, pool, work } = countedPool(50);
  try {
    assert.deepEqual(await work(), [null, null]);
    assert.equal(count.spawned, 2);
    await waitFor("one to end", () => count.ended === 1);
    assert.deepEqual(await work(), [null, null]);
    assert.equal(count.spawned, 3);
  } finally {
    pool.close();
  }
  assert.equal(count.ended, 3);
});

Deno.test("warm() starts all workers before there is work; when none comes, the spare one ends and the first stays", async () => {
  const { count, pool, work } = countedPool(50);
  try {
    pool.warm();
    assert.equal(count.spawned, 2);
    await waitFor("the spare one to end", () => count.ended === 1);
    pool.warm();
    assert.equal(count.spawned, 3);
    assert.deepEqual(await work(), [null, null]);
    assert.equal(count.spawned, 3);
  } finally {
    pool.close();
  }
  assert.equal(count.ended, 3);
  pool.warm();
  assert.equal(count.spawned, 3);
});

Deno.test("at rest the spare worker ends at once, and who is at work is left alone", async () => {
  const { count, pool, work } = countedPool(600_000);
  try {
    const busy = work();
    pool.rest();
    assert.deepEqual(await busy, [null, null]);
    assert.equal(count.ended, 0);
    pool.rest();
    assert.equal(count.ended, 1);
    assert.deepEqual(await work(), [null, null]);
    assert.equal(count.spawned, 3);
  } finally {
    pool.close();
  }
});

Deno.test("close() fails what is waiting and what comes after, and starts no worker for it", async () => {
  const pool = realHashPool(1);
  const waiting = Array.from(
    { length: 5 },
    () => pool.readSmall([{ path: "/nothing", content: "" as ContentId }]),
  );
  pool.close();
  for (const job of waiting) await assert.rejects(job, /The hash pool is closed/);
  await assert.rejects(pool.hash(["/nothing"]), /The hash pool is closed/);
});
