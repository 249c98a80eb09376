import assert from "node:assert/strict";
import { type DiskSpace, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { FOLDER_RESERVE, HOME_RESERVE, keptFree, Room, ROOM_CHECK_MS } from "../../src/sync/room.ts";
import { manualClock } from "../support/clock.ts";

const GIB = 2 ** 30;

function roomOn(space: { now: DiskSpace | null | "broken" }) {
  const clock = manualClock();
  const fs = {
    ...realFs(),
    freeSpace: (path: string) => {
      if (space.now === "broken") throw new FsError("io", path);
      return space.now;
    },
  };
  return { clock, room: new Room(fs, clock, "/data", FOLDER_RESERVE) };
}

Deno.test("keptFree() is the lesser of a size and a share of the disk", () => {
  assert.equal(keptFree(FOLDER_RESERVE, 1_000 * GIB), GIB);
  assert.equal(keptFree(FOLDER_RESERVE, 50 * GIB), GIB / 2);
  assert.equal(keptFree(HOME_RESERVE, 100 * GIB), 64 * 2 ** 20);
  assert.equal(keptFree(HOME_RESERVE, 128 * 2 ** 20), 32 * 2 ** 20);
});

Deno.test("left() is what is beyond the reserve, at the limit and one past it", () => {
  const space = { now: { free: GIB + 1, total: 1_000 * GIB } };
  const { room } = roomOn(space);
  assert.equal(room.left(), 1);
  space.now = { free: GIB, total: 1_000 * GIB };
  assert.ok(room.left() === 0 && room.isShort);
});

Deno.test("a disk that does not tell, or cannot be asked, has room until it refuses", () => {
  for (const now of [null, "broken" as const]) {
    const { room } = roomOn({ now });
    assert.ok(room.left() === Infinity && !room.isShort);
    assert.equal(room.words(), "full");
  }
});

Deno.test("words() say what is free and what is kept free", () => {
  const { room } = roomOn({ now: { free: 0.3 * GIB, total: 1_000 * GIB } });
  assert.equal(room.words(), "full: 0.3 GiB free, 1.0 GiB kept free");
  assert.match(room.remedy, /disk of \/data.*goes on by itself/);
});

Deno.test("a refusal is believed for a while, whatever the disk says of its room", async () => {
  const space: { now: DiskSpace } = { now: { free: 500 * GIB, total: 1_000 * GIB } };
  const { room, clock } = roomOn(space);
  room.refused();
  assert.ok(room.left() === 0 && room.isRefusing);
  assert.match(room.words(), /quota.*500\.0 GiB free/);
  await clock.advance(ROOM_CHECK_MS);
  assert.ok(room.left() > 0 && !room.isRefusing);

  space.now = { ...space.now, free: 0 };
  room.refused();
  space.now = { ...space.now, free: 20 * GIB };
  assert.match(room.words(), /full until now, with 20\.0 GiB free/);
});

Deno.test("promise() lets writes that begin together have no more than there is", () => {
  const { room } = roomOn({ now: { free: GIB + 10, total: 1_000 * GIB } });
  assert.ok(room.promise(6));
  assert.equal(room.promise(6), false);
  assert.ok(room.promise(4));
  room.fulfil(6);
  assert.ok(room.promise(6));
});

Deno.test("whenThere() waits for room, or until nobody wants it any more", async () => {
  const space: { now: DiskSpace } = { now: { free: 0, total: 1_000 * GIB } };
  const { room, clock } = roomOn(space);
  let isOver = false;
  let done = 0;
  void room.whenThere(() => false).then(() => done++);
  void room.whenThere(() => isOver).then(() => done++);
  await clock.advance(5 * ROOM_CHECK_MS);
  assert.equal(done, 0);
  isOver = true;
  await clock.advance(ROOM_CHECK_MS);
  assert.equal(done, 1);
  space.now = { free: 100 * GIB, total: 1_000 * GIB };
  await clock.advance(ROOM_CHECK_MS);
  assert.equal(done, 2);
});
