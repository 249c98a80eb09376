/** `decide()` and `local_change` together, under everything that three people can do to the same paths (invariants 4 and 5). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Strategy } from "../../src/core/conflict_name.ts";
import type { Entry } from "../../src/core/entry.ts";
import { decide } from "../../src/core/reconcile.ts";
import { pathOf } from "../support/entries.ts";
import {
  type GossipDevice,
  gossipDevices,
  START_MS,
  untilQuiet,
  whatIs,
  type Write,
} from "../support/gossip.ts";

const PATHS = [pathOf("a.txt"), pathOf("b")];
const DEVICES = 3;

type Act =
  | { readonly act: "write"; readonly kind: "file" | "symlink" | "directory"; readonly text: string | null }
  | { readonly act: "delete" | "settle" | "merge" }
  | { readonly act: "strategy"; readonly strategy: Strategy }
  | { readonly act: "chmod"; readonly mode: number }
  | { readonly act: "touch"; readonly mtimeMs: number }
  | { readonly act: "hear"; readonly from: number; readonly whole: boolean }
  | { readonly act: "step" };
type Move = Act & { readonly device: number; readonly at: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant("write" as const),
      kind: fc.constantFrom<"file" | "symlink" | "directory">("file", "file", "file", "symlink", "directory"),
      // Null: a content that nobody else ever writes.
      text: fc.constantFrom(null, null, null, "same", "also the same"),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ act: "delete" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant("chmod" as const), mode: fc.constantFrom(0o600, 0o755, 0o640) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant("touch" as const), mtimeMs: fc.constantFrom(5_000, 9_000_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant("hear" as const),
      from: fc.nat(DEVICES - 1),
      whole: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ act: "step" as const }) },
  { weight: 1, arbitrary: fc.constant({ act: "settle" as const }) },
);
/** The same, while the folder's strategy changes, on one device sooner than on another; merges come at any time. */
const actWithStrategy: fc.Arbitrary<Act> = fc.oneof(
  { weight: 17, arbitrary: act },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("strategy" as const),
      strategy: fc.constantFrom<Strategy>("keep-both", "newest", "merge"),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ act: "merge" as const }) },
);
/** `at` chooses among the paths that the device knows, conflict copies among them. */
const storyOf = (acts: fc.Arbitrary<Act>): fc.Arbitrary<Move[]> =>
  fc.array(
    fc.tuple(acts, fc.nat(DEVICES - 1), fc.nat(5)).map(([what, device, at]): Move => ({
      ...what,
      device,
      at,
    })),
    { maxLength: 60, size: "max" },
  );
const moves = storyOf(act);
const movesWithStrategy = storyOf(actWithStrategy);
const skews = fc.tuple(
  ...Array.from({ length: DEVICES }, () => fc.constantFrom(0, 0, -86_400_000, 7_200_000)),
);

interface Played {
  readonly devices: readonly GossipDevice[];
  /** Contents that people wrote and nobody, looking at them, replaced or deleted. */
  readonly standing: readonly Write[];
}

function play(story: readonly Move[], skewMs: readonly number[]): Played {
  const devices = gossipDevices(DEVICES);
  const writes: Write[] = [];
  const replaced = new Set<string>();
  // Equal contents are one content (R2): who replaces it with knowledge of one writer's has replaced the other's too.
  const overwritten = (entry: Entry | null) => entry !== null && replaced.add(whatIs(entry));
  for (const [time, move] of story.entries()) {
    const device = devices[move.device]!;
    device.nowMs = START_MS + time * 3_000 + skewMs[move.device]!;
    const known = [...new Set([...PATHS, ...device.paths])];
    const path = known[move.at % known.length]!;
    const isThere = device.tree.has(path);
    switch (move.act) {
      case "write": {
        const text = move.text ?? `written at ${time}`;
        const before = device.minted;
        const was = device.see(path, { kind: move.kind, text, mode: 0o644 });
        const now = device.entry(path)!;
        if (device.minted === before || was?.version.dots[0] === now.version.dots[0]) break;
        overwritten(was);
        if (move.kind !== "directory") writes.push({ path, what: whatIs(now) });
        break;
      }
      case "delete":
        overwritten(device.remove(path));
        break;
      case "chmod":
        if (isThere && device.entry(path)!.kind !== "symlink") {
          device.see(path, { mode: move.mode, mtimeMs: device.entry(path)!.mtimeMs });
        }
        break;
      case "touch":
        if (isThere && device.entry(path)!.kind === "file") device.see(path, { mtimeMs: move.mtimeMs });
        break;
      case "hear": {
        const from = devices[move.from]!;
        if (from !== device) device.hear(from, move.whole ? null : path);
        break;
      }
      case "strategy":
        device.strategy = move.strategy;
        break;
      case "merge":
        for (const merged of device.merge(path, `merged at ${time}`)) {
          overwritten(merged);
          writes.push({ path, what: whatIs(device.entry(path)!) });
        }
        break;
      case "step":
        device.step(path);
        break;
      case "settle":
        untilQuiet(devices);
    }
  }
  return { devices, standing: writes.filter(({ what }) => !replaced.has(what)) };
}

/** The path whose conflict led to this name. */
function rootOf(path: string): string {
  return path.replaceAll(/\.conflict-\d{8}-[0-9a-f]{8}/g, "");
}

Deno.test("devices that have heard each other hold the same, down to the versions (invariant 5)", () => {
  fc.assert(
    fc.property(moves, skews, (story, skewMs) => {
      const { devices } = play(story, skewMs);
      untilQuiet(devices);
      const [first, ...others] = devices.map(({ living }) => living);
      for (const other of others) assert.deepEqual(other, first);
    }),
    { numRuns: 500 },
  );
});

Deno.test("what nobody replaced with knowledge of it is found at its path or beside it (invariant 4)", () => {
  fc.assert(
    fc.property(moves, skews, (story, skewMs) => {
      const { devices, standing } = play(story, skewMs);
      untilQuiet(devices);
      for (const { path, what } of standing) {
        for (const { number, living } of devices) {
          const found = [...living].some(([at, entry]) =>
            rootOf(at) === rootOf(path) && whatIs(entry) === what
          );
          assert.ok(found, `${what}, written to ${path}, is not on device ${number}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("devices that do not agree on a strategy hold the same all the same, down to the versions (invariant 5)", () => {
  fc.assert(
    fc.property(movesWithStrategy, skews, (story, skewMs) => {
      const { devices } = play(story, skewMs);
      untilQuiet(devices);
      const [first, ...others] = devices.map(({ living }) => living);
      for (const other of others) assert.deepEqual(other, first);
    }),
    { numRuns: 500 },
  );
});

Deno.test("under any strategy what nobody replaced with knowledge of it is in a tree or a version store (invariant 4)", () => {
  fc.assert(
    fc.property(movesWithStrategy, skews, (story, skewMs) => {
      const { devices, standing } = play(story, skewMs);
      untilQuiet(devices);
      const found = new Set(devices.flatMap(({ living, stored }) => [
        ...stored,
        ...[...living.values()].map(whatIs),
      ]));
      for (const { path, what } of standing) {
        assert.ok(found.has(what), `${what}, written to ${path}, is nowhere`);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("settling mints nothing: no dot comes from anyone but a person (R2, R4)", () => {
  fc.assert(fc.property(moves, skews, (story, skewMs) => {
    const { devices } = play(story, skewMs);
    const before = devices.map(({ minted }) => minted);
    untilQuiet(devices);
    assert.deepEqual(devices.map(({ minted }) => minted), before);
  }));
});

Deno.test("whoever hears of whom first, concurrent changes of the same history end in the same trees (invariant 5)", () => {
  const local = moves.map((story) =>
    story.filter(({ act }) => act !== "hear" && act !== "step" && act !== "settle")
  );
  const order = fc.shuffledSubarray([0, 1, 2], { minLength: DEVICES });
  fc.assert(
    fc.property(local, local, skews, order, (common, apart, skewMs, order) => {
      const settled: Move = { act: "settle", device: 0, at: 0 };
      const story = [...common.map((move) => ({ ...move, device: 0 })), settled, ...apart];
      const one = play(story, skewMs).devices;
      const two = play(story, skewMs).devices;
      untilQuiet(one);
      untilQuiet(order.map((i) => two[i]!));
      assert.deepEqual([...one[0]!.tree].sort(), [...two[0]!.tree].sort());
    }),
    { numRuns: 200 },
  );
});

Deno.test("a decision once followed has nothing more to say: decide() is idempotent", () => {
  fc.assert(fc.property(moves, skews, (story, skewMs) => {
    for (const device of play(story, skewMs).devices) {
      for (const path of device.paths) {
        const others = [...device.known.values()].flatMap((rows) => rows.get(path)?.row.entry ?? []);
        const first = decide(device.own.get(path)?.row.entry ?? null, others);
        if (first.kind === "none") continue;
        assert.deepEqual(decide(first.entry, others), { kind: "none" });
      }
    }
  }));
});
