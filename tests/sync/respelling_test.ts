/** Two disks that do not agree on names (R13, invariants 4, 8 and 11): `a` tells all apart, `b` is what each test says. */
import assert from "node:assert/strict";
import { decodeKept } from "../../src/core/kept.ts";
import { storedAt } from "../../src/folder/versions.ts";
import { foldingFs } from "../support/folding_fs.ts";
import { type TwoFolders, twoFolders } from "../support/two_folders.ts";

const FOLDING = foldingFs;

async function withBoth(disk: typeof FOLDING, run: (both: TwoFolders) => Promise<void>): Promise<void> {
  await using both = await twoFolders((fs, root) => disk(fs, root));
  await run(both);
}

/** Both have the same, by the very names, and nothing is left to be done. */
function assertSame({ a, b }: TwoFolders, expected?: string[]): void {
  assert.deepEqual(b.list(), a.list());
  if (expected !== undefined) assert.deepEqual(a.list(), expected);
  assert.deepEqual([...a.blocked(), ...b.blocked(), ...a.problems(), ...b.problems()], []);
  assert.ok(a.sync.isUpToDate && b.sync.isUpToDate);
}

Deno.test("of two names that are one here the lesser gets the place, the other is told of, and nothing of it is fetched", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    for (const name of ["foo", "Foo", "caf\u00e9", "cafe\u0301", "plain"]) {
      await a.write(name, `I am ${name}`);
    }
    await a.look();
    const all = a.list();
    await both.settle();
    assert.deepEqual(b.list(), ["Foo=I am Foo", "cafe\u0301=I am cafe\u0301", "plain=I am plain"]);
    assert.deepEqual(b.blocked(), [
      'caf\u00e9: differs only in the Unicode form of its letters from "cafe\u0301", and this disk has room for one of the two',
      'foo: differs only in upper and lower case from "Foo", and this disk has room for one of the two',
    ]);
    assert.ok(!b.sync.isUpToDate, "what is missing is not up to date (invariant 11)");
    const fetches = b.fetched.length;
    b.replica.catalogue.needs.retryAll(b.replica.number);
    await both.settle();
    await b.look();
    await both.settle();
    assert.equal(b.fetched.length, fetches, "no byte is fetched for what has no place");
    assert.deepEqual(a.list(), all, "and nothing is gone where there is room");
    assert.equal(b.ledger.catalogue.needs.total(b.replica.number).count, 2);
  }));

Deno.test("what is there keeps its place, whatever the other one is; when it is renamed or deleted the other one comes", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    await b.write("foo", "from b");
    await b.look();
    await both.settle();
    await a.write("Foo", "from a");
    await a.look();
    await both.settle();
    assert.deepEqual([b.list(), b.blocked().length], [["foo=from b"], 1]);
    assert.deepEqual(a.list(), ["Foo=from a", "foo=from b"]);
    a.rename("foo", "bar");
    await a.look();
    await both.settle();
    assertSame(both, ["Foo=from a", "bar=from b"]);
  }));

Deno.test("an edit of the one that has the place goes on; a delete of the one that has none deletes nothing here", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    await a.write("Foo", "1");
    await a.write("foo", "other");
    await a.look();
    await both.settle();
    await a.write("Foo", "2, edited there");
    await a.look();
    await both.settle();
    await b.write("Foo", "3, edited here");
    await b.look();
    await both.settle();
    assert.deepEqual(a.list(), ["Foo=3, edited here", "foo=other"]);
    a.remove("foo");
    await a.look();
    await both.settle();
    assertSame(both, ["Foo=3, edited here"]);
  }));

Deno.test("directories that are one here: all of the one is here, all of the other on the other device", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    for (const path of ["Docs/a", "docs/b", "docs/sub/c"]) await a.write(path, path);
    await a.look();
    await both.settle();
    assert.deepEqual(b.list(), ["Docs/", "Docs/a=Docs/a"]);
    assert.deepEqual(b.blocked().map((line) => line.split(":")[0]).sort(), [
      "docs",
      "docs/b",
      "docs/sub",
      "docs/sub/c",
    ]);
    a.rename("docs", "papers");
    await a.look();
    await both.settle();
    assertSame(both);
    assert.equal(b.list().length, 6);
  }));

for (const how of ["a scan", "file events"] as const) {
  Deno.test(`a file that is respelled here is one rename: both halves in one record (R13), found by ${how}`, () =>
    withBoth(FOLDING, async (both) => {
      const { a, b } = both;
      await b.write("d/Notes.txt", "notes");
      await b.look();
      await both.settle();
      const before = b.ledger.lastLsn;
      b.rename("d/Notes.txt", "d/NOTES.txt");
      if (how === "a scan") await b.look();
      else await b.lookAt("d/NOTES.txt"); // the other half of the event is lost
      assert.equal(b.ledger.lastLsn, before + 1);
      await both.settle();
      assertSame(both, ["d/", "d/NOTES.txt=notes"]);
      assert.deepEqual(a.fetched, ["d/Notes.txt"], "it moved");
    }));
}

Deno.test("a directory that is respelled here is a rename: nothing is fetched, nothing is lost", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    for (let i = 0; i < 5; i++) await b.write(`Photos/Sub/${i}`, `picture ${i}`);
    await b.look();
    await both.settle();
    const fetches = a.fetched.length;
    b.rename("Photos", "photos");
    await b.lookAt("Photos", "photos", "Photos/Sub");
    await both.settle();
    await b.look();
    await both.settle();
    assertSame(both);
    assert.ok(b.list().includes("photos/Sub/4=picture 4"));
    assert.equal(a.fetched.length, fetches);
  }));

for (const respells of [true, false]) {
  const disk: typeof FOLDING = (fs, root) => foldingFs(fs, root, { respells });
  const how = respells ? "" : ", on a disk where that takes two steps";
  Deno.test(`what is respelled on the other device is respelled here: the very file, nothing fetched${how}`, () =>
    withBoth(disk, async (both) => {
      const { a, b } = both;
      await a.write("Notes.txt", "notes");
      for (let i = 0; i < 5; i++) await a.write(`Photos/Sub/${i}`, `picture ${i}`);
      await a.look();
      await both.settle();
      const [fetches, { ino }] = [b.fetched.length, b.fs.lstat(`${b.root}/Photos/Sub/3`)!];
      a.rename("Notes.txt", "NOTES.txt");
      a.rename("Photos", "photos");
      a.rename("photos/Sub", "photos/sub");
      await a.look();
      await both.settle();
      assertSame(both);
      assert.deepEqual(b.list().slice(0, 3), ["NOTES.txt=notes", "photos/", "photos/sub/"]);
      assert.equal(b.fs.lstat(`${b.root}/photos/sub/3`)!.ino, ino);
      assert.equal(b.fetched.length, fetches);
      await b.look();
      await both.settle();
      assertSame(both);
      assert.ok(!a.list().some((line) => line.includes("conflict")));
    }));
}

Deno.test("respelled and edited at once: the new content under the new name, no copy, the old kept", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    await a.write("Notes.txt", "old");
    await a.write("Docs/a", "old a");
    await a.write("Docs/b", "b");
    await a.look();
    await both.settle();
    a.rename("Notes.txt", "notes.txt");
    await a.write("notes.txt", "new and longer");
    a.rename("Docs", "docs");
    await a.write("docs/a", "new a, and longer");
    await a.look();
    await both.settle();
    assertSame(both, ["docs/", "docs/a=new a, and longer", "docs/b=b", "notes.txt=new and longer"]);
    await b.look();
    await both.settle();
    assertSame(both, ["docs/", "docs/a=new a, and longer", "docs/b=b", "notes.txt=new and longer"]);
    const kept = b.fs.list(`${b.root}/.cairn/versions`).length;
    assert.ok(kept >= 1, "the replaced contents are in the version store");
  }));

Deno.test("a directory respelled there in which something new was made here: nothing is torn from its row, both live", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    await a.write("Docs/a", "a");
    await a.look();
    await both.settle();
    a.rename("Docs", "docs");
    await a.look();
    await b.write("Docs/mine", "made here meanwhile");
    await b.look();
    await both.settle();
    assert.ok(a.list().includes("Docs/mine=made here meanwhile"));
    assert.ok(a.list().includes("docs/a=a"));
    assert.ok(b.list().includes("Docs/mine=made here meanwhile"));
    assert.ok(b.blocked().some((line) => line.startsWith("docs: differs only in upper and lower case")));
    a.rename("Docs/mine", "docs/mine");
    a.remove("Docs");
    await a.look();
    await both.settle();
    assertSame(both, ["docs/", "docs/a=a", "docs/mine=made here meanwhile"]);
  }));

Deno.test("a file deleted there while it was respelled here: the respelled one lives, and is not deleted by its former name", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    await a.write("Foo", "text");
    await a.look();
    await both.settle();
    a.remove("Foo");
    await a.look();
    b.rename("Foo", "foo"); // nobody has looked yet
    await both.settle();
    assert.deepEqual(b.list(), ["foo=text"]);
    await b.look();
    await both.settle();
    assertSame(both, ["foo=text"]);
  }));

Deno.test("a tree that came from a disk that tells names apart: what this one cannot hold is not deleted anywhere (invariant 8)", async () => {
  let folds = false;
  const habits = { key: (name: string) => folds ? name.toLowerCase() : name };
  await withBoth((fs, root) => foldingFs(fs, root, habits), async (both) => {
    const { a, b } = both;
    await a.write("Foo", "upper");
    await a.write("foo", "lower");
    await a.look();
    await both.settle();
    assertSame(both);
    // The tree is copied to another disk, where one comes to lie on the other.
    b.remove("foo");
    folds = true;
    Object.assign(b.replica, { disk: { ...b.replica.disk, foldsCase: true } });
    await b.look();
    await both.settle();
    await b.lookAt("foo", "Foo");
    await both.settle();
    assert.deepEqual(a.list(), ["Foo=upper", "foo=lower"]);
    assert.deepEqual(b.problems(), [
      'foo: differs only in upper and lower case from "Foo", and this disk has room for one of the two',
    ]);
    a.remove("foo");
    await a.look();
    await both.settle();
    await b.look();
    await both.settle();
    assertSame(both, ["Foo=upper"]);
  });
});

Deno.test("names that the disk does not take stay where they are, are named with the reason, and cost no fetch", () => {
  const refuses = (name: string) => /[<>:"|?*\\]|[. ]$|^(con|nul|aux)(\.|$)/i.test(name);
  return withBoth((fs, root) => foldingFs(fs, root, { refuses }), async (both) => {
    const { a, b } = both;
    for (const path of ["CON", "nul.txt", "dot.", "space ", "a:b", "back\\slash", "d?/x", "fine"]) {
      await a.write(path, path);
    }
    await a.look();
    await both.settle();
    assert.deepEqual(b.list(), ["fine=fine"]);
    assert.deepEqual(b.fetched, ["fine"]);
    const why = b.blocked();
    assert.equal(why.length, 8);
    assert.ok(
      why.every((line) => /: cannot be stored here: this (disk|system) .*, in "/.test(line)),
      why.join("\n"),
    );
    a.rename("CON", "console");
    a.rename("d?", "d");
    await a.look();
    await both.settle();
    assert.deepEqual(b.list(), ["console=CON", "d/", "d/x=d?/x", "fine=fine"]);
    assert.equal(a.list().length, 9);
  });
});

Deno.test("a disk that decomposes accents: what it would store in another form is told of, and is not renamed for the others", () =>
  withBoth((fs, root) => foldingFs(fs, root, { stored: (name) => name.normalize("NFD") }), async (both) => {
    const { a, b } = both;
    await a.write("caf\u00e9", "composed");
    await a.write("u\u0308ber", "decomposed");
    await b.write("\u00e9t\u00e9", "made here");
    await Promise.all([a.look(), b.look()]);
    await both.settle();
    assert.deepEqual(b.list(), ["e\u0301te\u0301=made here", "u\u0308ber=decomposed"]);
    assert.deepEqual(a.list(), ["caf\u00e9=composed", "e\u0301te\u0301=made here", "u\u0308ber=decomposed"]);
    assert.match(b.blocked().join(), /caf\u00e9: cannot be stored here: this disk would store the accents/);
  }));

Deno.test("where names are told apart, both spellings are two files, byte for byte as they were given", () =>
  withBoth((fs) => fs, async (both) => {
    const { a } = both;
    for (const name of ["foo", "Foo", "caf\u00e9", "cafe\u0301", "CON", "a:b", "back\\slash", "dot."]) {
      await a.write(name, name);
    }
    await a.look();
    await both.settle();
    assertSame(both);
    assert.equal(a.list().length, 8);
  }));

Deno.test("what is respelled and edited on the other device: the former content is named in the store's index", () =>
  withBoth(FOLDING, async (both) => {
    const { a, b } = both;
    await a.write("Notes.txt", "former");
    await a.look();
    await both.settle();
    a.rename("Notes.txt", "NOTES.txt");
    await a.write("NOTES.txt", "edited since");
    await a.look();
    await both.settle();
    assertSame(both, ["NOTES.txt=edited since"]);
    const { lines } = await b.replica.versions.index.read(1, 0, 1 << 16);
    const kept = lines.map((line) => decodeKept(line)!);
    // Under either spelling: the new one may have come in the same batch, or in the next.
    const former = kept.filter(({ path, size }) => /^notes\.txt$/i.test(path) && size === "former".length);
    const isStored = former.some((one) => b.fs.lstat(storedAt(b.replica.versions, one)) !== null);
    assert.ok(isStored, JSON.stringify(kept));
  }));
