/** What a person sees of conflicts, and what settling them does: on whole devices with real disks. */
import assert from "node:assert/strict";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { ROOT } from "../../src/core/path.ts";
import { conflictsIn } from "../../src/sync/conflicts.ts";
import { apart, conflict } from "../support/conflict_story.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";

type Two = [Neighbour, Neighbour];

/** The lines of a listing, with the marks of conflict names cut to `*`. */
function tree(device: Neighbour): string[] {
  return device.list().map((line) => line.replace(/\.conflict-\d{8}-[0-9a-f]{8}/, ".*")).sort();
}

function everywhere(world: Neighbours, expected: string[]): void {
  for (const device of world.all) assert.deepEqual(tree(device), expected, `on the ${device.name}`);
}

Deno.test("a conflict is listed on every device: what, whose, when, sizes, and which side is mine", async () => {
  await using world = await Neighbours.open("laptop", "desktop", "phone");
  const [laptop, desktop, phone] = world.all;
  const before = Date.now();
  await conflict(world, "docs/a.txt");
  const [seen, ...others] = laptop!.conflicts();
  assert.equal(others.length, 0);
  assert.equal(seen!.folder, "Notes");
  assert.equal(seen!.path, "docs/a.txt");
  assert.match(seen!.copyPath, /^docs\/a\.conflict-\d{8}-[0-9a-f]{8}\.txt$/);
  assert.equal(laptop!.read(seen!.copyPath), "by laptop");
  const { standing, copy } = seen!;
  assert.deepEqual([standing!.device, standing!.size, standing!.isOurs], ["desktop", 10, false]);
  assert.deepEqual([copy.device, copy.size, copy.isOurs], ["laptop", 9, true]);
  assert.ok(copy.writtenMs >= before - 1_000 && standing!.writtenMs > copy.writtenMs);
  assert.deepEqual([seen!.mine, desktop!.conflicts()[0]!.mine, phone!.conflicts()[0]!.mine], [
    "copy",
    "standing",
    "standing",
  ]);
  assert.equal(laptop!.conflicts("docs").length, 1);
  assert.equal(laptop!.conflicts(seen!.copyPath).length, 1);
  assert.equal(laptop!.conflicts("elsewhere").length, 0);
});

Deno.test("a file that merely has a conflict's name is none; a copy that was edited still is one", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  laptop.write("b.conflict-20260101-0123abcd.txt", "a name like any other");
  await conflict(world, "a.txt");
  const copy = desktop.conflicts()[0]!.copyPath;
  assert.equal(desktop.conflicts().length, 1);
  desktop.write(copy, "by laptop, gone over by desktop");
  await world.agree();
  assert.deepEqual(laptop.conflicts().map(({ copyPath }) => copyPath), [copy]);
  // Deleting or renaming it by hand settles it.
  Deno.renameSync(desktop.at(copy), desktop.at("mine.txt"));
  await world.agree();
  assert.deepEqual([laptop.conflicts(), desktop.conflicts()], [[], []]);
});

Deno.test("a rebuilt catalogue lists the same conflicts", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop] = world.all as Two;
  await conflict(world, "a.txt");
  await conflict(world, "a.txt", " again");
  const listed = (list: ReturnType<typeof conflictsIn>) =>
    list.map(({ path, copy }) => [path, copy.row.path]);
  const before = listed(conflictsIn(laptop.sync.replica));
  assert.equal(before.length, 2);
  const { ledger, identity } = laptop.device;
  const fresh = new Catalogue(":memory:", identity.id);
  for (const { lsn, record } of ledger.history(1 as typeof ledger.lastLsn)) fresh.applyRecord(lsn, record);
  const number = fresh.ids.folder(laptop.folder);
  const own = (path: Parameters<typeof laptop.sync.replica.own>[0]) => fresh.rows.own(number, path);
  assert.deepEqual(listed(conflictsIn({ catalogue: fresh, number, own })), before);
  fresh.close();
});

Deno.test("a comparison is a diff for texts, sizes for all else", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await apart(
    world,
    [laptop, () => {
      laptop.write("a.txt", "same\nby laptop\n");
      laptop.write("b.bin", "\0\x01");
    }],
    [desktop, () => {
      desktop.write("a.txt", "same\nby desktop\n");
      desktop.write("b.bin", "\0\x01\x02");
    }],
  );
  await world.meet();
  const [text, binary] = laptop.conflicts(null, true);
  assert.equal(
    text!.diff!.replace(text!.copyPath, "COPY"),
    "--- a.txt\tdesktop\n+++ COPY\tlaptop\n@@ -1,2 +1,2 @@\n same\n-by desktop\n+by laptop\n",
  );
  assert.equal(binary!.diff, "b.bin: binary, 3 and 2 bytes\n");
});

for (
  const [keep, on, expected, lost] of [
    ["mine", 0, "by laptop", "by desktop"],
    ["mine", 1, "by desktop", "by laptop"],
    ["theirs", 0, "by desktop", "by laptop"],
    ["theirs", 1, "by laptop", "by desktop"],
  ] as const
) {
  Deno.test(`keeping ${keep} on the ${["laptop", "desktop"][on]} leaves "${expected}" everywhere, the other as a former version`, async () => {
    await using world = await Neighbours.open("laptop", "desktop");
    await conflict(world, "a.txt");
    const here = world.all[on]!;
    await here.resolve("a.txt", keep);
    assert.ok(here.kept().includes(lost));
    const { catalogue, number } = here.sync.replica;
    await here.sync.replica.exclusive(() => here.sync.keeper.takeInAll());
    const named = [...catalogue.kept.below(number, ROOT, 10)].filter(({ kept }) =>
      kept.why === "conflict" && kept.by === here.device.identity.id
    );
    assert.equal(named.length, 1, "the store's index says what it is");
    await world.agree();
    everywhere(world, [`a.txt: ${expected}`]);
    for (const device of world.all) assert.deepEqual(device.conflicts(), []);
  });
}

Deno.test("keeping both gives the copy a plain name, everywhere", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  laptop.write("a-laptop.txt", "taken");
  await conflict(world, "a.txt");
  const [resolved] = await desktop.resolve("a.txt", "both");
  assert.equal(resolved!.copyPath, "a-laptop-2.txt");
  await world.agree();
  everywhere(world, ["a-laptop-2.txt: by laptop", "a-laptop.txt: taken", "a.txt: by desktop"]);
  assert.deepEqual([laptop.conflicts(), desktop.conflicts()], [[], []]);
});

Deno.test("where nothing stands at the path any more, keeping both brings the copy back to it, and sides are refused", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop] = world.all as Two;
  await conflict(world, "a.txt");
  laptop.remove("a.txt");
  await world.agree();
  await assert.rejects(laptop.resolve("a.txt", "mine"), { code: "conflict-unsettled" });
  const [resolved] = await laptop.resolve("a.txt", "both");
  assert.equal(resolved!.copyPath, "a.txt");
  await world.agree();
  everywhere(world, ["a.txt: by laptop"]);
});

Deno.test("a symlink is settled like a file", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await apart(
    world,
    [laptop, () => Deno.symlinkSync("one", laptop.at("link"))],
    [desktop, () => Deno.symlinkSync("two", desktop.at("link"))],
  );
  await world.meet();
  await laptop.resolve("link", "mine");
  await world.agree();
  everywhere(world, ["link -> one"]);
});

Deno.test("a file does not take the place of a directory; the directory can stay", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await apart(
    world,
    [laptop, () => laptop.write("x", "a file")],
    [desktop, () => desktop.write("x/inside", "in a directory")],
  );
  await world.meet();
  await assert.rejects(laptop.resolve("x", "mine"), { code: "conflict-unsettled" });
  await laptop.resolve("x", "theirs");
  await world.agree();
  everywhere(world, ["x/", "x/inside: in a directory"]);
});

Deno.test("of several copies of a path each is settled by its own name", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop] = world.all as Two;
  await conflict(world, "a.txt");
  await conflict(world, "a.txt", " again");
  const copies = laptop.conflicts();
  assert.equal(copies.length, 2);
  await assert.rejects(laptop.resolve("a.txt", "mine"), { code: "usage", hint: /by the path of its copy/ });
  const [first] = copies.filter(({ copyPath }) => laptop.read(copyPath) === "by laptop");
  await laptop.resolve(first!.copyPath, "theirs");
  await world.agree();
  everywhere(world, ["a.*.txt: by laptop again", "a.txt: by desktop again"].sort());
});

Deno.test("settling does not lose what another device writes to the file meanwhile", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await conflict(world, "a.txt");
  world.part(...world.all);
  await laptop.resolve("a.txt", "mine");
  desktop.write("a.txt", "gone on with by desktop");
  await desktop.look();
  await world.meet();
  await world.agree();
  everywhere(world, ["a.*.txt: by laptop", "a.txt: gone on with by desktop"]);
});

Deno.test("settling does not lose what another device writes to the copy meanwhile", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await conflict(world, "a.txt");
  world.part(...world.all);
  desktop.write(desktop.conflicts()[0]!.copyPath, "the copy, gone on with by desktop");
  await desktop.look();
  await laptop.resolve("a.txt", "theirs");
  assert.deepEqual(laptop.conflicts(), []);
  await world.meet();
  await world.agree();
  everywhere(world, ["a.*.txt: the copy, gone on with by desktop", "a.txt: by desktop"]);
});

Deno.test("two devices that settle a conflict in opposite ways lose nothing", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await conflict(world, "a.txt");
  world.part(...world.all);
  await laptop.resolve("a.txt", "mine");
  await desktop.resolve("a.txt", "mine");
  await world.meet();
  await world.agree();
  everywhere(world, ["a.txt: by laptop"]);
  assert.ok([...laptop.kept(), ...desktop.kept()].includes("by desktop"));
});

Deno.test("what was changed on this disk and not yet seen is not settled over", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop] = world.all as Two;
  await conflict(world, "a.txt");
  laptop.write("a.txt", "a moment ago");
  await assert.rejects(laptop.resolve("a.txt", "mine"), { code: "conflict-unsettled" });
  assert.equal(laptop.read("a.txt"), "a moment ago");
  await assert.rejects(laptop.resolve("b.txt", "mine"), { code: "conflict-unknown" });
  await world.agree();
  everywhere(world, ["a.*.txt: by laptop", "a.txt: a moment ago"]);
});
