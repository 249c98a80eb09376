import assert from "node:assert/strict";
import { differences, outlineOf, treeOf } from "./tree.ts";
import { GaveUp, waitFor } from "./wait.ts";

const ignore = Deno.build.os === "windows";

/** Two directories with the same in them. */
function twins(): { root: string; a: string; b: string } {
  const root = Deno.makeTempDirSync();
  for (const name of ["a", "b"]) {
    Deno.mkdirSync(`${root}/${name}/sub/empty`, { recursive: true });
    Deno.mkdirSync(`${root}/${name}/.cairn`);
    Deno.writeTextFileSync(`${root}/${name}/.cairn/${name}`, "its own");
    Deno.writeTextFileSync(`${root}/${name}/sub/file`, "text");
    Deno.symlinkSync("sub/file", `${root}/${name}/link`);
  }
  return { root, a: `${root}/a`, b: `${root}/b` };
}

Deno.test({ name: "two trees are the same whatever lies in their .cairn", ignore }, async () => {
  const { root, a, b } = twins();
  assert.deepEqual(differences(await treeOf(a), await treeOf(b)), []);
  assert.deepEqual([...(await treeOf(a)).keys()].sort(), ["link", "sub", "sub/empty", "sub/file"]);
  Deno.removeSync(root, { recursive: true });
});

const changes: Record<string, (b: string) => void> = {
  "a byte of the same size": (b) => Deno.writeTextFileSync(`${b}/sub/file`, "tExt"),
  "a permission bit": (b) => Deno.chmodSync(`${b}/sub/file`, 0o755),
  "a symlink's target": (b) => {
    Deno.removeSync(`${b}/link`);
    Deno.symlinkSync("elsewhere", `${b}/link`);
  },
  "an empty directory": (b) => Deno.removeSync(`${b}/sub/empty`),
  "a new name": (b) => Deno.writeTextFileSync(`${b}/new`, ""),
  "a name deep inside that only looks like Cairn's own": (b) => Deno.mkdirSync(`${b}/sub/.cairn`),
};
for (const [what, change] of Object.entries(changes)) {
  Deno.test({ name: `two trees differ by ${what}, seen from both sides`, ignore }, async () => {
    const { root, a, b } = twins();
    change(b);
    assert.equal(differences(await treeOf(a), await treeOf(b)).length, 1);
    assert.equal(differences(await treeOf(b), await treeOf(a)).length, 1);
    Deno.removeSync(root, { recursive: true });
  });
}

Deno.test({ name: "an outline sees names, kinds and sizes, and no contents", ignore }, () => {
  const { root, a, b } = twins();
  Deno.writeTextFileSync(`${b}/sub/file`, "tExt");
  assert.deepEqual(differences(outlineOf(a), outlineOf(b)), []);
  Deno.writeTextFileSync(`${b}/sub/file`, "longer text");
  assert.equal(differences(outlineOf(a), outlineOf(b)).length, 1);
  Deno.removeSync(root, { recursive: true });
});

Deno.test("waitFor() passes on what stays wrong, and gives up at once when told", async () => {
  await waitFor("soon", () => true, 0);
  await assert.rejects(waitFor("rain", () => false, 10, 1), /in vain: rain$/);
  await assert.rejects(
    waitFor("rain", () => Promise.reject(new Error("dry")), 10, 1),
    /in vain: rain \(last: dry\)/,
  );
  await assert.rejects(waitFor("rain", () => Promise.reject(new GaveUp("no sky"))), { name: "GaveUp" });
});
