/** The interleavings of conflicts that the rules name (R2 to R5, and their last section): whole devices, real disks. */
import assert from "node:assert/strict";
import { sha256 } from "../../src/core/content.ts";
import { toHex } from "../../src/core/ids.ts";
import { utf8Length } from "../../src/core/path.ts";
import { apart, conflict } from "../support/conflict_story.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";

type Two = [Neighbour, Neighbour];

const MARK = /\.conflict-\d{8}-([0-9a-f]{8})/;

function tree(device: Neighbour): string[] {
  return device.list().map((line) => line.replace(MARK, ".*")).sort();
}

function everywhere(world: Neighbours, expected: string[]): void {
  for (const device of world.all) assert.deepEqual(tree(device), expected, `on the ${device.name}`);
}

Deno.test("keep editing the winner during an unresolved conflict: there is one copy, and no new conflict (R2)", async () => {
  await using world = await Neighbours.open("laptop", "desktop", "phone");
  const [laptop, desktop, phone] = world.all;
  await apart(
    world,
    [laptop!, () => laptop!.write("a.txt", "by laptop")],
    [desktop!, () => desktop!.write("a.txt", "by desktop")],
  );
  // The phone hears of the winner alone; the loser's device comes back when the winner has been edited again and again.
  world.reconnect(desktop!, phone!);
  await world.settle([desktop!, phone!]);
  for (const [i, device] of [desktop!, phone!, desktop!].entries()) {
    device.write("a.txt", `by desktop, edit ${i}`);
    await world.settle([desktop!, phone!]);
  }
  await world.meet();
  for (const [i, device] of [laptop!, desktop!, phone!].entries()) {
    device.write("a.txt", `by all, edit ${i}`);
    await world.agree();
  }
  everywhere(world, ["a.*.txt: by laptop", "a.txt: by all, edit 2"]);
});

Deno.test("touch against edit: the edit stands, with the later time or not, and nothing is a conflict (R3)", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  for (const path of ["a.txt", "b.txt"]) laptop.write(path, "before");
  await world.agree();
  const touch = (path: string) => {
    Deno.utimeSync(laptop.at(path), 1_700_000_000, 1_700_000_000);
    Deno.chmodSync(laptop.at(path), 0o600);
  };
  await apart(
    world,
    [laptop, () => touch("a.txt")],
    [desktop, () => {
      desktop.write("a.txt", "edited later");
      desktop.write("b.txt", "edited sooner");
    }],
    [laptop, () => touch("b.txt")],
  );
  await world.meet();
  await world.agree();
  everywhere(world, ["a.txt: edited later", "b.txt: edited sooner"]);
});

Deno.test("exactly one copy for a true conflict, whoever meets whom first, and none else", async () => {
  await using world = await Neighbours.open("laptop", "desktop", "phone");
  const [laptop, desktop, phone] = world.all;
  laptop!.write("same.txt", "before");
  laptop!.write("gone.txt", "before");
  await world.agree();
  await apart(
    world,
    [laptop!, () => {
      laptop!.write("a.txt", "by laptop");
      laptop!.write("same.txt", "the same on both");
      laptop!.remove("gone.txt");
    }],
    [desktop!, () => {
      desktop!.write("a.txt", "by desktop");
      desktop!.write("same.txt", "the same on both");
      desktop!.remove("gone.txt");
    }],
  );
  // The phone takes the loser from one, then the winner from the other: two devices hold the loser, and both keep it.
  world.reconnect(laptop!, phone!);
  await world.settle([laptop!, phone!]);
  world.part(laptop!);
  world.reconnect(desktop!, phone!);
  await world.settle([desktop!, phone!]);
  await world.meet();
  await world.agree();
  everywhere(world, ["a.*.txt: by laptop", "a.txt: by desktop", "same.txt: the same on both"]);
  for (const device of world.all) assert.equal(device.conflicts().length, 1);
});

Deno.test("a copy that its user deleted does not come back with a late device (R4)", async () => {
  await using world = await Neighbours.open("laptop", "desktop", "phone");
  const [laptop, desktop, phone] = world.all;
  await apart(
    world,
    [laptop!, () => laptop!.write("a.txt", "by laptop")],
    [desktop!, () => desktop!.write("a.txt", "by desktop")],
  );
  // The phone has the loser, and is away while the conflict comes and is settled.
  world.reconnect(laptop!, phone!);
  await world.settle([laptop!, phone!]);
  world.part(phone!);
  world.reconnect(laptop!, desktop!);
  await world.settle([laptop!, desktop!]);
  laptop!.remove(laptop!.conflicts()[0]!.copyPath);
  await world.settle([laptop!, desktop!]);
  await world.meet();
  await world.agree();
  everywhere(world, ["a.txt: by desktop"]);
});

Deno.test("names at their longest are cut, keep their extension, and the copy's path is known (R5)", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const long = "ü".repeat(120) + "x".repeat(11) + ".txt";
  assert.equal(utf8Length(long), 255);
  await conflict(world, `docs/${long}`);
  for (const device of world.all) {
    const [seen] = device.conflicts();
    const name = seen!.copyPath.slice("docs/".length);
    assert.ok(utf8Length(name) <= 255 && name.endsWith(".txt") && MARK.test(name), name);
    assert.equal(seen!.path, `docs/${long}`);
    assert.equal(device.read(seen!.copyPath), "by laptop");
  }
});

Deno.test("a leading dot is no extension (R5)", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  await conflict(world, ".profile");
  everywhere(world, [".profile.*: by laptop", ".profile: by desktop"]);
  assert.equal(world.all[1]!.conflicts()[0]!.path, ".profile");
});

Deno.test("the name of a symlink's copy has the hash of its target (R5)", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  await apart(
    world,
    [laptop, () => Deno.symlinkSync("nowhere/one", laptop.at("link"))],
    [desktop, () => Deno.symlinkSync("nowhere/two", desktop.at("link"))],
  );
  await world.meet();
  everywhere(world, ["link -> nowhere/two", "link.* -> nowhere/one"]);
  const { copyPath, path } = laptop.conflicts()[0]!;
  const hash = toHex(sha256(new TextEncoder().encode("nowhere/one"))).slice(0, 8);
  assert.equal(MARK.exec(copyPath)?.[1], hash);
  assert.equal(path, "link");
});

Deno.test("where the path would be too long, the copy goes to the longest ancestor that fits, and is known there (R5)", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  // The kernel takes no such path in one piece: it is made and written directory by directory.
  const directories = Array.from({ length: 15 }, (_, i) => String(i).padEnd(250, "d"));
  const above = directories.slice(0, -1).join("/");
  const parent = directories.join("/");
  const name = "n".repeat(3_995 - utf8Length(parent)) + ".txt";
  assert.equal(utf8Length(`${parent}/${name}`), 4_000);
  await apart(
    world,
    [laptop, () => writeDeep(laptop.root, directories, name, "by laptop")],
    [desktop, () => writeDeep(desktop.root, directories, name, "by desktop")],
  );
  await world.meet();
  for (const device of world.all) {
    const [seen, ...others] = device.conflicts();
    assert.equal(others.length, 0);
    assert.equal(seen!.path, `${parent}/${name}`);
    assert.equal(seen!.copyPath.slice(0, seen!.copyPath.lastIndexOf("/")), above);
    assert.deepEqual([seen!.copy.size, seen!.standing!.size], [9, 10]);
  }
});

/** Through `cd`, since the whole path is longer than a system call takes. */
function writeDeep(root: string, directories: readonly string[], name: string, text: string): void {
  const script =
    'cd "$1"; shift; name=$1; text=$2; shift 2; for d; do mkdir -p "$d"; cd "$d"; done; printf %s "$text" > "$name"';
  const args = ["-c", script, "sh", root, name, text, ...directories];
  const done = new Deno.Command("sh", { args }).outputSync();
  assert.ok(done.success, new TextDecoder().decode(done.stderr));
}

Deno.test("a different file that already has the copy's name stays, and the copy goes one further (R5)", async () => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as Two;
  // What the copy will be called is known beforehand from a first conflict of the same contents elsewhere.
  await conflict(world, "first/a.txt");
  const name = laptop.conflicts()[0]!.copyPath.slice("first/".length);
  await apart(
    world,
    [laptop, () => laptop.write("second/a.txt", "by laptop")],
    [desktop, () => {
      desktop.write("second/a.txt", "by desktop");
      desktop.write(`second/${name}`, "somebody's own");
    }],
  );
  await world.meet();
  await world.agree();
  const texts = laptop.list("second").map((line) => line.slice(line.indexOf(": ") + 2)).sort();
  assert.deepEqual(texts, ["by desktop", "by laptop", "somebody's own"]);
});
