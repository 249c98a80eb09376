/** What a folder's strategy makes of concurrent edits (R4, R8): whole devices, real disks. */
import assert from "node:assert/strict";
import { apart, changeTimesTick, conflict } from "../support/conflict_story.ts";
import { pathOf } from "../support/entries.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

const BASE = "one\ntwo\nthree\nfour\nfive\n";

function tree(device: Neighbour): string[] {
  return device.list().map((line) => line.replace(/\.conflict-\d{8}-[0-9a-f]{8}/, ".*")).sort();
}

function everywhere(world: Neighbours, expected: string[]): void {
  for (const device of world.all) assert.deepEqual(tree(device), expected, `on the ${device.name}`);
}

/** Devices whose folder has this strategy, known to all. */
async function folder(strategy: string, ...names: string[]): Promise<Neighbours> {
  const world = await Neighbours.open(...names);
  await world.all[0]!.set("strategy", strategy);
  await world.settle();
  for (const { sync } of world.all) assert.equal(sync.replica.strategy(), strategy);
  return world;
}

Deno.test("newest: the later one stands, the other is a former version of the device that had it, and no copy is made", async () => {
  await using world = await folder("newest", "laptop", "desktop");
  await conflict(world, "a.txt");
  everywhere(world, ["a.txt: by desktop"]);
  const [laptop] = world.all;
  assert.deepEqual(laptop!.kept(), ["by laptop"]);
  // Kept nowhere but there: it is not evicted while it is young (R21).
  const { catalogue, number } = laptop!.sync.replica;
  await laptop!.sync.replica.exclusive(() => laptop!.sync.keeper.takeInAll());
  const kept = catalogue.kept.at(number, pathOf("a.txt")).map((
    { kept: { why, lost } },
  ) => [why, lost?.dots.length]);
  assert.deepEqual(kept, [["conflict", 1]]);
  assert.deepEqual(world.all[0]!.conflicts(), []);
});

Deno.test("newest: a file that meets a directory is kept beside it all the same", async () => {
  await using world = await folder("newest", "laptop", "desktop");
  const [laptop, desktop] = world.all;
  await apart(
    world,
    [laptop!, () => laptop!.write("x/inside", "in a directory")],
    [desktop!, () => desktop!.write("x", "a file")],
  );
  await world.meet();
  everywhere(world, ["x.*: a file", "x/", "x/inside: in a directory"]);
});

Deno.test("newest: what is edited lives when another device deleted it, with nothing kept", async () => {
  await using world = await folder("newest", "laptop", "desktop");
  const [laptop, desktop] = world.all;
  laptop!.write("a.txt", "before");
  await world.agree();
  await apart(
    world,
    [laptop!, () => laptop!.write("a.txt", "edited")],
    [desktop!, () => desktop!.remove("a.txt")],
  );
  await world.meet();
  everywhere(world, ["a.txt: edited"]);
});

for (
  const [whose, known] of [["the one that loses", [0]], ["the one that wins", [1]], ["both", [0, 1]]] as const
) {
  Deno.test(`a strategy that only ${whose} of two devices knows of makes the same tree on both`, async () => {
    await using world = await Neighbours.open("laptop", "desktop", "phone");
    const [laptop, desktop] = world.all;
    await apart(
      world,
      [laptop!, () => laptop!.write("a.txt", "by laptop")],
      [desktop!, () => desktop!.write("a.txt", "by desktop")],
    );
    for (const at of known) await world.all[at]!.set("strategy", "newest");
    await world.meet();
    await world.agree();
    const all = world.all.flatMap((device) => [...device.kept(), ...device.list()]).join("\n");
    assert.ok(all.includes("by laptop") && all.includes("by desktop"));
  });
}

async function texts(world: Neighbours, before: string, one: string, two: string): Promise<void> {
  const [laptop, desktop] = world.all;
  laptop!.write("a.txt", before);
  await world.agree();
  await apart(
    world,
    [laptop!, () => laptop!.write("a.txt", one)],
    [desktop!, () => desktop!.write("a.txt", two)],
  );
  await world.meet();
  await world.agree();
}

Deno.test("merge: texts that were changed in different lines become one, on every device", async () => {
  await using world = await folder("merge", "laptop", "desktop", "phone");
  const [one, two] = [BASE.replace("one", "ONE"), BASE.replace("five", "FIVE\nsix")];
  await texts(world, BASE, one, two);
  everywhere(world, ["a.txt: ONE\ntwo\nthree\nfour\nFIVE\nsix\n"]);
  assert.deepEqual(world.all[0]!.conflicts(), []);
  const kept = world.all[0]!.kept();
  assert.ok(kept.includes(one) && kept.includes(two), "what was merged is kept, as it was");
});

Deno.test("merge: texts that were changed in the same lines are both kept", async () => {
  await using world = await folder("merge", "laptop", "desktop");
  await texts(world, "one\n", "ONE\n", "1\n");
  everywhere(world, ["a.*.txt: ONE\n", "a.txt: 1\n"]);
});

Deno.test("merge: what is no text is kept twice", async () => {
  await using world = await folder("merge", "laptop", "desktop");
  await texts(world, "\0one\ntwo\nthree\n", "\0ONE\ntwo\nthree\n", "\0one\ntwo\nTHREE\n");
  assert.equal(world.all[0]!.conflicts().length, 1);
});

Deno.test("merge: texts that have nothing in common are both kept", async () => {
  await using world = await folder("merge", "laptop", "desktop");
  await conflict(world, "a.txt");
  everywhere(world, ["a.*.txt: by laptop", "a.txt: by desktop"]);
});

Deno.test("merge: what stood there before the folder merged is a base too", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all;
  laptop!.write("a.txt", BASE);
  await world.agree();
  await laptop!.set("strategy", "merge");
  await world.settle();
  for (const { root } of world.all) {
    await waitFor(
      "the bases",
      () => [...Deno.readDirSync(`${root}/.cairn`)].some(({ name }) => name === "bases"),
    );
  }
  await apart(
    world,
    [laptop!, () => laptop!.write("a.txt", BASE.replace("one", "ONE"))],
    [desktop!, () => desktop!.write("a.txt", BASE.replace("five", "FIVE"))],
  );
  await world.meet();
  everywhere(world, ["a.txt: ONE\ntwo\nthree\nfour\nFIVE\n"]);
  await laptop!.set("strategy", "keep-both");
  await waitFor("the bases to go", () => [...Deno.readDirSync(laptop!.at(".cairn/bases"))].length === 0);
});

Deno.test("merge: the disk's clock may go on between the making of the copy and the coming of the winner", async () => {
  await using world = await folder("merge", "laptop", "desktop");
  const exchange = world.fs.exchange;
  world.fs.exchange = (from, to) => {
    changeTimesTick();
    exchange(from, to);
  };
  await texts(world, BASE, BASE.replace("one", "ONE"), BASE.replace("five", "FIVE"));
  everywhere(world, ["a.txt: ONE\ntwo\nthree\nfour\nFIVE\n"]);
});

Deno.test("merge: many edits away from the others still merge with what all had", async () => {
  await using world = await folder("merge", "laptop", "desktop");
  const [laptop, desktop] = world.all;
  laptop!.write("a.txt", BASE);
  await world.agree();
  const edits = ["two", "TWO", "II", "zwei", "2"].map((word) => () =>
    laptop!.write("a.txt", BASE.replace("two", word))
  );
  await apart(
    world,
    ...edits.map((edit) => [laptop!, edit] as const),
    [desktop!, () => desktop!.write("a.txt", BASE.replace("five", "5"))],
  );
  await world.meet();
  everywhere(world, ["a.txt: one\n2\nthree\nfour\n5\n"]);
});

Deno.test("merge: three devices that each change another line end with one text", async () => {
  await using world = await folder("merge", "laptop", "desktop", "phone");
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}\n`);
  const base = lines.join("");
  const edited = (at: number, by: string) => lines.with(at, `${by}\n`).join("");
  world.all[0]!.write("a.txt", base);
  await world.agree();
  await apart(
    world,
    ...world.all.map((device, i) =>
      [device, () => device.write("a.txt", edited(i * 10, device.name))] as const
    ),
  );
  await world.meet();
  await world.agree();
  const merged = lines.with(0, "laptop\n").with(10, "desktop\n").with(20, "phone\n").join("");
  everywhere(world, [`a.txt: ${merged}`]);
});

Deno.test("merge: what is written while two are merged is not lost", async () => {
  await using world = await folder("merge", "laptop", "desktop", "phone");
  const [laptop, desktop, phone] = world.all;
  laptop!.write("a.txt", BASE);
  await world.agree();
  await apart(
    world,
    [laptop!, () => laptop!.write("a.txt", BASE.replace("one", "ONE"))],
    [desktop!, () => desktop!.write("a.txt", BASE.replace("five", "FIVE"))],
    [phone!, () => phone!.write("a.txt", BASE.replace("three", "3"))],
  );
  world.reconnect(laptop!, desktop!);
  await world.settle([laptop!, desktop!]);
  phone!.write("a.txt", BASE.replace("three", "3").replace("one", "1"));
  await world.meet();
  await world.agree();
  const all = world.all.flatMap((device) => [...device.kept(), ...device.list()]).join("\n");
  for (const word of ["ONE", "FIVE", "3", "1\n"]) assert.ok(all.includes(word), word);
});
