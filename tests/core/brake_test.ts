import assert from "node:assert/strict";
import fc from "fast-check";
import { type BrakeCount, isTooMuch, takesAway } from "../../src/core/brake.ts";
import { EMPTY_CONTENT } from "../../src/core/content.ts";
import type { Row } from "../../src/core/entry.ts";
import type { Decision } from "../../src/core/reconcile.ts";
import { dot, entryOf, pathOf, rowOf } from "../support/entries.ts";
import { type GossipDevice, gossipDevices, untilQuiet } from "../support/gossip.ts";

const LIMITS = { share: 0.5, files: 100 };
const count = (over: Partial<BrakeCount>): BrakeCount => ({
  taken: 0,
  planned: 0,
  filesNow: 1_000,
  filesBefore: 0,
  ...over,
});

Deno.test("isTooMuch() asks for more than the share and more than the number, at the limit and one past it (R38)", () => {
  assert.equal(isTooMuch(count({ planned: 500 }), LIMITS), false);
  assert.equal(isTooMuch(count({ planned: 501 }), LIMITS), true);
  assert.equal(isTooMuch(count({ planned: 100, filesNow: 120 }), LIMITS), false);
  assert.equal(isTooMuch(count({ planned: 101, filesNow: 120 }), LIMITS), true);
});

Deno.test("isTooMuch() counts what was taken against the size before it was (R38)", () => {
  const later = { filesNow: 600, filesBefore: 1_000 };
  assert.equal(isTooMuch(count({ taken: 400, planned: 100, ...later }), LIMITS), false);
  assert.equal(isTooMuch(count({ taken: 400, planned: 101, ...later }), LIMITS), true);
  // A folder that grew since is no smaller for it.
  assert.equal(isTooMuch(count({ taken: 1, planned: 300, filesNow: 1_000, filesBefore: 10 }), LIMITS), false);
});

Deno.test("isTooMuch() has nothing to hold back where nothing is planned", () => {
  assert.equal(isTooMuch(count({ taken: 900, filesNow: 100, filesBefore: 1_000 }), LIMITS), false);
});

Deno.test("takesAway() is true of a file or link that goes and is kept at no other name", () => {
  const ours = entryOf({ text: "ours", dots: [dot(1, 1)] });
  const own = rowOf("a", ours);
  const theirs = entryOf({ text: "theirs", dots: [dot(2, 1)], seen: [dot(1, 1)] });
  const gone = entryOf({ kind: "deleted", dots: [dot(2, 1)], seen: [dot(1, 1)] });
  const take = (entry = gone, copy: typeof ours | null = null): Decision => ({ kind: "take", entry, copy });
  const link = rowOf("a", entryOf({ kind: "symlink", text: "to", dots: [dot(1, 1)] }));
  assert.ok(takesAway(own, take()) && takesAway(own, take(theirs)) && takesAway(link, take()));
  const nothing: readonly (readonly [Row | null, Decision])[] = [
    [own, { kind: "none" }],
    [own, { kind: "adopt", entry: ours }],
    [own, take(theirs, ours)],
    [null, take(theirs)],
    [rowOf("a", gone), take(theirs)],
    [rowOf("a", ours, { offered: false, held: false }), take()],
    [rowOf("a", entryOf({ kind: "directory", dots: [dot(1, 1)] })), take()],
    [rowOf("a", { ...ours, content: EMPTY_CONTENT }), take()],
  ];
  for (const [row, decision] of nothing) assert.equal(takesAway(row, decision), false);
});

const PATH = pathOf("photo");
const deed = fc.tuple(fc.constantFrom("hear", "accept", "reject", "hear all"), fc.nat(2), fc.nat(2));

Deno.test("one who rejects brings the file back to all who agreed before, meanwhile or after (R38)", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(deed, { maxLength: 12 }), (isDelete, deeds) => {
      const devices = gossipDevices(3);
      const [first] = devices;
      first!.see(PATH, { text: "ours" });
      untilQuiet(devices);
      const ours = new Map([[PATH, first!.living.get(PATH)!.content]]);
      const holdsOurs = (device: GossipDevice) => device.entry(PATH)?.content === ours.get(PATH);
      if (isDelete) first!.remove(PATH);
      else first!.see(PATH, { text: "theirs" });
      let rejections = 0;
      for (const [what, i, j] of deeds) {
        const device = devices[i]!;
        if (what === "accept") device.step(PATH);
        // Who took theirs already and rejects now would reject the rejection, which is another wish.
        else if (what === "reject") rejections += Number(holdsOurs(device) && device.reject(PATH));
        else if (i !== j) device.hear(devices[j]!, what === "hear" ? PATH : null);
      }
      fc.pre(rejections > 0);
      untilQuiet(devices);
      for (const device of devices) {
        assert.deepEqual(new Map([...device.living].map(([path, { content }]) => [path, content])), ours);
      }
      const [one, ...others] = devices.map(({ living }) => living);
      for (const other of others) assert.deepEqual(other, one);
    }),
    { numRuns: 1_000 },
  );
});
