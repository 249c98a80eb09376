import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { RECORD_BYTES, SEGMENT_BYTES } from "../../src/core/limits.ts";
import { type Durable, Journal } from "../../src/journal/journal.ts";
import { openSegments, readFrames } from "../../src/journal/segments.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs, watchedFs } from "../support/broken_fs.ts";
import { lsnOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

interface Opened {
  readonly journal: Journal;
  readonly durable: Durable[];
  readonly damage: string | null;
  append(text: string): Promise<number>;
}

/** `applied` is what the catalogue claims to have seen. */
function openJournal(dir: string, fs: Fs = realFs(), applied = 0, onDurable?: () => void): Opened {
  const { segments, lastLsn, damage } = openSegments(fs, dir, lsnOf(applied));
  const durable: Durable[] = [];
  const journal = new Journal(fs, dir, segments, lastLsn, (records) => {
    onDurable?.();
    durable.push(...records);
  });
  return { journal, durable, damage, append: (text) => journal.append(bytesOf(text), text) };
}

/** All records on disk, as `lsn text`. */
function recorded(dir: string): string[] {
  const fs = realFs();
  const { segments } = openSegments(fs, dir, lsnOf(0));
  const frames = [...readFrames(fs, segments, lsnOf(1))];
  return frames.map(({ lsn, payload }) => `${lsn} ${new TextDecoder().decode(payload).slice(0, 20)}`);
}

function segmentFiles(dir: string): string[] {
  return realFs().list(dir).map(({ name }) => name).filter((name) => name.endsWith(".seg")).sort();
}

Deno.test("appends get consecutive lsns and are read again in their order", async () => {
  using dir = tempDir();
  const { journal, append } = openJournal(dir.path);
  assert.deepEqual([await append("one"), await append("two"), await append("three")], [1, 2, 3]);
  await journal.close();
  assert.deepEqual(recorded(dir.path), ["1 one", "2 two", "3 three"]);
});

Deno.test("appends that arrive together share one sync (group commit)", async () => {
  using dir = tempDir();
  const syncs: string[] = [];
  const fs = watchedFs(realFs(), (call) => call === "file.syncData" && syncs.push(call));
  const { journal, append } = openJournal(dir.path, fs);
  await append("opens the segment");
  syncs.length = 0;
  const lsns = await Promise.all(Array.from({ length: 50 }, (_, i) => append(`record ${i}`)));
  assert.deepEqual(lsns, Array.from({ length: 50 }, (_, i) => i + 2));
  assert.equal(syncs.length, 1);
  await journal.close();
});

Deno.test("nothing is answered, and nobody told, before its sync is done (invariant 1)", async () => {
  using dir = tempDir();
  const events: string[] = [];
  const real = realFs();
  const fs: Fs = {
    ...real,
    open(path, mode) {
      const file = real.open(path, mode);
      return {
        ...file,
        async syncData() {
          await file.syncData();
          events.push("synced");
        },
      };
    },
  };
  const { journal, append } = openJournal(dir.path, fs, 0, () => events.push("told"));
  await append("first").then(() => events.push("answered"));
  assert.deepEqual(events, ["synced", "synced", "told", "answered"]); // the first sync is the new segment's header
  await journal.close();
});

Deno.test("listeners hear of records in the order of their lsns, whoever appends meanwhile", async () => {
  using dir = tempDir();
  const { journal, durable, append } = openJournal(dir.path);
  const appended: Promise<number>[] = [];
  for (let i = 0; i < 200; i++) {
    appended.push(append(`record ${i}`));
    if (i % 7 === 0) await appended.at(-1);
  }
  const lsns = await Promise.all(appended);
  assert.deepEqual(lsns, [...lsns].sort((a, b) => a - b));
  assert.deepEqual(durable.map(({ lsn }) => lsn), lsns);
  assert.deepEqual(durable.map(({ tag }) => tag), Array.from({ length: 200 }, (_, i) => `record ${i}`));
  await journal.close();
});

Deno.test("an append that comes any few turns after the last answer is written too (no wake-up is lost)", async () => {
  using dir = tempDir();
  const { journal, append } = openJournal(dir.path);
  for (let turns = 0; turns < 12; turns++) {
    await append(`after ${turns}`);
    for (let i = 0; i < turns; i++) await null;
  }
  await journal.close();
  assert.equal(recorded(dir.path).length, 12);
});

Deno.test("lsns go on where they were when the journal is opened again", async () => {
  using dir = tempDir();
  for (let round = 0; round < 3; round++) {
    const { journal, append, damage } = openJournal(dir.path);
    assert.equal(damage, null);
    assert.equal(await append(`round ${round}`), round + 1);
    await journal.close();
  }
  assert.deepEqual(recorded(dir.path), ["1 round 0", "2 round 1", "3 round 2"]);
});

Deno.test("a segment that is full is followed by another", async () => {
  using dir = tempDir();
  const { journal } = openJournal(dir.path);
  const count = Math.ceil(SEGMENT_BYTES / RECORD_BYTES) + 1;
  for (let i = 0; i < count; i++) await journal.append(new Uint8Array(RECORD_BYTES).fill(65 + i), i);
  await journal.close();
  assert.deepEqual(segmentFiles(dir.path).map((name) => Number.parseInt(name)), [1, count]);
  assert.equal(journal.segments.length, 2);
  const expected = Array.from({ length: count }, (_, i) => `${i + 1} ${String.fromCharCode(65 + i)}`);
  assert.deepEqual(recorded(dir.path).map((text) => text.slice(0, 3)), expected);
});

Deno.test("a record of the limit is taken, none and one byte more are not (invariant 10)", async () => {
  using dir = tempDir();
  const { journal } = openJournal(dir.path);
  assert.throws(() => journal.append(new Uint8Array(0), 0), { code: "internal" });
  assert.throws(() => journal.append(new Uint8Array(RECORD_BYTES + 1), 0), { code: "internal" });
  await journal.append(new Uint8Array(RECORD_BYTES), 0);
  await journal.close();
  assert.throws(() => journal.append(new Uint8Array(1), 0), { code: "internal" });
});

for (const call of ["file.syncData", "file.write"]) {
  Deno.test(`when ${call} fails the append is refused, and the next one works in a new segment (R27)`, async () => {
    using dir = tempDir();
    const { fs, failing } = failingFs(realFs(), new FsError("no-space", "disk"));
    const { journal, durable, append } = openJournal(dir.path, fs);
    await append("good");
    failing.on = call;
    const both = [append("lost"), append("lost too")];
    for (const one of both) await assert.rejects(one, { code: "journal-broken" });
    assert.match(journal.failure!, /no-space/);
    failing.on = null;
    assert.equal(await append("good again"), 2);
    assert.equal(journal.failure, null);
    await journal.close();
    assert.deepEqual(durable.map(({ tag }) => tag), ["good", "good again"]);
    assert.deepEqual(recorded(dir.path), ["1 good", "2 good again"]);
    assert.equal(segmentFiles(dir.path).length, 2);
  });
}

Deno.test("what the catalogue refuses is cut off again, as if it had never been written", async () => {
  using dir = tempDir();
  let refuse = false;
  const { journal, append } = openJournal(dir.path, realFs(), 0, () => {
    if (refuse) throw new Error("database or disk is full");
  });
  await append("good");
  refuse = true;
  await assert.rejects(append("refused"), { code: "journal-broken" });
  refuse = false;
  await journal.close();
  assert.deepEqual(recorded(dir.path), ["1 good"]);
});

Deno.test("a disk that cannot cut either loses nothing that was answered (R27)", async () => {
  using dir = tempDir();
  const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
  const { journal, append } = openJournal(dir.path, fs);
  await append("good");
  failing.on = "file.syncData file.truncate"; // the bytes are in the file and stay there
  await assert.rejects(append("refused"), { code: "journal-broken" });
  failing.on = null;
  assert.equal(await append("good again"), 2);
  await journal.close();
  const again = openJournal(dir.path);
  assert.equal(again.damage, null);
  assert.equal(again.journal.lastLsn, 2);
  assert.deepEqual(recorded(dir.path), ["1 good", "2 good again"]);
});

Deno.test("a new segment that cannot be made is tried again", async () => {
  using dir = tempDir();
  const { fs, failing } = failingFs(realFs(), new FsError("no-space", "disk"));
  const { journal, append } = openJournal(dir.path, fs);
  failing.on = "syncDirectory";
  await assert.rejects(append("refused"), { code: "journal-broken" });
  failing.on = null;
  assert.equal(await append("good"), 1);
  await journal.close();
  assert.deepEqual(recorded(dir.path), ["1 good"]);
});

Deno.test("a record that was cut at any byte is gone, those before it are there, and lsns go on from them", async () => {
  using dir = tempDir();
  const { journal, append } = openJournal(dir.path);
  await append("one");
  const before = journal.segments[0]!.bytes;
  await append("two");
  await journal.close();
  const path = journal.segments[0]!.path;
  const whole = Deno.readFileSync(path);
  for (let length = before; length < whole.length; length++) {
    Deno.writeFileSync(path, whole.slice(0, length));
    const again = openJournal(dir.path);
    assert.deepEqual([again.damage, again.journal.lastLsn], [null, 1]);
    assert.equal(Deno.statSync(path).size, before, "the torn tail is cut");
  }
  const { journal: last, append: go } = openJournal(dir.path);
  assert.equal(await go("two again"), 2);
  await last.close();
  assert.deepEqual(recorded(dir.path), ["1 one", "2 two again"]);
});

Deno.test("a header that was cut leaves an empty segment, which the next append replaces", async () => {
  for (const length of [0, 1, 15]) {
    using dir = tempDir();
    const { journal, append } = openJournal(dir.path);
    await append("one");
    await journal.close();
    const path = journal.segments[0]!.path;
    Deno.writeFileSync(path, Deno.readFileSync(path).slice(0, length));
    const again = openJournal(dir.path);
    assert.deepEqual([again.damage, again.journal.lastLsn], [null, 0]);
    assert.equal(await again.append("anew"), 1);
    await again.journal.close();
    assert.deepEqual(recorded(dir.path), ["1 anew"]);
  }
});

Deno.test("damage in the middle is reported, and what stood before it is kept (R27)", async () => {
  using dir = tempDir();
  const { journal, append } = openJournal(dir.path);
  for (const text of ["one", "two", "three"]) await append(text);
  await journal.close();
  const path = journal.segments[0]!.path;
  const bytes = Deno.readFileSync(path);
  bytes[16 + 16 + 3 + 16 + 1]! ^= 1; // in "two"
  Deno.writeFileSync(path, bytes);
  const again = openJournal(dir.path);
  assert.match(again.damage!, /damaged behind record 1/);
  assert.equal(again.journal.lastLsn, 1);
  assert.deepEqual(recorded(dir.path), ["1 one"]);
});

Deno.test("a segment that is missing between two is damage", async () => {
  using dir = tempDir();
  for (const text of ["one", "two", "three"]) {
    const { journal, append } = openJournal(dir.path);
    await append(text);
    await journal.close();
  }
  Deno.removeSync(`${dir.path}/${segmentFiles(dir.path)[1]}`);
  const again = openJournal(dir.path);
  assert.match(again.damage!, /damaged/);
  assert.equal(again.journal.lastLsn, 1);
});

Deno.test("a segment of a newer format is refused and left as it is", async () => {
  using dir = tempDir();
  const { journal, append } = openJournal(dir.path);
  await append("one");
  await journal.close();
  const path = journal.segments[0]!.path;
  const bytes = Deno.readFileSync(path);
  bytes[6] = 2;
  new DataView(bytes.buffer).setUint32(16, crc32(bytes.subarray(0, 16)), true);
  Deno.writeFileSync(path, bytes);
  assert.throws(() => openJournal(dir.path), { code: "journal-broken" });
  assert.deepEqual(Deno.readFileSync(path), bytes);
});

Deno.test("segments that the catalogue has seen to their end are not read at open", async () => {
  using dir = tempDir();
  for (const text of ["one", "two"]) {
    const { journal, append } = openJournal(dir.path);
    await append(text);
    await journal.close();
  }
  const first = `${dir.path}/${segmentFiles(dir.path)[0]}`;
  const read: unknown[] = [];
  const fs = watchedFs(realFs(), (call, path) => call === "readSmall" && read.push(path));
  const { journal } = openJournal(dir.path, fs, 2);
  assert.equal(journal.lastLsn, 2);
  assert.ok(!read.includes(first) && read.length === 1);
});
