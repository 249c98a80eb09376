import assert from "node:assert/strict";
import { MANIFEST, manifestOf } from "../../../scripts/build/portable_manifest.ts";
import { settle } from "../../../scripts/build/portable_settle.ts";
import { namesIn } from "../../support/portable.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const ignore = Deno.build.os === "windows";
const NAME = "a".repeat(64);
const OLDER = "b".repeat(64);
const DAY_MS = 24 * 60 * 60 * 1000;

/** A directory as it is when the archive was unpacked. */
function unpack(place: TempDir, to = `${NAME}.new.7`): string {
  const files = new Map([["cairn", new Uint8Array([1, 2, 3])], ["sub/main.js", new Uint8Array([4])]]);
  Deno.mkdirSync(place.at(`${to}/sub`), { recursive: true });
  for (const [path, bytes] of files) Deno.writeFileSync(place.at(`${to}/${path}`), bytes);
  Deno.writeTextFileSync(place.at(`${to}/${MANIFEST}`), JSON.stringify(manifestOf(files)));
  return place.at(to);
}

/** One that was started so many days ago. */
function older(place: TempDir, name: string, days: number): void {
  Deno.mkdirSync(place.at(name));
  Deno.writeTextFileSync(place.at(`${name}/used`), "");
  const time = new Date(Date.now() - days * DAY_MS);
  Deno.utimeSync(place.at(`${name}/used`), time, time);
  Deno.utimeSync(place.at(name), time, time);
}

Deno.test({ name: "settle() gives what is whole its name", ignore }, () => {
  using place = tempDir();
  settle(place.path, NAME, unpack(place));
  assert.deepEqual(namesIn(place.path), [NAME]);
  assert.deepEqual(namesIn(place.at(NAME)), ["cairn", "complete", MANIFEST, "sub", "used"]);
});

Deno.test({ name: "settle() refuses a file that is not what was packed", ignore }, () => {
  using place = tempDir();
  const unpacked = unpack(place);
  Deno.writeFileSync(`${unpacked}/sub/main.js`, new Uint8Array([5]));
  assert.throws(() => settle(place.path, NAME, unpacked), /sub\/main\.js was not unpacked as it was packed/);
  assert.deepEqual(namesIn(place.path), [`${NAME}.new.7`]);
});

Deno.test({
  name: "settle() leaves a whole one that was there first, and replaces one in which something is missing",
  ignore,
}, () => {
  using place = tempDir();
  settle(place.path, NAME, unpack(place));
  const first = Deno.statSync(place.at(NAME)).ino;
  settle(place.path, NAME, unpack(place));
  assert.equal(Deno.statSync(place.at(NAME)).ino, first);
  for (const missing of ["complete", "cairn", MANIFEST]) {
    const before = Deno.statSync(place.at(NAME)).ino;
    Deno.removeSync(place.at(`${NAME}/${missing}`));
    settle(place.path, NAME, unpack(place));
    assert.notEqual(Deno.statSync(place.at(NAME)).ino, before, missing);
    assert.deepEqual(namesIn(place.path), [NAME]);
  }
  Deno.truncateSync(place.at(`${NAME}/cairn`), 1);
  settle(place.path, NAME, unpack(place));
  assert.equal(Deno.statSync(place.at(`${NAME}/cairn`)).size, 3);
});

Deno.test({
  name: "settle() removes what nobody uses any more, and nothing that runs or that is not Cairn's",
  ignore,
}, () => {
  using place = tempDir();
  older(place, OLDER, 2);
  older(place, "c".repeat(64), 0);
  older(place, "d".repeat(64), 400);
  older(place, `${OLDER}.new.99`, 2);
  older(place, `${NAME}.old.99`, 2);
  older(place, `${OLDER}.new.100`, 0);
  older(place, "notes", 2);
  using held = Deno.openSync(place.at(`${"d".repeat(64)}/used`), { read: true });
  assert.ok(held.tryLockSync(false));
  settle(place.path, NAME, unpack(place));
  assert.deepEqual(
    namesIn(place.path),
    [NAME, `${OLDER}.new.100`, "c".repeat(64), "d".repeat(64), "notes"].sort(),
  );
});
