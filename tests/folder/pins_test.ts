import assert from "node:assert/strict";
import { Pins } from "../../src/folder/pins.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { pathOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("what was asked for just now stays open, however many directories came before (R23)", () => {
  using dir = tempDir();
  const fs = realFs();
  const pins = new Pins(fs, dir.path);
  for (let i = 0; i < 600; i++) Deno.mkdirSync(dir.at(`d${i}`));
  Deno.writeTextFileSync(dir.at("d0/first"), "d0");
  try {
    pins.at(pathOf("d0/first"));
    for (let i = 1; i < 600; i++) {
      // The oldest of all, asked for again, and then another: as a move needs both at once.
      const at = pins.at(pathOf("d0/first"));
      pins.at(pathOf(`d${i}/x`));
      assert.equal(Deno.readTextFileSync(at), "d0");
    }
  } finally {
    pins.close();
  }
});

Deno.test("handles are bounded, and all of them go in the end (invariant 10)", {
  ignore: Deno.build.os !== "linux",
}, () => {
  using dir = tempDir();
  const held = () => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = held();
  const pins = new Pins(realFs(), dir.path);
  for (let i = 0; i < 600; i++) {
    Deno.mkdirSync(dir.at(`d${i}`));
    pins.at(pathOf(`d${i}/x`));
  }
  assert.ok(held() - before < 400, `${held() - before} handles`);
  pins.close();
  assert.ok(held() - before < 100);
});
