/** Trees and files that are fetched to places of this computer: nothing beside the place is touched, and nothing half is left. */
import assert from "node:assert/strict";
import { contentOf } from "../../src/core/content_of.ts";
import type { ContentId, RelPath } from "../../src/core/ids.ts";
import { chosenOf } from "../../src/library/resolve.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { type GetFailure, getFile, type GetHooks, stageNameOf } from "../../src/sync/get_file.ts";
import { getTree } from "../../src/sync/get_tree.ts";
import type { Stage, Stager } from "../../src/sync/stager.ts";
import type { CopyWant } from "../../src/sync/verified_copy.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { deviceOf, dot, entryOf, type EntryParts, lsnOf, rowOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

const HOOKS: GetHooks = { gained: () => {}, brought: () => {}, isOver: () => false };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const contentIn = (text: string): ContentId => contentOf(bytesOf(text));

/** Has these texts, and writes what it is told to write instead. */
function stagerWith(texts: readonly string[], instead: (text: string) => string = (text) => text): Stager {
  return {
    stageAt({ at }: Stage, { content }: CopyWant) {
      const text = texts.find((one) => contentIn(one) === content);
      if (text === undefined) {
        return Promise.resolve({ ok: false, cause: "nobody has it", remedy: "", isPassing: false });
      }
      Deno.writeTextFileSync(at, instead(text));
      return Promise.resolve({ ok: true, stage: at });
    },
  } as unknown as Stager;
}

function deps(stager: Stager) {
  return { fs: realFs(), pool: realHashPool(1), clock: realClock(), stager };
}

Deno.test("a tree whose devices disagree on what is a directory leads nowhere outside of its place (invariant 6)", async () => {
  using dir = tempDir();
  using memory = memoryCatalogue();
  const { catalogue, folder } = memory;
  const [second, third] = [catalogue.ids.device(deviceOf(2)), catalogue.ids.device(deviceOf(3))];
  let count = 0;
  const put = (device: number, path: string, parts: Partial<EntryParts>) => {
    const entry = entryOf({ dots: [dot(device, ++count)], ...parts });
    const { content } = entry;
    const text = parts.text;
    rows.put(
      device,
      folder,
      rowOf(
        path,
        content === null || text === undefined
          ? entry
          : { ...entry, content: contentIn(text), size: text.length },
      ),
      lsnOf(count),
    );
  };
  const { rows } = catalogue;
  put(second, "gate", { kind: "symlink", text: dir.at("outside") });
  put(third, "gate/file", { text: "secret" });
  put(third, "plain/deep/file", { text: "fine" });
  put(third, "gone", { text: "nobody has this" });
  Deno.mkdirSync(dir.at("outside"));
  const all = deps(stagerWith(["secret", "fine"]));
  const failed: [RelPath, GetFailure][] = [];
  let done = 0;
  try {
    await getTree(
      { ...all, catalogue },
      { folder, top: "" as RelPath, choose: chosenOf },
      { root: dir.at("here"), stageDirectory: null, isFolderRoot: false, force: false },
      HOOKS,
      { done: () => done++, already: () => {}, failed: (path, why) => failed.push([path, why]) },
    );
  } finally {
    all.pool.close();
  }
  assert.deepEqual([...Deno.readDirSync(dir.at("outside"))], []);
  assert.equal(
    Deno.readTextFileSync(dir.at("here/plain/deep/file")),
    "fine",
    "parents that nobody told of are made",
  );
  assert.equal(done, 1);
  assert.deepEqual(failed.map(([path]) => path).sort(), ["gate/file", "gone"]);
});

for (const isFolderRoot of [true, false]) {
  Deno.test(`what a tree has under Cairn's own name ${isFolderRoot ? "does not come to the top of a folder" : "comes to any other place"}`, async () => {
    using dir = tempDir();
    using memory = memoryCatalogue();
    const { catalogue, folder } = memory;
    const paths = ["sub/.cairn/marker", "sub/.Cairn/versions/f", "sub/plain"];
    for (const [i, path] of paths.entries()) {
      const entry = { ...entryOf({ dots: [dot(2, i + 1)], text: "x" }), content: contentIn("x"), size: 1 };
      catalogue.rows.put(catalogue.ids.device(deviceOf(2)), folder, rowOf(path, entry), lsnOf(i + 1));
    }
    const root = dir.at("here");
    Deno.mkdirSync(`${root}/.cairn`, { recursive: true });
    const all = deps(stagerWith(["x"]));
    const failed: RelPath[] = [];
    try {
      await getTree(
        { ...all, catalogue },
        { folder, top: "sub" as RelPath, choose: chosenOf },
        { root, stageDirectory: null, isFolderRoot, force: true },
        HOOKS,
        { done: () => {}, already: () => {}, failed: (path) => failed.push(path) },
      );
    } finally {
      all.pool.close();
    }
    assert.equal(Deno.readTextFileSync(`${root}/plain`), "x");
    assert.deepEqual(failed.sort(), isFolderRoot ? [".Cairn/versions/f", ".cairn/marker"] : []);
    assert.equal([...Deno.readDirSync(`${root}/.cairn`)].length, isFolderRoot ? 0 : 1);
  });
}

async function getTo(
  target: string,
  text: string,
  stager: Stager,
  force = false,
): Promise<GetFailure | null> {
  const all = deps(stager);
  const directory = target.slice(0, target.lastIndexOf("/"));
  try {
    return await getFile(
      all,
      { content: contentIn(text), size: text.length, mode: 0o640, mtimeMs: 1e12 },
      { devices: [], isLocal: false },
      { shown: target, at: target, directory, stageDirectory: directory, force },
      HOOKS,
    );
  } finally {
    all.pool.close();
  }
}

Deno.test("what the disk gives back is read before it gets its name: other bytes never do", async () => {
  using dir = tempDir();
  const failure = await getTo(dir.at("f"), "good", stagerWith(["good"], () => "oops"));
  assert.match(failure!.cause, /gave back other bytes/);
  assert.deepEqual([...Deno.readDirSync(dir.path)], []);
});

Deno.test("a file that came to the target meanwhile stays, also a link or a directory where it may be replaced", async () => {
  using dir = tempDir();
  const stager = stagerWith(["good"], (text) => {
    Deno.writeTextFileSync(dir.at("f"), "came meanwhile");
    return text;
  });
  assert.match((await getTo(dir.at("f"), "good", stager))!.cause, /exists already/);
  assert.equal(Deno.readTextFileSync(dir.at("f")), "came meanwhile");
  Deno.mkdirSync(dir.at("d"));
  assert.match((await getTo(dir.at("d"), "good", stagerWith(["good"]), true))!.cause, /is a directory/);
  assert.equal(await getTo(dir.at("f"), "good", stagerWith(["good"]), true), null);
  assert.equal(Deno.readTextFileSync(dir.at("f")), "good");
  const link = dir.at("link");
  Deno.symlinkSync(dir.at("d"), link);
  assert.equal(await getTo(link, "good", stagerWith(["good"]), true), null);
  assert.ok(Deno.lstatSync(link).isFile, "the link is replaced, and not what it leads to");
});

Deno.test("stageNameOf() is the same for the same content and target, and another for any other", () => {
  const name = stageNameOf(contentIn("a"), "/x/f");
  assert.match(name, /^\.cairn-get-[0-9a-f]{24}$/);
  assert.equal(name, stageNameOf(contentIn("a"), "/x/f"));
  assert.notEqual(name, stageNameOf(contentIn("b"), "/x/f"));
  assert.notEqual(name, stageNameOf(contentIn("a"), "/x/g"));
});
