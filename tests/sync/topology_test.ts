/** More than two devices in any topology: rows travel through whoever is there, and all come to the same. */
import assert from "node:assert/strict";
import { meet, type Station, within } from "../support/stations.ts";
import { contentOf } from "../support/entries.ts";

const treeOf = (station: Station) => Object.fromEntries(station.tree);

Deno.test("two that are never there together come to the same through a third, in both directions", async () => {
  await within(["a", "b", "c"], async (a, b, c) => {
    await a!.write("from a", "1");
    await c!.write("from c", "2");
    await meet(a!, b!);
    await meet(b!, c!);
    assert.deepEqual(treeOf(c!), { "from a": contentOf("1"), "from c": contentOf("2") });
    await c!.remove("from a");
    await c!.write("from c", "3");
    await meet(b!, c!);
    await meet(a!, b!);
    for (const one of [a!, b!, c!]) assert.deepEqual(treeOf(one), { "from c": contentOf("3") }, one.name);
  });
});

Deno.test("entries travel along a chain, and what a relay has not placed itself it passes on all the same", async () => {
  await within(["a", "b", "c", "d"], async (a, b, c, d) => {
    b!.isFull = c!.isFull = true;
    await a!.write("file", "text");
    await meet(a!, b!);
    await meet(b!, c!);
    await meet(c!, d!);
    assert.deepEqual(b!.tree, []);
    assert.deepEqual(treeOf(d!), { "file": contentOf("text") });
  });
});

Deno.test("equal work done twice, apart, is adopted by all and is no conflict", async () => {
  await within(["a", "b", "c"], async (a, b, c) => {
    await a!.write("file", "base");
    await meet(a!, b!);
    await meet(b!, c!);
    for (const one of [a!, c!]) {
      await one.write("file", "the same edit");
      await one.write("new", "the same too");
      one.clock.nowMs += 5_000;
    }
    await meet(a!, b!);
    await meet(b!, c!);
    await meet(a!, b!);
    const expected = { "file": contentOf("the same edit"), "new": contentOf("the same too") };
    for (const one of [a!, b!, c!]) assert.deepEqual(treeOf(one), expected, one.name);
    // Whoever edits next replaces both writers' work, on all devices.
    await b!.write("file", "the next edit");
    await meet(a!, b!, c!);
    for (const one of [a!, b!, c!]) assert.equal(treeOf(one)["file"], contentOf("the next edit"), one.name);
  });
});

Deno.test("in a ring, where each hears of each by two ways, all come to the same", async () => {
  await within(["a", "b", "c", "d"], async (a, b, c, d) => {
    const all = [a!, b!, c!, d!];
    // The first has let them all in; the others hear of each other by it.
    await meet(...all);
    for (const [i, one] of all.entries()) {
      await one.write(`of ${one.name}`, "text");
      await one.write("shared", `by ${i}`);
    }
    const sessions = await Promise.all(all.map((one, i) => one.connect(all[(i + 1) % all.length]!)));
    assert.ok(sessions.every((session) => session !== null));
    await meet(a!, c!);
    await meet(b!, d!);
    await meet(...all);
    const [first, ...others] = all.map(treeOf);
    for (const other of others) assert.deepEqual(other, first);
    assert.deepEqual(Object.keys(first!).filter((path) => path.startsWith("of ")).length, 4);
  });
});
