/** Large files from several peers over links in memory: shares, stalls, slowness, changed sources. */
import assert from "node:assert/strict";
import { chunkCount, chunkOffsets, contentId, digestsOf, sha256 } from "../../src/core/content.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";
import { changesOf } from "../../src/core/list_changes.ts";
import { createIdentity } from "../../src/peer/identity.ts";
import { openSession, type Session } from "../../src/peer/session.ts";
import type { HashPool } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { fetchLarge, type LargeWant } from "../../src/sync/fetch_large.ts";
import type { Fetched } from "../../src/sync/fetch_small.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import { Sharing } from "../../src/sync/sharing.ts";
import { Sources } from "../../src/sync/sources.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { type ManualClock, manualClock, settle } from "../support/clock.ts";
import { linkPair, type MemoryLink } from "../support/links.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import { greeting, sessionOf } from "../support/sessions.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A disk without an end. */
const ENDLESS = { promise: () => true, fulfil: () => {} };
const MIB = 2 ** 20;
const FILE = sampleBytes(7, 24 * MIB);
const LIST = chunkListOf(FILE);
const CONTENT = contentId(FILE.length, digestsOf(LIST));
const OFFSETS = chunkOffsets(LIST);

const identities = await Promise.all(Array.from({ length: 4 }, () => createIdentity(realRandom())));

/** A peer that has the file, and how it serves it. */
interface Holder {
  readonly device: number;
  /** Our end of the session with it. */
  readonly session: Session;
  /** Its end of the link: what stalls there comes late to us. */
  readonly link: MemoryLink;
  /** Milliseconds that it takes for a mebibyte. */
  delayMs: number;
  /** What it says makes the file's list of another one; null where it has not that. */
  changes: (base: string) => Uint8Array<ArrayBuffer> | null;
  /** How often it was asked for the whole list. */
  lists: number;
  /** What it answers instead of the file's bytes. */
  spoil: (bytes: Uint8Array) => Uint8Array | null;
  served: number;
  open: number;
  most: number;
}

interface Scene extends Disposable {
  readonly clock: ManualClock;
  readonly sources: Sources;
  readonly sharing: Sharing;
  readonly holders: readonly Holder[];
  /** Bytes that were written into the stage, over all. */
  written: number;
  gained: number;
  isWriting: number;
  want(over?: Partial<LargeWant>): Promise<Fetched>;
  staged(): Uint8Array;
  /** Moves time on until the promise is settled; fails when that takes too long. */
  finish<T>(work: Promise<T>, mostMs?: number): Promise<{ value: T; ms: number }>;
}

async function scene(count: number): Promise<Scene> {
  const clock = manualClock();
  const dir = tempDir();
  const sources = new Sources(clock);
  const sharing = new Sharing({ fs: realFs(), clock, order: 5, wanted: () => {} });
  const holders: Holder[] = [];
  for (let i = 1; i <= count; i++) {
    const holder = await holderOf(clock, i);
    holders.push(holder);
    sources.add(i, holder.session);
    sharing.came(i, holder.session);
  }
  const stage = dir.at("stage");
  const it: Scene = {
    clock,
    sources,
    sharing,
    holders,
    written: 0,
    gained: 0,
    isWriting: 0,
    async want(over = {}) {
      const pool = {
        writePieces: async (
          path: string,
          pieces: { offset: number; length: number; digest: Uint8Array }[],
          bytes: Uint8Array,
        ) => {
          it.isWriting++;
          await settle();
          using file = Deno.openSync(path, { write: true });
          let at = 0;
          const good = pieces.map(({ offset, length, digest }) => {
            const piece = bytes.subarray(at, at += length);
            if (!sha256(piece).every((byte, i) => byte === digest[i])) return false;
            file.seekSync(offset, Deno.SeekMode.Start);
            file.writeSync(piece);
            it.written += length;
            return true;
          });
          it.isWriting--;
          return good;
        },
      } as unknown as HashPool;
      const fetched = await fetchLarge(
        {
          fs: realFs(),
          pool,
          sources,
          clock,
          sharing: it.sharing,
          gained: (bytes) => it.gained += bytes,
          room: ENDLESS,
          listed: () => {},
        },
        {
          content: CONTENT,
          size: FILE.length,
          stage,
          devices: holders.map(({ device }) => device),
          bases: () => [],
          isLocal: false,
          hold: (file) => file.close(),
          chunks: LIST,
          former: null,
          ...over,
        },
      );
      assert.equal(it.isWriting, 0, "nothing is written any more once the outcome is told");
      return fetched;
    },
    staged: () => Deno.readFileSync(stage),
    async finish(work, mostMs = 60_000) {
      let isDone = false;
      const done = work.finally(() => isDone = true);
      done.catch(() => {});
      let ms = 0;
      for (; !isDone && ms < mostMs; ms += ms < 2_000 ? 5 : 250) await clock.advance(ms < 2_000 ? 5 : 250);
      assert.ok(isDone, `not done after ${mostMs} ms`);
      return { value: await done, ms };
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
  return it;
}

async function holderOf(clock: ManualClock, device: number): Promise<Holder> {
  const [us, them] = [identities[0]!.certificateDer, identities[device]!.certificateDer];
  const links = linkPair({ certificates: [us, them] });
  const opened = await Promise.all([
    openSession(links[0], "dialled", greeting(), clock),
    openSession(links[1], "accepted", greeting(), clock),
  ]);
  const [session, server] = opened.map(sessionOf) as [Session, Session];
  const holder: Holder = {
    device,
    session,
    link: links[1],
    delayMs: 5,
    changes: () => null,
    lists: 0,
    spoil: (bytes) => bytes,
    served: 0,
    open: 0,
    most: 0,
  };
  // One after the other, as a disk and a wire do.
  let busyUntilMs = 0;
  server.onMessage(({ type, header, requestId }) => {
    if (requestId === 0) return;
    if (type === MESSAGE.changes) {
      const changes = holder.changes(toHex((header as [unknown, Uint8Array])[1]));
      const answer = changes === null ? [-1, 0] : [FILE.length, chunkCount(LIST)];
      return server.answer(requestId, "bulk", MESSAGE.changesAnswer, answer, changes ?? undefined);
    }
    const [, first, number] = header as [unknown, number, number];
    holder.most = Math.max(holder.most, ++holder.open);
    const bytes = type === MESSAGE.list ? LIST : FILE.subarray(OFFSETS[first]!, OFFSETS[first + number]!);
    busyUntilMs = Math.max(busyUntilMs, clock.monotonic()) + holder.delayMs * bytes.length / MIB;
    clock.after(busyUntilMs - clock.monotonic(), () => {
      holder.open--;
      if (type === MESSAGE.list) {
        holder.lists++;
        return server.answer(requestId, "bulk", MESSAGE.listAnswer, [FILE.length, chunkCount(LIST)], LIST);
      }
      const raw = holder.spoil(bytes);
      if (raw !== null) holder.served += raw.length;
      server.answer(requestId, "bulk", MESSAGE.piecesAnswer, [raw === null ? 0 : 1], raw ?? undefined);
    });
  });
  return holder;
}

function whole(it: Scene): void {
  assert.ok(it.staged().every((byte, i) => byte === FILE[i]), "the file is not what it should be");
  assert.equal(it.gained, FILE.length);
}

Deno.test("chunks come from several peers at once, and none is asked for more than its share at a time", async () => {
  using it = await scene(3);
  const { value } = await it.finish(it.want());
  assert.deepEqual(value.ok, true);
  whole(it);
  assert.equal(it.written, FILE.length);
  for (const { served, most } of it.holders) {
    assert.ok(served > FILE.length / 6, `only ${served} bytes came from one of three equal ones`);
    assert.ok(most > 1 && most <= 8, `${most} requests at once`);
  }
});

Deno.test("the chunk list comes from whoever answers, when another one is silent", async () => {
  using it = await scene(2);
  const [silent] = it.holders as [Holder, Holder];
  silent.link.stall(true);
  const { value } = await it.finish(it.want({ chunks: null }), 120_000);
  assert.equal(value.ok, true);
  assert.equal(silent.session.ending, null);
});

Deno.test("the list of a file that changed comes as changes of its former one; what makes none is asked for whole", async () => {
  const before = sampleBytes(7, 24 * MIB).fill(1, 9 * MIB, 9 * MIB + 10);
  const chunks = chunkListOf(before);
  const former = { content: contentId(before.length, digestsOf(chunks)), chunks };
  const right = changesOf(chunks, LIST)!;
  assert.ok(right.length < LIST.length / 4, `${right.length} of ${LIST.length} bytes`);
  const answers = { right, none: null, torn: right.slice(1), wrong: right.slice().fill(0, 12) };
  for (const [name, answer] of Object.entries(answers)) {
    using it = await scene(1);
    const [holder] = it.holders as [Holder];
    holder.changes = (base) => base === former.content ? answer : null;
    const { value } = await it.finish(it.want({ chunks: null, former }));
    assert.equal(value.ok, true);
    whole(it);
    assert.equal(holder.lists, name === "right" ? 0 : 1, name);
  }
});

Deno.test("a fast peer brings more than a slow one, by measured speed", async () => {
  using it = await scene(2);
  const [slow, fast] = it.holders as [Holder, Holder];
  slow.delayMs = 400;
  fast.delayMs = 20;
  const { value, ms } = await it.finish(it.want());
  assert.equal(value.ok, true);
  whole(it);
  assert.ok(fast.served > 2 * slow.served, `${fast.served} and ${slow.served}`);
  assert.ok(ms < 400 * 24 / 2, `${ms} ms: the slow one held it up`);
});

Deno.test("a peer that stalls is replaced in mid-file, and keeps its session", async () => {
  using it = await scene(2);
  const [stalling, other] = it.holders as [Holder, Holder];
  stalling.delayMs = other.delayMs = 40;
  const fetching = it.want();
  for (let i = 0; stalling.served < 3 * MIB && i < 1_000; i++) await it.clock.advance(5);
  stalling.link.stall(true);
  const { value } = await it.finish(fetching, 30_000);
  assert.equal(value.ok, true);
  whole(it);
  assert.ok(other.served > FILE.length / 2);
  assert.equal(stalling.session.ending, null, "merely silent for a while");
  // What it had on its way comes late: nobody writes it into a file that is in its place by now.
  const { written } = it;
  stalling.link.stall(false);
  await it.clock.advance(1_000);
  assert.equal(it.written, written);
  // It is as good as any other again.
  Deno.removeSync(value.ok ? value.stage : "");
  const before = stalling.served;
  assert.equal((await it.finish(it.want())).value.ok, true);
  assert.ok(stalling.served > before);
});

Deno.test("a peer that trickles is no stalled one; at the end of the file a faster one brings what it owes", async () => {
  using it = await scene(2);
  const [slow, fast] = it.holders as [Holder, Holder];
  fast.delayMs = 10;
  const fetching = it.want();
  slow.link.stall(true);
  // 20 KiB a second: some progress all the time.
  let isDone = false;
  fetching.finally(() => isDone = true);
  let ms = 0;
  for (; !isDone && ms < 60_000; ms += 500) {
    slow.link.letThrough(10 * 1024);
    await it.clock.advance(500);
  }
  assert.equal((await fetching).ok, true);
  whole(it);
  assert.ok(ms < 15_000, `${ms} ms`);
  assert.equal(slow.session.ending, null);
});

Deno.test("with nobody else to ask a stalled peer is waited for, and goes on", async () => {
  using it = await scene(1);
  const [only] = it.holders as [Holder];
  const fetching = it.want();
  await it.clock.advance(20);
  only.link.stall(true);
  await it.clock.advance(40_000);
  only.link.stall(false);
  assert.equal((await it.finish(fetching)).value.ok, true);
  whole(it);
  assert.equal(it.written, FILE.length);
});

Deno.test("a peer that goes, one whose file has changed and one that lies leave the work to the one that is left", async () => {
  using it = await scene(3);
  const [going, changed, good] = it.holders as [Holder, Holder, Holder];
  changed.spoil = () => changed.served > 2 * MIB ? null : FILE.subarray(0, 5);
  const fetching = it.want();
  await it.clock.advance(15);
  going.session.close("goes");
  assert.equal((await it.finish(fetching)).value.ok, true);
  whole(it);
  assert.ok(good.served > FILE.length / 2);
});

Deno.test("with nobody left it is told, and what has come stays in the stage", async () => {
  using it = await scene(2);
  for (const holder of it.holders) holder.spoil = (bytes) => holder.served > 4 * MIB ? null : bytes;
  const { value } = await it.finish(it.want());
  assert.ok(!value.ok && /changed on the other device/.test(value.cause));
  assert.ok(it.gained > 4 * MIB);
  const { written } = it;
  await it.clock.advance(5_000);
  assert.equal(it.written, written);
});

/** What a device tells that fetches the file too. */
function tells(it: Scene, { session }: Holder, ...numbers: number[]): void {
  it.sharing.heard(session, [fromHex(CONTENT), false, numbers]);
}

Deno.test("who has some of it gives that; when who had all of it is gone, the others complete it", async () => {
  using it = await scene(3);
  const [first, second, third] = it.holders as [Holder, Holder, Holder];
  const half = Math.floor(chunkCount(LIST) / 2);
  for (const holder of it.holders) holder.delayMs = 40;
  const fetching = it.want({ devices: [first.device] });
  await it.clock.advance(20);
  tells(it, second, 0, half);
  await it.clock.advance(60);
  first.session.close("goes");
  tells(it, third, half, chunkCount(LIST) - half);
  const { value } = await it.finish(fetching);
  assert.equal(value.ok, true);
  whole(it);
  assert.ok(second.served > FILE.length / 4 && third.served > FILE.length / 4);
});

Deno.test("who tells of what it does not give, or gives something else, is asked no more after some times", async () => {
  for (const given of [null, FILE.subarray(0, 5)]) {
    using it = await scene(2);
    const [holder, liar] = it.holders as [Holder, Holder];
    let asked = 0;
    liar.spoil = () => {
      asked++;
      return given;
    };
    holder.delayMs = 400;
    const fetching = it.want({ devices: [holder.device] });
    await it.clock.advance(5);
    tells(it, liar, 0, chunkCount(LIST));
    const { value } = await it.finish(fetching);
    assert.equal(value.ok, true);
    whole(it);
    assert.ok(asked > 0 && asked < 12, `asked ${asked} times`);
  }
});

Deno.test("with only such left as have no more than we, they are waited for; when none tells of more, it is told", async () => {
  using it = await scene(2);
  const [first, second] = it.holders as [Holder, Holder];
  const fetching = it.want({ devices: [first.device] });
  await it.clock.advance(15);
  // What the first one has not brought until then.
  const last = OFFSETS.length - 1;
  tells(it, second, last - 24, 8);
  first.session.close("goes");
  await it.clock.advance(15_000);
  tells(it, second, last - 16, 8);
  await it.clock.advance(15_000);
  tells(it, second, last - 8, 8);
  const { value, ms } = await it.finish(fetching);
  assert.ok(!value.ok && /no connected device has it/.test(value.cause));
  assert.ok(ms > 15_000, `${ms} ms`);
  assert.ok(it.gained >= OFFSETS[last]! - OFFSETS[last - 24]!);
});
