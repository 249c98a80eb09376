import assert from "node:assert/strict";
import { EXACT, UNKNOWN } from "../../src/core/names.ts";
import { NAME_BYTES } from "../../src/core/limits.ts";
import { probeNames } from "../../src/folder/probe.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { failingFs } from "../support/broken_fs.ts";
import { foldingFs } from "../support/folding_fs.ts";
import { listingOf } from "../support/roots.ts";
import { tempDir } from "../support/temp_dir.ts";

function probed(disk: (fs: Fs, root: string) => Fs) {
  using dir = tempDir();
  Deno.mkdirSync(dir.at(".cairn"));
  const found = probeNames(disk(realFs(), dir.path), dir.path);
  return { found, left: listingOf(dir.path) };
}

Deno.test("Linux' own disks store every name as it is given; nothing is left of the trial", () => {
  const { found, left } = probed((fs) => fs);
  if (Deno.build.os === "linux") assert.equal(found, EXACT);
  assert.deepEqual(left, [".cairn/"]);
});

Deno.test("a disk that tells neither case nor form apart is found out, and that it keeps both", () => {
  const { found, left } = probed(foldingFs);
  assert.deepEqual(found, { ...EXACT, foldsCase: true, foldsForms: true });
  assert.deepEqual(left, [".cairn/"]);
});

Deno.test("a disk that does not tell case apart may tell forms apart", () => {
  const key = (name: string) => name.toLowerCase();
  assert.deepEqual(probed((fs, root) => foldingFs(fs, root, { key })).found, { ...EXACT, foldsCase: true });
});

Deno.test("a disk that gives names back otherwise is found out", () => {
  const decomposing = probed((fs, root) => foldingFs(fs, root, { stored: (name) => name.normalize("NFD") }));
  assert.equal(decomposing.found.keepsForms, false);
  const lower = probed((fs, root) => foldingFs(fs, root, { stored: (name) => name.toLowerCase() }));
  assert.equal(lower.found.keepsCase, false);
});

Deno.test("what Windows refuses is found out character by character", () => {
  const refuses = (name: string) => /[<:?\\]/.test(name);
  assert.equal(probed((fs, root) => foldingFs(fs, root, { refuses })).found.refused, "<:?\\");
  const others =
    probed((fs, root) =>
      foldingFs(fs, root, { refuses: (name) => /[. ]$|^aux$/.test(name) || name.includes("\u0001") })
    ).found;
  assert.deepEqual([others.refusesTails, others.refusesDevices, others.refusesControls, others.refused], [
    true,
    true,
    true,
    "",
  ]);
});

Deno.test("a disk that drops a dot at the end has not stored the name", () => {
  const stored = (name: string) => name.replace(/[. ]+$/, "");
  assert.equal(probed((fs, root) => foldingFs(fs, root, { stored })).found.refusesTails, true);
});

Deno.test("the longest name is found", () => {
  for (const most of [143, 8, NAME_BYTES]) {
    const refuses = (name: string) => name.length > most;
    assert.equal(probed((fs, root) => foldingFs(fs, root, { refuses })).found.nameBytes, most);
  }
});

Deno.test("of a disk that cannot be tried nothing is known: a full one does not count as one that refuses", () => {
  for (const code of ["no-space", "read-only", "too-many-files", "permission"] as const) {
    const { found } = probed((fs) => {
      const { fs: failing, failing: how } = failingFs(fs, new FsError(code, "x"));
      how.on = "open makeDirectories";
      return failing;
    });
    assert.equal(found, UNKNOWN, code);
  }
});

Deno.test("what a trial that was stopped left is in nobody's way", () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.at(".cairn/probe"), { recursive: true });
  for (const name of ["Aa", "left over"]) Deno.writeTextFileSync(dir.at(`.cairn/probe/${name}`), "");
  assert.deepEqual(probeNames(foldingFs(realFs(), dir.path), dir.path), {
    ...EXACT,
    foldsCase: true,
    foldsForms: true,
  });
  assert.deepEqual(listingOf(dir.path), [".cairn/"]);
});
