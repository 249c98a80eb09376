/** What devices that fetch the same content tell each other, and what they give out of their stages. */
import assert from "node:assert/strict";
import { chunkCount, chunkOffsets, contentId, digestsOf } from "../../src/core/content.ts";
import { type ContentId, fromHex } from "../../src/core/ids.ts";
import type { Session } from "../../src/peer/session.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import type { Partial, Range } from "../../src/sync/partial.ts";
import { NEWS_MS, Sharing } from "../../src/sync/sharing.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { type ManualClock, manualClock } from "../support/clock.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import { tempDir } from "../support/temp_dir.ts";

const FILE = sampleBytes(3, 4 * 2 ** 20);
const LIST = chunkListOf(FILE);
const COUNT = chunkCount(LIST);
const OFFSETS = chunkOffsets(LIST);
const CONTENT = contentId(FILE.length, digestsOf(LIST));
const HOLDER = 1;

interface Scene extends Disposable {
  readonly clock: ManualClock;
  readonly sharing: Sharing;
  readonly wanted: ContentId[];
  readonly stage: string;
  /** A session with a device, and what it was told. */
  peer(device: number): { session: Session; told: [asks: boolean, numbers: number[]][]; end(): void };
  begin(have?: Uint8Array): Partial;
}

function scene(): Scene {
  const clock = manualClock();
  const dir = tempDir();
  const stage = dir.at("stage");
  Deno.writeFileSync(stage, FILE);
  const wanted: ContentId[] = [];
  const sharing = new Sharing({
    fs: realFs(),
    clock,
    order: 7,
    wanted: (contents) => wanted.push(...contents),
  });
  return {
    clock,
    sharing,
    wanted,
    stage,
    peer(device) {
      const told: [boolean, number[]][] = [];
      const closers: (() => void)[] = [];
      const session = {
        onClose: (run: () => void) => closers.push(run),
        send: (lane: string, type: number, [content, asks, ranges]: [Uint8Array, boolean, number[]]) => {
          assert.deepEqual([lane, type, content], ["control", MESSAGE.part, fromHex(CONTENT)]);
          told.push([asks, ranges]);
        },
      } as unknown as Session;
      sharing.came(device, session);
      return { session, told, end: () => closers.forEach((run) => run()) };
    },
    begin(have = new Uint8Array(COUNT)) {
      const partial = sharing.open({
        content: CONTENT,
        size: FILE.length,
        chunks: LIST,
        offsets: OFFSETS,
        have,
        stage,
        holders: new Set([HOLDER]),
      })!;
      partial.company = { told: () => {}, left: () => {} };
      return partial;
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

function part(asks: boolean, ...numbers: number[]) {
  return [fromHex(CONTENT), asks, numbers];
}

Deno.test("who fetches asks the others, and tells them what comes, gathered; who has it all is not told", async () => {
  using it = scene();
  const [holder, other] = [it.peer(HOLDER), it.peer(2)];
  const have = new Uint8Array(COUNT);
  have.fill(1, 0, 3);
  const partial = it.begin(have);
  await it.clock.advance(NEWS_MS);
  for (const chunk of [7, 8, 5]) {
    have[chunk] = 1;
    it.sharing.got(partial, chunk);
  }
  assert.deepEqual(other.told, [[true, [0, 3]]]);
  await it.clock.advance(NEWS_MS);
  await it.clock.advance(10 * NEWS_MS);
  assert.deepEqual(other.told, [[true, [0, 3]], [false, [7, 2, 5, 1]]]);
  assert.deepEqual(holder.told, []);
});

Deno.test("who asks is told all, who comes later too, and who comes back anew", async () => {
  using it = scene();
  const other = it.peer(2);
  it.begin(new Uint8Array(COUNT).fill(1, 4, 6));
  await it.clock.advance(NEWS_MS);
  it.sharing.heard(other.session, part(true));
  await it.clock.advance(NEWS_MS);
  assert.deepEqual(other.told, [[true, [4, 2]], [false, [4, 2]]]);
  const late = it.peer(3);
  await it.clock.advance(NEWS_MS);
  assert.deepEqual(late.told, [[true, [4, 2]]]);
  other.end();
  const again = it.peer(2);
  await it.clock.advance(NEWS_MS);
  assert.deepEqual(again.told, [[true, [4, 2]]]);
});

Deno.test("a fetch is told what others have, and who is gone; chunks that the content does not have end the session", () => {
  using it = scene();
  const other = it.peer(2);
  const told: [number, readonly Range[]][] = [];
  const gone: number[] = [];
  it.begin().company = {
    told: (device, ranges) => told.push([device, ranges]),
    left: (one) => gone.push(one),
  };
  it.sharing.heard(other.session, part(false, 0, 2, COUNT - 1, 1));
  assert.deepEqual(told, [[2, [[0, 2], [COUNT - 1, 1]]]]);
  assert.throws(() => it.sharing.heard(other.session, part(false, COUNT - 1, 2)), /does not have/);
  other.end();
  assert.deepEqual(gone, [2]);
});

Deno.test("only what was checked is given, out of the stage that it was checked in", () => {
  using it = scene();
  const have = new Uint8Array(COUNT).fill(1, 2, 5);
  const partial = it.begin(have);
  const stretch = (first: number, count: number) => it.sharing.stretch(CONTENT, first, count, () => OFFSETS);
  assert.deepEqual([stretch(2, 3)!.offset, stretch(2, 3)!.length], [OFFSETS[2], OFFSETS[5]! - OFFSETS[2]!]);
  for (const [first, count] of [[1, 2], [4, 2], [COUNT - 1, 5]] as const) {
    assert.equal(stretch(first, count), null);
  }
  have.fill(1);
  it.sharing.ended(partial, true);
  const whole = stretch(0, COUNT)!;
  assert.ok(whole.isStill());
  // The name is another file's: placed by an exchange, it is the former one's.
  Deno.writeFileSync(`${it.stage}2`, FILE);
  Deno.renameSync(`${it.stage}2`, it.stage);
  assert.ok(!whole.isStill());
  assert.equal(stretch(0, 1), null);
  Deno.removeSync(it.stage);
  assert.equal(stretch(0, 1), null);
});

Deno.test("when a fetch has ended without all, it is begun anew once others have what is missing", async () => {
  using it = scene();
  const other = it.peer(2);
  const partial = it.begin(new Uint8Array(COUNT).fill(1, 0, 3));
  it.sharing.ended(partial, false);
  assert.equal(it.sharing.mayHelp(CONTENT, LIST), false);
  it.sharing.heard(other.session, part(false, 0, 3));
  await it.clock.advance(60_000);
  assert.deepEqual([it.wanted, it.sharing.mayHelp(CONTENT, LIST)], [[], false]);
  it.sharing.heard(other.session, part(false, 0, 4));
  it.sharing.heard(other.session, part(false, 4, 4));
  await it.clock.advance(60_000);
  assert.deepEqual([it.wanted, it.sharing.mayHelp(CONTENT, LIST)], [[CONTENT], true]);
});

Deno.test("what another device fetches, and may be needed here, is looked for; with nobody there, nobody can help", async () => {
  using it = scene();
  assert.equal(it.sharing.mayHelp(CONTENT, LIST), false);
  const other = it.peer(2);
  assert.equal(it.sharing.mayHelp(CONTENT, LIST), true);
  it.sharing.heard(other.session, part(false, 0, 3));
  it.sharing.heard(other.session, part(true));
  it.sharing.heard(other.session, part(true));
  await it.clock.advance(NEWS_MS);
  assert.deepEqual(it.wanted, [CONTENT]);
});

Deno.test("the order is the file's own as long as nobody else may fetch it", () => {
  using it = scene();
  it.peer(HOLDER);
  assert.equal(it.sharing.orderOf(CONTENT, new Set([HOLDER])), null);
  it.peer(2);
  assert.notEqual(it.sharing.orderOf(CONTENT, new Set([HOLDER])), null);
});

Deno.test("of two folders that fetch the same, one shares its stage", () => {
  using it = scene();
  const partial = it.begin();
  const second = {
    content: CONTENT,
    size: FILE.length,
    chunks: LIST,
    offsets: OFFSETS,
    holders: new Set<number>(),
  };
  const open = () => it.sharing.open({ ...second, have: new Uint8Array(COUNT), stage: it.stage });
  assert.equal(open(), null);
  it.sharing.ended(partial, false);
  assert.notEqual(open(), null);
});
