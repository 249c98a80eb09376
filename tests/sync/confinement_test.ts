/**
 * Invariant 6 while a whole folder syncs: somebody on this machine swaps directories of the root for links to outside and back, all the
 * time, between any two calls of the disk. Nothing outside is touched, and when they stop the folder is as it should be.
 */
import assert from "node:assert/strict";
import { listingOf } from "../support/roots.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type Side, twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";
import { watchedFs } from "../support/broken_fs.ts";

/** Innermost first. */
const SWAPPED = ["d/e", "d"];
/** Swaps that a run goes through before it is left in peace. */
const SWAPS = 300;

/** Puts directories aside and links in their places, and back. */
class Swapper {
  #away: { readonly at: string; readonly aside: string }[] = [];
  #count = 0;

  constructor(readonly root: string, readonly outside: string, readonly aside: string) {
    Deno.mkdirSync(aside, { recursive: true });
  }

  swap(): void {
    if (this.#away.length > 0) return this.putBack();
    for (const path of SWAPPED) {
      const at = `${this.root}/${path}`;
      if (!isThere(at, "isDirectory")) continue;
      const aside = `${this.aside}/${++this.#count}`;
      Deno.renameSync(at, aside);
      Deno.symlinkSync(this.outside, at);
      this.#away.push({ at, aside });
    }
  }

  putBack(): void {
    for (const { at, aside } of this.#away.splice(0).reverse()) {
      // It may have been synced as the link that it was, or have made way for a directory.
      if (isThere(at, "isSymlink")) Deno.removeSync(at);
      else if (isThere(at, "isDirectory")) continue;
      if (isThere(at.slice(0, at.lastIndexOf("/")), "isDirectory")) Deno.renameSync(aside, at);
    }
  }
}

function isThere(path: string, kind: "isDirectory" | "isSymlink"): boolean {
  try {
    return Deno.lstatSync(path)[kind];
  } catch {
    return false;
  }
}

function outsideOf(dir: string): unknown {
  return listingOf(dir).map((name) => {
    const { mode, mtime, size, ino, ctime } = Deno.lstatSync(`${dir}/${name.replace(/\/$/, "")}`);
    return [name, mode, mtime?.getTime(), ctime?.getTime(), size, ino];
  });
}

async function fill(side: Side, round: number): Promise<void> {
  for (let i = 0; i < 6; i++) {
    await side.write(`d/${i}`, `d ${i}, round ${round}`);
    await side.write(`d/e/${i}`, `e ${i}, round ${round}, longer`);
  }
}

for (const every of [1, 2, 3, 7]) {
  Deno.test({
    name:
      `directories swapped for links to outside and back, every ${every} calls of the disk: nothing outside is touched`,
    ignore: Deno.build.os !== "linux", // elsewhere parents are checked before and after: docs/security.md
    async fn() {
      using elsewhere = tempDir();
      for (const name of ["0", "3", "new", "e/0", "e/new"]) {
        Deno.mkdirSync(elsewhere.at("e"), { recursive: true });
        Deno.writeTextFileSync(elsewhere.at(name), "precious");
      }
      let calls = 0;
      let swaps = 0;
      let isOn = false;
      using aside = tempDir();
      let swapper: Swapper | null = null;
      await using both = await twoFolders((fs) =>
        watchedFs(fs, () => {
          if (!isOn || calls++ % every !== 0) return;
          if (++swaps >= SWAPS) isOn = false;
          swapper!.swap();
        })
      );
      const { a, b } = both;
      swapper = new Swapper(b.root, elsewhere.path, aside.path);
      await fill(a, 1);
      await a.look();
      await both.settle();
      const before = outsideOf(elsewhere.path);

      isOn = true;
      await fill(a, 2);
      a.remove("d/5");
      await a.write("d/new", "new");
      await a.write("d/e/new", "new");
      await a.look();
      a.tell(b);
      for (let round = 0; isOn && round < 50; round++) {
        b.replica.catalogue.needs.retryAll(b.replica.number);
        b.sync.inbound.evaluate();
        await b.look();
      }
      assert.ok(swaps >= 20, `only ${swaps} swaps were made`);
      isOn = false;
      swapper.putBack();

      assert.deepEqual(outsideOf(elsewhere.path), before);
      await b.look();
      b.replica.catalogue.needs.retryAll(b.replica.number);
      await both.settle();
      assert.deepEqual(outsideOf(elsewhere.path), before);
      for (const side of [a, b]) {
        const text = side.list().join("\n");
        assert.ok(!text.includes("precious"), `what stands outside has come in: ${text}`);
      }
    },
  });
}

Deno.test("Cairn's own directory swapped for a link stops the folder: nothing is written through it, and it goes on by itself", async () => {
  using elsewhere = tempDir();
  await using both = await twoFolders((fs) => fs);
  const { a, b } = both;
  await fill(a, 1);
  await a.look();
  await both.settle();
  Deno.renameSync(`${b.root}/.cairn`, elsewhere.at("really"));
  Deno.mkdirSync(elsewhere.at("outside/stage"), { recursive: true });
  Deno.copyFileSync(elsewhere.at("really/marker.json"), elsewhere.at("outside/marker.json"));
  Deno.symlinkSync(elsewhere.at("outside"), `${b.root}/.cairn`);
  const before = outsideOf(elsewhere.at("outside"));
  await fill(a, 2);
  await a.look();
  a.tell(b);
  await waitFor("the folder to be stopped", () => b.replica.stopped !== null);
  assert.match(b.replica.stopped!.cause, /is a symbolic link/);
  assert.deepEqual(outsideOf(elsewhere.at("outside")), before);
  assert.ok(b.list().includes("d/0=d 0, round 1"));
  Deno.removeSync(`${b.root}/.cairn`);
  Deno.renameSync(elsewhere.at("really"), `${b.root}/.cairn`);
  await waitFor("the folder to go on", () => b.replica.stopped === null);
  await both.settle();
  assert.deepEqual(b.list(), a.list());
});
