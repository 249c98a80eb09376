import assert from "node:assert/strict";
import { layoutOf } from "../../src/folder/layout.ts";
import { type Marker, readMarker, refuseForeign, writeMarker } from "../../src/folder/marker.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { deviceOf, folderOf, libraryOf } from "../support/entries.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const MARKER: Marker = {
  library: libraryOf(1),
  folder: folderOf(2),
  device: deviceOf(3),
  replica: "0123",
  lsn: 42,
};

function rootWith(text: string | null): TempDir {
  const dir = tempDir();
  Deno.mkdirSync(layoutOf(dir.path).own);
  if (text !== null) Deno.writeTextFileSync(layoutOf(dir.path).marker, text);
  return dir;
}

Deno.test("a marker is read as it was written, and a root without one has none", async () => {
  using dir = rootWith(null);
  assert.equal(readMarker(realFs(), dir.path), null);
  await writeMarker(realFs(), dir.path, MARKER);
  assert.deepEqual({ ...readMarker(realFs(), dir.path) as Marker }, { ...MARKER, format: 1 });
  await writeMarker(realFs(), dir.path, { ...MARKER, lsn: 43 });
  assert.equal((readMarker(realFs(), dir.path) as Marker).lsn, 43);
});

const GOOD = { format: 1, ...MARKER };
const UNREADABLE: readonly (readonly [string, string])[] = [
  ["an empty file", ""],
  ["no JSON", "{"],
  ["a later format", JSON.stringify({ ...GOOD, format: 2 })],
  ["no device", JSON.stringify({ ...GOOD, device: undefined })],
  ["a lsn that is no number", JSON.stringify({ ...GOOD, lsn: "42" })],
  ["a negative lsn", JSON.stringify({ ...GOOD, lsn: -1 })],
];
for (const [what, text] of UNREADABLE) {
  Deno.test(`a marker with ${what} is unreadable, which is not the same as none`, () => {
    using dir = rootWith(text);
    assert.equal(readMarker(realFs(), dir.path), "unreadable");
  });
}

Deno.test("a root without a marker or with our own is ours; any other is refused with the remedy (R35)", () => {
  refuseForeign("/root", null, deviceOf(3));
  refuseForeign("/root", MARKER, deviceOf(3));
  for (const found of [{ ...MARKER, device: deviceOf(4) }, "unreadable"] as const) {
    assert.throws(() => refuseForeign("/root", found, deviceOf(3)), {
      code: "root-foreign",
      message: /^\/root already belongs/,
      hint: /remove \/root\/\.cairn/,
    });
  }
});
