import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import type { RelPath } from "../../src/core/ids.ts";
import {
  decodeWatermarks,
  encodeWatermarks,
  floorsOf,
  isBehind,
  mayForget,
  type Watermark,
} from "../../src/core/watermark.ts";
import { contentOf, deviceOf, dot, entryOf, lsnOf, pathOf } from "../support/entries.ts";
import { ForgetfulDevice, type MayForget, START_MS, untilForgotten } from "../support/forgetful.ts";

const [A, B, C] = [1, 2, 3].map(deviceOf) as [
  ReturnType<typeof deviceOf>,
  ReturnType<typeof deviceOf>,
  ReturnType<typeof deviceOf>,
];
const mark = (lsn: number, epoch = 1): Watermark => ({ epoch, lsn: lsnOf(lsn) });
const gone = entryOf({ kind: "deleted", dots: [dot(1, 2)] });
const alive = entryOf({ dots: [dot(1, 1)] });

Deno.test("watermarks survive the way through a fact; what is none of them says nothing", () => {
  const marks = new Map([[B, mark(7, 2)], [A, mark(0)]]);
  const there = decodeWatermarks(decode(encode(encodeWatermarks(marks))));
  assert.deepEqual([...there].sort(), [...marks].sort());
  for (
    const bad of [
      null,
      5,
      "x",
      {},
      [5],
      [[1, 2, 3]],
      [[new Uint8Array(31), 1, 1]],
      [[new Uint8Array(32), -1, 1]],
      [[new Uint8Array(32), 1, 1.5]],
      [[new Uint8Array(32), 1, "1"]],
      Array(1025).fill([new Uint8Array(32), 1, 1]),
    ]
  ) {
    assert.equal(decodeWatermarks(bad).size, 0);
  }
});

Deno.test("a floor is the least that any other member has published of the present epoch (R28)", () => {
  const published = new Map([
    [A, new Map([[B, mark(5)], [C, mark(9)]])],
    [B, new Map([[A, mark(3)], [C, mark(4)]])],
    [C, new Map([[A, mark(8)], [B, mark(6, 2)]])],
  ]);
  const floors = floorsOf([A, B, C], () => 1, (member) => published.get(member)!);
  assert.deepEqual([...floors], [[A, 3], [B, 0], [C, 4]]);
  const later = floorsOf([A, B, C], (member) => member === B ? 2 : 1, (member) => published.get(member)!);
  assert.equal(later.get(B), 0);
  assert.deepEqual([...floorsOf([A], () => 1, () => new Map())], [[A, Infinity]]);
});

Deno.test("a path is forgotten only when every row is a tombstone that every member has said it knows (R28)", () => {
  const floors = new Map([[A, 5], [B, 5]]);
  const row = (device: typeof A, lsn: number, entry = gone) => ({ device, lsn, entry });
  assert.ok(mayForget([row(A, 5), row(B, 1)], floors));
  assert.ok(mayForget([row(B, 5)], floors), "absent is as good");
  assert.ok(!mayForget([row(A, 6), row(B, 1)], floors), "not covered");
  assert.ok(!mayForget([row(A, 5), row(B, 1, alive)], floors), "an older living row pins it");
  assert.ok(!mayForget([row(A, 5), row(C, 1)], floors), "of a device that nobody has published about");
  assert.ok(!mayForget([row(A, -5), row(B, 1)], floors), "of an older epoch");
});

Deno.test("behind is who has less than it once said, in the same epoch or of an older one", () => {
  const have = (epoch: number, lsn: number) => ({ epoch, boot: null, lsn: lsnOf(lsn) });
  assert.ok(isBehind(have(1, 4), mark(5)));
  assert.ok(!isBehind(have(1, 5), mark(5)));
  assert.ok(!isBehind(have(2, 0), mark(5)));
  assert.ok(isBehind(have(1, 9), mark(1, 2)));
});

// ------------------------------------------------------------------------------------ a named story

const PATH = pathOf("a.txt");

function hearAll(devices: readonly ForgetfulDevice[]): void {
  for (let i = 0; i < 3; i++) {
    for (const device of devices) {
      for (const other of devices) device.hear(other);
      for (const path of device.paths) device.step(path);
    }
  }
}

function library(count: number, rule?: MayForget): ForgetfulDevice[] {
  const devices = Array.from({ length: count }, (_, i) => new ForgetfulDevice(i + 1, rule));
  // Those that were there from the start nobody doubts.
  for (const device of devices.slice(1)) devices[0]!.letIn(device);
  devices[0]!.inviters.clear();
  hearAll(devices);
  return devices;
}

Deno.test(
  "delete, acknowledge, power-cut one acknowledger, fill another's disk, drop the tombstone, create again, add a newcomer " +
    "through a stale relay: the new file lives, the old stays dead (R28)",
  () => {
    const [a, b, c, relay] = library(4) as [
      ForgetfulDevice,
      ForgetfulDevice,
      ForgetfulDevice,
      ForgetfulDevice,
    ];
    const all = [a, b, c, relay];
    a.write(PATH, "old");
    hearAll(all);
    for (const device of all) device.save();
    a.remove(PATH);
    // One disk is full: the delete is known there and cannot be done.
    c.isFull = true;
    hearAll(all);
    for (const device of all) device.publish();
    hearAll(all);
    for (const device of all) assert.deepEqual(device.forget(), [], "an older living row pins it");
    c.isFull = false;
    // All acknowledge; the catalogue of one is set back to before the delete.
    hearAll(all);
    for (const device of all) device.publish();
    b.powerCut();
    assert.equal(b.step(PATH), false, "what it once knew better does not count");
    assert.deepEqual(b.forget(), []);
    hearAll(all);
    for (const device of all) device.publish();
    hearAll([a, b, c, relay]);
    // The relay goes away without having forgotten.
    for (const device of [a, b, c]) assert.deepEqual(device.forget(), [PATH]);
    for (const device of [a, b, c]) assert.deepEqual(device.tombstones, []);
    assert.deepEqual(relay.tombstones, [PATH]);
    a.nowMs = b.nowMs = START_MS - 1_000;
    b.write(PATH, "new");
    hearAll([a, b, c]);
    const newcomer = new ForgetfulDevice(5);
    relay.letIn(newcomer);
    hearAll([relay, newcomer]);
    assert.deepEqual([...newcomer.tree], []);
    hearAll([a, b, c, relay, newcomer]);
    for (const device of [a, b, c, relay, newcomer]) {
      assert.deepEqual([...device.tree], [[PATH, contentOf("new")]], `device ${device.number}`);
    }
  },
);

Deno.test("a device that is away pins every tombstone that it has not heard of, until it is removed (R28)", () => {
  const [a, b, away] = library(3) as [ForgetfulDevice, ForgetfulDevice, ForgetfulDevice];
  a.write(PATH, "old");
  hearAll([a, b, away]);
  a.remove(PATH);
  for (let i = 0; i < 3; i++) {
    hearAll([a, b]);
    for (const device of [a, b]) {
      device.publish();
      assert.deepEqual(device.forget(), []);
    }
  }
  a.expel(away.id);
  hearAll([a, b]);
  for (const device of [a, b]) assert.deepEqual(device.forget(), [PATH]);
});

// ------------------------------------------------------------------------------------ histories

const PATHS = [PATH, pathOf("b")];
const MOST = 5;

interface Move {
  readonly act:
    | "write"
    | "delete"
    | "hear"
    | "part"
    | "step"
    | "publish"
    | "forget"
    | "save"
    | "cut"
    | "lose"
    | "full"
    | "join"
    | "expel"
    | "settle";
  readonly device: number;
  readonly other: number;
  readonly path: number;
  readonly share: number;
}

const weights: Record<Move["act"], number> = {
  write: 4,
  delete: 4,
  hear: 10,
  part: 3,
  step: 6,
  publish: 6,
  forget: 8,
  save: 1,
  cut: 1,
  lose: 1,
  full: 1,
  join: 1,
  expel: 1,
  settle: 5,
};
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    act: fc.oneof(
      ...Object.entries(weights).map(([act, weight]) => ({
        weight,
        arbitrary: fc.constant(act as Move["act"]),
      })),
    ),
    device: fc.nat(MOST - 1),
    other: fc.nat(MOST - 1),
    path: fc.nat(PATHS.length - 1),
    share: fc.constantFrom(0.2, 0.5, 0.8),
  }),
  { maxLength: 120, size: "max" },
);

interface Played {
  readonly devices: ForgetfulDevice[];
  /** Contents that a person replaced or deleted, seeing them, and where. */
  readonly replaced: { readonly by: ForgetfulDevice; readonly path: RelPath; readonly content: string }[];
  forgotten: number;
}

function play(story: readonly Move[], rule?: MayForget): Played {
  const devices = library(3, rule);
  const played: Played = { devices, replaced: [], forgotten: 0 };
  for (const [time, move] of story.entries()) {
    const device = devices[move.device % devices.length]!;
    const other = devices[move.other % devices.length]!;
    const path = PATHS[move.path]!;
    device.nowMs = START_MS + time * 1_000;
    const note = (content: string | null) =>
      content !== null && played.replaced.push({ by: device, path, content });
    switch (move.act) {
      case "write":
        note(device.write(path, `written at ${time}`));
        break;
      case "delete":
        note(device.remove(path));
        break;
      case "hear":
      case "part":
        if (device !== other) device.hear(other, move.act === "hear" ? 1 : move.share);
        break;
      case "step":
        for (const known of device.paths) device.step(known);
        break;
      case "publish":
        device.publish();
        break;
      case "forget":
        played.forgotten += device.forget().length;
        break;
      case "save":
        device.save();
        break;
      case "cut":
        device.powerCut();
        break;
      case "lose":
        device.loseCatalogue();
        break;
      case "full":
        device.isFull = !device.isFull;
        break;
      case "join":
        if (devices.length < MOST && !remains(devices, device)) break;
        if (devices.length < MOST) {
          const newcomer = new ForgetfulDevice(devices.length + 1, rule);
          device.letIn(newcomer);
          devices.push(newcomer);
        }
        break;
      case "expel":
        // One at most, so that somebody remains; and by one that the others know.
        if (device.number <= 3 && devices.every(({ removed }) => removed.size === 0)) device.expel(other.id);
        break;
      case "settle":
        hearAll(remaining(devices));
        for (const one of remaining(devices)) one.publish();
        hearAll(remaining(devices));
    }
  }
  return played;
}

function remains(devices: readonly ForgetfulDevice[], device: ForgetfulDevice): boolean {
  return devices.every((other) => !other.refuses(device.id));
}

/** Who is left: devices that were not removed, and of which at least one of them has heard. */
function remaining(devices: readonly ForgetfulDevice[]): ForgetfulDevice[] {
  const left = devices.filter((device) => remains(devices, device));
  const known = new Set(left.filter(({ number }) => number <= 3));
  for (const device of known) for (const other of left) if (device.members.has(other.id)) known.add(other);
  return left.filter((device) => known.has(device));
}

function settle({ devices }: Played): ForgetfulDevice[] {
  for (const device of devices) {
    device.isFull = false;
    device.nowMs = START_MS + 1_000_000;
  }
  const left = remaining(devices);
  // Whoever is suspended is removed in the end: it would pin every tombstone.
  const [first] = left;
  for (const { id } of devices) if (left.some((one) => one.isSuspended(id))) first?.expel(id);
  untilForgotten(left);
  return left;
}

/** Contents that are back at a path where somebody of those who are left had replaced or deleted them, and whether all hold the same. */
function comeBack(story: readonly Move[], rule?: MayForget): { back: Set<string>; left: ForgetfulDevice[] } {
  const played = play(story, rule);
  const left = settle(played);
  // What a removed device did and told nobody does not count.
  const back = played.replaced.filter(({ by, path, content }) =>
    left.includes(by) && left.some(({ tree }) => tree.get(path) === content)
  );
  return { back: new Set(back.map(({ path, content }) => `${path} ${content}`)), left };
}

function noneComesBack(story: readonly Move[], rule?: MayForget): void {
  const { back, left } = comeBack(story, rule);
  if (back.size > 0) {
    // Two that settle a conflict and delete its winner at once may each overrule the other, and the winner stays: with all tombstones kept.
    const anyway = comeBack(story, () => false).back;
    for (const one of back) assert.ok(anyway.has(one), `${one} has come back`);
  }
  const [first, ...others] = left.map(({ tree }) => [...tree]);
  for (const other of others) assert.deepEqual(other, first);
}

Deno.test("with tombstones that are forgotten, devices still hold the same, and nothing that was deleted comes back (R28)", () => {
  fc.assert(fc.property(moves, (story) => noneComesBack(story)), { numRuns: 600 });
});

Deno.test("once all have heard everything, no tombstone is left anywhere, and nobody says any more (R28)", () => {
  let forgotten = 0;
  fc.assert(
    fc.property(moves, (story) => {
      const played = play(story);
      const left = settle(played);
      forgotten += played.forgotten;
      for (const device of left) assert.deepEqual(device.tombstones, []);
      const published = left.map((device) => device.published);
      untilForgotten(left);
      assert.deepEqual(left.map((device) => device.published), published);
    }),
    { numRuns: 300 },
  );
  assert.ok(forgotten > 100, `only ${forgotten} were forgotten on the way: the stories show nothing`);
});

const CARELESS: readonly (readonly [string, MayForget])[] = [
  [
    "no watermark is asked for",
    (rows) => rows.length > 0 && rows.every(({ entry }) => entry.kind === "deleted"),
  ],
  [
    "living rows do not pin",
    (rows, floors) =>
      rows.every(({ device, lsn }) => lsn <= (floors.get(device) ?? 0)) &&
      rows.some(({ entry }) => entry.kind === "deleted"),
  ],
];
for (const [what, rule] of CARELESS) {
  Deno.test(`these stories tell of deleted files that come back, on some devices or all, where ${what}`, () => {
    assert.throws(
      () => fc.assert(fc.property(moves, (story) => noneComesBack(story, rule)), { numRuns: 3_000 }),
      (error) => error instanceof Error && error.cause instanceof assert.AssertionError,
    );
  });
}
