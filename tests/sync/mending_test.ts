/** What the start makes of copies that did not come to their place (sync/mending.ts). */
import assert from "node:assert/strict";
import type { RelPath } from "../../src/core/ids.ts";
import { announceKept, nextName } from "../../src/folder/versions.ts";
import { FsError } from "../../src/platform/ports.ts";
import { keepCopies, MEND } from "../../src/sync/mending.ts";
import type { Replica } from "../../src/sync/replica.ts";
import { type Side, twoFolders } from "../support/two_folders.ts";

const PATH = "f" as RelPath;

/** Somebody wrote `text`, a durable copy of it was made and announced, and then the machine went down. Answers the copy's name. */
async function cutShort({ replica }: Side, text: string): Promise<string> {
  const { versions, deps: { pool, device } } = replica;
  const named = nextName(versions, PATH);
  const at = `${versions.stage}/${MEND}${named.file}`;
  Deno.writeTextFileSync(at, text);
  const [hashed] = await pool.hash([at]);
  assert.ok(hashed !== undefined && !(hashed instanceof FsError));
  await announceKept(versions, [{
    ...named,
    path: PATH,
    kind: "file",
    size: hashed.size,
    mtimeMs: 1e12,
    mode: 0o644,
    content: hashed.content,
    target: null,
    sinceMs: 1e12,
    why: "replaced",
    by: device,
    lost: null,
  }]);
  return named.file;
}

const storeOf = ({ replica: { versions } }: Side, file: string) =>
  `${versions.dir}/${file.slice(0, 2)}/${file}`;

Deno.test("the only copy of what somebody wrote goes into the version store at the start", async () => {
  await using pair = await twoFolders((fs) => fs);
  const { b } = pair;
  const file = await cutShort(b, "only here");
  await b.replica.exclusive(() => keepCopies(b.replica));
  assert.equal(Deno.readTextFileSync(storeOf(b, file)), "only here");
  assert.deepEqual([...Deno.readDirSync(b.replica.versions.stage)], []);
});

Deno.test("a copy that the disk does not give at the start is not thrown away: it is there at the next one", async () => {
  await using pair = await twoFolders((fs) => fs);
  const { b } = pair;
  const file = await cutShort(b, "only here");
  const refusing: Replica = Object.create(b.replica, {
    deps: {
      value: {
        ...b.replica.deps,
        pool: { hash: (paths: string[]) => Promise.resolve(paths.map((path) => new FsError("io", path))) },
      },
    },
  });
  await b.replica.exclusive(() => keepCopies(refusing));
  await b.replica.exclusive(() => keepCopies(b.replica));
  assert.equal(Deno.readTextFileSync(storeOf(b, file)), "only here");
});

Deno.test("a copy of what stands at its path is not needed", async () => {
  await using pair = await twoFolders((fs) => fs);
  const { b } = pair;
  const file = await cutShort(b, "it stands there");
  Deno.writeTextFileSync(`${b.root}/f`, "it stands there");
  await b.replica.exclusive(() => keepCopies(b.replica));
  assert.deepEqual([...Deno.readDirSync(b.replica.versions.stage)], []);
  assert.throws(() => Deno.statSync(storeOf(b, file)), Deno.errors.NotFound);
});
